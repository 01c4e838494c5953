package store

import (
	"context"

	"gorm.io/gorm"

	"github.com/keyhall/keyhall/internal/licensing"
)

// AddPerson opens an account. AddIdentity lets its person sign in.
func (s *Store) AddPerson(ctx context.Context, by licensing.Viewer, p licensing.Person) error {
	return s.operate(ctx, by, func(t *tx) error {
		if err := gorm.G[licensing.Person](t.db).Create(t.ctx, &p); err != nil {
			return err
		}
		// No family owns an account: rights in several may come to hang on it.
		t.tell(licensing.Act{
			RootID: licensing.PublisherRoot, Action: "person.added", Object: "person/" + p.ID.String(),
			Detail: map[string]any{"name": p.Name, "role": p.StaffRole},
		})
		return nil
	})
}

// AddIdentity lets a person sign in with one identity more. One that signs in to an
// account already is ErrConflict.
func (s *Store) AddIdentity(ctx context.Context, by licensing.Viewer, id licensing.Identity) error {
	return s.operate(ctx, by, func(t *tx) error {
		if err := gorm.G[licensing.Identity](t.db).Create(t.ctx, &id); err != nil {
			return err
		}
		t.tell(licensing.Act{
			RootID: licensing.PublisherRoot, Action: "identity.added", Object: "person/" + id.PersonID.String(),
			Detail: map[string]any{"issuer": id.Issuer},
		})
		return nil
	})
}
