package store

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
)

const (
	// Those who asked see what they asked, and what became of it: nothing of the place.
	ownAccesses = `SELECT id, number, whole, authorisation, role, reason, asked_at, state, version, closed_at, given, message FROM access_requests
WHERE person_id = $1 ORDER BY closed_at IS NOT NULL, asked_at DESC, id LIMIT $2`

	accessColumns = `SELECT q.id, q.root_id, q.person_id, q.issuer, q.number, q.whole, q.role, q.reason, q.asked_at, q.licence_id, q.organisation_id,
	q.lonely, q.step, q.due_at, q.state, q.version, q.closed_at, q.decided_by, q.given, q.message, q.authorisation, q.wrong, p.name, p.business_email, coalesce(o.name, ''), coalesce(d.name, '')`
	accessFrom = ` FROM access_requests q JOIN persons p ON p.id = q.person_id
LEFT JOIN licences l ON l.id = q.licence_id LEFT JOIN organisations o ON o.id = coalesce(q.organisation_id, l.organisation_id)
LEFT JOIN persons d ON d.id = q.decided_by `
	// Whom it is for: who manages the licence ID, or if the organisation is asked for, that.
	managesAccess = `CROSS JOIN LATERAL (SELECT CASE WHEN q.organisation_id IS NULL THEN q.licence_id END AS licence_id, q.organisation_id) g
WHERE q.licence_id IS NOT NULL AND ` + managesG

	accessToAnswer = accessColumns + accessFrom + managesAccess + ` AND q.closed_at IS NULL AND q.step > 0 AND q.person_id <> $2 AND q.root_id = ANY ($1)
ORDER BY q.asked_at, q.id LIMIT $4`
	accessAnswered = accessColumns + accessFrom + managesAccess + ` AND q.closed_at IS NOT NULL AND q.step > 0 AND q.person_id <> $2 AND q.root_id = ANY ($1)
ORDER BY q.closed_at DESC, q.id LIMIT $4`
	accessUnheard = accessColumns + accessFrom + `WHERE q.licence_id IS NOT NULL AND (q.lonely AND q.closed_at IS NULL OR q.state = 'unanswered') AND $1::uuid IS NOT NULL
ORDER BY q.closed_at IS NOT NULL, q.asked_at DESC, q.id LIMIT $2`

	accessWaiting = `SELECT 1 FROM access_requests q ` + managesAccess + ` AND q.closed_at IS NULL AND q.step > 0 AND q.person_id <> $2 AND q.root_id = ANY ($1)
AND ($4 = '' OR EXISTS (SELECT FROM licences l WHERE l.number = $4 AND (l.id = q.licence_id AND q.organisation_id IS NULL
	OR q.organisation_id IN (SELECT ancestor_id FROM org_closure WHERE descendant_id = l.organisation_id)))) LIMIT $5`
)

// OwnAccess lists what the viewer asked for, the open ones first, one page of it. Of the
// licence ID it says no more than the viewer did.
func (s *Store) OwnAccess(ctx context.Context, v licensing.Viewer) (list []licensing.AccessLine, err error) {
	v.May |= licensing.SeeCustomers // those who ask are of any family, or of none
	err = s.read(ctx, v, query{ownAccesses, []any{v.PersonID, PageSize}, func(rows pgx.Rows) error {
		r := licensing.AccessRequest{PersonID: v.PersonID}
		err := rows.Scan(&r.ID, &r.Number, &r.Whole, &r.Authorisation, &r.Role, &r.Reason, &r.AskedAt, &r.State, &r.Version, &r.ClosedAt, &r.Given, &r.Message)
		list = append(list, licensing.AccessLine{AccessRequest: r})
		return err
	}})
	return list, err
}

// AccessToAnswer lists what others ask for on what the viewer manages, the longest waiting
// first, and what was answered lately.
func (s *Store) AccessToAnswer(ctx context.Context, v licensing.Viewer) (waiting, answered []licensing.AccessLine, err error) {
	args := []any{v.Roots, v.PersonID, managing(), PageSize}
	err = s.read(ctx, v, query{accessToAnswer, args, intoAccess(&waiting)}, query{accessAnswered, args, intoAccess(&answered)})
	return waiting, answered, err
}

// UnheardAccess lists for the staff where nobody answers: nobody administers it, or nobody
// who does has said anything. Support, who look at a customer for a reason alone, are not
// told who asks.
func (s *Store) UnheardAccess(ctx context.Context, v licensing.Viewer) (list []licensing.AccessLine, err error) {
	if !v.SeesAllCustomers() {
		return nil, licensing.ErrForbidden
	}
	err = s.read(ctx, v, query{accessUnheard, []any{v.PersonID, PageSize}, intoAccess(&list)})
	for i := range list {
		if list[i].Reason = ""; !v.May.Has(licensing.Operate) {
			list[i].Name, list[i].Email, list[i].Issuer = "", "", ""
		}
	}
	return list, err
}

// AccessWaiting counts what others ask for on a licence ID that the viewer manages, or on
// an organisation above it; for an empty number on all that the viewer manages. It counts
// no further than PageSize, the most that their list shows.
func (s *Store) AccessWaiting(ctx context.Context, v licensing.Viewer, number string) (n int, err error) {
	err = s.read(ctx, v, accessWaitingQuery(v, number, &n))
	return n, err
}

func accessWaitingQuery(v licensing.Viewer, number string, into *int) query {
	return query{accessWaiting, []any{v.Roots, v.PersonID, managing(), number, PageSize}, func(pgx.Rows) error {
		*into++
		return nil
	}}
}

func intoAccess(list *[]licensing.AccessLine) func(pgx.Rows) error {
	return func(rows pgx.Rows) error {
		var l licensing.AccessLine
		err := scanAccess(rows, &l)
		*list = append(*list, l)
		return err
	}
}

func scanAccess(rows pgx.Rows, l *licensing.AccessLine, more ...any) error {
	return rows.Scan(append([]any{
		&l.ID, &l.RootID, &l.PersonID, &l.Issuer, &l.Number, &l.Whole, &l.Role, &l.Reason, &l.AskedAt, &l.LicenceID, &l.OrganisationID,
		&l.Lonely, &l.Step, &l.DueAt, &l.State, &l.Version, &l.ClosedAt, &l.DecidedBy, &l.Given, &l.Message, &l.Authorisation, &l.Wrong, &l.Name, &l.Email, &l.Organisation, &l.Decider,
	}, more...)...)
}

// actOnAccess is what the log of the family is told; those who ask don't see it.
func actOnAccess(action string, l licensing.AccessLine) licensing.Act {
	detail := accessDetail(l.AccessRequest)
	detail["name"] = l.Name
	return licensing.Act{RootID: l.RootID, Action: action, LicenceID: l.LicenceID, Object: "person/" + l.PersonID.String(), Detail: detail}
}

// accessPlace is what a right would be on: the organisation, or the licence ID.
func accessPlace(r licensing.AccessRequest) (licence, organisation *uuid.UUID) {
	if r.OrganisationID != nil {
		return nil, r.OrganisationID
	}
	return r.LicenceID, nil
}
