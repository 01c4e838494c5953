package store

import (
	"context"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/keyhall/keyhall/internal/licensing"
)

// GrantRole gives a person a role on a licence ID, or on an organisation with every
// licence ID below it, now and in future. A grant without ID gets one. Nobody is told of
// it: that is for a world that is being built; people give rights by GiveRight.
func (s *Store) GrantRole(ctx context.Context, by licensing.Viewer, g licensing.Grant) error {
	return s.operate(ctx, by, func(t *tx) error { return t.grant(g) })
}

func (t *tx) grant(g licensing.Grant) error {
	if g.ID == uuid.Nil {
		g.ID = uuid.Must(uuid.NewV7())
	}
	if err := t.hold(g.RootID); err != nil {
		return err
	}
	if err := gorm.G[licensing.Grant](t.db).Create(t.ctx, &g); err != nil {
		return err
	}
	if err := t.reachOfPerson(g.PersonID); err != nil {
		return err
	}
	detail := map[string]any{"role": g.Role}
	if g.OrganisationID != nil {
		detail["organisation"] = *g.OrganisationID
	}
	if g.ExpiresAt != nil {
		detail["expires"] = *g.ExpiresAt
	}
	t.tell(licensing.Act{
		RootID: g.RootID, Action: "role.granted", LicenceID: g.LicenceID,
		Object: "person/" + g.PersonID.String(), Detail: detail,
	})
	return nil
}
