package store

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
)

// The role that serves customers writes no grant, so that nothing done in a customer's
// name can give a right by mistake. These verbs ask as the customer, behind the wall,
// whether who acts may, and take the desk's role for the writing alone. The family is held
// before they ask: of two who end each other's right one is first, and the other then has
// none to end anything with.
const (
	takeDesk  = `SELECT set_config('role', 'keyhall_desk', true)`
	leaveDesk = `SELECT set_config('role', 'keyhall_serve', true)`

	// Where a right is to be given: a licence ID that the viewer reaches, or an organisation above it.
	placeToGive = `SELECT l.root_id, g.licence_id, g.organisation_id, ` + managesG + `
FROM reach r JOIN licences l ON l.id = r.licence_id
LEFT JOIN org_closure c ON c.descendant_id = l.organisation_id AND c.ancestor_id = $4
CROSS JOIN LATERAL (SELECT CASE WHEN $4::uuid IS NULL THEN l.id END AS licence_id, c.ancestor_id AS organisation_id) g
WHERE l.number = $1 AND r.person_id = $2 AND (r.until IS NULL OR r.until > now())`

	// Whom an administrator names: people of the family alone.
	personOfFamily = `SELECT DISTINCT p.id, p.name, EXISTS (
	SELECT FROM grants h WHERE h.person_id = p.id AND h.role = $5 AND (h.licence_id = $3 OR h.organisation_id = $4)
	AND h.revoked_at IS NULL AND (h.expires_at IS NULL OR h.expires_at > now()))
FROM persons p JOIN grants g ON g.person_id = p.id
WHERE lower(p.business_email) = lower($1) AND p.ended_at IS NULL AND p.staff_role = ''
AND g.root_id = $2 AND g.revoked_at IS NULL AND (g.expires_at IS NULL OR g.expires_at > now()) LIMIT 2`

	rightColumns = `g.id, g.person_id, g.root_id, g.role, g.organisation_id, g.licence_id, g.expires_at`
	// The group by which somebody has a right g; '' where it was given by hand.
	groupOfG = `coalesce((SELECT group_name FROM group_roles WHERE id = g.mapping_id), '')`

	// A right is seen by who manages it, and by who reaches a licence ID that it covers.
	rightByID = `SELECT ` + rightColumns + `,
	g.revoked_at IS NULL AND (g.expires_at IS NULL OR g.expires_at > now()), p.name, ` + managesG + ` AS managed, ` + groupOfG + `
FROM grants g JOIN persons p ON p.id = g.person_id
WHERE g.id = $1 AND (` + managesG + ` OR EXISTS (
	SELECT FROM reach r JOIN licences l ON l.id = r.licence_id WHERE r.person_id = $2 AND (r.until IS NULL OR r.until > now())
	AND (l.id = g.licence_id OR l.organisation_id IN (SELECT descendant_id FROM org_closure WHERE ancestor_id = g.organisation_id))))`

	managedOf = managedRights + `
SELECT ` + rightColumns + `, true, p.name, true, ` + groupOfG + `
FROM managed g JOIN persons p ON p.id = g.person_id WHERE p.id = $3 AND p.ended_at IS NULL ORDER BY g.id`

	// What people call an organisation or a licence ID, and the organisation that either is of.
	placeNames = `SELECT number, o.name FROM licences l JOIN organisations o ON o.id = l.organisation_id WHERE l.id = $2
UNION ALL SELECT name, name FROM organisations WHERE id = $1`

	addRight  = `INSERT INTO grants (id, person_id, root_id, role, organisation_id, licence_id, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`
	endRights = `UPDATE grants SET revoked_at = now() WHERE id = ANY ($1) AND revoked_at IS NULL`

	// The first licence IDs whose last administrator goes, or goes sooner, with the rights
	// $1 that have just ended. $2 are the roles that manage people.
	leftAlone = `WITH gone AS (SELECT * FROM grants WHERE id = ANY ($1) AND role = ANY ($2)),
covered AS (
	SELECT l.id, l.number, l.organisation_id, e.expires_at FROM gone e JOIN licences l ON l.id = e.licence_id
	UNION ALL
	SELECT l.id, l.number, l.organisation_id, e.expires_at FROM gone e
	JOIN org_closure c ON c.ancestor_id = e.organisation_id JOIN licences l ON l.organisation_id = c.descendant_id),
before AS (SELECT id, number, organisation_id, max(coalesce(expires_at, 'infinity')) AS until FROM covered GROUP BY 1, 2, 3)
SELECT id, number, (SELECT root_id FROM licences l WHERE l.id = b.id) FROM before b WHERE until > coalesce((
	SELECT max(coalesce(g.expires_at, 'infinity')) FROM grants g JOIN persons p ON p.id = g.person_id
	WHERE p.ended_at IS NULL AND g.revoked_at IS NULL AND g.role = ANY ($2) AND (g.licence_id = b.id OR g.organisation_id IN (
		SELECT ancestor_id FROM org_closure WHERE descendant_id = b.organisation_id))), '-infinity')
ORDER BY number LIMIT $3`
)

// right is a grant as who acts on it finds it.
type right struct {
	licensing.Grant
	live    bool
	name    string // of whose it is
	managed bool   // who acts manages the people of what it is on
	group   string // by which the person has it; "" where it was given by hand
}

