package store

import (
	"context"
	"errors"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
)

// Rights by group follow what the provider says, at each sign-in and for its own groups
// alone: what another provider said of the same person stands until they sign in there.

const (
	// What changes for a person, $1, or for somebody unknown, when an issuer, $2, counts them
	// among the groups $3. It speaks for the families $4, or for all, $5: but then it makes no
	// account, since anybody could be let in by naming a customer's group. The staff have no
	// rights of customers, nor has an account that has ended; and nobody gives themselves one.
	rightsThatFollow = `WITH wanted AS (
	SELECT * FROM group_roles WHERE issuer = $2 AND group_name = ANY ($3) AND ended_at IS NULL
	AND (root_id = ANY ($4) OR $5 AND $1::uuid IS NOT NULL) AND created_by IS DISTINCT FROM $1
	AND NOT EXISTS (SELECT FROM persons WHERE id = $1 AND (staff_role <> '' OR ended_at IS NOT NULL))),
held AS (
	SELECT g.id AS grant_id, m.* FROM grants g JOIN group_roles m ON m.id = g.mapping_id
	WHERE g.person_id = $1 AND m.issuer = $2 AND g.revoked_at IS NULL)
SELECT NULL::uuid, id, root_id, organisation_id, role, group_name FROM wanted WHERE id NOT IN (SELECT id FROM held)
UNION ALL
SELECT grant_id, id, root_id, organisation_id, role, group_name FROM held WHERE id NOT IN (SELECT id FROM wanted) ORDER BY 2`

	addByGroup   = `INSERT INTO grants (id, person_id, root_id, role, organisation_id, mapping_id) VALUES ($1, $2, $3, $4, $5, $6)`
	nameOfPerson = `SELECT name FROM persons WHERE id = $1`
)

// follows is a right by group that begins, or ends, with what a provider says.
type follows struct {
	right
	mapping uuid.UUID
	ends    bool
}

// Arrive finds the person whom a provider vouches for, and has their rights by group
// follow what it says. An identity that no account is bound to gets one if a group of its
// makes it somebody in a family that the provider speaks for by name (S-40); else the
// error is ErrNotFound.
func (s *Store) Arrive(ctx context.Context, a licensing.Arrival, from licensing.Origin) (uuid.UUID, error) {
	person, err := s.PersonByIdentity(ctx, a.Issuer, a.Subject)
	if err != nil && !errors.Is(err, licensing.ErrNotFound) {
		return uuid.Nil, err
	}
	var due []follows
	if asked := s.read(ctx, desk, s.dueFor(person, a, &due)); asked != nil {
		return uuid.Nil, asked
	}
	if len(due) == 0 {
		return person, err
	}
	by := licensing.Viewer{PersonID: person, Issuer: a.Issuer, Subject: a.Subject, From: from, May: licensing.SeeCustomers}
	err = s.transact(ctx, by, func(t *tx) error {
		person, err = t.follow(s, a, due)
		return err
	})
	if errors.Is(already(err), licensing.ErrConflict) {
		return uuid.Nil, errors.Join(licensing.ErrUnavailable, err) // somebody arrived as the same at once
	}
	return person, err
}

// dueFor asks what changes.
func (s *Store) dueFor(person uuid.UUID, a licensing.Arrival, due *[]follows) query {
	var id *uuid.UUID
	if person != uuid.Nil {
		id = &person
	}
	issuer := s.issuer(a.Issuer)
	return query{rightsThatFollow, []any{id, a.Issuer, a.Groups, issuer.Roots, issuer.All}, func(rows pgx.Rows) error {
		var f follows
		var grant *uuid.UUID
		err := rows.Scan(&grant, &f.mapping, &f.RootID, &f.OrganisationID, &f.Role, &f.group)
		if f.ID = uuid.Must(uuid.NewV7()); grant != nil {
			f.ID, f.ends = *grant, true
		}
		*due = append(*due, f)
		return err
	}}
}

