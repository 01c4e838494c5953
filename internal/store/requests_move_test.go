package store_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/store"
)

// noon is when everything in these tests was filed.
var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// asked is a world with a MAK of 98/100 on 74120935, about which kaisa has asked for 200
// more, and two agents who may decide.
type asked struct {
	*world
	ours          licensing.NewKey
	sofia, samuel licensing.Viewer
}

func newAsked(t testing.TB) *asked {
	t.Helper()
	w := &asked{world: newWorld(t)}
	w.ours = w.mak("74120935", office, 1, 98, 100)
	w.must(w.AddKeys(t.Context(), w.op, []licensing.NewKey{w.ours}))
	w.grant("kaisa", licensing.KeyAdministrator, suomi)
	w.sofia, w.samuel = w.agent("sofia"), w.agent("samuel")
	return w
}

// agent is somebody of support who has just signed in.
func (w *world) agent(name string) licensing.Viewer {
	w.t.Helper()
	w.must(w.AddPerson(w.t.Context(), w.op, licensing.Person{ID: w.named(name), Name: name, BusinessEmail: name + "@support.example", StaffRole: licensing.SupportAgent}))
	return w.as(name)
}

func (w *world) named(name string) uuid.UUID {
	p := licensing.Person{ID: newID(), Name: name}
	w.person[name] = p
	return p.ID
}

// request is a request in a state, put there past every rule.
func (w *asked) request(kind licensing.RequestKind, state licensing.RequestState, number string, product string, key *uuid.UUID, quantity int) int64 {
	w.t.Helper()
	l, who := w.licence[number], w.person["kaisa"].ID
	var paused, closed *time.Time
	var decider *uuid.UUID
	var granted *int
	switch state {
	case licensing.Waiting:
		paused = &noon
	case licensing.Granted, licensing.PartlyGranted:
		n := quantity
		if state == licensing.PartlyGranted {
			n--
		}
		granted, decider = &n, &w.samuel.PersonID
	case licensing.Rejected:
		decider = &w.samuel.PersonID
	}
	if !state.Open() {
		closed = &noon
	}
	id := w.count(`INSERT INTO requests (root_id, licence_id, key_id, product_id, kind, quantity, reason, state, requester_id, filed_by,
	filed_at, due_at, paused_at, closed_at, decided_by, granted, last_event)
VALUES ($1, $2, $3, $4, $5, $6, 'New laptops', $7, $8, $8, $9::timestamptz, $9::timestamptz + interval '24 hours', $10, $11, $12, $13, 1) RETURNING id`,
		l.RootID, l.ID, key, w.product[product], string(kind), quantity, string(state), who, noon, paused, closed, decider, granted)
	w.count(`WITH e AS (INSERT INTO request_events (request_id, seq, root_id, at, actor_id, actor, staff, kind)
VALUES ($1, 1, $2, $3, $4, 'kaisa', false, 'filed') RETURNING 1) SELECT count(*) FROM e`, id, l.RootID, noon, who)
	if state == licensing.Waiting {
		w.count(`WITH e AS (INSERT INTO request_events (request_id, seq, root_id, at, actor, staff, kind)
VALUES ($1, 2, $2, $3, 'samuel', true, 'asked') RETURNING 1), r AS (UPDATE requests SET last_event = 2, version = 2 WHERE id = $1) SELECT count(*) FROM e`, id, l.RootID, noon)
	}
	return id
}

// more is kaisa's request for 200 more activations, in a state.
func (w *asked) more(state licensing.RequestState) int64 {
	return w.request(licensing.MAKIncrease, state, "74120935", office, &w.ours.ID, 200)
}

// press is a post that was never sent before.
func press(route string) licensing.Once {
	return licensing.Once{Route: route, Key: strings.ReplaceAll(newID().String(), "-", ""), Body: sha256.Sum256([]byte(route))}
}

// do makes a move with everything that its form needs.
func (w *asked) do(by licensing.Viewer, id int64, m licensing.Move, version int, o licensing.Once) error {
	ctx := w.t.Context()
	d := licensing.Decision{Version: version, Quantity: "50", Message: "Fifty are enough for now.", At: noon.Add(2 * time.Hour)}
	switch m {
	case licensing.Approve:
		return w.ApproveRequest(ctx, by, id, d, o)
	case licensing.Retract:
		return w.RetractApproval(ctx, by, id, d, o)
	case licensing.Reject:
		d.Code = "enough_left"
		return w.RejectRequest(ctx, by, id, d, o)
	case licensing.Question:
		return w.QuestionRequest(ctx, by, id, d, o)
	case licensing.Assign:
		return w.AssignRequest(ctx, by, id, true, d, o)
	case licensing.Note:
		return w.NoteRequest(ctx, by, id, d, o)
	case licensing.Answer:
		return w.AnswerRequest(ctx, by, id, d, o)
	case licensing.Withdraw:
		return w.WithdrawRequest(ctx, by, id, d, o)
	}
	return fmt.Errorf("no such move: %s", m)
}

