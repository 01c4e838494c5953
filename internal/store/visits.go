package store

import (
	"context"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
)

// Support looks at one customer for a reason. Every read of one customer's licence ID or
// key goes through readOf, which asks for an agent in the same round trip whether there is
// one, gives out nothing without it, and has the look on record before anything is shown.
const (
	sightColumns = `SELECT l.id, l.root_id, l.number, o.name, coalesce(r.id, 0), coalesce(v.id, '00000000-0000-0000-0000-000000000000'),
	coalesce(v.reason, ''), coalesce(v.ends_at, 'epoch'), coalesce(k.told_at > now() - interval '1 hour', false)
FROM licences l JOIN organisations o ON o.id = l.organisation_id
LEFT JOIN LATERAL (
	SELECT id, reason, ends_at FROM visits
	WHERE agent_id = $1 AND root_id = l.root_id AND ended_at IS NULL AND ends_at > now() ORDER BY ends_at DESC, id LIMIT 1) v ON true
LEFT JOIN LATERAL (
	SELECT id FROM requests WHERE root_id = l.root_id AND closed_at IS NULL AND v.id IS NULL
	ORDER BY licence_id IS NOT DISTINCT FROM l.id DESC, id LIMIT 1) r ON true
LEFT JOIN looks k ON k.agent_id = $1 AND k.root_id = l.root_id AND k.reason = coalesce(v.id::text, r.id::text) || ' ' || l.id`
	sightOfLicence = sightColumns + ` WHERE l.number = $2`
	sightOfKey     = sightColumns + ` WHERE l.id = (SELECT licence_id FROM keys WHERE id = $2)`
	sightOfLeak    = sightColumns + ` WHERE l.id = (SELECT licence_id FROM leaks WHERE id = $2)`

	tellLook = `INSERT INTO looks AS k (agent_id, root_id, reason, told_at) VALUES ($1, $2, $3, now())
ON CONFLICT (agent_id, root_id, reason) DO UPDATE SET told_at = now() WHERE k.told_at <= now() - interval '1 hour'`
)

// theirs is what of one customer is read.
type theirs struct {
	sight string
	which any
}

func ofLicence(number string) theirs { return theirs{sightOfLicence, number} }

func ofKey(id uuid.UUID) theirs { return theirs{sightOfKey, id} }

func ofLeak(id uuid.UUID) theirs { return theirs{sightOfLeak, id} }

// look is an agent before a customer's page.
type look struct {
	licence, root        uuid.UUID
	number, organisation string
	licensing.Sight
	told bool // the audit log has it already
}

// readOf is read for what belongs to one customer, and returns by what reason support
// sees it; nil for everybody else. Without one it is licensing.NeedsReason, and what was
// read is not to be used.
func (s *Store) readOf(ctx context.Context, v licensing.Viewer, of theirs, queries ...query) (*licensing.Sight, error) {
	if !v.LooksForAReason() {
		return nil, s.read(ctx, v, queries...)
	}
	var k look
	if err := s.read(ctx, v, append(queries, k.query(v, of))...); err != nil {
		return nil, err
	}
	if k.licence == uuid.Nil { // nothing there, or the publisher's stock
		return nil, nil
	}
	if err := k.needs(); err != nil {
		return nil, err
	}
	if k.told {
		return &k.Sight, nil
	}
	return &k.Sight, s.transact(ctx, v, func(t *tx) error { return t.tellLook(k) })
}

func (k *look) query(v licensing.Viewer, of theirs) query {
	return query{of.sight, []any{v.PersonID, of.which}, func(rows pgx.Rows) error {
		err := rows.Scan(&k.licence, &k.root, &k.number, &k.organisation, &k.Request, &k.Visit, &k.Reason, &k.Until, &k.told)
		if k.Visit == uuid.Nil {
			k.Until = time.Time{}
		}
		return err
	}}
}

func (k *look) needs() error {
	if k.Request == 0 && k.Visit == uuid.Nil {
		return licensing.NeedsReason{Number: k.number, Organisation: k.organisation}
	}
	return nil
}

// tellLook tells the customer's chain that support looks, once an hour for each licence ID
// and reason: of several at once, through any server, the first.
func (t *tx) tellLook(k look) error {
	reason, detail := strconv.FormatInt(k.Request, 10), map[string]any{"request": k.Request}
	if k.Visit != uuid.Nil {
		reason, detail = k.Visit.String(), map[string]any{"reason": k.Reason}
	}
	n, err := t.exec(tellLook, t.by.PersonID, k.root, reason+" "+k.licence.String())
	if err == nil && n == 1 {
		t.tell(licensing.Act{RootID: k.root, Action: "support.viewed", LicenceID: &k.licence, Object: "licence/" + k.number, Detail: detail})
	}
	return err
}

