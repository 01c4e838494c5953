package store

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
)

const (
	untoldFamilies = `SELECT root_id, root_id FROM import_families WHERE import_id = $1 AND told_at IS NULL ORDER BY root_id`
	tellFamily     = `UPDATE import_families f SET told_at = now() FROM imports i
WHERE i.id = f.import_id AND f.import_id = $1 AND f.root_id = $2 AND f.told_at IS NULL
RETURNING i.actor, i.file_name, f.added, f.changed, f.licences`

	// The licence IDs of a family that an import added, and that nobody living administers.
	// Both have the time of its one transaction.
	addedUnattended = `SELECT l.id, l.number FROM licences l WHERE l.root_id = $2 AND l.created_at = (SELECT at FROM imports WHERE id = $1)
AND NOT EXISTS (SELECT FROM grants g JOIN persons p ON p.id = g.person_id AND p.ended_at IS NULL
	WHERE g.role = ANY ($3) AND g.revoked_at IS NULL AND (g.expires_at IS NULL OR g.expires_at > now()) AND (g.licence_id = l.id
	OR g.organisation_id IN (SELECT ancestor_id FROM org_closure WHERE descendant_id = l.organisation_id))) ORDER BY l.number LIMIT $4`
)

// TellFamilies tells the audit chain of each family what an import did there. It may
// be called again: a family is told once.
func (s *Store) TellFamilies(ctx context.Context, imported uuid.UUID) error {
	return s.eachDue(ctx, query{untoldFamilies, []any{imported}, nil}, func(t *tx, d due) error { return t.tellFamily(imported, d.root) })
}

func (t *tx) tellFamily(imported, root uuid.UUID) error {
	var actor, name string
	var added, changed, licences int64
	told := query{tellFamily, []any{imported, root}, func(rows pgx.Rows) error {
		err := rows.Scan(&actor, &name, &added, &changed, &licences)
		t.tell(licensing.Act{RootID: root, Action: "keys.imported", Object: "import/" + imported.String(), Detail: map[string]any{
			"name": name, "by": actor, "added": added, "changed": changed, "licences": licences,
		}})
		return err
	}}
	if err := t.all(told); err != nil || licences == 0 {
		return err
	}
	return t.all(query{addedUnattended, []any{imported, root, managing(), mostUnattended}, func(rows pgx.Rows) error {
		var l licensing.Licence
		err := rows.Scan(&l.ID, &l.Number)
		t.tell(licensing.Act{RootID: root, Action: "licence.unattended", LicenceID: &l.ID, Object: "licence/" + l.Number, Detail: map[string]any{"name": name, "import": imported}})
		return err
	}})
}