func (w *asked) state(id int64) licensing.RequestState {
	for _, s := range licensing.RequestStates() {
		if w.count(`SELECT count(*) FROM requests WHERE id = $1 AND state = $2`, id, string(s)) == 1 {
			return s
		}
	}
	return ""
}

func (w *asked) version(id int64) int {
	return int(w.count(`SELECT version FROM requests WHERE id = $1`, id))
}

// S-10: the state machine, drawn here once more: what becomes of a request in each state
// by each move. Empty: it is refused, nothing changes, and that is on record.
func TestEveryMoveFromEveryState(t *testing.T) {
	t.Parallel()
	const part, no, wait, back, same, gone = licensing.PartlyGranted, licensing.Rejected, licensing.Waiting, licensing.Submitted, "same", licensing.Withdrawn
	want := map[licensing.Move][6]licensing.RequestState{
		//                   submitted waiting granted partly rejected withdrawn
		licensing.Approve:  {part, part},
		licensing.Retract:  {}, // nobody's approval waits
		licensing.Reject:   {no, no},
		licensing.Question: {wait},
		licensing.Assign:   {same, same},
		licensing.Note:     {same, same, same, same, same, same},
		licensing.Answer:   {"", back},
		licensing.Withdraw: {gone, gone},
	}
	w := newAsked(t)
	for _, m := range licensing.Moves() {
		by := w.sofia
		if m == licensing.Answer || m == licensing.Withdraw {
			by = w.as("kaisa")
		}
		for i, from := range licensing.RequestStates() {
			id, to := w.more(from), want[m][i]
			refusals, events := w.count(`SELECT count(*) FROM audit WHERE outcome = 'refused'`), w.count(`SELECT count(*) FROM request_events`)
			err := w.do(by, id, m, w.version(id), press(string(m)))
			refused := w.count(`SELECT count(*) FROM audit WHERE outcome = 'refused'`) - refusals
			added := w.count(`SELECT count(*) FROM request_events`) - events
			if to == "" {
				if !errors.Is(err, licensing.ErrConflict) || refused != 1 || added != 0 || w.state(id) != from {
					t.Errorf("%s a request that is %s: got %v, %d refusals, %d events, then %s; want a conflict on record", m, from, err, refused, added, w.state(id))
				}
				continue
			}
			if to == same {
				to = from
			}
			if err != nil || refused != 0 || added != 1 || w.state(id) != to {
				t.Errorf("%s a request that is %s: got %v, %d refusals, %d events, then %s; want %s", m, from, err, refused, added, w.state(id), to)
			}
		}
	}
	w.whole()
}

// S-10, S-13: the database draws the state machine too: what licensing forbids, no statement does.
func TestTheDatabaseRefusesOtherMoves(t *testing.T) {
	t.Parallel()
	w := newAsked(t)
	c := w.connect(w.db.SuperURL)
	for _, from := range licensing.RequestStates() {
		for _, to := range licensing.RequestStates() {
			id := w.more(from)
			const move = `UPDATE requests SET state = $2, paused_at = CASE WHEN $2 = 'waiting' THEN filed_at END,
	closed_at = CASE WHEN $2 IN ('submitted', 'waiting') THEN NULL ELSE coalesce(closed_at, filed_at) END,
	decided_by = CASE WHEN $2 IN ('granted', 'partly_granted', 'rejected') THEN $3::uuid END,
	granted = CASE $2 WHEN 'granted' THEN quantity WHEN 'partly_granted' THEN quantity - 1 END WHERE id = $1`
			err := exec(c, move, id, string(to), w.samuel.PersonID)
			may := from == to || from.Open() && (to != licensing.Submitted || from == licensing.Waiting)
			if (err == nil) != may {
				t.Errorf("%s to %s in the database: got %v, want it allowed: %v", from, to, err, may)
			}
		}
	}
	id := w.more(licensing.Submitted)
	const byRequester = `UPDATE requests SET state = 'rejected', closed_at = filed_at, decided_by = requester_id WHERE id = $1`
	if err := exec(c, byRequester, id); err == nil {
		t.Error("the requester decides in the database: got done, want it refused")
	}
	const byFiler = `UPDATE requests SET filed_by = $2, state = 'rejected', closed_at = filed_at, decided_by = $2 WHERE id = $1`
	if err := exec(c, byFiler, id, w.samuel.PersonID); err == nil {
		t.Error("whoever filed it decides in the database: got done, want it refused")
	}
}

