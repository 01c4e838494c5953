package store

import (
	"context"

	"gorm.io/gorm"

	"github.com/keyhall/keyhall/internal/licensing"
)

// AddProgramme adds a parent programme. An ID or a name that is taken is ErrConflict.
func (s *Store) AddProgramme(ctx context.Context, by licensing.Viewer, p licensing.Programme) error {
	defer s.changed()
	return s.operate(ctx, by, func(t *tx) error {
		if err := gorm.G[licensing.Programme](t.db).Create(t.ctx, &p); err != nil {
			return err
		}
		t.tell(licensing.Act{
			RootID: licensing.PublisherRoot, Action: "programme.added", Object: "programme/" + p.ID,
			Detail: map[string]any{"name": p.Name},
		})
		return nil
	})
}
