package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/keyhall/keyhall/internal/licensing"
)

// StartAuditExport notes that somebody takes a copy of the audit log, under a file name:
// in the chains of their families, the staff's in the publisher's.
func (s *Store) StartAuditExport(ctx context.Context, by licensing.Viewer, f licensing.AuditFilter, name string) error {
	detail := map[string]any{"name": name}
	if f.Narrow() {
		detail["filter"] = f.Detail()
	}
	return s.write(ctx, by, func(t *tx) error {
		for _, root := range chainsOf(by) {
			t.tell(licensing.Act{RootID: root, Action: "audit.exported", Object: "audit", Detail: detail})
		}
		return nil
	})
}

// copying is how long a copy of the audit log may take, however slowly it is read.
const copying = 15 * time.Minute

const oneCopy = `SELECT pg_try_advisory_xact_lock(hashtextextended($1::uuid::text, 3))`

// ExportAudit gives every entry that the filter lets through and the viewer may see to
// row, the latest first, all as of one moment, and holds one at a time. An error of row
// ends it and is returned. A person takes one copy at a time, a second is ErrTooMany: who
// reads slowly holds one of few connections.
func (s *Store) ExportAudit(ctx context.Context, v licensing.Viewer, f licensing.AuditFilter, row func(licensing.AuditLine) error) error {
	q, err := s.auditQuery(ctx, v, f, nil)
	if err != nil {
		return err
	}
	q.row = func(rows pgx.Rows) error {
		var l licensing.AuditLine
		if err := scanAudit(rows, v, &l); err != nil {
			return err
		}
		return row(l)
	}
	only := query{oneCopy, []any{v.PersonID}, func(rows pgx.Rows) error {
		var free bool
		if err := rows.Scan(&free); err == nil && !free {
			return licensing.ErrTooMany
		}
		return nil
	}}
	ctx, cancel := context.WithTimeout(ctx, copying)
	defer cancel()
	return borrow(ctx, s.exports, func(c *pgxpool.Conn) error {
		return readBehind(ctx, c, asViewerAnew, v, []query{only, q})
	})
}
