package store

import (
	"context"

	"gorm.io/gorm"

	"github.com/keyhall/keyhall/internal/licensing"
)

const closeOver = `INSERT INTO org_closure (ancestor_id, descendant_id, root_id)
SELECT ancestor_id, $1::uuid, root_id FROM org_closure WHERE descendant_id = $2
UNION ALL SELECT $1, $1, $3::uuid`

// AddOrganisation adds a customer, or a part of one below its parent. The caller gives
// ID and RootID, which are the same for a root. A name that the family has already is
// ErrConflict.
func (s *Store) AddOrganisation(ctx context.Context, by licensing.Viewer, o licensing.Organisation) error {
	return s.operate(ctx, by, func(t *tx) error { return t.addOrganisation(o) })
}

func (t *tx) addOrganisation(o licensing.Organisation) error {
	if err := gorm.G[licensing.Organisation](t.db).Create(t.ctx, &o); err != nil {
		return err
	}
	if _, err := t.exec(closeOver, o.ID, o.ParentID, o.RootID); err != nil {
		return err
	}
	t.tell(licensing.Act{
		RootID: o.RootID, Action: "organisation.added", Object: "organisation/" + o.ID.String(),
		Detail: map[string]any{"name": o.Name},
	})
	return nil
}
