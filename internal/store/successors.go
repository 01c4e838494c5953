package store

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
)

const (
	successorLines = `SELECT s.id, s.root_id, s.person_id, s.successor_id, s.organisation_id, s.licence_id, s.state, s.named_at, s.closed_at,
	a.name, p.name, coalesce(l.number, ''), o.name
FROM successors s JOIN persons a ON a.id = s.person_id JOIN persons p ON p.id = s.successor_id
LEFT JOIN licences l ON l.id = s.licence_id JOIN organisations o ON o.id = coalesce(s.organisation_id, l.organisation_id) `

	ownSuccessors   = successorLines + `WHERE s.state = 'named' AND $1 IN (s.person_id, s.successor_id) ORDER BY s.named_at, s.id`
	successorByID   = successorLines + `WHERE s.id = $1 AND $2 IN (s.person_id, s.successor_id)`
	successorsOf    = successorLines + `WHERE s.state = 'named' AND s.person_id = $1 AND (s.licence_id = $2 OR s.organisation_id = $3)`
	nameSuccessor   = `INSERT INTO successors (id, root_id, person_id, successor_id, organisation_id, licence_id) VALUES ($1, $2, $3, $4, $5, $6)`
	closeSuccession = `UPDATE successors SET state = $2, closed_at = now() WHERE id = $1 AND state = 'named'`
)

func scanSuccessor(rows pgx.Rows, l *licensing.SuccessorLine) error {
	return rows.Scan(&l.ID, &l.RootID, &l.PersonID, &l.SuccessorID, &l.OrganisationID, &l.LicenceID, &l.State, &l.NamedAt, &l.ClosedAt,
		&l.Administrator, &l.Name, &l.Number, &l.Organisation)
}

func (t *tx) successors(sql string, args ...any) (list []licensing.SuccessorLine, err error) {
	err = t.all(query{sql, args, func(rows pgx.Rows) error {
		list = append(list, licensing.SuccessorLine{})
		return scanSuccessor(rows, &list[len(list)-1])
	}})
	return list, err
}

// Successors lists whom the viewer has named to take over, and whom the viewer was named by.
func (s *Store) Successors(ctx context.Context, v licensing.Viewer) (list []licensing.SuccessorLine, err error) {
	err = s.read(ctx, v, query{ownSuccessors, []any{v.PersonID}, func(rows pgx.Rows) error {
		list = append(list, licensing.SuccessorLine{})
		return scanSuccessor(rows, &list[len(list)-1])
	}})
	return list, err
}

// NameSuccessor names who of the family, by business e-mail, gets an administrator's own
// right when nobody else administers what it is on. Whoever was named before isn't any more.
func (s *Store) NameSuccessor(ctx context.Context, by licensing.Viewer, id uuid.UUID, email string, once licensing.Once) error {
	return s.onRights(ctx, by, once, func(t *tx) error {
		own, err := t.rightOf(id)
		if err != nil {
			return err
		}
		if err := t.mayNameSuccessor(own); err != nil {
			return err
		}
		next := own
		next.PersonID = uuid.Nil
		var problems licensing.Problems
		if err := t.memberOf(email, &next, &problems); err != nil {
			return err
		}
		if next.PersonID == uuid.Nil { // whoever might be invited can't succeed anybody yet
			problems = licensing.Problems{{Field: "email", Message: "successor.problem.unknown"}}
		}
		if len(problems) > 0 {
			return problems
		}
		if err := t.withdrawSuccessors(own); err != nil {
			return err
		}
		n := uuid.Must(uuid.NewV7())
		err = t.atDesk(func() error {
			_, err := t.exec(nameSuccessor, n, own.RootID, own.PersonID, next.PersonID, own.OrganisationID, own.LicenceID)
			return err
		})
		if err != nil {
			return err
		}
		return t.succession(n, licensing.SuccessorNamed)
	})
}

// mayNameSuccessor says why nobody can be named: a successor is for one's own right, for one
// that manages people, and for one that people gave: by group the provider says who is next.
func (t *tx) mayNameSuccessor(own right) error {
	if own.PersonID != t.by.PersonID || own.group != "" || !own.Role.Permissions().Has(licensing.ManagePeople) {
		a := actOnRight("successor.named", own)
		a.Outcome = licensing.Refused
		t.tell(a)
		return refused{licensing.ErrForbidden}
	}
	if !own.live {
		return fmt.Errorf("%w: the right has ended", licensing.ErrConflict)
	}
	return nil
}