const (
	visited  = `SELECT id, root_id FROM licences WHERE number = $1`
	addVisit = `INSERT INTO visits (id, root_id, licence_id, agent_id, agent, reason, opened_at, ends_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`
	// $2 is a family, or an open visit to it. Of two servers' clocks one may be behind.
	endVisits = `UPDATE visits v SET ended_at = greatest($3, opened_at) FROM licences l
WHERE l.id = v.licence_id AND v.agent_id = $1 AND v.ended_at IS NULL AND v.ends_at > $3
AND v.root_id = coalesce((SELECT root_id FROM visits WHERE id = $2 AND agent_id = $1 AND ended_at IS NULL AND ends_at > $3), $2)
RETURNING v.id, v.root_id, v.licence_id, l.number`
)

// OpenVisit lets an agent look at a customer for a while. A visit of theirs to the same
// customer that is still open ends. What is wrong with the form is licensing.Problems.
func (s *Store) OpenVisit(ctx context.Context, by licensing.Viewer, v licensing.Visiting, once licensing.Once) error {
	if !by.LooksForAReason() {
		return licensing.ErrForbidden
	}
	_, err := s.onceOnly(ctx, by, once, nil, func(t *tx) (int64, error) { return 0, t.openVisit(v) })
	return err
}

func (t *tx) openVisit(v licensing.Visiting) error {
	n := licensing.Visit{ID: uuid.Must(uuid.NewV7()), AgentID: t.by.PersonID, Agent: t.by.Name, OpenedAt: v.At, EndsAt: v.At.Add(v.For)}
	err := t.all(query{visited, []any{v.Number}, func(rows pgx.Rows) error { return rows.Scan(&n.LicenceID, &n.RootID) }})
	if err != nil {
		return err
	}
	if n.LicenceID == uuid.Nil {
		return licensing.ErrNotFound
	}
	why, problems := v.Why()
	if len(problems) > 0 {
		return problems
	}
	n.Reason = why
	if _, err := t.endVisits(n.RootID, v.At); err != nil {
		return err
	}
	if _, err := t.exec(addVisit, n.ID, n.RootID, n.LicenceID, n.AgentID, n.Agent, n.Reason, n.OpenedAt, n.EndsAt); err != nil {
		return err
	}
	t.tell(licensing.Act{
		RootID: n.RootID, Action: "visit.opened", LicenceID: &n.LicenceID, Object: "licence/" + v.Number,
		Detail: map[string]any{"reason": n.Reason, "until": n.EndsAt, "visit": n.ID},
	})
	return nil
}

// EndVisit ends a visit of the agent before its time; one that isn't theirs is
// ErrNotFound, and so is one that is over.
func (s *Store) EndVisit(ctx context.Context, by licensing.Viewer, visit uuid.UUID, at time.Time, once licensing.Once) error {
	if !by.LooksForAReason() {
		return licensing.ErrForbidden
	}
	_, err := s.onceOnly(ctx, by, once, nil, func(t *tx) (int64, error) {
		n, err := t.endVisits(visit, at)
		if err == nil && n == 0 {
			err = licensing.ErrNotFound
		}
		return 0, err
	})
	return err
}

// endVisits ends the agent's open visits to a family, which is named by its root or by one
// of them, and counts them.
func (t *tx) endVisits(which uuid.UUID, at time.Time) (n int, err error) {
	err = t.all(query{endVisits, []any{t.by.PersonID, which, at}, func(rows pgx.Rows) error {
		a := licensing.Act{Action: "visit.ended", LicenceID: new(uuid.UUID)}
		var visit uuid.UUID
		var number string
		err := rows.Scan(&visit, &a.RootID, a.LicenceID, &number)
		a.Object, a.Detail = "licence/"+number, map[string]any{"visit": visit}
		t.tell(a)
		n++
		return err
	}})
	return n, err
}

// The reason may speak of the licence ID that the visit was opened for, so it is shown to
// those who reach that one; that support looks at the family concerns all of it.
const visitsTo = `SELECT v.id, v.root_id, v.licence_id, v.agent_id, v.agent, v.opened_at, v.ends_at, v.ended_at,
	CASE WHEN v.licence_id = $1 OR EXISTS (
		SELECT FROM reach r WHERE r.person_id = $2 AND r.licence_id = v.licence_id AND (r.until IS NULL OR r.until > now())) THEN v.reason ELSE '' END
FROM visits v WHERE v.root_id = $3 AND v.ended_at IS NULL AND v.ends_at > now() ORDER BY v.ends_at, v.id`

func visitsQuery(v licensing.Viewer, l licensing.LicenceRow, into *[]licensing.Visit) query {
	return query{visitsTo, []any{l.ID, v.PersonID, l.RootID}, func(rows pgx.Rows) error {
		var n licensing.Visit
		err := rows.Scan(&n.ID, &n.RootID, &n.LicenceID, &n.AgentID, &n.Agent, &n.OpenedAt, &n.EndsAt, &n.EndedAt, &n.Reason)
		*into = append(*into, n)
		return err
	}}
}
