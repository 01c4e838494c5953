package store

import (
	"context"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/keyhall/keyhall/internal/licensing"
)

// AddLicence adds a licence ID to an organisation. Whoever has a right on that
// organisation, or above it, has it on the licence ID at once. Its counters start at
// zero. A number that is taken is ErrConflict.
func (s *Store) AddLicence(ctx context.Context, by licensing.Viewer, l licensing.Licence) error {
	return s.operate(ctx, by, func(t *tx) error { return t.addLicence(l) })
}

func (t *tx) addLicence(l licensing.Licence) error {
	l.ProductsN, l.KeysN, l.LowestLeft, l.LowestTotal = 0, 0, nil, nil
	if err := t.hold(l.RootID); err != nil {
		return err
	}
	if err := gorm.G[licensing.Licence](t.db).Create(t.ctx, &l); err != nil {
		return err
	}
	if err := t.reachOfLicences([]uuid.UUID{l.ID}); err != nil {
		return err
	}
	t.tell(licensing.Act{
		RootID: l.RootID, Action: "licence.added", LicenceID: &l.ID, Object: "licence/" + l.Number,
		Detail: map[string]any{"programme": l.ProgrammeID},
	})
	return nil
}
