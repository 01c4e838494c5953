package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/worktime"
)

const (
	requestColumns = `SELECT r.id, r.root_id, r.licence_id, r.key_id, r.product_id, r.kind, r.last5, r.region, r.quantity, r.reason,
	r.language, r.state, r.version, r.requester_id, r.filed_by, r.assignee_id, r.filed_at, r.due_at, r.paused_at, r.closed_at,
	r.decided_by, r.granted, r.reason_code, r.reference, r.confirmed_at, r.last_event, r.two_above, r.first_by, r.first_version`
	// Bit 16 is FileRequests: who may file for a licence ID may see to what was filed.
	// What a step has to know beside the request itself: whether whoever asked still has a
	// right in the family (what it asked is nobody else's business), whether who took it on
	// is still support's, whether who acts has a right on the licence ID or the key's, and
	// whose the keys are.
	subjectColumns = requestColumns + `,
	EXISTS (SELECT FROM grants g JOIN persons p ON p.id = g.person_id AND p.ended_at IS NULL AND p.staff_role = ''
		WHERE g.person_id = r.requester_id AND g.root_id = r.root_id AND g.revoked_at IS NULL AND (g.expires_at IS NULL OR g.expires_at > now())),
	EXISTS (SELECT FROM persons WHERE id = r.assignee_id AND staff_role = 'support_agent'),
	EXISTS (SELECT FROM reach WHERE person_id = $2 AND licence_id IN (r.licence_id, (SELECT licence_id FROM keys WHERE id = r.key_id))),
	coalesce((SELECT p.vendor FROM licences l JOIN programmes p ON p.id = l.programme_id WHERE l.id = r.licence_id), '')`
	ownRequest = subjectColumns + nothingFirst + ` FROM requests r WHERE r.id = $1 AND (r.requester_id = $2 OR r.filed_by = $2 OR EXISTS (
	SELECT FROM reach WHERE person_id = $2 AND licence_id = r.licence_id AND rights & 16 <> 0 AND (until IS NULL OR until > now()))) FOR UPDATE OF r`
	deskRequest = subjectColumns + firstApproval + ` FROM requests r WHERE r.id = $1 AND $2::uuid IS NOT NULL FOR UPDATE OF r`

	customersMove = `UPDATE requests SET state = $3, version = $4, due_at = $5, paused_at = $6, closed_at = $7, last_event = $8
WHERE id = $1 AND version = $2`
	supportsMove = `UPDATE requests SET state = $3, version = $4, due_at = $5, paused_at = $6, closed_at = $7, last_event = $8, decided_by = $9, granted = $10,
	reason_code = $11, reference = $12, key_id = $13, last5 = $14, assignee_id = $15, two_above = $16, first_by = $17, first_version = $18 WHERE id = $1 AND version = $2`

	addEvent = `INSERT INTO request_events (request_id, seq, root_id, at, actor_id, actor, staff, kind, internal, detail)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`
	askedAndAnswered = `SELECT at, kind FROM request_events WHERE request_id = $1 AND kind IN ('asked', 'answered') ORDER BY seq`
)

// subject is a request whose row is locked, and what a step has to know beside it.
type subject struct {
	licensing.Request
	here   bool   // whoever asked still has a right in the family
	worked bool   // an agent has taken it on
	right  bool   // who acts has a right on the licence ID, or the key's
	vendor string // whose the keys are, if not the publisher's own
	known  int    // its version as customers know it
	first  *licensing.FirstApproval
}

// step is one move on the way through the state machine.
type step struct {
	move    licensing.Move
	version int // of the request as it was shown; notes and assignments don't depend on it
	at      time.Time
	// do changes the request and says what happened. What is wrong with a form it
	// returns as licensing.Problems.
	do func(*tx, *subject) (licensing.RequestEvent, error)
}

// take makes a step, once: the request's row is locked, so of several at once one is
// first, and the others find that it has changed.
func (s *Store) take(ctx context.Context, by licensing.Viewer, id int64, once licensing.Once, p step) error {
	var r subject
	_, err := s.onceOnly(ctx, by, once, []query{lockRequest(by, id, &r), knownTo(id, &r.known)}, func(t *tx) (int64, error) {
		if r.ID == 0 {
			return 0, licensing.ErrNotFound
		}
		if err := t.allowed(r, p); err != nil {
			t.tell(t.notTaken(r, p.move))
			return 0, refused{err}
		}
		version := r.Version
		e, err := p.do(t, &r)
		if err != nil {
			return 0, err
		}
		e.At = p.at
		r.LastEvent++
		if err := t.keep(version, r.Request); err != nil {
			return 0, err
		}
		if err := t.happened(r.Request, &e); err != nil {
			return 0, err
		}
		return r.ID, t.informAll(r, e)
	})
	return err
}

