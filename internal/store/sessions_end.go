package store

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/keyhall/keyhall/internal/licensing"
)

const (
	endAll = `DELETE FROM sessions WHERE person_id = $1 RETURNING hash`

	// Somebody's families, and whether a right of theirs is none of $2. Asked at the desk:
	// who acts sees only their own families.
	rightsElsewhere = `SELECT EXISTS (SELECT FROM persons WHERE id = $1 AND staff_role <> '') OR EXISTS (
	SELECT FROM grants WHERE person_id = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now()) AND id <> ALL ($2))`
	familiesWithRight = `SELECT DISTINCT root_id FROM grants WHERE person_id = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())`

	// Everybody's sessions that may go on: since $1, the staff's since $2.
	everySession = `SELECT s.id, s.person_id, s.started_at, s.last_seen, s.ends_at, s.address, s.agent, p.name, p.business_email, p.staff_role
FROM sessions s JOIN persons p ON p.id = s.person_id
WHERE s.ends_at > now() AND s.last_seen > CASE WHEN p.staff_role = '' THEN $1::timestamptz ELSE $2 END
AND ($3 = '' OR strpos(lower(p.name), lower($3)) > 0 OR strpos(lower(p.business_email), lower($3)) > 0)
AND (s.last_seen, s.id) < ($4, $5) ORDER BY s.last_seen DESC, s.id DESC LIMIT $6`
)

// EverySession lists who is signed in, the latest used first, and returns the next page's
// cursor. It is the operator's.
func (s *Store) EverySession(ctx context.Context, v licensing.Viewer, f licensing.SessionFilter) (list []licensing.PersonSession, next string, err error) {
	if !mayOperate(v) {
		return nil, "", licensing.ErrForbidden
	}
	at, id := readTimeCursor(f.After)
	err = borrow(ctx, s.pool, func(c *pgxpool.Conn) error {
		rows, err := c.Query(ctx, everySession, f.Since, f.StaffSince, f.Query, at, id, PageSize+1)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, scanPersonSession)
		return err
	})
	if len(list) > PageSize {
		list = list[:PageSize]
		next = timeCursor(list[PageSize-1].LastSeen, list[PageSize-1].ID.String())
	}
	return list, next, err
}

func scanPersonSession(r pgx.CollectableRow) (n licensing.PersonSession, err error) {
	err = r.Scan(&n.ID, &n.PersonID, &n.StartedAt, &n.LastSeen, &n.EndsAt, &n.Address, &n.Agent, &n.Name, &n.Email, &n.Staff)
	return n, err
}

// SignOutPerson ends every session of somebody, and returns the hashes of their tokens.
// The operator may end anybody's; an administrator those of people whose every right is on
// what the administrator manages. What they may not end is licensing.Problems, and on
// record. The same post again does nothing.
func (s *Store) SignOutPerson(ctx context.Context, by licensing.Viewer, person uuid.UUID, once licensing.Once) (ended [][]byte, err error) {
	if mayOperate(by) {
		_, err = s.onceOnly(ctx, by, once, nil, func(t *tx) (_ int64, err error) {
			ended, err = t.signOutAnybody(person)
			return 0, err
		})
		return ended, err
	}
	err = s.onRights(ctx, by, once, func(t *tx) (err error) {
		ended, err = t.signOutManaged(person)
		return err
	})
	return ended, err
}

func (t *tx) signOutAnybody(person uuid.UUID) ([][]byte, error) {
	var name string
	var families []uuid.UUID
	err := t.all(
		query{`SELECT name FROM persons WHERE id = $1`, []any{person}, func(rows pgx.Rows) error { return rows.Scan(&name) }},
		query{familiesWithRight, []any{person}, func(rows pgx.Rows) error {
			var root uuid.UUID
			err := rows.Scan(&root)
			families = append(families, root)
			return err
		}})
	if err == nil && name == "" {
		err = licensing.ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	return t.signOut(person, name, append(families, licensing.PublisherRoot))
}

func (t *tx) signOutManaged(person uuid.UUID) (ended [][]byte, err error) {
	rights, err := t.managedOf(person)
	if err != nil {
		return nil, err
	}
	if person == t.by.PersonID {
		return nil, t.mayTouch(rights[0], "person.signed_out")
	}
	var elsewhere bool
	err = t.atDesk(func() error {
		err := t.all(query{rightsElsewhere, []any{person, idsOf(rights)}, func(rows pgx.Rows) error { return rows.Scan(&elsewhere) }})
		if err != nil || elsewhere {
			return err
		}
		ended, err = t.signOut(person, rights[0].name, roots(rights))
		return err
	})
	if err != nil || !elsewhere {
		return ended, err
	}
	for _, root := range roots(rights) {
		a := actOfSigningOut(root, person, rights[0].name)
		a.Outcome = licensing.Refused
		t.tell(a)
	}
	return nil, refused{licensing.Problems{{Field: "right", Message: "people.sessions_elsewhere", Args: map[string]any{"Name": rights[0].name}}}}
}

// signOut ends all sessions of a person and tells the chains of families, and the person.
func (t *tx) signOut(person uuid.UUID, name string, families []uuid.UUID) ([][]byte, error) {
	rows, err := t.pgx.Query(t.ctx, endAll, person)
	if err != nil {
		return nil, err
	}
	ended, err := pgx.CollectRows(rows, pgx.RowTo[[]byte])
	if err != nil {
		return nil, err
	}
	for _, root := range families {
		a := actOfSigningOut(root, person, name)
		a.Detail["ended"] = len(ended)
		t.tell(a)
	}
	return ended, t.news(person, licensing.News{
		Kind: licensing.SessionsEnded, RootID: families[0], Path: "/account",
		Args: map[string]string{"Actor": t.by.Name, licensing.NewsMoment: time.Now().UTC().Format(time.RFC3339)},
	})
}

func actOfSigningOut(root, person uuid.UUID, name string) licensing.Act {
	return licensing.Act{RootID: root, Action: "person.signed_out", Object: "person/" + person.String(), Detail: map[string]any{"name": name}}
}
