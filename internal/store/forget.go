package store

import (
	"context"
	"time"
)

// ClearOnce forgets the posts that were carried out before a time: the same one again
// would be carried out anew.
func (s *Store) ClearOnce(ctx context.Context, before time.Time) error {
	return s.transact(ctx, desk, func(t *tx) error {
		_, err := t.exec(`DELETE FROM once WHERE at < $1`, before)
		return err
	})
}