// notTaken is what the audit log hears of a step that was refused. Of one that support tried
// between two approvals customers don't read: it would tell them of the first.
func (t *tx) notTaken(r subject, m licensing.Move) licensing.Act {
	detail := map[string]any{"tried": m, "state": r.State}
	if t.by.SeesAllCustomers() && r.known < r.Version && r.ClosedAt == nil {
		detail["inner"] = true
	}
	return actOn(r.Request, "request."+string(pastOf[m]), licensing.Refused, detail)
}

// pastOf are the moves as the audit log calls them.
var pastOf = map[licensing.Move]licensing.EventKind{
	licensing.Approve: licensing.EventGranted, licensing.Retract: licensing.EventRetracted, licensing.Reject: licensing.EventRejected, licensing.Question: licensing.EventAsked,
	licensing.Assign: licensing.EventAssigned, licensing.Note: licensing.EventNoted,
	licensing.Answer: licensing.EventAnswered, licensing.Withdraw: licensing.EventWithdrawn,
}

// lockRequest locks the row of a request that who acts may see.
func lockRequest(by licensing.Viewer, id int64, r *subject) query {
	sql := ownRequest
	if by.SeesAllCustomers() {
		sql = deskRequest
	}
	return query{sql, []any{id, by.PersonID}, func(rows pgx.Rows) error {
		return scanRequest(rows, &r.Request, &r.here, &r.worked, &r.right, &r.vendor, &r.first)
	}}
}

func scanRequest(row pgx.Row, r *licensing.Request, more ...any) error {
	return row.Scan(append([]any{
		&r.ID, &r.RootID, &r.LicenceID, &r.KeyID, &r.ProductID, &r.Kind, &r.Last5, &r.Region, &r.Quantity, &r.Reason,
		&r.Language, &r.State, &r.Version, &r.RequesterID, &r.FiledBy, &r.AssigneeID, &r.FiledAt, &r.DueAt, &r.PausedAt, &r.ClosedAt,
		&r.DecidedBy, &r.Granted, &r.ReasonCode, &r.Reference, &r.ConfirmedAt, &r.LastEvent,
		&r.TwoAbove, &r.FirstBy, &r.FirstVersion,
	}, more...)...)
}

// allowed says why a step can't be taken: who may not, from which state not, or because
// the request is not any more what was shown (S-10, S-13, S-15).
func (t *tx) allowed(r subject, p step) error {
	if err := t.mayMove(r, p.move); err != nil {
		return err
	}
	if !r.State.Allows(p.move) {
		return fmt.Errorf("%w: a request that is %s", licensing.ErrConflict, r.State)
	}
	if moves := p.move != licensing.Assign && p.move != licensing.Note; moves && p.version != t.versionOf(r) {
		return fmt.Errorf("%w: the request has changed", licensing.ErrConflict)
	}
	if p.move == licensing.Retract && r.first == nil {
		return fmt.Errorf("%w: nobody's approval waits", licensing.ErrConflict)
	}
	return nil
}

func (t *tx) mayMove(r subject, m licensing.Move) error {
	switch m {
	case licensing.Answer, licensing.Withdraw:
		// The row was found, so a customer may; support for whom it filed.
		if t.by.SeesAllCustomers() && r.FiledBy != t.by.PersonID {
			return licensing.ErrForbidden
		}
		return nil
	case licensing.Approve, licensing.Reject:
		if barredBy(t.by.PersonID, r.Request, r.right) != "" {
			return licensing.ErrForbidden
		}
	case licensing.Retract:
		if r.first != nil && r.first.ByID != t.by.PersonID {
			return licensing.ErrForbidden
		}
	}
	if !t.by.May.Has(licensing.DecideRequests) {
		return licensing.ErrForbidden
	}
	return nil
}

// keep writes what a step changed.
func (t *tx) keep(version int, r licensing.Request) error {
	args := []any{r.ID, version, string(r.State), r.Version, r.DueAt, r.PausedAt, r.ClosedAt, r.LastEvent}
	sql := customersMove
	if t.by.SeesAllCustomers() {
		sql = supportsMove
		args = append(args, r.DecidedBy, r.Granted, r.ReasonCode, r.Reference, r.KeyID, r.Last5, r.AssigneeID, r.TwoAbove, r.FirstBy, r.FirstVersion)
	}
	n, err := t.exec(sql, args...)
	if err == nil && n != 1 {
		return licensing.ErrConflict
	}
	return err
}

