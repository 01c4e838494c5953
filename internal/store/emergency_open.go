package store

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
)

const (
	emergencyPlace = `SELECT l.id, l.root_id, l.organisation_id, o.name FROM licences l JOIN organisations o ON o.id = l.organisation_id WHERE l.number = $1`
	// Somebody of the family, now or before, by address; or any customer's account by ID.
	emergencyPerson = `SELECT DISTINCT p.id, p.name, p.business_email FROM persons p
WHERE p.ended_at IS NULL AND p.staff_role = '' AND (p.id = $1 OR lower(p.business_email) = lower($2)
	AND EXISTS (SELECT FROM grants g WHERE g.person_id = p.id AND g.root_id = $3)) LIMIT 2`
	emergencyOpen = `SELECT EXISTS (SELECT FROM emergency_cases WHERE closed_at IS NULL AND coalesce(organisation_id, licence_id) = $1)`
	openEmergency = `INSERT INTO emergency_cases (id, root_id, licence_id, organisation_id, person_id, reason, opened_by) VALUES ($1, $2, $3, $4, $5, $6, $7)`
	rightsThere   = `SELECT EXISTS (SELECT FROM grants WHERE person_id = $1 AND root_id = $2 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now()))`

	// Who has any right on a licence ID $1 or an organisation $2: on it, above it or below it.
	anybodyOn = `SELECT DISTINCT p.id FROM grants g JOIN persons p ON p.id = g.person_id AND p.ended_at IS NULL LEFT JOIN licences b ON b.id = g.licence_id
WHERE g.revoked_at IS NULL AND (g.expires_at IS NULL OR g.expires_at > now()) AND (g.licence_id = $1
	OR g.organisation_id IN (SELECT ancestor_id FROM org_closure WHERE descendant_id = coalesce($2, (SELECT organisation_id FROM licences WHERE id = $1)))
	OR coalesce(g.organisation_id, b.organisation_id) IN (SELECT descendant_id FROM org_closure WHERE ancestor_id = $2)) ORDER BY p.id`
)

// OpenEmergency opens a case of emergency access, of one agent of support. What is wrong with
// the form, that somebody administers the place among it, is licensing.Problems.
func (s *Store) OpenEmergency(ctx context.Context, by licensing.Viewer, a licensing.EmergencyAsked, once licensing.Once) error {
	if !by.May.Has(licensing.SeeCustomers | licensing.DecideRequests) {
		return licensing.ErrForbidden
	}
	_, err := s.onceOnly(ctx, by, once, nil, func(t *tx) (int64, error) { return 0, s.openEmergency(t, a) })
	return err
}

func (s *Store) openEmergency(t *tx, a licensing.EmergencyAsked) error {
	l := licensing.EmergencyLine{Number: a.Number, Opener: t.by.Name}
	l.ID, l.State, l.OpenedBy, l.OpenedAt = uuid.Must(uuid.NewV7()), licensing.EmergencyOpened, t.by.PersonID, time.Now()
	var problems licensing.Problems
	if l.Reason = said(a.Reason, "reason", true, &problems); len(problems) > 0 {
		return problems
	}
	if err := t.placeOfEmergency(a, &l, &problems); err != nil {
		return err
	}
	if l.RootID == uuid.Nil {
		return problems
	}
	if err := t.noRightIn(l.RootID); err != nil {
		t.tell(actOnOpening(l, licensing.Refused))
		return refused{err}
	}
	if err := s.personOfEmergency(t, a.Person, &l, &problems); err != nil {
		return err
	}
	if len(problems) > 0 {
		return problems
	}
	if _, err := t.exec(openEmergency, l.ID, l.RootID, l.LicenceID, l.OrganisationID, l.PersonID, l.Reason, l.OpenedBy); err != nil {
		return err
	}
	t.tell(actOnOpening(l, licensing.Done))
	return t.newsOfEmergency(l)
}

func actOnOpening(l licensing.EmergencyLine, o licensing.Outcome) licensing.Act {
	act := actOnEmergency(l, "", o)
	act.Action = "emergency.opened"
	if l.PersonID == uuid.Nil {
		act.Object = "licence/" + l.Number
	}
	return act
}

