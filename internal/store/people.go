package store

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
)

const rightsOn = `
SELECT p.id, p.name, p.business_email, g.role, coalesce(o.name, ''), g.expires_at
FROM licences l
JOIN grants g ON g.licence_id = l.id OR g.organisation_id IN (SELECT ancestor_id FROM org_closure WHERE descendant_id = l.organisation_id)
JOIN persons p ON p.id = g.person_id
LEFT JOIN organisations o ON o.id = g.organisation_id
WHERE l.id = $1 AND g.revoked_at IS NULL AND (g.expires_at IS NULL OR g.expires_at > now()) AND p.ended_at IS NULL
ORDER BY array_position(ARRAY['administrator', 'key_administrator', 'key_viewer', 'licence_reader', 'download_manager'], g.role), p.name`

// People lists who has which right on a licence ID, the strongest first.
func (s *Store) People(ctx context.Context, v licensing.Viewer, number string) (licensing.LicenceRow, []licensing.RightLine, error) {
	l, err := s.Licence(ctx, v, number)
	if err != nil {
		return l, nil, err
	}
	var people []licensing.RightLine
	err = s.read(ctx, v, query{rightsOn, []any{l.ID}, func(rows pgx.Rows) error {
		var p licensing.RightLine
		if err := rows.Scan(&p.PersonID, &p.Name, &p.Email, &p.Role, &p.Inherited, &p.ExpiresAt); err != nil {
			return err
		}
		people = append(people, p)
		return nil
	}})
	return l, people, err
}