// follow makes and ends rights by group. What is due is asked again once the families are
// held: the same person may arrive twice at once.
func (t *tx) follow(s *Store, a licensing.Arrival, due []follows) (uuid.UUID, error) {
	if err := t.hold(rootsDue(due)...); err != nil {
		return uuid.Nil, err
	}
	find := query{personByIdentity, []any{a.Issuer, a.Subject, s.issuer(a.Issuer).All}, func(rows pgx.Rows) error { return rows.Scan(&t.by.PersonID) }}
	if err := t.all(find); err != nil {
		return uuid.Nil, err
	}
	due = nil
	name := query{nameOfPerson, []any{t.by.PersonID}, func(rows pgx.Rows) error { return rows.Scan(&t.by.Name) }}
	if err := t.all(s.dueFor(t.by.PersonID, a, &due), name); err != nil || len(due) == 0 {
		return t.by.PersonID, err
	}
	if t.by.PersonID == uuid.Nil {
		if err := t.addArrived(a, due[0]); err != nil {
			return uuid.Nil, err
		}
	}
	return t.by.PersonID, t.followed(due)
}

// addArrived opens an account for somebody whom a group makes somebody. No address that
// the provider knows is kept: mail would go to whatever it says.
func (t *tx) addArrived(a licensing.Arrival, f follows) error {
	name := []rune(licensing.VeilKeys(a.Name))
	if len(name) == 0 {
		name = []rune(licensing.VeilKeys(a.Subject))
	}
	t.by.PersonID, t.by.Name = uuid.Must(uuid.NewV7()), string(name[:min(len(name), licensing.ShortText)])
	if _, err := t.exec(addInvited, t.by.PersonID, t.by.Name, ""); err != nil {
		return err
	}
	if _, err := t.exec(addIdentity, a.Issuer, a.Subject, t.by.PersonID); err != nil {
		return err
	}
	object := "person/" + t.by.PersonID.String()
	t.tell(licensing.Act{RootID: licensing.PublisherRoot, Action: "person.added", Object: object, Detail: map[string]any{"name": t.by.Name, "group": f.group, "organisation": *f.OrganisationID}})
	t.tell(licensing.Act{RootID: licensing.PublisherRoot, Action: "identity.added", Object: object, Detail: map[string]any{"issuer": a.Issuer}})
	return nil
}

func (t *tx) followed(due []follows) error {
	var ended []right
	for _, f := range due {
		f.PersonID, f.name = t.by.PersonID, t.by.Name
		if f.ends {
			t.tell(actOnRight("role.ended", f.right))
			ended = append(ended, f.right)
			continue
		}
		t.tell(actOnRight("role.granted", f.right))
		if _, err := t.exec(addByGroup, f.ID, f.PersonID, f.RootID, string(f.Role), f.OrganisationID, f.mapping); err != nil {
			return err
		}
	}
	if _, err := t.exec(endRights, idsOf(ended)); err != nil {
		return err
	}
	if err := t.reachOfPerson(t.by.PersonID); err != nil {
		return err
	}
	return t.unattended(t.by.Name, ended)
}

// mostUnattended is of how many licence IDs the log says that they have no administrator.
const mostUnattended = 20

// unattended tells the log and the operator of licence IDs whose last administrator was
// somebody by group. The provider's word is obeyed all the same: who left a group has left.
func (t *tx) unattended(name string, ended []right) error {
	if len(ended) == 0 {
		return nil
	}
	lone, err := t.leftAlone(ended, mostUnattended)
	if err != nil || len(lone) == 0 {
		return err
	}
	for _, l := range lone {
		t.tell(licensing.Act{RootID: l.RootID, Action: "licence.unattended", LicenceID: &l.ID, Object: "licence/" + l.Number, Detail: map[string]any{"name": name}})
	}
	operators, err := t.staff(licensing.Operator)
	for _, id := range operators {
		if err == nil {
			err = t.news(id, licensing.News{
				Kind: licensing.LicenceUnattended, RootID: lone[0].RootID, Path: "/licences/" + lone[0].Number + "/people",
				Args: map[string]string{"Number": lone[0].Number, "Actor": name},
			})
		}
	}
	return err
}

func rootsDue(due []follows) []uuid.UUID {
	ids := make([]uuid.UUID, len(due))
	for i, f := range due {
		ids[i] = f.RootID
	}
	return distinct(ids)
}
