package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
)

const (
	emergencyLines = `SELECT c.id, c.root_id, c.licence_id, c.organisation_id, c.person_id, c.reason, c.state, c.version, c.opened_by, c.opened_at,
	c.confirmed_by, c.confirmed_at, c.due_at, c.closed_by, c.closed_at, c.objection,
	l.number, o.name, p.name, p.business_email, a.name, coalesce(b.name, ''), coalesce(x.name, '')
FROM emergency_cases c JOIN licences l ON l.id = c.licence_id JOIN organisations o ON o.id = coalesce(c.organisation_id, l.organisation_id)
JOIN persons p ON p.id = c.person_id JOIN persons a ON a.id = c.opened_by
LEFT JOIN persons b ON b.id = c.confirmed_by LEFT JOIN persons x ON x.id = c.closed_by `

	listEmergency = emergencyLines + `ORDER BY c.closed_at IS NOT NULL, c.opened_at DESC, c.id LIMIT $1`
	emergencyByID = emergencyLines + `WHERE c.id = $1`
	// What is under way for a licence ID $1, or for an organisation above it.
	emergencyUnderWay = emergencyLines + `WHERE c.closed_at IS NULL AND (c.licence_id = $1 AND c.organisation_id IS NULL OR c.organisation_id IN (
	SELECT ancestor_id FROM org_closure WHERE descendant_id = $2)) ORDER BY c.opened_at`
	// What a customer who acts can see of a case: through a licence ID that they reach.
	emergencySeen = emergencyLines + `WHERE c.id = $1 AND EXISTS (SELECT FROM reach r JOIN licences m ON m.id = r.licence_id
	WHERE r.person_id = $2 AND (r.until IS NULL OR r.until > now()) AND (m.id = c.licence_id
		OR m.organisation_id IN (SELECT descendant_id FROM org_closure WHERE ancestor_id = c.organisation_id)))`

	// Whether $1 administers anything in an organisation $2 or below it, whose own
	// administrator the case would put beside them.
	administersBelow = `SELECT EXISTS (SELECT FROM grants g LEFT JOIN licences b ON b.id = g.licence_id
WHERE g.person_id = $1 AND g.role = ANY ($3) AND g.revoked_at IS NULL AND (g.expires_at IS NULL OR g.expires_at > now())
AND coalesce(g.organisation_id, b.organisation_id) IN (SELECT descendant_id FROM org_closure WHERE ancestor_id = $2))`

	moveEmergency = `UPDATE emergency_cases SET state = $3, version = version + 1, confirmed_by = coalesce($4, confirmed_by),
	confirmed_at = CASE WHEN $4::uuid IS NULL THEN confirmed_at ELSE now() END,
	due_at = CASE WHEN $4::uuid IS NULL THEN due_at ELSE now() + $5::interval END,
	closed_at = CASE WHEN $3 = 'confirmed' THEN NULL ELSE now() END, closed_by = $6, objection = $7
WHERE id = $1 AND version = $2 RETURNING due_at`
)

func scanEmergency(rows pgx.Rows, l *licensing.EmergencyLine) error {
	return rows.Scan(&l.ID, &l.RootID, &l.LicenceID, &l.OrganisationID, &l.PersonID, &l.Reason, &l.State, &l.Version, &l.OpenedBy, &l.OpenedAt,
		&l.ConfirmedBy, &l.ConfirmedAt, &l.DueAt, &l.ClosedBy, &l.ClosedAt, &l.Objection,
		&l.Number, &l.Organisation, &l.Person, &l.Email, &l.Opener, &l.Confirmer, &l.Closer)
}

// intoEmergency is a question whose lines go to list.
func intoEmergency(list *[]licensing.EmergencyLine, sql string, args ...any) query {
	return query{sql, args, func(rows pgx.Rows) error {
		*list = append(*list, licensing.EmergencyLine{})
		return scanEmergency(rows, &(*list)[len(*list)-1])
	}}
}

// EmergencyCases lists the cases of emergency access to the staff, the open ones first.
func (s *Store) EmergencyCases(ctx context.Context, v licensing.Viewer) (list []licensing.EmergencyLine, err error) {
	if !v.SeesAllCustomers() {
		return nil, licensing.ErrForbidden
	}
	return list, s.read(ctx, v, intoEmergency(&list, listEmergency, PageSize))
}

// usualWait is between confirming a case and the right, where nothing else is set.
const usualWait = 72 * time.Hour

// WaitForEmergency sets how long everybody concerned may object to emergency access: an hour
// or more. Call it before the store is used.
func (s *Store) WaitForEmergency(wait time.Duration) { s.emergencyWait = wait }

// EmergencyWait is how long everybody concerned may object to emergency access.
func (s *Store) EmergencyWait() time.Duration { return s.emergencyWait }

// ConfirmEmergency starts the wait of a case that another agent opened.
func (s *Store) ConfirmEmergency(ctx context.Context, by licensing.Viewer, id uuid.UUID, a licensing.EmergencyAct, once licensing.Once) error {
	return s.takeEmergency(ctx, by, id, licensing.ConfirmEmergency, a, once)
}

// WithdrawEmergency is how support takes a case back.
func (s *Store) WithdrawEmergency(ctx context.Context, by licensing.Viewer, id uuid.UUID, a licensing.EmergencyAct, once licensing.Once) error {
	return s.takeEmergency(ctx, by, id, licensing.WithdrawEmergency, a, once)
}

