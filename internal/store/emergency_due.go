package store

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
)

const (
	// Cases whose wait is over, and those that nobody confirmed in a week.
	emergencyDue = `SELECT id, root_id FROM emergency_cases
WHERE state = 'confirmed' AND due_at <= now() OR state = 'opened' AND opened_at < now() - interval '7 days' ORDER BY opened_at, id`
	emergencyStillDue = emergencyLines + `WHERE c.id = $1 AND (c.state = 'confirmed' AND c.due_at <= now() OR c.state = 'opened' AND c.opened_at < now() - interval '7 days')`
	emergencyPossible = `SELECT EXISTS (SELECT FROM persons WHERE id = $1 AND ended_at IS NULL AND staff_role = '')`
)

// CarryOutEmergency gives the right of cases whose wait is over, and ends those that nobody
// confirmed, that are no longer needed since somebody administers the place, or that can't
// be carried out since the account has ended. Each once, however many servers do it.
func (s *Store) CarryOutEmergency(ctx context.Context) error {
	return s.eachDue(ctx, query{emergencyDue, nil, nil}, (*tx).carryOutEmergency)
}

func (t *tx) carryOutEmergency(d due) error {
	if err := t.hold(d.root); err != nil {
		return err
	}
	var still []licensing.EmergencyLine
	if err := t.all(intoEmergency(&still, emergencyStillDue, d.id)); err != nil || len(still) == 0 {
		return err
	}
	l := still[0]
	managers, err := t.managersOf(l.On())
	if err != nil {
		return err
	}
	var possible bool
	if err := t.all(query{emergencyPossible, []any{l.PersonID}, func(rows pgx.Rows) error { return rows.Scan(&possible) }}); err != nil {
		return err
	}
	if l.State == licensing.EmergencyOpened || len(managers) > 0 || !possible {
		return t.moveEmergency(l, licensing.ExpireEmergency, 0)
	}
	return t.grantEmergency(l)
}

func (t *tx) grantEmergency(l licensing.EmergencyLine) error {
	r := right{name: l.Person, Grant: licensing.Grant{
		ID: uuid.Must(uuid.NewV7()), PersonID: l.PersonID, RootID: l.RootID, Role: licensing.Administrator,
	}}
	r.LicenceID, r.OrganisationID = l.On()
	if err := t.addRight(r); err != nil {
		return err
	}
	a := actOnRight("role.granted", r)
	a.LicenceID, a.Detail["case"] = &l.LicenceID, l.ID
	t.tell(a)
	return t.moveEmergency(l, licensing.GrantEmergency, 0)
}
