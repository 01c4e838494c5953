package store

import (
	"context"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/licensing"
)

// Inform is what verbs do within their transaction; afterwards may still break it.
func (s *Store) Inform(ctx context.Context, by licensing.Viewer, person uuid.UUID, r licensing.Request, e licensing.RequestEvent, afterwards error) error {
	return s.transact(ctx, by, func(t *tx) error {
		if err := t.inform(person, r, e); err != nil {
			return err
		}
		return afterwards
	})
}
