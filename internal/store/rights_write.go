package store

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
)

// GiveRight gives somebody a right on a licence ID, or on an organisation above it, both of
// which the administrator who acts manages. Who has the address in the family has the right
// at once; anybody else is invited to it by mail, whether they have an account or not. What
// is wrong with the form is licensing.Problems.
func (s *Store) GiveRight(ctx context.Context, by licensing.Viewer, g licensing.Giving, once licensing.Once) error {
	return s.onRights(ctx, by, once, func(t *tx) error {
		r, err := t.placeOf(g)
		if err != nil {
			return err
		}
		if !r.managed {
			a := actOnRight("role.granted", r)
			a.Object, a.Outcome = "licence/"+g.Number, licensing.Refused
			t.tell(a)
			return refused{licensing.ErrForbidden}
		}
		problems := g.Problems()
		if err := t.personOf(g.Email, &r, &problems); err != nil {
			return err
		}
		if r.PersonID == uuid.Nil {
			if err := t.notInvited(g.Email, r, &problems); err != nil {
				return err
			}
		}
		if len(problems) > 0 {
			return problems
		}
		if r.PersonID == uuid.Nil {
			return t.invite(r, g)
		}
		t.tell(actOnRight("role.granted", r))
		if err := t.newsOfRight(licensing.RightGiven, r); err != nil {
			return err
		}
		return t.atDesk(func() error { return t.addRight(r) })
	})
}

// placeOf is a right still nobody's, on what a form names. Its family is held.
func (t *tx) placeOf(g licensing.Giving) (r right, err error) {
	var above *uuid.UUID
	if g.Organisation != uuid.Nil {
		above = &g.Organisation
	}
	find := func() error {
		r = right{}
		err := t.all(query{placeToGive, []any{g.Number, t.by.PersonID, managing(), above}, func(rows pgx.Rows) error {
			return rows.Scan(&r.RootID, &r.LicenceID, &r.OrganisationID, &r.managed)
		}})
		if err == nil && r.RootID == uuid.Nil {
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
	err = find()
	r.ID, r.Role, r.ExpiresAt = uuid.Must(uuid.NewV7()), g.Role, g.Until
	return r, err
}

// personOf finds who of the family has the address that was named; what is wrong with it
// goes to problems. Nobody is found where the address is a stranger's, or nobody's.
func (t *tx) personOf(email string, r *right, problems *licensing.Problems) error {
	var found int
	var held bool
	r.PersonID = uuid.Nil
	err := t.all(query{personOfFamily, []any{email, r.RootID, r.LicenceID, r.OrganisationID, string(r.Role)}, func(rows pgx.Rows) error {
		found++
		return rows.Scan(&r.PersonID, &r.name, &held)
	}})
	wrong := func(message string) {
		*problems = append(*problems, licensing.Problem{Field: "email", Message: message})
	}
	switch {
	case err != nil:
		return err
	case found == 0:
	case found > 1:
		wrong("right.problem.several")
	case r.PersonID == t.by.PersonID:
		wrong("right.problem.own")
	case held:
		wrong("right.problem.held")
	}
	return nil
}

// memberOf is personOf where a stranger won't do.
func (t *tx) memberOf(email string, r *right, problems *licensing.Problems) error {
	err := t.personOf(email, r, problems)
	if err == nil && r.PersonID == uuid.Nil {
		*problems = append(*problems, licensing.Problem{Field: "email", Message: "right.problem.unknown"})
	}
	return err
}

func (t *tx) addRight(r right) error {
	if err := t.insertRight(r); err != nil {
		return err
	}
	return t.reachOfPerson(r.PersonID)
}

func (t *tx) insertRight(r right) error {
	_, err := t.exec(addRight, r.ID, r.PersonID, r.RootID, string(r.Role), r.OrganisationID, r.LicenceID, r.ExpiresAt)
	return err
}

// ChangeRight puts another role or end in a right's place: the old right ends, a new one
// with an ID of its own begins, so that a form drawn for the old one is ErrConflict.
func (s *Store) ChangeRight(ctx context.Context, by licensing.Viewer, id uuid.UUID, terms licensing.Terms, once licensing.Once) error {
	return s.onRights(ctx, by, once, func(t *tx) error {
		r, err := t.rightOf(id)
		if err != nil {
			return err
		}
		if err := t.mayTouch(r, "role.changed"); err != nil {
			return err
		}
		problems := terms.Problems()
		if terms.Same(r.Grant) {
			problems = append(problems, licensing.Problem{Field: "role", Message: "right.problem.same"})
		}
		if len(problems) > 0 {
			return problems
		}
		next := r
		next.ID, next.Role, next.ExpiresAt = uuid.Must(uuid.NewV7()), terms.Role, terms.Until
		a := actOnRight("role.changed", next)
		a.Detail["was"] = r.Role
		if r.ExpiresAt != nil {
			a.Detail["expired"] = *r.ExpiresAt
		}
		t.tell(a)
		if err := t.newsOfRight(licensing.RightChanged, next); err != nil {
			return err
		}
		err = t.atDesk(func() error {
			if err := t.revoke(r); err != nil {
				return err
			}
			if err := t.addRight(next); err != nil {
				return err
			}
			return t.notAlone(r)
		})
		if err != nil || next.Role.Permissions().Has(licensing.ManagePeople) {
			return err
		}
		return t.withdrawSuccessors(r)
	})
}

// EndRight ends a right. The last one that makes somebody administrator of a licence ID
// is licensing.Problems.
func (s *Store) EndRight(ctx context.Context, by licensing.Viewer, id uuid.UUID, once licensing.Once) error {
	return s.onRights(ctx, by, once, func(t *tx) error {
		r, err := t.rightOf(id)
		if err != nil {
			return err
		}
		if err := t.mayTouch(r, "role.ended"); err != nil {
			return err
		}
		return t.endRights(r)
	})
}

func (t *tx) managedOf(person uuid.UUID) (rights []right, err error) {
	err = t.all(query{managedOf, []any{t.by.PersonID, managing(), person}, func(rows pgx.Rows) error {
		r, err := scanRight(rows)
		rights = append(rights, r)
		return err
	}})
	if err == nil && len(rights) == 0 {
		return nil, licensing.ErrNotFound
	}
	return rights, err
}

// endRights ends rights of one person, unless a licence ID would lose its last administrator
// and no successor was named.
func (t *tx) endRights(rights ...right) error {
	for _, r := range rights {
		t.tell(actOnRight("role.ended", r))
		if err := t.newsOfRight(licensing.RightEnded, r); err != nil {
			return err
		}
	}
	err := t.atDesk(func() error {
		if err := t.revoke(rights...); err != nil {
			return err
		}
		return t.notAloneOrSucceeded(rights...)
	})
	if err != nil {
		return err
	}
	return t.withdrawSuccessors(rights...)
}
