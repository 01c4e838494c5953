package store

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
)

const (
	giveAgreement = `UPDATE access_requests SET state = 'accepted', version = version + 1, closed_at = $2, given = $3, due_at = NULL WHERE id = $1`
	mayHold       = `SELECT EXISTS (SELECT FROM persons WHERE id = $1 AND ended_at IS NULL AND staff_role = '')`

	untoldLocks = `SELECT holder FROM agreement_locks WHERE NOT told ORDER BY holder`
	lockTold    = `UPDATE agreement_locks SET told = true WHERE holder = $1 AND NOT told`
	// The licence IDs that were tried with wrong pairs: by a person, or of one number.
	wronglyTried = `SELECT DISTINCT l.id, l.root_id, l.number, o.name FROM access_requests q
JOIN licences l ON l.number = q.number JOIN organisations o ON o.id = l.organisation_id
WHERE ` + wrongPairs + ` ORDER BY l.number`
	numbersTried = `SELECT coalesce(string_agg(DISTINCT q.number, ', ' ORDER BY q.number), '') FROM access_requests q WHERE ` + wrongPairs
	wrongPairs   = `q.wrong AND q.asked_at > $3 AND (q.person_id::text = $1 OR q.number = $2)`
)

// mindAgreement does what is due about an open agreement that was added: tells those who may
// object, then, when a day has passed since, gives the right.
func (s *Store) mindAgreement(t *tx, l licensing.AccessLine, at time.Time) error {
	if l.Step == 0 && !l.Wrong {
		if err := t.place(&l); err != nil {
			return err
		}
	}
	due := at.Add(licensing.ObjectionWindow)
	switch {
	case l.Step == 0 && l.LicenceID == nil:
		_, err := t.exec(mindedAccess, l.ID, 1, due, false)
		return err
	case l.LicenceID == nil:
		return t.endAgreement(l, at)
	}
	people, err := t.managersOf(l.LicenceID, nil)
	if err != nil {
		return err
	}
	lonely := len(people) == 0
	if l.Step > 0 && (lonely || !l.Lonely) {
		return s.give(t, l, at)
	}
	// Told for the first time, or somebody has come who could not object so far.
	kind := licensing.AgreementAddedNews
	if l.Lonely = lonely; lonely {
		kind = licensing.AgreementLonelyNews
		if people, err = t.staff(licensing.Operator); err != nil {
			return err
		}
	}
	l.Role = licensing.RoleAdded
	if err := t.newsOfAsker(kind, l, people); err != nil {
		return err
	}
	_, err = t.exec(mindedAccess, l.ID, 1, due, l.Lonely)
	return err
}

// give gives the right to an open agreement that nobody objected to. For who can't be given
// any it ends like a wrong pair.
func (s *Store) give(t *tx, l licensing.AccessLine, at time.Time) error {
	if err := t.hold(l.RootID); err != nil {
		return err
	}
	r := right{name: l.Name, Grant: licensing.Grant{
		ID: uuid.Must(uuid.NewV7()), PersonID: l.PersonID, RootID: l.RootID, Role: licensing.RoleAdded, LicenceID: l.LicenceID,
	}}
	var may, held bool
	err := t.all(
		query{mayHold, []any{l.PersonID}, func(rows pgx.Rows) error { return rows.Scan(&may) }},
		query{heldAlready, []any{l.PersonID, l.Number, false, names(r.Role.Covering()), []uuid.UUID{l.RootID}}, func(rows pgx.Rows) error { return rows.Scan(&held) }},
	)
	if err != nil {
		return err
	}
	vouched, _, err := s.vouched(t, l.PersonID, l.RootID)
	if err != nil {
		return err
	}
	given := actOnAccess("agreement.given", l)
	if !may || !vouched {
		given.Outcome = licensing.Refused
		t.tell(given)
		return t.endAgreement(l, at)
	}
	if !held {
		t.tell(actOnRight("role.granted", r))
		if err := t.addRight(r); err != nil {
			return err
		}
	}
	t.tell(given)
	if _, err := t.exec(giveAgreement, l.ID, at, string(r.Role)); err != nil {
		return err
	}
	return t.news(l.PersonID, accessNews(licensing.AgreementGivenNews, l, r.Role, ""))
}

// endAgreement ends what gives nothing, and tells who added it.
func (t *tx) endAgreement(l licensing.AccessLine, at time.Time) error {
	if _, err := t.exec(endAccess, l.ID, at, l.Step); err != nil {
		return err
	}
	return t.news(l.PersonID, accessNews(licensing.AgreementEndedNews, l, l.Role, ""))
}

// tellLocks tells the operator, and those who administer what was tried, of locks that are
// new; each once, in a transaction of its own.
func (s *Store) tellLocks(ctx context.Context, at time.Time) error {
	var holders []string
	err := s.read(ctx, desk, query{untoldLocks, nil, func(rows pgx.Rows) error {
		holders = append(holders, "")
		return rows.Scan(&holders[len(holders)-1])
	}})
	if err != nil {
		return err
	}
	return apart(ctx, holders, func(holder string) error {
		return s.asDesk(ctx, func(t *tx) error {
			if n, err := t.exec(lockTold, holder); err != nil || n == 0 {
				return err
			}
			return t.tellLock(holder, at)
		})
	})
}

func (t *tx) tellLock(holder string, at time.Time) error {
	kind, what, _ := strings.Cut(holder, "/")
	args := []any{"", what, at.Add(-2 * licensing.LockTime)}
	if kind == "person" {
		args = []any{what, "", args[2]}
	}
	t.tell(licensing.Act{RootID: licensing.PublisherRoot, Action: "agreement.locked", Object: holder})
	var tried []licensing.AccessLine
	var numbers string
	err := t.all(query{numbersTried, args, func(rows pgx.Rows) error { return rows.Scan(&numbers) }}, query{wronglyTried, args, func(rows pgx.Rows) error {
		var l licensing.AccessLine
		err := rows.Scan(&l.LicenceID, &l.RootID, &l.Number, &l.Organisation)
		tried = append(tried, l)
		return err
	}})
	if err != nil {
		return err
	}
	for _, l := range tried {
		people, err := t.managersOf(l.LicenceID, nil)
		if err != nil {
			return err
		}
		t.tell(licensing.Act{RootID: l.RootID, Action: "agreement.locked", LicenceID: l.LicenceID, Object: "licence/" + l.Number})
		if err := t.newsOfAsker(licensing.AgreementLockedNews, l, people); err != nil {
			return err
		}
	}
	operators, err := t.staff(licensing.Operator)
	if err != nil {
		return err
	}
	all := licensing.AccessLine{AccessRequest: licensing.AccessRequest{RootID: licensing.PublisherRoot, Number: numbers}}
	return t.newsOfAsker(licensing.AgreementLockedNews, all, operators)
}
