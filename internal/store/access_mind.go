package store

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/worktime"
)

const (
	dueAccess = `SELECT id, root_id FROM access_requests WHERE due_at <= $1 ORDER BY due_at, id`
	// Of several servers one takes it, and the others leave it.
	accessDue = accessColumns + accessFrom + `WHERE q.id = $2 AND q.due_at <= $1 FOR UPDATE OF q SKIP LOCKED`

	findPlace = `SELECT l.root_id, l.id, CASE WHEN $2 THEN l.organisation_id END, o.name FROM licences l JOIN organisations o ON o.id = l.organisation_id WHERE l.number = $1`

	placeAccess  = `UPDATE access_requests SET root_id = $2, licence_id = $3, organisation_id = $4 WHERE id = $1`
	mindedAccess = `UPDATE access_requests SET step = $2, due_at = $3, lonely = $4 WHERE id = $1`
	endAccess    = `UPDATE access_requests SET state = 'unanswered', version = version + 1, closed_at = $2, step = $3, due_at = NULL WHERE id = $1`

	staffOf = `SELECT id FROM persons WHERE staff_role = ANY ($1) AND ended_at IS NULL ORDER BY id`
)

// MindAccess does what there is to do about requests for access by a time: tells
// administrators of new ones, reminds them, and ends what has waited too long. Each is a
// transaction of its own, and several servers may do it at once.
func (s *Store) MindAccess(ctx context.Context, at time.Time) error {
	return errors.Join(s.tellLocks(ctx, at), s.eachDue(ctx, query{dueAccess, []any{at}, nil}, func(t *tx, d due) error {
		var l licensing.AccessLine
		err := t.all(query{accessDue, []any{at, d.id}, func(rows pgx.Rows) error { return scanAccess(rows, &l) }})
		if err != nil || l.ID == uuid.Nil {
			return err
		}
		return s.mind(t, l, at)
	}))
}

// mind does what is due about one request for access.
func (s *Store) mind(t *tx, l licensing.AccessLine, at time.Time) error {
	if !l.Open() { // withdrawn
		if l.Step > 0 && l.LicenceID != nil {
			t.tell(actOnAccess("access.withdrawn", l))
		}
		_, err := t.exec(mindedAccess, l.ID, l.Step, nil, false)
		return err
	}
	if l.Adds() {
		return s.mindAgreement(t, l, at)
	}
	was := l.Step
	if was == 0 {
		if err := t.place(&l); err != nil {
			return err
		}
	}
	var due time.Time
	if l.Step, due = s.accessStep(l.AskedAt, at); l.Step > licensing.AccessSteps {
		return t.unanswered(l, at)
	}
	if err := t.tellManagers(&l, was); err != nil {
		return err
	}
	_, err := t.exec(mindedAccess, l.ID, l.Step, due, l.Lonely)
	return err
}

// accessStep says how far a request for access is at a time, and when it goes on.
// Reminders that fall together, as after a standstill, are one.
func (s *Store) accessStep(asked, at time.Time) (step int, due time.Time) {
	dues := [licensing.AccessSteps]time.Time{
		s.workdays(asked, licensing.AccessFirst), s.workdays(asked, licensing.AccessAgain), asked.AddDate(0, 0, licensing.AccessDays),
	}
	for i, due := range dues {
		if due.After(at) {
			return i + 1, due
		}
	}
	return len(dues) + 1, at
}

// workdays is so many working days after a time, where the promise of an answer counts
// its own.
func (s *Store) workdays(from time.Time, days int) time.Time {
	c := s.promises.Clock
	return worktime.Clock{Promise: time.Duration(days) * 24 * time.Hour, Business: true, Zone: c.Zone, Closes: 24 * time.Hour, Holidays: c.Holidays}.Due(from)
}

// place finds the licence ID that has the number; without one the request stays as it is.
func (t *tx) place(l *licensing.AccessLine) error {
	err := t.all(query{findPlace, []any{l.Number, l.Whole}, func(rows pgx.Rows) error {
		return rows.Scan(&l.RootID, &l.LicenceID, &l.OrganisationID, &l.Organisation)
	}})
	if err != nil || l.LicenceID == nil {
		return err
	}
	action := "access.arrived"
	if l.Adds() {
		action = "agreement.arrived"
	}
	t.tell(actOnAccess(action, *l))
	_, err = t.exec(placeAccess, l.ID, l.RootID, l.LicenceID, l.OrganisationID)
	return err
}

// tellManagers tells those who can answer, for the first time or again; where there is
// nobody, the operator, once.
func (t *tx) tellManagers(l *licensing.AccessLine, was int) error {
	if l.LicenceID == nil {
		return nil
	}
	people, err := t.managersOf(accessPlace(l.AccessRequest))
	if err != nil {
		return err
	}
	people = slices.DeleteFunc(people, func(p uuid.UUID) bool { return p == l.PersonID })
	kind := licensing.AccessAskedNews
	if was > 0 {
		kind = licensing.AccessReminderNews
	}
	lonely := len(people) == 0
	if lonely && !l.Lonely {
		kind = licensing.AccessLonelyNews
		people, err = t.staff(licensing.Operator)
	}
	if l.Lonely = lonely; err != nil {
		return err
	}
	return t.newsOfAsker(kind, *l, people)
}

// newsOfAsker tells people who asks for what; what was written with it is for
// administrators alone.
func (t *tx) newsOfAsker(kind licensing.NewsKind, l licensing.AccessLine, people []uuid.UUID) error {
	n := accessNews(kind, l, l.Role, "")
	n.Args["Person"], n.Args["Organisation"] = l.Name, l.Organisation
	if kind == licensing.AccessAskedNews || kind == licensing.AccessReminderNews {
		n.Text = l.Reason
	}
	for _, p := range people {
		if err := t.news(p, n); err != nil {
			return err
		}
	}
	return nil
}

// unanswered ends what nobody answered, and tells who asked; the staff too, where there is
// something to answer.
func (t *tx) unanswered(l licensing.AccessLine, at time.Time) error {
	if _, err := t.exec(endAccess, l.ID, at, l.Step); err != nil {
		return err
	}
	if err := t.news(l.PersonID, accessNews(licensing.AccessUnansweredNews, l, l.Role, "")); err != nil || l.LicenceID == nil {
		return err
	}
	t.tell(actOnAccess("access.unanswered", l))
	people, err := t.staff(licensing.SupportAgent, licensing.Operator)
	if err != nil {
		return err
	}
	return t.newsOfAsker(licensing.AccessIgnoredNews, l, people)
}

// staff are the living people of the staff's roles.
func (t *tx) staff(roles ...licensing.Role) (people []uuid.UUID, err error) {
	err = t.all(query{staffOf, []any{names(roles)}, func(rows pgx.Rows) error {
		var id uuid.UUID
		err := rows.Scan(&id)
		people = append(people, id)
		return err
	}})
	return people, err
}