// placeOfEmergency finds what nobody administers, and holds its family.
func (t *tx) placeOfEmergency(a licensing.EmergencyAsked, l *licensing.EmergencyLine, problems *licensing.Problems) error {
	wrong := func(message string) {
		*problems = append(*problems, licensing.Problem{Field: "licence", Message: message})
	}
	var organisation uuid.UUID
	err := t.all(query{emergencyPlace, []any{a.Number}, func(rows pgx.Rows) error {
		return rows.Scan(&l.LicenceID, &l.RootID, &organisation, &l.Organisation)
	}})
	if err != nil {
		return err
	}
	if l.RootID == uuid.Nil {
		wrong("emergency.problem.licence")
		return nil
	}
	if a.Whole {
		l.OrganisationID = &organisation
	}
	if err := t.hold(l.RootID); err != nil {
		return err
	}
	managers, err := t.managersOf(l.On())
	if err != nil {
		return err
	}
	if len(managers) > 0 {
		wrong("emergency.problem.administered")
	}
	var open bool
	place := l.LicenceID
	if l.OrganisationID != nil {
		place = *l.OrganisationID
	}
	err = t.all(query{emergencyOpen, []any{place}, func(rows pgx.Rows) error { return rows.Scan(&open) }})
	if open {
		wrong("emergency.problem.open")
	}
	return err
}

// personOfEmergency finds who is to become administrator: nobody whose sign-in services
// speak for others alone, as the right would open nothing and nobody could give another.
func (s *Store) personOfEmergency(t *tx, named string, l *licensing.EmergencyLine, problems *licensing.Problems) error {
	named = strings.TrimSpace(named)
	account, _ := uuid.Parse(named)
	found := 0
	err := t.all(query{emergencyPerson, []any{account, named, l.RootID}, func(rows pgx.Rows) error {
		found++
		return rows.Scan(&l.PersonID, &l.Person, &l.Email)
	}})
	if err != nil {
		return err
	}
	wrong := func(message string) {
		*problems = append(*problems, licensing.Problem{Field: "person", Message: message})
	}
	switch found {
	case 0:
		wrong("emergency.problem.person")
	case 1:
		_, elsewhere, err := s.vouched(t, l.PersonID, l.RootID)
		if elsewhere {
			wrong("emergency.problem.issuer")
		}
		return err
	default:
		wrong("right.problem.several")
	}
	return nil
}

// noRightIn keeps an agent out who has a right in the family themselves (S-13).
func (t *tx) noRightIn(root uuid.UUID) error {
	var held bool
	err := t.all(query{rightsThere, []any{t.by.PersonID, root}, func(rows pgx.Rows) error { return rows.Scan(&held) }})
	if err == nil && held {
		err = licensing.ErrForbidden
	}
	return err
}

// concernedBy is who hears of a case: who administers the place, or, where nobody does,
// everybody with a right on it; whom it makes administrator; the operators; its agents.
func (t *tx) concernedBy(l licensing.EmergencyLine) (customers, staff []uuid.UUID, err error) {
	licence, organisation := l.On()
	if customers, err = t.managersOf(licence, organisation); err != nil {
		return nil, nil, err
	}
	into := func(list *[]uuid.UUID) func(pgx.Rows) error {
		return func(rows pgx.Rows) error {
			*list = append(*list, uuid.Nil)
			return rows.Scan(&(*list)[len(*list)-1])
		}
	}
	if len(customers) == 0 || l.State == licensing.EmergencyGranted {
		if err := t.all(query{anybodyOn, []any{licence, organisation}, into(&customers)}); err != nil {
			return nil, nil, err
		}
	}
	staff, err = t.staff(licensing.Operator)
	staff = append(staff, l.OpenedBy)
	if l.ConfirmedBy != nil {
		staff = append(staff, *l.ConfirmedBy)
	}
	others := func(list []uuid.UUID) []uuid.UUID {
		return slices.DeleteFunc(distinct(list), func(person uuid.UUID) bool { return person == t.by.PersonID })
	}
	return others(append(customers, l.PersonID)), others(staff), err
}

// newsOfEmergency lets everybody concerned know how far a case has come, but for who did it.
func (t *tx) newsOfEmergency(l licensing.EmergencyLine) error {
	customers, staff, err := t.concernedBy(l)
	if err != nil {
		return err
	}
	n := licensing.News{
		Kind: licensing.NewsKind("emergency_" + string(l.State)), RootID: l.RootID, Text: l.Reason,
		Args: map[string]string{"Place": l.Place(), "Name": l.Person, "Number": l.Number},
	}
	if l.State == licensing.EmergencyStopped {
		n.Text = l.Objection
	}
	if l.State == licensing.EmergencyConfirmed && l.DueAt != nil {
		n.Args[licensing.NewsMoment] = l.DueAt.UTC().Format(time.RFC3339)
	}
	n.Path = "/licences/" + l.Number + "/people"
	for _, person := range customers {
		if err := t.news(person, n); err != nil {
			return err
		}
	}
	n.Path = "/support/access"
	for _, person := range staff {
		if err := t.news(person, n); err != nil {
			return err
		}
	}
	return nil
}