// StopEmergency is how an administrator of the place, if there is one after all, or of
// something below it, or the operator objects.
func (s *Store) StopEmergency(ctx context.Context, by licensing.Viewer, id uuid.UUID, a licensing.EmergencyAct, once licensing.Once) error {
	return s.takeEmergency(ctx, by, id, licensing.StopEmergency, a, once)
}

// takeEmergency makes a move, once: the family is held, so of several at once one is first,
// and the others find that the case has changed.
func (s *Store) takeEmergency(ctx context.Context, by licensing.Viewer, id uuid.UUID, m licensing.EmergencyMove, a licensing.EmergencyAct, once licensing.Once) error {
	_, err := s.onceOnly(ctx, by, once, nil, func(t *tx) (int64, error) {
		l, err := t.emergencyHeld(id)
		if err != nil {
			return 0, err
		}
		if err := t.mayMoveEmergency(l, m); err != nil {
			t.tell(actOnEmergency(l, m, licensing.Refused))
			return 0, refused{err}
		}
		if !l.State.Allows(m) || l.Version != a.Version {
			t.tell(actOnEmergency(l, m, licensing.Refused))
			return 0, refused{fmt.Errorf("%w: a case that is %s", licensing.ErrConflict, l.State)}
		}
		var problems licensing.Problems
		if m == licensing.StopEmergency {
			l.Objection = said(a.Message, "message", true, &problems)
		}
		if len(problems) > 0 {
			return 0, problems
		}
		return 0, t.moveEmergency(l, m, s.emergencyWait)
	})
	return err
}

// emergencyHeld finds a case that who acts may see, and holds its family.
func (t *tx) emergencyHeld(id uuid.UUID) (l licensing.EmergencyLine, err error) {
	find := func() error {
		var list []licensing.EmergencyLine
		q := intoEmergency(&list, emergencyByID, id)
		if !t.by.SeesAllCustomers() {
			q = intoEmergency(&list, emergencySeen, id, t.by.PersonID)
		}
		if err := t.all(q); err != nil {
			return err
		}
		if len(list) == 0 {
			return licensing.ErrNotFound
		}
		l = list[0]
		return nil
	}
	if err := find(); err != nil {
		return l, err
	}
	if err := t.inDesk(func() error { return t.hold(l.RootID) }); err != nil {
		return l, err
	}
	return l, find()
}

// inDesk is atDesk for transactions that may be the desk's already.
func (t *tx) inDesk(do func() error) error {
	if t.by.SeesAllCustomers() {
		return do()
	}
	return t.atDesk(do)
}

// mayMoveEmergency says who may not: who opened a case doesn't confirm it, nor does who has a
// right there (S-13); only who administers the place or something in it, or the operator,
// objects.
func (t *tx) mayMoveEmergency(l licensing.EmergencyLine, m licensing.EmergencyMove) error {
	switch m {
	case licensing.StopEmergency:
		if t.by.May.Has(licensing.SeeCustomers | licensing.Operate) {
			return nil
		}
		return t.mayObject(l)
	case licensing.ConfirmEmergency:
		if l.State == licensing.EmergencyOpened && !l.ConfirmableBy(t.by.PersonID) {
			return licensing.ErrForbidden
		}
		if err := t.noRightIn(l.RootID); err != nil {
			return err
		}
	}
	if !t.by.May.Has(licensing.SeeCustomers | licensing.DecideRequests) {
		return licensing.ErrForbidden
	}
	return nil
}

// mayObject says who of a customer's may not stop a case.
func (t *tx) mayObject(l licensing.EmergencyLine) error {
	if t.by.SeesAllCustomers() {
		return licensing.ErrForbidden
	}
	managers, err := t.managersOf(l.On())
	below := false
	if err == nil && l.OrganisationID != nil {
		err = t.all(query{administersBelow, []any{t.by.PersonID, l.OrganisationID, managing()}, func(rows pgx.Rows) error { return rows.Scan(&below) }})
	}
	if err == nil && !below && !slices.Contains(managers, t.by.PersonID) {
		err = licensing.ErrForbidden
	}
	return err
}

// moveEmergency writes a move, and tells everybody concerned.
func (t *tx) moveEmergency(l licensing.EmergencyLine, m licensing.EmergencyMove, wait time.Duration) error {
	var confirmer, closer *uuid.UUID
	switch {
	case m == licensing.ConfirmEmergency:
		confirmer = &t.by.PersonID
	case t.by.PersonID != uuid.Nil:
		closer = &t.by.PersonID
	}
	moved := false
	err := t.inDesk(func() error {
		return t.all(query{moveEmergency, []any{l.ID, l.Version, string(m.To()), confirmer, wait, closer, l.Objection}, func(rows pgx.Rows) error {
			moved = true
			return rows.Scan(&l.DueAt)
		}})
	})
	if err == nil && !moved {
		err = licensing.ErrConflict
	}
	if err != nil {
		return err
	}
	l.State = m.To()
	t.tell(actOnEmergency(l, m, licensing.Done))
	return t.inDesk(func() error { return t.newsOfEmergency(l) })
}

func actOnEmergency(l licensing.EmergencyLine, m licensing.EmergencyMove, o licensing.Outcome) licensing.Act {
	return licensing.Act{
		RootID: l.RootID, Action: "emergency." + string(m.To()), LicenceID: &l.LicenceID, Object: "person/" + l.PersonID.String(), Outcome: o,
		Detail: map[string]any{"case": l.ID, "name": l.Person, "place": l.Place()},
	}
}
