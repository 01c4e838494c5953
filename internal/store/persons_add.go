package store

import (
	"context"

	"gorm.io/gorm"

	"github.com/keyhall/keyhall/internal/licensing"
)

// AddPerson opens an account and binds the identities that may sign in to it; their
// PersonID is set here. An identity that signs in to another account is ErrConflict.
func (s *Store) AddPerson(ctx context.Context, by licensing.Viewer, p licensing.Person, ids ...licensing.Identity) error {
	return s.operate(ctx, by, func(t *tx) error {
		if err := gorm.G[licensing.Person](t.db).Create(t.ctx, &p); err != nil {
			return err
		}
		for _, id := range ids {
			id.PersonID = p.ID
			if err := gorm.G[licensing.Identity](t.db).Create(t.ctx, &id); err != nil {
				return err
			}
		}
		// No family owns an account: rights in several may come to hang on it.
		t.tell(licensing.Act{
			RootID: licensing.PublisherRoot, Action: "person.added", Object: "person/" + p.ID.String(),
			Detail: map[string]any{"name": p.Name, "role": p.StaffRole, "identities": len(ids)},
		})
		return nil
	})
}