// S-13: nobody decides what they asked, what they filed for others, or anything about a
// licence ID on which they hold a right.
func TestWhoMayNotDecide(t *testing.T) {
	t.Parallel()
	w := newAsked(t)
	onBehalf := w.more(licensing.Submitted)
	w.count(`WITH r AS (UPDATE requests SET filed_by = $2 WHERE id = $1 RETURNING 1) SELECT count(*) FROM r`, onBehalf, w.sofia.PersonID)
	w.grantOn("samuel", licensing.LicenceReader, "74120935")
	for name, by := range map[string]licensing.Viewer{
		"whoever filed it": w.sofia, "who has a right": w.samuel, "who asked": w.as("kaisa"), "an administrator": w.as("anna"), "the operator": w.op,
	} {
		for _, m := range []licensing.Move{licensing.Approve, licensing.Reject} {
			if err := w.do(by, onBehalf, m, 1, press(string(m))); !errors.Is(err, licensing.ErrForbidden) {
				t.Errorf("%s, %s: got %v, want forbidden", name, m, err)
			}
		}
	}
	if err := w.do(w.as("frode"), onBehalf, licensing.Withdraw, 1, press("withdraw")); !errors.Is(err, licensing.ErrNotFound) {
		t.Errorf("a stranger withdraws: got %v, want not found", err)
	}
	if err := w.do(w.as("lena"), onBehalf, licensing.Withdraw, 1, press("withdraw")); !errors.Is(err, licensing.ErrNotFound) {
		t.Errorf("a licence reader withdraws: got %v, want not found", err)
	}
	if s := w.state(onBehalf); s != licensing.Submitted {
		t.Errorf("after all that: got %s, want submitted", s)
	}
	w.must(w.do(w.agent("siiri"), onBehalf, licensing.Approve, 1, press("approve")))
	w.whole()
}

// S-13: a request of one licence ID may be about the key of another one of the family; who
// has a right on that doesn't decide it either.
func TestWhoHasARightOnTheKeyMayNotDecide(t *testing.T) {
	t.Parallel()
	w := newAsked(t)
	w.addLicence("V6380217", norge, "open-value")
	id := w.request(licensing.MAKIncrease, licensing.Submitted, "V6380217", office, &w.ours.ID, 200)
	w.grantOn("samuel", licensing.LicenceReader, "74120935")
	if d, err := w.Request(t.Context(), w.samuel, id); err != nil || d.Barred != "request.barred.right" {
		t.Errorf("the page of it: got %q, %v, want it to say why", d.Barred, err)
	}
	for _, m := range []licensing.Move{licensing.Approve, licensing.Reject} {
		if err := w.do(w.samuel, id, m, 1, press(string(m))); !errors.Is(err, licensing.ErrForbidden) {
			t.Errorf("%s: got %v, want forbidden", m, err)
		}
	}
	w.must(w.do(w.sofia, id, licensing.Approve, 1, press("approve")))
}

// S-15: what is decided is what was shown.
func TestADecisionOnWhatHasChangedIsAConflict(t *testing.T) {
	t.Parallel()
	w := newAsked(t)
	id := w.more(licensing.Waiting)
	w.must(w.do(w.as("kaisa"), id, licensing.Answer, 2, press("answer")))
	for _, version := range []int{0, 1, 2, 4} {
		if err := w.do(w.sofia, id, licensing.Approve, version, press("approve")); !errors.Is(err, licensing.ErrConflict) {
			t.Errorf("a decision on version %d after the answer made it 3: got %v, want a conflict", version, err)
		}
	}
	w.must(w.do(w.sofia, id, licensing.Note, 0, press("note"))) // what customers don't see changes nothing for them
	w.must(w.do(w.sofia, id, licensing.Approve, 3, press("approve")))
}

