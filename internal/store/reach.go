package store

import (
	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/licensing"
)

// reachRows works out from grants who may do what to which licence ID. $1 and $2 are
// the roles and their permissions, in step; what follows narrows it to a person, or
// to licence IDs.
const reachRows = `
WITH role AS (SELECT * FROM unnest($1::text[], $2::integer[]) AS r (name, rights)),
live AS (
	SELECT g.*, role.rights FROM grants g JOIN role ON role.name = g.role
	WHERE g.revoked_at IS NULL AND (g.expires_at IS NULL OR g.expires_at > now())),
whole AS (
	SELECT g.person_id, l.id, l.root_id, l.number, g.rights, g.expires_at
	FROM live g JOIN licences l ON l.id = g.licence_id
	UNION ALL
	SELECT g.person_id, l.id, l.root_id, l.number, g.rights, g.expires_at
	FROM live g JOIN org_closure c ON c.ancestor_id = g.organisation_id
	JOIN licences l ON l.organisation_id = c.descendant_id)
INSERT INTO reach (person_id, licence_id, root_id, number, rights, until)
SELECT person_id, id, root_id, number, bit_or(rights), min(expires_at) FROM whole `

// A licence ID that was added since the old rows went has its row already.
const orAnew = ` GROUP BY 1, 2, 3, 4 ON CONFLICT (person_id, licence_id) DO UPDATE
SET root_id = excluded.root_id, number = excluded.number, rights = excluded.rights, until = excluded.until`

const (
	// Two requests of one person may find at once that a right has run out.
	holdPerson     = `SELECT pg_advisory_xact_lock(hashtextextended($1::uuid::text, 0))`
	forgetPerson   = `DELETE FROM reach WHERE person_id = $1`
	reachPerson    = reachRows + `WHERE person_id = $3` + orAnew
	forgetLicences = `DELETE FROM reach WHERE licence_id = ANY ($1)`
	reachLicences  = reachRows + `WHERE id = ANY ($3)` + orAnew
)

// rightsOfRoles returns the customers' roles and, in step, what they may do.
func rightsOfRoles() (names []string, rights []int32) {
	for _, r := range licensing.Roles() {
		if !r.Staff() {
			names, rights = append(names, string(r)), append(rights, int32(r.Permissions()))
		}
	}
	return names, rights
}

// reachOfPerson works out anew what a person may see and do. The transaction has to
// see the families of every grant the person holds.
func (t *tx) reachOfPerson(person uuid.UUID) error {
	for _, sql := range []string{holdPerson, forgetPerson} {
		if _, err := t.exec(sql, person); err != nil {
			return err
		}
	}
	names, rights := rightsOfRoles()
	n, err := t.exec(reachPerson, names, rights, person)
	if err != nil {
		return err
	}
	return t.lookAnew(n)
}

// reachOfLicences works out anew who may see and do what to licence IDs.
func (t *tx) reachOfLicences(ids []uuid.UUID) error {
	if _, err := t.exec(forgetLicences, ids); err != nil {
		return err
	}
	names, rights := rightsOfRoles()
	n, err := t.exec(reachLicences, names, rights, ids)
	if err != nil {
		return err
	}
	return t.lookAnew(n)
}

// many is from how many new rows on PostgreSQL has to look at the tables again at
// once: until it does, pages would be planned for the tables of before.
const many = 1000

func (t *tx) lookAnew(rows int64) error {
	if rows < many {
		return nil
	}
	_, err := t.exec(`SELECT statistics_anew()`)
	return err
}