// happened adds the last event to a request, and tells the audit log.
func (t *tx) happened(r licensing.Request, e *licensing.RequestEvent) error {
	e.RequestID, e.RootID, e.Staff, e.Seq = r.ID, r.RootID, t.by.SeesAllCustomers(), r.LastEvent
	e.ActorID, e.Actor = &t.by.PersonID, t.by.Name
	detail, err := json.Marshal(e.Detail)
	if err != nil {
		return err
	}
	t.last(addEvent, e.RequestID, e.Seq, e.RootID, e.At, e.ActorID, e.Actor, e.Staff, string(e.Kind), e.Internal, string(detail))
	more := map[string]any{}
	if d := e.Detail; d.New != 0 {
		more["old"], more["new"] = d.Old, d.New
	}
	if e.Detail.Code != "" {
		more["code"] = e.Detail.Code
	}
	if e.Detail.First != "" {
		more["first"], more["first_by"] = e.Detail.First, r.FirstBy
	}
	if e.Kind == licensing.EventApproved {
		more["approved"] = e.Detail.Granted
	}
	t.tell(actOn(r, "request."+string(e.Kind), licensing.Done, more))
	return nil
}

// actOn is what the audit log hears of a request: never its texts, which may hold
// anything.
func actOn(r licensing.Request, action string, o licensing.Outcome, detail map[string]any) licensing.Act {
	detail["request"], detail["kind"] = r.ID, r.Kind
	if r.Quantity != nil {
		detail["asked"] = *r.Quantity
	}
	if r.Granted != nil {
		detail["granted"] = *r.Granted
	}
	if r.Last5 != "" {
		detail["last5"] = r.Last5
	}
	return licensing.Act{
		RootID: r.RootID, Action: action, LicenceID: r.LicenceID,
		Object: fmt.Sprintf("request/%d", r.ID), Outcome: o, Detail: detail,
	}
}

// goOn lets the clock run again, from what happened: when the answer is due, and how
// long the clock stood still this time.
func (s *Store) goOn(t *tx, r *licensing.Request, at time.Time) (time.Duration, error) {
	if r.PausedAt == nil {
		return 0, nil
	}
	rows, err := t.pgx.Query(t.ctx, askedAndAnswered, r.ID)
	if err != nil {
		return 0, err
	}
	var pauses []worktime.Pause
	var when time.Time
	var kind licensing.EventKind
	if _, err := pgx.ForEachRow(rows, []any{&when, &kind}, func() error {
		if kind == licensing.EventAsked {
			pauses = append(pauses, worktime.Pause{From: when, To: at})
		} else {
			pauses[len(pauses)-1].To = when
		}
		return nil
	}); err != nil {
		return 0, err
	}
	stood := at.Sub(*r.PausedAt)
	r.DueAt, r.PausedAt = s.promises.Clock.Due(r.FiledAt, pauses...), nil
	return stood, nil
}

// informAll tells those whom an event concerns and who did not do it: customers of what
// support does, and whoever works on a request of what the customer does.
func (t *tx) informAll(r subject, e licensing.RequestEvent) error {
	people, err := t.audience(r, e)
	if err != nil {
		return err
	}
	for _, p := range people {
		if p == t.by.PersonID {
			continue
		}
		if err := t.inform(p, r.Request, e); err != nil {
			return err
		}
	}
	return nil
}

// Who manages the people of a licence ID (bit 64) stands for it where support filed for
// nobody by name, and where whoever asked has left.
const standsForLicence = `SELECT r.person_id FROM reach r JOIN persons p ON p.id = r.person_id AND p.ended_at IS NULL
WHERE r.licence_id = $1 AND r.rights & 64 <> 0 AND (r.until IS NULL OR r.until > now()) ORDER BY r.person_id LIMIT 20`

func (t *tx) audience(r subject, e licensing.RequestEvent) ([]uuid.UUID, error) {
	switch {
	case e.Internal, !e.Staff && !r.worked:
		return nil, nil
	case !e.Staff:
		return []uuid.UUID{*r.AssigneeID}, nil
	case r.here:
		return []uuid.UUID{r.RequesterID}, nil
	}
	rows, err := t.pgx.Query(t.ctx, standsForLicence, r.LicenceID)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
}
