package store

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
)

const importsTaken = `SELECT id, at, actor, file_name, sha256, line_count, added, changed, unchanged FROM imports
WHERE (at, id) < ($1, $2) ORDER BY at DESC, id DESC LIMIT $3`

// Imports lists the files of keys that were taken in, the latest first, and returns
// the next page's cursor. It is the operator's: for anybody else ErrForbidden.
func (s *Store) Imports(ctx context.Context, v licensing.Viewer, after string) (list []licensing.Import, next string, err error) {
	if !v.May.Has(licensing.Operate) {
		return nil, "", licensing.ErrForbidden
	}
	at, id := readTimeCursor(after)
	err = s.read(ctx, v, query{importsTaken, []any{at, id, PageSize + 1}, func(rows pgx.Rows) error {
		var m licensing.Import
		err := rows.Scan(&m.ID, &m.At, &m.Actor, &m.FileName, &m.SHA256, &m.Lines, &m.Added, &m.Changed, &m.Unchanged)
		list = append(list, m)
		return err
	}})
	if len(list) > PageSize {
		list = list[:PageSize]
		next = timeCursor(list[PageSize-1].At, list[PageSize-1].ID.String())
	}
	return list, next, err
}
