package store

import (
	"context"
	"errors"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
)

const (
	// Who may still take over: a living account of no staff, with a right in the family still.
	mayTakeOver = `p.ended_at IS NULL AND p.staff_role = '' AND EXISTS (SELECT FROM grants f WHERE f.person_id = s.successor_id
	AND f.root_id = s.root_id AND f.revoked_at IS NULL AND (f.expires_at IS NULL OR f.expires_at > now()))`

	// Nobody living administers what s is on, from above neither. $1 are the managing roles.
	nobodyAdministers = `NOT EXISTS (SELECT FROM grants g JOIN persons h ON h.id = g.person_id AND h.ended_at IS NULL
	WHERE g.role = ANY ($1) AND g.revoked_at IS NULL AND (g.expires_at IS NULL OR g.expires_at > now())
	AND (g.licence_id = s.licence_id OR g.organisation_id IN (SELECT ancestor_id FROM org_closure
		WHERE descendant_id = coalesce(s.organisation_id, (SELECT organisation_id FROM licences WHERE id = s.licence_id)))))`

	whoTakesOver = `WHERE s.state = 'named' AND ` + mayTakeOver + ` AND ` + nobodyAdministers + `
	AND ($2::uuid[] IS NULL OR s.root_id = ANY ($2)) AND ($3::uuid IS NULL OR s.id = $3) ORDER BY s.named_at, s.id`
	dueSuccessors = `SELECT s.id, s.root_id FROM successors s JOIN persons p ON p.id = s.successor_id ` + whoTakesOver
	toTakeOver    = successorLines + whoTakesOver
	takesOverFrom = successorLines + `WHERE s.state = 'named' AND ` + mayTakeOver + `
	AND s.person_id = $1 AND (s.licence_id = $2 OR s.organisation_id = $3) AND s.successor_id <> $4`

	// Until when the right lasted whose holder's account has ended; none for one that ran out.
	rightLasts = `SELECT nullif(max(coalesce(expires_at, 'infinity')), 'infinity') FROM grants
WHERE person_id = $1 AND (licence_id = $2 OR organisation_id = $3) AND role = ANY ($4) AND revoked_at IS NULL
AND mapping_id IS NULL AND (expires_at IS NULL OR expires_at > now())`
)

// Succeed lets successors take over what nobody administers any more, since rights ran out
// or accounts ended: in the families named, or in all. Each takes over once, however many
// servers ask at the same time.
func (s *Store) Succeed(ctx context.Context, roots ...uuid.UUID) error {
	return s.eachDue(ctx, query{dueSuccessors, []any{managing(), roots, nil}, nil}, (*tx).takeOver)
}

// takeOver looks again, with the family held, and gives the right.
func (t *tx) takeOver(d due) error {
	if err := t.hold(d.root); err != nil {
		return err
	}
	still, err := t.successors(toTakeOver, managing(), nil, d.id)
	if err != nil || len(still) == 0 {
		return err
	}
	l := still[0]
	r := right{Grant: licensing.Grant{Role: licensing.Administrator}}
	err = t.all(query{rightLasts, []any{l.PersonID, l.LicenceID, l.OrganisationID, managing()}, func(rows pgx.Rows) error {
		return rows.Scan(&r.ExpiresAt)
	}})
	if err != nil {
		return err
	}
	return t.stepIn(l, r)
}

// stepIn gives a successor a right like r.
func (t *tx) stepIn(l licensing.SuccessorLine, r right) error {
	r.ID, r.RootID, r.PersonID, r.name = uuid.Must(uuid.NewV7()), l.RootID, l.SuccessorID, l.Name
	r.LicenceID, r.OrganisationID = l.LicenceID, l.OrganisationID
	if err := t.addRight(r); err != nil {
		return err
	}
	if _, err := t.exec(closeSuccession, l.ID, string(licensing.SuccessorSteppedIn)); err != nil {
		return err
	}
	a := actOnRight("role.granted", r)
	a.Detail["person"] = l.Administrator
	t.tell(a)
	return t.tellSuccession(l, licensing.SuccessorSteppedIn)
}

// notAloneOrSucceeded is notAlone for rights that end: where nobody else's lasts as long,
// the successor takes over. Nobody takes over from whom they send away themselves.
func (t *tx) notAloneOrSucceeded(rights ...right) error {
	err := t.notAlone(rights...)
	if _, alone := errors.AsType[licensing.Problems](err); !alone {
		return err
	}
	for _, r := range rights {
		// Of several rights that end some may leave nobody alone: there nobody takes over. Nor
		// does anybody take what a provider gives by group.
		if _, alone := errors.AsType[licensing.Problems](t.notAlone(r)); !alone || r.group != "" {
			continue
		}
		next, err := t.successors(takesOverFrom, r.PersonID, r.LicenceID, r.OrganisationID, t.by.PersonID)
		if err != nil {
			return err
		}
		if len(next) == 0 || !r.Role.Permissions().Has(licensing.ManagePeople) {
			continue
		}
		if err := t.stepIn(next[0], r); err != nil {
			return err
		}
	}
	return t.notAlone(rights...)
}
