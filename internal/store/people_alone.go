package store

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
)

// loneLicences are the licence IDs that the viewer manages and that one living person
// administers, by number. Administrators from above are gathered once for each
// organisation; only where they are one or none the licence ID's own are looked at.
const loneLicences = `WITH mine AS (
	SELECT organisation_id, licence_id FROM grants
	WHERE person_id = $1 AND role = ANY ($2) AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())),
managed AS (
	SELECT l.id, l.number, l.organisation_id FROM licences l WHERE l.id IN (SELECT licence_id FROM mine)
	UNION
	SELECT l.id, l.number, l.organisation_id FROM licences l WHERE l.organisation_id IN (
		SELECT descendant_id FROM org_closure WHERE ancestor_id IN (SELECT organisation_id FROM mine))),
above AS (
	SELECT c.descendant_id AS organisation_id, array_agg(DISTINCT g.person_id) AS persons
	FROM org_closure c JOIN grants g ON g.organisation_id = c.ancestor_id JOIN persons p ON p.id = g.person_id
	WHERE c.descendant_id IN (SELECT organisation_id FROM managed) AND g.role = ANY ($2)
	AND g.revoked_at IS NULL AND (g.expires_at IS NULL OR g.expires_at > now()) AND p.ended_at IS NULL GROUP BY 1)
SELECT m.number, o.name, p.id, p.name, nullif(alone.until, 'infinity')
FROM managed m LEFT JOIN above a ON a.organisation_id = m.organisation_id JOIN organisations o ON o.id = m.organisation_id
CROSS JOIN LATERAL (
	SELECT min(g.person_id::text)::uuid AS person_id, max(coalesce(g.expires_at, 'infinity')) AS until
	FROM grants g JOIN persons h ON h.id = g.person_id
	WHERE (g.licence_id = m.id OR g.organisation_id IN (SELECT ancestor_id FROM org_closure WHERE descendant_id = m.organisation_id))
	AND g.role = ANY ($2) AND g.revoked_at IS NULL AND (g.expires_at IS NULL OR g.expires_at > now()) AND h.ended_at IS NULL
	HAVING count(DISTINCT g.person_id) = 1) alone
JOIN persons p ON p.id = alone.person_id
WHERE coalesce(cardinality(a.persons), 0) < 2 AND m.number > $3 ORDER BY m.number LIMIT $4`

// LoneLicences lists, by number, the licence IDs that the viewer manages and that one
// person alone administers, whether from above or on the licence ID itself.
func (s *Store) LoneLicences(ctx context.Context, v licensing.Viewer, after string) (page licensing.LonePage, err error) {
	err = s.read(ctx, v, query{loneLicences, []any{v.PersonID, managing(), after, PageSize + 1}, func(rows pgx.Rows) error {
		var l licensing.LoneLicence
		err := rows.Scan(&l.Number, &l.Organisation, &l.PersonID, &l.Administrator, &l.ExpiresAt)
		page.Licences = append(page.Licences, l)
		return err
	}})
	if len(page.Licences) > PageSize {
		page.Licences = page.Licences[:PageSize]
		page.Next = page.Licences[PageSize-1].Number
	}
	return page, err
}
