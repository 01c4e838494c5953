package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
)

// AddGroupRole gives a role to a group, on an organisation that the administrator who acts
// manages, or on any for the operator. Whoever the provider counts among it has the right
// from their next sign-in on. What is wrong with the form is licensing.Problems.
func (s *Store) AddGroupRole(ctx context.Context, by licensing.Viewer, g licensing.GroupGiving, once licensing.Once) error {
	return s.onGroups(ctx, by, once, func(t *tx) error {
		o, managed, err := t.placeOfGroup(g.Organisation)
		if err == nil && managed { // and asked again once the family is held: who manages it may have ended
			if err = t.atOwnDesk(func() error { return t.hold(o.RootID) }); err == nil {
				o, managed, err = t.placeOfGroup(g.Organisation)
			}
		}
		if err != nil {
			return err
		}
		r := licensing.GroupRole{ID: uuid.Must(uuid.NewV7()), RootID: o.RootID, OrganisationID: o.ID, Issuer: g.Issuer, Group: g.Group, Role: g.Role}
		problems := g.Problems()
		if i := s.issuer(g.Issuer); g.Issuer == "" || !i.Groups || o.ID != uuid.Nil && !i.SpeaksFor(o.RootID) {
			problems = append(problems, licensing.Problem{Field: "issuer", Message: "group.problem.issuer"})
		}
		if !managed {
			problems = append(problems, licensing.Problem{Field: "organisation", Message: "group.problem.organisation"})
		}
		if !managed && o.ID != uuid.Nil {
			t.tell(actOnGroup("group_role.added", r, licensing.Refused))
			return refused{problems}
		}
		if len(problems) > 0 {
			return problems
		}
		t.tell(actOnGroup("group_role.added", r, licensing.Done))
		return t.atOwnDesk(func() error { return t.addGroupRole(r) })
	})
}

// addGroupRole adds one, unless there is the same, or the family has too many.
func (t *tx) addGroupRole(r licensing.GroupRole) error {
	var many int
	var same bool
	err := t.all(query{manyGroups, []any{r.RootID, r.OrganisationID, r.Issuer, r.Group, string(r.Role)}, func(rows pgx.Rows) error {
		return rows.Scan(&many, &same)
	}})
	switch {
	case err != nil:
		return err
	case same:
		return licensing.Problems{{Field: "group", Message: "group.problem.same"}}
	case many >= groupsOfFamily:
		return licensing.Problems{{Field: "group", Message: "group.problem.many"}}
	}
	_, err = t.exec(addGroupRole, r.ID, r.RootID, r.OrganisationID, r.Issuer, r.Group, string(r.Role), t.by.PersonID)
	return err
}

// EndGroupRole ends the role of a group, and with it, at once, the right of everybody who
// has it by that group. The last that makes somebody administrator of a licence ID is
// licensing.Problems; one that has ended is ErrConflict.
func (s *Store) EndGroupRole(ctx context.Context, by licensing.Viewer, id uuid.UUID, once licensing.Once) error {
	return s.onGroups(ctx, by, once, func(t *tx) error {
		l, _, err := t.groupRole(s, id)
		if err != nil {
			return err
		}
		if err := t.atOwnDesk(func() error { return t.hold(l.RootID) }); err != nil {
			return err
		}
		l, live, err := t.groupRole(s, id)
		if err != nil {
			return err
		}
		if !live {
			return fmt.Errorf("%w: the role has ended", licensing.ErrConflict)
		}
		t.tell(actOnGroup("group_role.ended", l.GroupRole, licensing.Done))
		return t.atOwnDesk(func() error { return t.endGroupRole(l.GroupRole) })
	})
}

func (t *tx) endGroupRole(g licensing.GroupRole) error {
	if _, err := t.exec(endGroupRole, g.ID); err != nil {
		return err
	}
	var rights []right
	err := t.all(query{rightsByGroup, []any{g.ID}, func(rows pgx.Rows) error {
		r, err := scanRight(rows)
		rights = append(rights, r)
		return err
	}})
	if err != nil || len(rights) == 0 {
		return err
	}
	for _, r := range rights {
		t.tell(actOnRight("role.ended", r))
		if err := t.newsOfRight(licensing.RightEnded, r); err != nil {
			return err
		}
	}
	if _, err := t.exec(endRights, idsOf(rights)); err != nil {
		return err
	}
	var below []uuid.UUID
	err = t.all(query{licencesBelow, []any{g.OrganisationID}, func(rows pgx.Rows) error {
		var id uuid.UUID
		err := rows.Scan(&id)
		below = append(below, id)
		return err
	}})
	if err != nil {
		return err
	}
	if err := t.reachOfLicences(below); err != nil {
		return err
	}
	return t.notAlone(rights...)
}

// onGroups is a write about roles of groups, once.
func (s *Store) onGroups(ctx context.Context, by licensing.Viewer, once licensing.Once, do func(*tx) error) error {
	if by.SeesAllCustomers() && !mayOperate(by) {
		return licensing.ErrForbidden
	}
	_, err := s.onceOnly(ctx, by, once, nil, func(t *tx) (int64, error) { return 0, do(t) })
	return err
}

// atOwnDesk is atDesk for customers; the operator is there.
func (t *tx) atOwnDesk(do func() error) error {
	if t.by.SeesAllCustomers() {
		return do()
	}
	return t.atDesk(do)
}

// placeOfGroup finds the organisation that a form names, by identifier or name, and
// whether who acts manages it; none, or several of the name, is the zero one.
func (t *tx) placeOfGroup(named string) (o licensing.Organisation, managed bool, err error) {
	named, found := strings.TrimSpace(named), 0
	id, _ := uuid.Parse(named)
	args := []any{mayOperate(t.by), t.by.PersonID, managing(), id, named, licensing.PublisherRoot}
	err = t.all(query{placeOfGroup, args, func(rows pgx.Rows) error {
		found++
		return rows.Scan(&o.ID, &o.RootID, &o.Name, &managed)
	}})
	if found != 1 {
		return licensing.Organisation{}, false, err
	}
	return o, managed, err
}

func (t *tx) groupRole(s *Store, id uuid.UUID) (l licensing.GroupLine, live bool, err error) {
	err = t.all(query{groupRoleByID, []any{mayOperate(t.by), t.by.PersonID, managing(), id}, func(rows pgx.Rows) (err error) {
		l, live, err = s.scanGroup(rows)
		return err
	}})
	if err == nil && l.ID == uuid.Nil {
		err = licensing.ErrNotFound
	}
	return l, live, err
}

func actOnGroup(action string, g licensing.GroupRole, outcome licensing.Outcome) licensing.Act {
	return licensing.Act{
		RootID: g.RootID, Action: action, Object: "group_role/" + g.ID.String(), Outcome: outcome,
		Detail: map[string]any{"group": g.Group, "issuer": g.Issuer, "role": g.Role, "organisation": g.OrganisationID},
	}
}