// EndSuccessor is how the administrator takes a successor back, or the successor declines.
func (s *Store) EndSuccessor(ctx context.Context, by licensing.Viewer, id uuid.UUID, once licensing.Once) error {
	return s.onRights(ctx, by, once, func(t *tx) error {
		l, err := t.successorHeld(id)
		if err != nil {
			return err
		}
		if l.State != licensing.SuccessorNamed {
			return fmt.Errorf("%w: a successor who is %s", licensing.ErrConflict, l.State)
		}
		return t.closeSuccession(l, l.EndedBy(by.PersonID))
	})
}

// successorHeld finds a successor who concerns who acts, and holds the family.
func (t *tx) successorHeld(id uuid.UUID) (l licensing.SuccessorLine, err error) {
	list, err := t.successors(successorByID, id, t.by.PersonID)
	if err == nil && len(list) == 0 {
		err = licensing.ErrNotFound
	}
	if err != nil {
		return l, err
	}
	if err := t.atDesk(func() error { return t.hold(list[0].RootID) }); err != nil {
		return l, err
	}
	if list, err = t.successors(successorByID, id, t.by.PersonID); err != nil || len(list) == 0 {
		return l, licensing.ErrNotFound
	}
	return list[0], err
}

// withdrawSuccessors ends what hung on rights that end or go to another successor.
func (t *tx) withdrawSuccessors(rights ...right) error {
	for _, r := range rights {
		if !r.Role.Permissions().Has(licensing.ManagePeople) {
			continue
		}
		named, err := t.successors(successorsOf, r.PersonID, r.LicenceID, r.OrganisationID)
		if err != nil {
			return err
		}
		for _, l := range named {
			if err := t.closeSuccession(l, licensing.SuccessorWithdrawn); err != nil {
				return err
			}
		}
	}
	return nil
}

func (t *tx) closeSuccession(l licensing.SuccessorLine, as licensing.SuccessorState) error {
	err := t.atDesk(func() error {
		_, err := t.exec(closeSuccession, l.ID, string(as))
		return err
	})
	if err != nil {
		return err
	}
	return t.tellSuccession(l, as)
}

// succession tells of a successor by what was written.
func (t *tx) succession(id uuid.UUID, as licensing.SuccessorState) error {
	list, err := t.successors(successorByID, id, t.by.PersonID)
	if err == nil && len(list) == 0 {
		err = licensing.ErrNotFound
	}
	if err != nil {
		return err
	}
	return t.tellSuccession(list[0], as)
}

var successorNews = map[licensing.SuccessorState]licensing.NewsKind{
	licensing.SuccessorNamed: licensing.NewsSuccessorNamed, licensing.SuccessorWithdrawn: licensing.NewsSuccessorWithdrawn,
	licensing.SuccessorDeclined: licensing.NewsSuccessorDeclined, licensing.SuccessorSteppedIn: licensing.NewsSuccessorSteppedIn,
}

// tellSuccession tells the audit log, the two whom it concerns, and who else administers
// the place.
func (t *tx) tellSuccession(l licensing.SuccessorLine, as licensing.SuccessorState) error {
	t.tell(licensing.Act{
		RootID: l.RootID, Action: "successor." + string(as), LicenceID: l.LicenceID, Object: "person/" + l.SuccessorID.String(),
		Detail: map[string]any{"name": l.Name, "person": l.Administrator},
	})
	others, err := t.managersOf(l.LicenceID, l.OrganisationID)
	if err != nil {
		return err
	}
	n := licensing.News{
		Kind: successorNews[as], RootID: l.RootID, Path: "/people",
		Args: map[string]string{"Place": l.Place(), "Administrator": l.Administrator, "Name": l.Name},
	}
	for _, person := range distinct(append(others, l.PersonID, l.SuccessorID)) {
		if as != licensing.SuccessorSteppedIn && (person == l.PersonID || person == l.SuccessorID) {
			n.Path = "/successors"
		} else {
			n.Path = "/people"
		}
		if err := t.news(person, n); err != nil {
			return err
		}
	}
	return nil
}
