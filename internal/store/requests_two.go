package store

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
)

const (
	// The approval that waits for a second one. It counts while the request has the version
	// that it got by it, and while who gave it could still decide. Customers don't see it.
	firstApproval = `, (SELECT jsonb_build_object('version', w.version, 'by_id', w.by_id, 'by', p.name, 'at', w.at, 'quantity', w.quantity,
	'code', w.reason_code, 'message', w.message, 'reference', w.reference)
	FROM request_approvals w JOIN persons p ON p.id = w.by_id AND p.ended_at IS NULL AND p.staff_role = 'support_agent'
	WHERE w.request_id = r.id AND w.version = r.version AND NOT EXISTS (SELECT FROM reach h
		WHERE h.person_id = w.by_id AND h.licence_id IN (r.licence_id, (SELECT licence_id FROM keys WHERE id = r.key_id))))`
	nothingFirst = `, NULL::jsonb`
	// The version of a request as its customers know it, who don't see first approvals: by
	// what they see happen to it.
	knownVersion = `SELECT 1 + count(*) FROM request_events
WHERE request_id = $1 AND kind IN ('asked', 'answered', 'granted', 'partly_granted', 'rejected', 'withdrawn')`

	addApproval = `INSERT INTO request_approvals (request_id, version, root_id, by_id, at, quantity, reason_code, message, reference)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`
	withinCap = `SELECT total::bigint + $2 <= $3 FROM keys WHERE id = $1`
)

// approveFirst keeps what the first of two agents says, and what they will have granted if
// another says so too. State and clock stay as they are: it is still support's time, or
// still the customer's. It replaces an approval that waited before, as any change voids it.
func (s *Store) approveFirst(t *tx, r *subject, d licensing.Decision, e *licensing.RequestEvent) error {
	if err := s.fits(t, &r.Request); err != nil {
		return err
	}
	r.Version++
	t.last(addApproval, r.ID, r.Version, r.RootID, t.by.PersonID, d.At, *r.Granted, r.ReasonCode, e.Detail.Text, r.Reference)
	r.Granted, r.ReasonCode, r.Reference = nil, "", "" // which customers may read
	e.Kind, e.Internal = licensing.EventApproved, true
	return nil
}

// fits says whether a key's total would stay within the cap now: nobody is to wait for a
// second agent who can't carry it out.
func (s *Store) fits(t *tx, r *licensing.Request) error {
	if r.KeyID == nil {
		return nil
	}
	fits := false
	err := t.all(query{withinCap, []any{*r.KeyID, r.Rules().Adds(*r.Granted), s.promises.TotalCap}, func(rows pgx.Rows) error { return rows.Scan(&fits) }})
	if err == nil && !fits {
		return s.aboveCap()
	}
	return err
}

// refuseAgain has on record that somebody would have been both of two agents.
func (t *tx) refuseAgain(r *subject) error {
	r.Granted = nil
	t.tell(actOn(r.Request, "request."+string(licensing.EventApproved), licensing.Refused, map[string]any{"tried": licensing.Approve, "state": r.State}))
	return refused{licensing.Problems{{Field: "approval", Message: "request.problem.approved_again"}}}
}

// RetractApproval takes back an approval that waits for a second one; only who gave it may.
func (s *Store) RetractApproval(ctx context.Context, by licensing.Viewer, id int64, d licensing.Decision, once licensing.Once) error {
	return s.take(ctx, by, id, once, step{licensing.Retract, d.Version, d.At, func(_ *tx, r *subject) (licensing.RequestEvent, error) {
		r.Version++
		return licensing.RequestEvent{Kind: licensing.EventRetracted, Internal: true}, nil
	}})
}

// versionOf is a request's version as who acts was shown it: one that grows while nothing
// seems to happen, or a form that is out of date then, would tell customers of an approval.
func (t *tx) versionOf(r subject) int {
	if t.by.SeesAllCustomers() {
		return r.Version
	}
	return r.known
}

// knownTo asks for a request's version as its customers know it. Asked by itself behind a
// lock: what waits for one has its other questions answered as of before.
func knownTo(id int64, into *int) query {
	return query{knownVersion, []any{id}, func(rows pgx.Rows) error { return rows.Scan(into) }}
}
