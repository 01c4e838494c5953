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
)

// TellFamilies tells the audit chain of each family what an import did there. It may
// be called again: a family is told once.
func (s *Store) TellFamilies(ctx context.Context, imported uuid.UUID) error {
	return s.eachDue(ctx, query{untoldFamilies, []any{imported}, nil}, func(t *tx, d due) error { return t.tellFamily(imported, d.root) })
}

func (t *tx) tellFamily(imported, root uuid.UUID) error {
	return t.all(query{tellFamily, []any{imported, root}, func(rows pgx.Rows) error {
		var actor, name string
		var added, changed, licences int64
		err := rows.Scan(&actor, &name, &added, &changed, &licences)
		t.tell(licensing.Act{RootID: root, Action: "keys.imported", Object: "import/" + imported.String(), Detail: map[string]any{
			"name": name, "by": actor, "added": added, "changed": changed, "licences": licences,
		}})
		return err
	}})
}
