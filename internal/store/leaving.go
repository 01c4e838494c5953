package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
)

const (
	// Steps of requests lock the request before the family, and so does this.
	lockOpenOf = `SELECT FROM requests WHERE requester_id = $1 AND closed_at IS NULL AND root_id = ANY ($2) ORDER BY id FOR UPDATE`

	// Whom an administrator names to go on with requests: somebody of the families.
	colleagueOf = `SELECT DISTINCT p.id, p.name FROM persons p JOIN grants g ON g.person_id = p.id
WHERE lower(p.business_email) = lower($1) AND p.ended_at IS NULL AND p.staff_role = ''
AND g.root_id = ANY ($2) AND g.revoked_at IS NULL AND (g.expires_at IS NULL OR g.expires_at > now()) LIMIT 2`

	// The open requests of $1 that $2 manages the people of, and that $1 has no right to see
	// to any more; those about no licence ID are the root's. $5 goes on with them, and has to
	// be allowed to: bit 16 is FileRequests.
	leftBehind = requestColumns + `, EXISTS (SELECT FROM reach WHERE person_id = $5 AND root_id = r.root_id AND (r.licence_id IS NULL OR licence_id = r.licence_id)
	AND rights & 16 <> 0 AND (until IS NULL OR until > now()))
FROM requests r CROSS JOIN LATERAL (SELECT r.licence_id, CASE WHEN r.licence_id IS NULL THEN r.root_id END AS organisation_id) g
WHERE r.requester_id = $1 AND r.closed_at IS NULL AND r.root_id = ANY ($4) AND ` + managesG + `
AND NOT EXISTS (SELECT FROM reach WHERE person_id = $1 AND root_id = r.root_id AND (r.licence_id IS NULL OR licence_id = r.licence_id)
	AND rights & 16 <> 0 AND (until IS NULL OR until > now())) ORDER BY r.id`

	handOn = `UPDATE requests SET requester_id = $2, last_event = last_event + 1 WHERE id = $1 AND closed_at IS NULL`
)

// Leave ends every right of somebody who leaves on what the administrator who acts manages,
// and hands their open requests there on to a colleague, or to who acts; ErrNotFound where
// there is no right. What is wrong with the form is licensing.Problems.
func (s *Store) Leave(ctx context.Context, by licensing.Viewer, l licensing.Leaving, once licensing.Once) error {
	return s.onRights(ctx, by, once, func(t *tx) error {
		rights, err := t.managedOf(l.Person)
		if err != nil {
			return err
		}
		if err := t.all(query{lockOpenOf, []any{l.Person, roots(rights)}, nothing}); err != nil {
			return err
		}
		if err := t.atDesk(func() error { return t.hold(roots(rights)...) }); err != nil {
			return err
		}
		if rights, err = t.managedOf(l.Person); err != nil {
			return err
		}
		if l.Person == t.by.PersonID {
			return t.mayTouch(rights[0], "role.ended")
		}
		next, name, err := t.colleague(l, roots(rights))
		if err != nil {
			return err
		}
		if err := t.endRights(rights...); err != nil {
			return err
		}
		return t.handOnAll(l, roots(rights), next, name)
	})
}

// colleague finds who goes on with the requests.
func (t *tx) colleague(l licensing.Leaving, roots []uuid.UUID) (id uuid.UUID, name string, err error) {
	if l.Colleague == "" {
		return t.by.PersonID, t.by.Name, nil
	}
	found := 0
	err = t.all(query{colleagueOf, []any{l.Colleague, roots}, func(rows pgx.Rows) error {
		found++
		return rows.Scan(&id, &name)
	}})
	switch {
	case err != nil:
		return id, name, err
	case found == 0, id == l.Person:
		return id, name, licensing.Problems{{Field: "colleague", Message: "right.problem.unknown"}}
	case found > 1:
		return id, name, licensing.Problems{{Field: "colleague", Message: "right.problem.several"}}
	}
	return id, name, nil
}

func (t *tx) handOnAll(l licensing.Leaving, roots []uuid.UUID, next uuid.UUID, name string) error {
	var left []licensing.Request
	err := t.all(query{leftBehind, []any{l.Person, t.by.PersonID, managing(), roots, next}, func(rows pgx.Rows) error {
		var r licensing.Request
		var may bool
		if err := scanRequest(rows, &r, &may); err != nil {
			return err
		}
		if !may {
			return licensing.Problems{{Field: "colleague", Message: "leave.problem.right", Args: map[string]any{"Number": licensing.RequestNumber(r.ID)}}}
		}
		left = append(left, r)
		return nil
	}})
	if err != nil {
		return err
	}
	for _, r := range left {
		if err := t.handOn(r, next, name, l.At); err != nil {
			return err
		}
	}
	return nil
}

// handOn puts another person in the place of who asked. Customers write neither that nor
// its event, so the desk's role does.
func (t *tx) handOn(r licensing.Request, next uuid.UUID, name string, at time.Time) error {
	e := licensing.RequestEvent{Kind: licensing.EventHandedOn, At: at, Detail: licensing.EventDetail{Requester: name}}
	e.Actor = t.by.Name
	detail, err := json.Marshal(e.Detail)
	if err != nil {
		return err
	}
	t.tell(actOn(r, "request.handed_on", licensing.Done, map[string]any{"name": name}))
	r.RequesterID = next
	if err := t.inform(next, r, e); err != nil {
		return err
	}
	return t.atDesk(func() error {
		n, err := t.exec(handOn, r.ID, next)
		if err == nil && n != 1 {
			err = fmt.Errorf("%w: request %d has been closed", licensing.ErrConflict, r.ID)
		}
		if err != nil {
			return err
		}
		_, err = t.exec(addEvent, r.ID, r.LastEvent+1, r.RootID, at, t.by.PersonID, t.by.Name, false, string(e.Kind), false, string(detail))
		return err
	})
}
