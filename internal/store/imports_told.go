package store

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
)

const (
	untoldFamilies = `SELECT f.root_id, i.actor, i.file_name, f.added, f.changed, f.licences
FROM import_families f JOIN imports i ON i.id = f.import_id WHERE f.import_id = $1 AND f.told_at IS NULL ORDER BY f.root_id`
	markTold = `UPDATE import_families SET told_at = now() WHERE import_id = $1 AND root_id = $2 AND told_at IS NULL`
)

// TellFamilies tells the audit chain of each family what an import did there. It may
// be called again: a family is told once.
func (s *Store) TellFamilies(ctx context.Context, imported uuid.UUID) error {
	type family struct {
		root                     uuid.UUID
		actor, name              string
		added, changed, licences int64
	}
	var families []family
	err := s.read(ctx, desk, query{untoldFamilies, []any{imported}, func(rows pgx.Rows) error {
		var f family
		if err := rows.Scan(&f.root, &f.actor, &f.name, &f.added, &f.changed, &f.licences); err != nil {
			return err
		}
		families = append(families, f)
		return nil
	}})
	if err != nil {
		return err
	}
	for _, f := range families {
		detail := map[string]any{"name": f.name, "by": f.actor, "added": f.added, "changed": f.changed, "licences": f.licences}
		if err := s.tellFamily(ctx, imported, f.root, detail); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) tellFamily(ctx context.Context, imported, root uuid.UUID, detail map[string]any) error {
	return s.asDesk(ctx, func(t *tx) error {
		n, err := t.exec(markTold, imported, root)
		if err != nil || n == 0 {
			return err
		}
		t.tell(licensing.Act{RootID: root, Action: "keys.imported", Object: "import/" + imported.String(), Detail: detail})
		return nil
	})
}