func scanRight(row pgx.Rows) (r right, err error) {
	err = row.Scan(&r.ID, &r.PersonID, &r.RootID, &r.Role, &r.OrganisationID, &r.LicenceID, &r.ExpiresAt, &r.live, &r.name, &r.managed, &r.group)
	return r, err
}

// onRights is a write about rights, once. The staff give, change and end none.
func (s *Store) onRights(ctx context.Context, by licensing.Viewer, once licensing.Once, do func(*tx) error) error {
	if by.SeesAllCustomers() {
		return licensing.ErrForbidden
	}
	_, err := s.onceOnly(ctx, by, once, nil, func(t *tx) (int64, error) { return 0, do(t) })
	return err
}

// atDesk does within a customer's transaction what only the desk's role may. Keyhall's own
// transactions have that role anyway.
func (t *tx) atDesk(do func() error) error {
	if t.by.SeesAllCustomers() {
		return do()
	}
	if _, err := t.exec(takeDesk); err != nil {
		return err
	}
	if err := do(); err != nil {
		return err // of the transaction nothing remains
	}
	_, err := t.exec(leaveDesk)
	return err
}

// rightOf finds a right that who acts may see, and holds its family: what is found is so
// until the transaction ends.
func (t *tx) rightOf(id uuid.UUID) (r right, err error) {
	find := func() error {
		r = right{}
		err := t.all(query{rightByID, []any{id, t.by.PersonID, managing()}, func(rows pgx.Rows) (err error) {
			r, err = scanRight(rows)
			return err
		}})
		if err == nil && r.ID == uuid.Nil {
			return licensing.ErrNotFound
		}
		return err
	}
	if err := find(); err != nil {
		return r, err
	}
	if err := t.atDesk(func() error { return t.hold(r.RootID) }); err != nil {
		return r, err
	}
	return r, find()
}

// mayTouch says why a right can't be changed or ended: nobody does so to their own, nor
// to one that is above them, nor to one by group, which follows what the provider says; one
// that has ended has changed since it was shown.
func (t *tx) mayTouch(r right, action string) error {
	if !r.managed || r.PersonID == t.by.PersonID || r.group != "" {
		a := actOnRight(action, r)
		a.Outcome = licensing.Refused
		t.tell(a)
		return refused{licensing.ErrForbidden}
	}
	if !r.live {
		return fmt.Errorf("%w: the right has ended", licensing.ErrConflict)
	}
	return nil
}

// revoke ends rights of one person.
func (t *tx) revoke(rights ...right) error {
	if _, err := t.exec(endRights, idsOf(rights)); err != nil {
		return err
	}
	return t.reachOfPerson(rights[0].PersonID)
}

// notAlone refuses to leave a licence ID without an administrator.
func (t *tx) notAlone(rights ...right) error {
	lone, err := t.leftAlone(rights, 1)
	if err != nil || len(lone) == 0 {
		return err
	}
	return licensing.Problems{{Field: "right", Message: "right.problem.last", Args: map[string]any{"Number": lone[0].Number}}}
}

// leftAlone returns the first licence IDs that lost their last administrator with rights
// that have just ended.
func (t *tx) leftAlone(rights []right, most int) (lone []licensing.Licence, err error) {
	err = t.all(query{leftAlone, []any{idsOf(rights), managing(), most}, func(rows pgx.Rows) error {
		var l licensing.Licence
		err := rows.Scan(&l.ID, &l.Number, &l.RootID)
		lone = append(lone, l)
		return err
	}})
	return lone, err
}

// newsOfRight lets whose right it is know what became of it.
func (t *tx) newsOfRight(kind licensing.NewsKind, r right) error {
	place, _, err := t.placeNames(r.OrganisationID, r.LicenceID)
	if err != nil {
		return err
	}
	return t.news(r.PersonID, licensing.News{
		Kind: kind, RootID: r.RootID, Path: "/",
		Args: map[string]string{"Actor": t.by.Name, "Place": place, licensing.NewsRole: string(r.Role)},
	})
}

// placeNames are what people call an organisation or a licence ID, and the organisation
// that either is of.
func (t *tx) placeNames(organisation, licence *uuid.UUID) (place, of string, err error) {
	err = t.all(query{placeNames, []any{organisation, licence}, func(rows pgx.Rows) error { return rows.Scan(&place, &of) }})
	return place, of, err
}

func actOnRight(action string, r right) licensing.Act {
	detail := map[string]any{"role": r.Role, "name": r.name}
	if r.OrganisationID != nil {
		detail["organisation"] = *r.OrganisationID
	}
	if r.ExpiresAt != nil {
		detail["expires"] = *r.ExpiresAt
	}
	if r.group != "" {
		detail["group"] = r.group
	}
	return licensing.Act{RootID: r.RootID, Action: action, LicenceID: r.LicenceID, Object: "person/" + r.PersonID.String(), Detail: detail}
}

// roots are the families of rights, each once.
func roots(rights []right) []uuid.UUID {
	ids := make([]uuid.UUID, len(rights))
	for i, r := range rights {
		ids[i] = r.RootID
	}
	return distinct(ids)
}

func idsOf(rights []right) []uuid.UUID {
	ids := make([]uuid.UUID, len(rights))
	for i, r := range rights {
		ids[i] = r.ID
	}
	return ids
}
