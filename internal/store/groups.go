package store

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
)

const (
	// Organisations, called o, that $2 manages by one of the roles $3; all for the operator, $1.
	managedPlaces = ` ($1 OR EXISTS (SELECT FROM org_closure c JOIN grants m ON m.organisation_id = c.ancestor_id
	WHERE c.descendant_id = o.id AND m.person_id = $2 AND m.role = ANY ($3) AND m.revoked_at IS NULL AND (m.expires_at IS NULL OR m.expires_at > now())))`

	groupColumns = `SELECT g.id, g.root_id, g.organisation_id, g.issuer, g.group_name, g.role, g.created_at, o.name, coalesce(p.name, ''),
	(SELECT count(*) FROM grants h WHERE h.mapping_id = g.id AND h.revoked_at IS NULL), g.ended_at IS NULL
FROM group_roles g JOIN organisations o ON o.id = g.organisation_id LEFT JOIN persons p ON p.id = g.created_by
WHERE ` + managedPlaces

	groupRoles    = groupColumns + ` AND g.ended_at IS NULL AND g.id > $4 ORDER BY g.id LIMIT $5`
	groupRoleByID = groupColumns + ` AND g.id = $4`

	placesOfGroups = `SELECT o.id, o.root_id, o.name FROM organisations o WHERE NOT $1 AND` + managedPlaces + ` ORDER BY o.name, o.id LIMIT $4`

	// An organisation by identifier or name, of the families that are seen.
	placeOfGroup = `SELECT o.id, o.root_id, o.name,` + managedPlaces + ` FROM organisations o
WHERE (o.id = $4 OR lower(o.name) = lower($5)) AND o.root_id <> $6 LIMIT 2`

	addGroupRole = `INSERT INTO group_roles (id, root_id, organisation_id, issuer, group_name, role, created_by) VALUES ($1, $2, $3, $4, $5, $6, $7)`
	endGroupRole = `UPDATE group_roles SET ended_at = now() WHERE id = $1 AND ended_at IS NULL`
	manyGroups   = `SELECT count(*), coalesce(bool_or(organisation_id = $2 AND issuer = $3 AND group_name = $4 AND role = $5), false)
FROM group_roles WHERE root_id = $1 AND ended_at IS NULL`

	rightsByGroup = `SELECT ` + rightColumns + `, true, p.name, true, m.group_name
FROM grants g JOIN persons p ON p.id = g.person_id JOIN group_roles m ON m.id = g.mapping_id
WHERE m.id = $1 AND g.revoked_at IS NULL ORDER BY g.id`
	licencesBelow = `SELECT l.id FROM licences l JOIN org_closure c ON c.descendant_id = l.organisation_id WHERE c.ancestor_id = $1`
)

const (
	groupsOfFamily = 200 // roles of groups that a family may have
	placesToChoose = 200 // organisations that a list to choose from may have
)

// GroupRoles lists the roles of groups on what the viewer manages, in the order in which
// they were given, with what a new one can be made of. A cursor that can't be read gives
// the first page.
func (s *Store) GroupRoles(ctx context.Context, v licensing.Viewer, after string) (page licensing.GroupPage, err error) {
	last, _ := uuid.Parse(after)
	lines := query{groupRoles, []any{mayOperate(v), v.PersonID, managing(), last, PageSize + 1}, func(rows pgx.Rows) error {
		l, _, err := s.scanGroup(rows)
		page.Lines = append(page.Lines, l)
		return err
	}}
	places := query{placesOfGroups, []any{mayOperate(v), v.PersonID, managing(), placesToChoose + 1}, func(rows pgx.Rows) error {
		var o licensing.Organisation
		err := rows.Scan(&o.ID, &o.RootID, &o.Name)
		page.Places = append(page.Places, o)
		return err
	}}
	if err := s.read(ctx, v, lines, places); err != nil {
		return licensing.GroupPage{}, err
	}
	if len(page.Lines) > PageSize {
		page.Lines = page.Lines[:PageSize]
		page.Next = page.Lines[PageSize-1].ID.String()
	}
	page.Providers = s.providersFor(v, page.Places)
	if len(page.Places) > placesToChoose {
		page.Places = nil
	}
	return page, nil
}

// providersFor are the issuers that tell of groups and speak for one of these places; of
// the operator, who manages them all, every one.
func (s *Store) providersFor(v licensing.Viewer, places []licensing.Organisation) (all []licensing.Issuer) {
	for _, i := range s.issuers {
		speaks := mayOperate(v)
		for _, o := range places {
			speaks = speaks || i.SpeaksFor(o.RootID)
		}
		if i.Groups && speaks {
			all = append(all, i)
		}
	}
	return all
}

func (s *Store) scanGroup(rows pgx.Rows) (l licensing.GroupLine, live bool, err error) {
	err = rows.Scan(&l.ID, &l.RootID, &l.OrganisationID, &l.Issuer, &l.Group, &l.Role, &l.CreatedAt, &l.Organisation, &l.By, &l.People, &live)
	if l.Provider = s.issuer(l.Issuer).Name; l.Provider == "" {
		l.Provider = l.Issuer
	}
	return l, live, err
}
