package store

import (
	"context"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
)

const (
	// managesG is true where $2 holds, right now, one of the roles $3 on what g is on, or on
	// an organisation above it.
	managesG = `EXISTS (SELECT FROM grants m WHERE m.person_id = $2 AND m.role = ANY ($3) AND m.revoked_at IS NULL
	AND (m.expires_at IS NULL OR m.expires_at > now()) AND (m.licence_id = g.licence_id OR m.organisation_id IN (
		SELECT ancestor_id FROM org_closure WHERE descendant_id = coalesce(g.organisation_id, (SELECT organisation_id FROM licences WHERE id = g.licence_id)))))`

	// Whom g's holder has named to take over, where g manages people.
	successorG     = `coalesce(s.id, '00000000-0000-0000-0000-000000000000'), coalesce(sp.name, '')`
	joinSuccessorG = `
LEFT JOIN successors s ON s.state = 'named' AND s.person_id = g.person_id AND (s.licence_id = g.licence_id OR s.organisation_id = g.organisation_id)
	AND g.role = 'administrator'
LEFT JOIN persons sp ON sp.id = s.successor_id`

	rightsOn = `
SELECT p.id, p.name, p.business_email, g.id, g.role, g.organisation_id, coalesce(o.name, ''), '', g.expires_at, ` + managesG + `, ` + successorG + `, ` + groupOfG + `
FROM licences l
JOIN grants g ON g.licence_id = l.id OR g.organisation_id IN (SELECT ancestor_id FROM org_closure WHERE descendant_id = l.organisation_id)
JOIN persons p ON p.id = g.person_id
LEFT JOIN organisations o ON o.id = g.organisation_id` + joinSuccessorG + `
WHERE l.id = $1 AND g.revoked_at IS NULL AND (g.expires_at IS NULL OR g.expires_at > now()) AND p.ended_at IS NULL
ORDER BY array_position(ARRAY['administrator', 'key_administrator', 'key_viewer', 'licence_reader', 'download_manager'], g.role), p.name`

	// The organisations above a licence ID on which the viewer may give rights, the nearest first.
	placesAbove = `SELECT o.id, o.name FROM org_closure c JOIN organisations o ON o.id = c.ancestor_id
CROSS JOIN LATERAL (SELECT NULL::uuid AS licence_id, o.id AS organisation_id) g
WHERE c.descendant_id = $1 AND ` + managesG + ` ORDER BY cardinality(ARRAY(SELECT ancestor_id FROM org_closure WHERE descendant_id = o.id)) DESC`

	// managedRights are the rights on what $1 manages by one of the roles $2.
	managedRights = `WITH mine AS (
	SELECT organisation_id, licence_id FROM grants
	WHERE person_id = $1 AND role = ANY ($2) AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())),
managed AS (
	SELECT g.*, l.number FROM grants g LEFT JOIN licences l ON l.id = g.licence_id
	WHERE g.revoked_at IS NULL AND (g.expires_at IS NULL OR g.expires_at > now())
	AND (g.licence_id IN (SELECT licence_id FROM mine) OR coalesce(g.organisation_id, l.organisation_id) IN (
		SELECT descendant_id FROM org_closure WHERE ancestor_id IN (SELECT organisation_id FROM mine))))`

	managedPeople = managedRights + `, listed AS (
	SELECT id, name, business_email FROM persons WHERE ended_at IS NULL AND id IN (SELECT person_id FROM managed)
	AND ($3 = '' OR strpos(lower(name), lower($3)) > 0 OR strpos(lower(business_email), lower($3)) > 0)
	AND (name, id) > ($4, $5::uuid) ORDER BY name, id LIMIT $6)
SELECT p.id, p.name, p.business_email, g.id, g.role, g.organisation_id, coalesce(o.name, ''), coalesce(g.number, ''), g.expires_at, true, ` + successorG + `, ` + groupOfG + `
FROM listed p JOIN managed g ON g.person_id = p.id LEFT JOIN organisations o ON o.id = g.organisation_id` + joinSuccessorG + `
ORDER BY p.name, p.id, o.name NULLS LAST, g.number, g.id`
)

// managing are the roles whose holders manage people, for a query.
func managing() (names []string) {
	for _, r := range licensing.ManagingRoles() {
		names = append(names, string(r))
	}
	return names
}

// People lists who has which right on a licence ID, the strongest first, and what stands
// beside it there, in two round trips.
func (s *Store) People(ctx context.Context, v licensing.Viewer, number string) (p licensing.LicencePeople, err error) {
	if p.Licence, err = s.Licence(ctx, v, number); err != nil {
		return licensing.LicencePeople{}, err
	}
	rights := query{rightsOn, []any{p.Licence.ID, v.PersonID, managing()}, func(rows pgx.Rows) error {
		r, err := scanRightLine(rows)
		p.Rights = append(p.Rights, r)
		return err
	}}
	above := query{placesAbove, []any{p.Licence.OrganisationID, v.PersonID, managing()}, func(rows pgx.Rows) error {
		var o licensing.Organisation
		err := rows.Scan(&o.ID, &o.Name)
		p.Places = append(p.Places, o)
		return err
	}}
	err = s.read(ctx, v, rights, above, invitationsQuery(v, number, &p.Invitations), accessWaitingQuery(v, number, &p.Asking),
		visitsQuery(v, p.Licence, &p.Visits), intoEmergency(&p.Licence.Cases, emergencyUnderWay, p.Licence.ID, p.Licence.OrganisationID))
	return p, err
}

func scanRightLine(rows pgx.Rows) (r licensing.RightLine, err error) {
	err = rows.Scan(&r.PersonID, &r.Name, &r.Email, &r.ID, &r.Role, &r.OrganisationID, &r.Inherited, &r.Number, &r.ExpiresAt, &r.Managed, &r.SuccessorID, &r.Successor, &r.Group)
	return r, err
}

// ManagedPeople lists, by name, who has rights on what the viewer manages, and those
// rights. A cursor that can't be read gives the first page.
func (s *Store) ManagedPeople(ctx context.Context, v licensing.Viewer, f licensing.PeopleFilter) (licensing.PeoplePage, error) {
	var page licensing.PeoplePage
	name, id := readPersonCursor(f.After)
	err := s.read(ctx, v, query{managedPeople, []any{v.PersonID, managing(), f.Query, name, id, PageSize + 1}, func(rows pgx.Rows) error {
		r, err := scanRightLine(rows)
		if n := len(page.People); n == 0 || page.People[n-1].ID != r.PersonID {
			page.People = append(page.People, licensing.PersonRights{ID: r.PersonID, Name: r.Name, Email: r.Email})
		}
		last := &page.People[len(page.People)-1]
		last.Rights = append(last.Rights, r)
		return err
	}})
	if len(page.People) > PageSize {
		page.People = page.People[:PageSize]
		last := page.People[PageSize-1]
		page.Next = last.Name + "~" + last.ID.String()
	}
	return page, err
}

func readPersonCursor(cursor string) (name string, id uuid.UUID) {
	i := strings.LastIndexByte(cursor, '~')
	if i < 0 {
		return "", uuid.Nil
	}
	id, err := uuid.Parse(cursor[i+1:])
	if err != nil {
		return "", uuid.Nil
	}
	return cursor[:i], id
}
