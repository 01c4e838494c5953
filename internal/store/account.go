package store

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/keyhall/keyhall/internal/licensing"
)

const (
	sessionsOf = `SELECT id, started_at, last_seen, ends_at, address, agent FROM sessions
WHERE person_id = $1 AND ends_at > now() ORDER BY last_seen DESC, id LIMIT $2`
	endOne    = `DELETE FROM sessions WHERE person_id = $1 AND id = $2 RETURNING hash`
	endOthers = `DELETE FROM sessions WHERE person_id = $1 AND id <> $2 RETURNING hash`
	setLocale = `UPDATE persons SET locale = $2 WHERE id = $1 AND ended_at IS NULL`
	setPlain  = `UPDATE persons SET no_shortcuts = $2 WHERE id = $1 AND ended_at IS NULL`
)

// Sessions lists the viewer's own sessions that may go on, the latest used first,
// without what opens them. Some may have been idle for too long: how long that is,
// signin says.
func (s *Store) Sessions(ctx context.Context, v licensing.Viewer) (list []licensing.Session, err error) {
	err = borrow(ctx, s.pool, func(c *pgxpool.Conn) error {
		rows, err := c.Query(ctx, sessionsOf, v.PersonID, PageSize)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, func(r pgx.CollectableRow) (licensing.Session, error) {
			n := licensing.Session{PersonID: v.PersonID}
			return n, r.Scan(&n.ID, &n.StartedAt, &n.LastSeen, &n.EndsAt, &n.Address, &n.Agent)
		})
		return err
	})
	return list, err
}

// EndOwnSession ends one of the person's sessions and returns the hash of its token; one
// that isn't theirs is ErrNotFound. The same post again does nothing.
func (s *Store) EndOwnSession(ctx context.Context, by licensing.Viewer, id uuid.UUID, once licensing.Once) (ended [][]byte, err error) {
	err = s.own(ctx, by, once, func(t *tx) (err error) {
		if ended, err = t.endSessions(endOne, id); err == nil && len(ended) == 0 {
			err = licensing.ErrNotFound
		}
		t.tellOwn("session.ended", map[string]any{"sessions": len(ended), "session": id})
		return err
	})
	return ended, err
}

// EndOtherSessions ends all sessions of the person but one, and returns the hashes of
// their tokens. The same post again does nothing.
func (s *Store) EndOtherSessions(ctx context.Context, by licensing.Viewer, keep uuid.UUID, once licensing.Once) (ended [][]byte, err error) {
	err = s.own(ctx, by, once, func(t *tx) (err error) {
		ended, err = t.endSessions(endOthers, keep)
		t.tellOwn("session.ended", map[string]any{"sessions": len(ended)})
		return err
	})
	return ended, err
}

// endSessions deletes sessions of whom the transaction acts for.
func (t *tx) endSessions(sql string, id uuid.UUID) ([][]byte, error) {
	rows, err := t.pgx.Query(t.ctx, sql, t.by.PersonID, id)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[[]byte])
}

// ChooseLanguage sets the language of the person's pages and mail: one of i18n's, or ""
// for what their browser wishes. The same post again does nothing.
func (s *Store) ChooseLanguage(ctx context.Context, by licensing.Viewer, language string, once licensing.Once) error {
	return s.own(ctx, by, once, func(t *tx) error {
		n, err := t.exec(setLocale, by.PersonID, language)
		if err == nil && n == 0 {
			err = licensing.ErrNotFound
		}
		t.tellOwn("person.language_set", map[string]any{"language": language})
		return err
	})
}

// ChooseShortcuts says whether single letters do something on the person's pages (WCAG
// 2.1.4). The same post again does nothing.
func (s *Store) ChooseShortcuts(ctx context.Context, by licensing.Viewer, on bool, once licensing.Once) error {
	return s.own(ctx, by, once, func(t *tx) error {
		n, err := t.exec(setPlain, by.PersonID, !on)
		if err == nil && n == 0 {
			err = licensing.ErrNotFound
		}
		t.tellOwn("person.shortcuts_set", map[string]any{"on": on})
		return err
	})
}

// own is what people do to their own account. That concerns no family, and people who
// reach no licence ID do it too, so it is done in the desk's part of the wall: each
// statement names the person who acts, and takes no other.
func (s *Store) own(ctx context.Context, by licensing.Viewer, once licensing.Once, do func(*tx) error) error {
	by.May |= licensing.SeeCustomers
	_, err := s.onceOnly(ctx, by, once, nil, func(t *tx) (int64, error) { return 0, do(t) })
	return err
}

const ownUse = auditColumns + `coalesce(r.rights, 0), coalesce(k.product_id, 0)
FROM (SELECT * FROM audit WHERE actor_id = $1 AND action = ANY ($2) ORDER BY at DESC, root_id DESC, seq DESC LIMIT $3) a` + auditNumber + `
LEFT JOIN reach r ON r.person_id = $1 AND r.licence_id = a.licence_id AND (r.until IS NULL OR r.until > now())
LEFT JOIN keys k ON k.id = CASE WHEN a.object LIKE 'key/%' THEN substr(a.object, 5)::uuid END AND (r.rights & 2 <> 0 OR $4)
ORDER BY a.at DESC, a.root_id DESC, a.seq DESC`

// OwnUse lists what the viewer themselves revealed, copied and downloaded, and was
// refused, the latest first, one page of it. Audit has the rest.
func (s *Store) OwnUse(ctx context.Context, v licensing.Viewer) (lines []licensing.UseLine, err error) {
	args := []any{v.PersonID, licensing.UseActions(), PageSize, v.SeesAllCustomers()}
	err = s.read(ctx, v, query{ownUse, args, func(rows pgx.Rows) error {
		var l licensing.UseLine
		err := scanAudit(rows, v, &l.AuditLine, &l.Product)
		lines = append(lines, l)
		return err
	}})
	return lines, err
}
