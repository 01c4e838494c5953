package store

import (
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
)

const (
	// Licence IDs of one family that who acts manages.
	copyTargets = `SELECT l.id, l.number FROM licences l CROSS JOIN LATERAL (SELECT l.id AS licence_id, NULL::uuid AS organisation_id) g
WHERE l.number = ANY ($1) AND l.root_id = $4 AND ` + managesG

	// The rights on licence ID $1 itself but those of $2, for each licence ID of $3: whose, until
	// when at the latest, and whether they have the same there, from above too.
	copyRights = `SELECT g.person_id, p.name, g.role, nullif(max(coalesce(g.expires_at, 'infinity')), 'infinity'), l.id, EXISTS (
	SELECT FROM grants h WHERE h.person_id = g.person_id AND h.role = g.role AND h.revoked_at IS NULL AND (h.expires_at IS NULL OR h.expires_at > now())
	AND (h.licence_id = l.id OR h.organisation_id IN (SELECT ancestor_id FROM org_closure WHERE descendant_id = l.organisation_id)))
FROM grants g JOIN persons p ON p.id = g.person_id AND p.ended_at IS NULL CROSS JOIN licences l
WHERE g.licence_id = $1 AND g.person_id <> $2 AND l.id = ANY ($3) AND g.revoked_at IS NULL AND (g.expires_at IS NULL OR g.expires_at > now())
GROUP BY g.person_id, p.name, g.role, l.id, l.number, l.organisation_id ORDER BY l.number, p.name, g.role`
)

// copiedShift keeps both counts of a Copied in what a repeated post is given again.
const copiedShift = 20

// CopyRights gives everybody who has a right on a licence ID itself the same on others of
// the family, all of which the administrator who acts manages: all of it or nothing. Their
// own rights and those from above are not copied, and what somebody has there already is
// left as it is. What is wrong with the form is licensing.Problems.
func (s *Store) CopyRights(ctx context.Context, by licensing.Viewer, c licensing.Copying, once licensing.Once) (licensing.Copied, error) {
	if by.SeesAllCustomers() {
		return licensing.Copied{}, licensing.ErrForbidden
	}
	n, err := s.onceOnly(ctx, by, once, nil, func(t *tx) (int64, error) {
		done, err := t.copyRights(c)
		return int64(done.Given)<<copiedShift | int64(done.Kept), err
	})
	return licensing.Copied{Given: int(n >> copiedShift), Kept: int(n & (1<<copiedShift - 1))}, err
}

func (t *tx) copyRights(c licensing.Copying) (done licensing.Copied, err error) {
	from, err := t.placeOf(licensing.Giving{Number: c.From})
	if err != nil {
		return done, err
	}
	if !from.managed {
		t.tell(licensing.Act{RootID: from.RootID, Action: "role.granted", LicenceID: from.LicenceID, Object: "licence/" + c.From, Outcome: licensing.Refused})
		return done, refused{licensing.ErrForbidden}
	}
	if problems := c.Problems(); len(problems) > 0 {
		return done, problems
	}
	targets, err := t.copyTargets(from.RootID, c)
	if err != nil {
		return done, err
	}
	rights, kept, err := t.rightsToCopy(from, targets)
	if err != nil {
		return done, err
	}
	switch {
	case len(rights) == 0:
		return done, licensing.Problems{{Field: "numbers", Message: "copy.problem.nothing"}}
	case len(rights) > licensing.MostCopies:
		return done, licensing.Problems{{Field: "numbers", Message: "copy.problem.many", Args: map[string]any{"N": len(rights), "Most": licensing.MostCopies}}}
	}
	return licensing.Copied{Given: len(rights), Kept: kept}, t.giveAll(rights)
}

// copyTargets finds the licence IDs that were typed. Of one that isn't found it is not said
// whether there is none, or none that who acts manages.
func (t *tx) copyTargets(root uuid.UUID, c licensing.Copying) (ids []uuid.UUID, err error) {
	missing := c.To()
	err = t.all(query{copyTargets, []any{c.To(), t.by.PersonID, managing(), root}, func(rows pgx.Rows) error {
		var id uuid.UUID
		var number string
		err := rows.Scan(&id, &number)
		ids = append(ids, id)
		missing = slices.DeleteFunc(missing, func(n string) bool { return n == number })
		return err
	}})
	if err == nil && len(missing) > 0 {
		return nil, licensing.Problems{{Field: "numbers", Message: "copy.problem.unknown", Args: map[string]any{"Numbers": strings.Join(missing, ", ")}}}
	}
	return ids, err
}

// rightsToCopy are the rights that would be new, and how many are there already.
func (t *tx) rightsToCopy(from right, targets []uuid.UUID) (rights []right, kept int, err error) {
	err = t.all(query{copyRights, []any{from.LicenceID, t.by.PersonID, targets}, func(rows pgx.Rows) error {
		r := right{Grant: licensing.Grant{ID: uuid.Must(uuid.NewV7()), RootID: from.RootID}}
		var held bool
		if err := rows.Scan(&r.PersonID, &r.name, &r.Role, &r.ExpiresAt, &r.LicenceID, &held); err != nil {
			return err
		}
		if held {
			kept++
		} else {
			rights = append(rights, r)
		}
		return nil
	}})
	return rights, kept, err
}

// giveAll gives rights to several people and lets each know.
func (t *tx) giveAll(rights []right) error {
	var people []uuid.UUID
	for _, r := range rights {
		people = append(people, r.PersonID)
		t.tell(actOnRight("role.granted", r))
		if err := t.newsOfRight(licensing.RightGiven, r); err != nil {
			return err
		}
	}
	return t.atDesk(func() error {
		for _, r := range rights {
			if err := t.insertRight(r); err != nil {
				return err
			}
		}
		for _, p := range distinct(people) {
			if err := t.reachOfPerson(p); err != nil {
				return err
			}
		}
		return nil
	})
}