// S-17: the same post again gets the first's result; another body is refused; a failure
// is not remembered.
func TestOncePerForm(t *testing.T) {
	t.Parallel()
	w := newAsked(t)
	id, o := w.more(licensing.Submitted), press("approve")
	ctx, d := t.Context(), licensing.Decision{Version: 1, Quantity: "0", At: noon}
	var problems licensing.Problems
	if err := w.ApproveRequest(ctx, w.sofia, id, d, o); !errors.As(err, &problems) {
		t.Fatalf("granting 0: got %v, want a problem", err)
	}
	d.Quantity = "200"
	for range 3 {
		w.must(w.ApproveRequest(ctx, w.sofia, id, d, o))
	}
	o.Body[0]++
	if err := w.ApproveRequest(ctx, w.sofia, id, d, o); !errors.As(err, &problems) {
		t.Errorf("another body by the same name: got %v, want a problem", err)
	}
	// A name is one person's, on one route.
	o.Body[0]--
	for _, by := range []licensing.Viewer{w.sofia, w.samuel} {
		w.must(w.NoteRequest(ctx, by, id, licensing.Decision{Message: "Noted.", At: noon}, licensing.Once{Route: "note", Key: o.Key, Body: o.Body}))
	}
	if n := w.count(`SELECT count(*) FROM request_events WHERE kind = 'noted'`); n != 2 {
		t.Errorf("the same name on another route, by two people: got %d notes, want 2", n)
	}
	if n := w.count(`SELECT total FROM keys`); n != 300 {
		t.Errorf("the key's total: got %d, want 300", n)
	}
	w.whole()
}

// S-12, R18 in small: presses of everybody at once, through two stores, have one effect.
func TestPressesAtOnce(t *testing.T) {
	t.Parallel()
	w := newAsked(t)
	second, err := store.Open(t.Context(), w.db.ServeURL, nil)
	w.must(err)
	t.Cleanup(second.Close)
	kaisa := w.as("kaisa")
	for round := range 5 {
		id := w.more(licensing.Submitted)
		var wg sync.WaitGroup
		results := make([]error, 24)
		for i := range results {
			wg.Go(func() {
				by := &asked{world: &world{Store: []*store.Store{w.Store, second}[i%2], t: t}}
				switch i % 3 {
				case 0:
					results[i] = by.do(w.sofia, id, licensing.Approve, 1, press("approve"))
				case 1:
					results[i] = by.do(w.samuel, id, licensing.Reject, 1, press("reject"))
				default:
					results[i] = by.do(kaisa, id, licensing.Withdraw, 1, press("withdraw"))
				}
			})
		}
		wg.Wait()
		done := 0
		for i, err := range results {
			if err == nil {
				done++
			} else if !errors.Is(err, licensing.ErrConflict) && !errors.Is(err, licensing.ErrUnavailable) {
				t.Errorf("round %d, press %d: got %v, want done or a conflict", round, i, err)
			}
		}
		closed := w.count(`SELECT count(*) FROM request_events WHERE request_id = $1 AND kind IN ('partly_granted', 'rejected', 'withdrawn')`, id)
		if done != 1 || closed != 1 {
			t.Errorf("round %d: got %d done, %d events, want one", round, done, closed)
		}
	}
	if total, grants := w.count(`SELECT total FROM keys`), w.count(`SELECT count(*) FROM limit_entries WHERE reason = 'grant'`); total != 100+50*grants {
		t.Errorf("the key's total: got %d after %d grants of 50", total, grants)
	}
	w.whole()
}

// The clock stands still while the customer is asked, and goes on from there.
func TestTheClockStandsStill(t *testing.T) {
	t.Parallel()
	w := newAsked(t)
	id, ctx, kaisa := w.more(licensing.Submitted), t.Context(), w.as("kaisa")
	at := func(hours int) licensing.Decision {
		return licensing.Decision{Message: "Are they in addition?", At: noon.Add(time.Duration(hours) * time.Hour)}
	}
	due := func() time.Duration {
		return time.Duration(w.count(`SELECT extract(epoch FROM due_at - filed_at)::bigint FROM requests WHERE id = $1`, id)) * time.Second
	}
	for i, hours := range []int{1, 3, 10, 15} { // asked, answered, asked, answered
		d := at(hours)
		d.Version = i + 1
		if i%2 == 0 {
			w.must(w.QuestionRequest(ctx, w.sofia, id, d, press("question")))
		} else {
			w.must(w.AnswerRequest(ctx, kaisa, id, d, press("answer")))
		}
	}
	if got := due(); got != 31*time.Hour {
		t.Errorf("due after pauses of 2 and 5 hours: got %v, want 31 h", got)
	}
	if n := w.count(`SELECT sum((detail->>'paused')::bigint) / 3600000000000 FROM request_events WHERE kind = 'answered'`); n != 7 {
		t.Errorf("the pauses that the events tell: got %d h, want 7", n)
	}
	d := at(20)
	d.Version = 5
	w.must(w.QuestionRequest(ctx, w.sofia, id, d, press("question")))
	d = at(24)
	d.Version, d.Code = 6, "unclear"
	w.must(w.RejectRequest(ctx, w.sofia, id, d, press("reject")))
	if got := due(); got != 35*time.Hour {
		t.Errorf("due, having been decided while it waited: got %v, want 35 h", got)
	}
}
