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
	r.decided_by, r.granted, r.reason_code, r.reference, r.confirmed_at, r.last_event`
	// Bit 16 is FileRequests: who may file for a licence ID may see to what was filed.
	ownRequest = requestColumns + ` FROM requests r WHERE r.id = $1 AND (r.requester_id = $2 OR r.filed_by = $2 OR EXISTS (
	SELECT FROM reach WHERE person_id = $2 AND licence_id = r.licence_id AND rights & 16 <> 0 AND (until IS NULL OR until > now()))) FOR UPDATE OF r`
	deskRequest = requestColumns + ` FROM requests r WHERE r.id = $1 AND $2::uuid IS NOT NULL FOR UPDATE OF r`

	customersMove = `UPDATE requests SET state = $3, version = $4, due_at = $5, paused_at = $6, closed_at = $7 WHERE id = $1 AND version = $2`
	supportsMove  = `UPDATE requests SET state = $3, version = $4, due_at = $5, paused_at = $6, closed_at = $7, decided_by = $8, granted = $9,
	reason_code = $10, reference = $11, key_id = $12, last5 = $13, assignee_id = $14 WHERE id = $1 AND version = $2`

	nextEvent = `UPDATE requests SET last_event = last_event + 1 WHERE id = $1 RETURNING last_event`
	addEvent  = `INSERT INTO request_events (request_id, seq, root_id, at, actor_id, actor, staff, kind, internal, detail)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`
	askedAndAnswered = `SELECT at, kind FROM request_events WHERE request_id = $1 AND kind IN ('asked', 'answered') ORDER BY seq`
)

// step is one move on the way through the state machine.
type step struct {
	move    licensing.Move
	version int // of the request as it was shown; notes and assignments don't depend on it
	at      time.Time
	// do changes the request and says what happened. What is wrong with a form it
	// returns as licensing.Problems.
	do func(*tx, *licensing.Request) (licensing.RequestEvent, error)
}

// take makes a step, once: the request's row is locked, so of several at once one is
// first, and the others find that it has changed.
func (s *Store) take(ctx context.Context, by licensing.Viewer, id int64, once licensing.Once, p step) error {
	_, err := s.onceOnly(ctx, by, once, func(t *tx) (int64, error) {
		r, err := t.lockRequest(id)
		if err != nil {
			return 0, err
		}
		if err := t.allowed(r, p); err != nil {
			t.tell(actOn(r, "request."+string(pastOf[p.move]), licensing.Refused, map[string]any{"tried": p.move, "state": r.State}))
			return 0, refused{err}
		}
		before := r
		e, err := p.do(t, &r)
		if err != nil {
			return 0, err
		}
		e.At = p.at
		if err := t.keep(before, r); err != nil {
			return 0, err
		}
		if err := t.happened(&r, &e); err != nil {
			return 0, err
		}
		return r.ID, t.informAll(r, e)
	})
	return err
}

// pastOf are the moves as the audit log calls them.
var pastOf = map[licensing.Move]licensing.EventKind{
	licensing.Approve: licensing.EventGranted, licensing.Reject: licensing.EventRejected, licensing.Question: licensing.EventAsked,
	licensing.Assign: licensing.EventAssigned, licensing.Note: licensing.EventNoted,
	licensing.Answer: licensing.EventAnswered, licensing.Withdraw: licensing.EventWithdrawn,
}

func (t *tx) lockRequest(id int64) (licensing.Request, error) {
	var r licensing.Request
	sql := ownRequest
	if t.by.SeesAllCustomers() {
		sql = deskRequest
	}
	err := scanRequest(t.pgx.QueryRow(t.ctx, sql, id, t.by.PersonID), &r)
	return r, known(err)
}

func scanRequest(row pgx.Row, r *licensing.Request, more ...any) error {
	return row.Scan(append([]any{
		&r.ID, &r.RootID, &r.LicenceID, &r.KeyID, &r.ProductID, &r.Kind, &r.Last5, &r.Region, &r.Quantity, &r.Reason,
		&r.Language, &r.State, &r.Version, &r.RequesterID, &r.FiledBy, &r.AssigneeID, &r.FiledAt, &r.DueAt, &r.PausedAt, &r.ClosedAt,
		&r.DecidedBy, &r.Granted, &r.ReasonCode, &r.Reference, &r.ConfirmedAt, &r.LastEvent,
	}, more...)...)
}

// allowed says why a step can't be taken: who may not, from which state not, or because
// the request is not any more what was shown (S-10, S-13, S-15).
func (t *tx) allowed(r licensing.Request, p step) error {
	if err := t.mayMove(r, p.move); err != nil {
		return err
	}
	if !r.State.Allows(p.move) {
		return fmt.Errorf("%w: a request that is %s", licensing.ErrConflict, r.State)
	}
	if moves := p.move != licensing.Assign && p.move != licensing.Note; moves && p.version != r.Version {
		return fmt.Errorf("%w: the request has changed", licensing.ErrConflict)
	}
	return nil
}

func (t *tx) mayMove(r licensing.Request, m licensing.Move) error {
	switch m {
	case licensing.Answer, licensing.Withdraw:
		// lockRequest found it, so a customer may; support for whom it filed.
		if t.by.SeesAllCustomers() && r.FiledBy != t.by.PersonID {
			return licensing.ErrForbidden
		}
		return nil
	case licensing.Approve, licensing.Reject:
		why, err := barred(t.ctx, t.pgx, t.by.PersonID, r)
		if err != nil {
			return err
		}
		if why != "" {
			return licensing.ErrForbidden
		}
	}
	if !t.by.May.Has(licensing.DecideRequests) {
		return licensing.ErrForbidden
	}
	return nil
}

// keep writes what a step changed.
func (t *tx) keep(before, r licensing.Request) error {
	args := []any{r.ID, before.Version, string(r.State), r.Version, r.DueAt, r.PausedAt, r.ClosedAt}
	sql := customersMove
	if t.by.SeesAllCustomers() {
		sql = supportsMove
		args = append(args, r.DecidedBy, r.Granted, r.ReasonCode, r.Reference, r.KeyID, r.Last5, r.AssigneeID)
	}
	n, err := t.exec(sql, args...)
	if err == nil && n != 1 {
		return licensing.ErrConflict
	}
	return err
}

// happened adds an event to a request, and tells the audit log.
func (t *tx) happened(r *licensing.Request, e *licensing.RequestEvent) error {
	e.RequestID, e.RootID, e.Staff = r.ID, r.RootID, t.by.SeesAllCustomers()
	e.ActorID, e.Actor = &t.by.PersonID, t.by.Name
	if err := t.pgx.QueryRow(t.ctx, nextEvent, r.ID).Scan(&e.Seq); err != nil {
		return err
	}
	r.LastEvent = e.Seq
	detail, err := json.Marshal(e.Detail)
	if err != nil {
		return err
	}
	if _, err := t.exec(addEvent, e.RequestID, e.Seq, e.RootID, e.At, e.ActorID, e.Actor, e.Staff, string(e.Kind), e.Internal, string(detail)); err != nil {
		return err
	}
	more := map[string]any{}
	if d := e.Detail; d.New != 0 {
		more["old"], more["new"] = d.Old, d.New
	}
	if e.Detail.Code != "" {
		more["code"] = e.Detail.Code
	}
	t.tell(actOn(*r, "request."+string(e.Kind), licensing.Done, more))
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
func (t *tx) informAll(r licensing.Request, e licensing.RequestEvent) error {
	people, err := t.audience(r, e)
	if err != nil {
		return err
	}
	for _, p := range people {
		if p == t.by.PersonID {
			continue
		}
		if err := t.inform(p, r, e); err != nil {
			return err
		}
	}
	return nil
}

const (
	isAgent = `SELECT staff_role = 'support_agent' FROM persons WHERE id = $1`
	// What a family asked is nobody's business who has no right left in it, though they
	// asked it themselves: they don't see it here either.
	belongs = `SELECT EXISTS (SELECT FROM grants g JOIN persons p ON p.id = g.person_id AND p.ended_at IS NULL AND p.staff_role = ''
WHERE g.person_id = $1 AND g.root_id = $2 AND g.revoked_at IS NULL AND (g.expires_at IS NULL OR g.expires_at > now()))`
	// Who manages the people of a licence ID (bit 64) stands for it where support filed
	// for nobody by name, and where whoever asked has left.
	standsForLicence = `SELECT r.person_id FROM reach r JOIN persons p ON p.id = r.person_id AND p.ended_at IS NULL
WHERE r.licence_id = $1 AND r.rights & 64 <> 0 AND (r.until IS NULL OR r.until > now()) ORDER BY r.person_id LIMIT 20`
)

func (t *tx) audience(r licensing.Request, e licensing.RequestEvent) ([]uuid.UUID, error) {
	if e.Internal {
		return nil, nil
	}
	if !e.Staff {
		return t.worksOn(r)
	}
	var here bool
	if err := t.pgx.QueryRow(t.ctx, belongs, r.RequesterID, r.RootID).Scan(&here); err != nil || here {
		return []uuid.UUID{r.RequesterID}, err
	}
	rows, err := t.pgx.Query(t.ctx, standsForLicence, r.LicenceID)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
}

// worksOn is who has taken a request on, if they are still support's.
func (t *tx) worksOn(r licensing.Request) ([]uuid.UUID, error) {
	if r.AssigneeID == nil {
		return nil, nil
	}
	var agent bool
	if err := t.pgx.QueryRow(t.ctx, isAgent, *r.AssigneeID).Scan(&agent); err != nil || !agent {
		return nil, err
	}
	return []uuid.UUID{*r.AssigneeID}, nil
}
