package store_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/store"
)

// newTwo is newAsked where granting more than 100 takes two agents.
func newTwo(t *testing.T) *asked {
	t.Helper()
	w := newAsked(t)
	w.Promise(twoAbove(100))
	return w
}

func twoAbove(n int) store.Promises {
	p := store.UsualPromises()
	p.TwoAbove = n
	return p
}

// approve presses approve with a number, on the page of a version.
func (w *asked) approve(by licensing.Viewer, id int64, version, n int) error {
	return w.ApproveRequest(w.t.Context(), by, id, licensing.Decision{
		Version: version, Quantity: fmt.Sprint(n), Code: "growth", Message: "Here they are.", At: noon.Add(2 * time.Hour),
	}, press("approve"))
}

// waits is the approval that waits for a second, as an agent sees it; nil for none.
func (w *asked) waits(id int64) *licensing.FirstApproval {
	w.t.Helper()
	d, err := w.Request(w.t.Context(), w.samuel, id)
	w.must(err)
	return d.First
}

// granted is how much of a request was granted, and by which two; "0 " while nothing is.
func (w *asked) granted(id int64) string {
	w.t.Helper()
	one := func(who string) string {
		for _, v := range []licensing.Viewer{w.sofia, w.samuel} {
			if w.count(`SELECT count(*) FROM requests WHERE id = $1 AND `+who+` = $2`, id, v.PersonID) == 1 {
				return v.Name
			}
		}
		return ""
	}
	return strings.TrimSpace(fmt.Sprintf("%d %s %s", w.count(`SELECT coalesce(granted, 0) FROM requests WHERE id = $1`, id), one("first_by"), one("decided_by")))
}

// S-13: above the amount the first approval grants nothing and tells no customer; a second
// person's carries it out, whole, and both are named.
func TestAboveAnAmountTwoAgentsApprove(t *testing.T) {
	t.Parallel()
	w := newTwo(t)
	alone, id := w.more(licensing.Submitted), w.more(licensing.Submitted)
	w.must(w.approve(w.sofia, alone, 1, 100))
	if got := w.granted(alone); got != "100  sofia" {
		t.Errorf("exactly the amount: got %q, want it granted by one", got)
	}
	notices := w.count(`SELECT count(*) FROM notices`)
	w.must(w.approve(w.sofia, id, 1, 101))
	first := w.waits(id)
	if first == nil || first.By != "sofia" || first.ByID != w.sofia.PersonID || first.Quantity != 101 || first.Code != "growth" || first.Message != "Here they are." || !first.At.Equal(noon.Add(2*time.Hour)) {
		t.Fatalf("one above: got %+v, want sofia's approval of 101", first)
	}
	for what, sql := range map[string]string{
		"the request, open and due as before": `SELECT count(*) FROM requests WHERE state = 'submitted' AND due_at = filed_at + interval '24 hours' AND granted IS NULL AND reason_code = '' AND version = 2`,
		"support's own event":                 `SELECT count(*) FROM request_events WHERE kind = 'approved' AND internal AND detail->>'granted' = '101'`,
		"the audit entry":                     `SELECT count(*) FROM audit WHERE action = 'request.approved' AND outcome = 'done' AND detail->>'approved' = '101' AND actor = 'sofia'`,
		"the key's total, but for the other":  `SELECT count(*) FROM keys WHERE total = 200`,
	} {
		if n := w.count(sql); n != 1 {
			t.Errorf("one above: %s: got %d, want 1", what, n)
		}
	}
	if n := w.count(`SELECT count(*) FROM notices`); n != notices {
		t.Error("one above: somebody was told")
	}
	w.hiddenFromCustomers(id)
	page, err := w.Requests(t.Context(), w.samuel, licensing.RequestFilter{Open: true})
	if err != nil || len(page.Rows) != 1 || page.Rows[0].First == nil || page.Rows[0].First.By != "sofia" {
		t.Errorf("the queue: got %+v, %v, want the request with sofia's approval", page.Rows, err)
	}
	w.must(w.approve(w.samuel, id, 2, 101))
	if got := w.granted(id); got != "101 sofia samuel" || w.waits(id) != nil {
		t.Errorf("after the second: got %q, want both", got)
	}
	for what, sql := range map[string]string{
		"the key's total": `SELECT count(*) FROM keys WHERE total = 301`,
		"the event":       `SELECT count(*) FROM request_events WHERE kind = 'partly_granted' AND actor = 'samuel' AND detail->>'first' = 'sofia' AND NOT internal`,
		"the audit entry": `SELECT count(*) FROM audit WHERE action = 'request.partly_granted' AND actor = 'samuel' AND detail->>'first' = 'sofia' AND detail->>'granted' = '101'`,
		"the amount":      `SELECT count(*) FROM requests WHERE two_above = 100 AND first_version = 2`,
	} {
		if n := w.count(sql); n != 1 {
			t.Errorf("after the second: %s: got %d, want 1", what, n)
		}
	}
	w.must(w.do(w.sofia, id, licensing.Note, 0, press("note"))) // which leaves all that as it is
	w.whole()
}

// hiddenFromCustomers checks that neither who asked nor an administrator sees an approval.
func (w *asked) hiddenFromCustomers(id int64) {
	w.t.Helper()
	for _, name := range []string{"kaisa", "anna"} {
		d, err := w.Request(w.t.Context(), w.as(name), id)
		if err != nil || d.First != nil || d.TwoAbove != 0 || len(d.Events) != 1 || d.State != licensing.Submitted || d.Granted != nil {
			w.t.Errorf("%s: got %+v, %d events, %v, want a request that was filed", name, d.First, len(d.Events), err)
		}
		lines, _, err := w.Audit(w.t.Context(), w.as(name), licensing.AuditFilter{})
		w.must(err)
		for _, l := range lines {
			if l.Action == "request.approved" || l.Action == "request.retracted" {
				w.t.Errorf("%s reads in the audit log: %s by %s", name, l.Action, l.Actor)
			}
		}
	}
}

// S-13: whoever approved first isn't the second, whatever they sign in with, and that they
// tried is on record. S-17: the same post again is no second press.
func TestTheFirstIsNotTheSecond(t *testing.T) {
	t.Parallel()
	w := newTwo(t)
	id, o := w.more(licensing.Submitted), press("approve")
	d := licensing.Decision{Version: 1, Quantity: "150", At: noon}
	for range 3 {
		w.must(w.ApproveRequest(t.Context(), w.sofia, id, d, o))
	}
	linked := licensing.Identity{Issuer: "https://second.example", Subject: "sofia too", PersonID: w.sofia.PersonID}
	w.must(w.LinkIdentity(t.Context(), w.sofia, linked))
	who, err := w.PersonByIdentity(t.Context(), linked.Issuer, linked.Subject)
	w.must(err)
	other, err := w.Viewer(t.Context(), licensing.Session{PersonID: who, Issuer: linked.Issuer, Subject: linked.Subject})
	w.must(err)
	for _, by := range []licensing.Viewer{w.sofia, other} {
		for _, n := range []int{150, 200, 50} {
			var p licensing.Problems
			if err := w.approve(by, id, 2, n); !errors.As(err, &p) || p[0].Message != "request.problem.approved_again" {
				t.Errorf("%s as %s approves %d: got %v, want it refused", by.Name, by.Subject, n, err)
			}
		}
	}
	if n := w.entries("request.approved", licensing.Refused); n != 6 {
		t.Errorf("refusals on record: got %d, want 6", n)
	}
	w.hiddenFromCustomers(id)
	if err := w.approve(w.samuel, id, 1, 150); !errors.Is(err, licensing.ErrConflict) {
		t.Errorf("samuel, on the page before: got %v, want a conflict", err)
	}
	w.must(w.approve(w.samuel, id, 2, 150))
	if got := w.granted(id); got != "150 sofia samuel" {
		t.Errorf("got %q, want both", got)
	}
	w.whole()
}

// S-13: who may not decide isn't the second either, nor the first.
func TestWhoMayNotDecideApprovesNeitherFirstNorSecond(t *testing.T) {
	t.Parallel()
	w := newTwo(t)
	id, onBehalf := w.more(licensing.Submitted), w.more(licensing.Submitted)
	w.count(`WITH r AS (UPDATE requests SET filed_by = $2 WHERE id = $1 RETURNING 1) SELECT count(*) FROM r`, onBehalf, w.samuel.PersonID)
	w.must(w.approve(w.sofia, onBehalf, 1, 150))
	if err := w.approve(w.samuel, onBehalf, 2, 150); !errors.Is(err, licensing.ErrForbidden) {
		t.Errorf("whoever filed it is the second: got %v, want forbidden", err)
	}
	w.must(w.approve(w.sofia, id, 1, 150))
	siiri := w.agent("siiri")
	w.grantOn("siiri", licensing.LicenceReader, "74120935")
	if err := w.approve(siiri, id, 2, 150); !errors.Is(err, licensing.ErrForbidden) {
		t.Errorf("who has a right is the second: got %v, want forbidden", err)
	}
	// Nor does an approval count any more whose giver has come by a right.
	w.grantOn("sofia", licensing.LicenceReader, "74120935")
	if first := w.waits(id); first != nil {
		t.Errorf("the first has a right by now: got %+v, want nothing waiting", first)
	}
	w.must(w.approve(w.samuel, id, 2, 150))
	if first := w.waits(id); first == nil || first.By != "samuel" || w.granted(id) != "0" {
		t.Errorf("then the next is the first: got %+v, %s", first, w.granted(id))
	}
	w.count(`WITH p AS (UPDATE persons SET staff_role = '' WHERE id = $1 RETURNING 1) SELECT count(*) FROM p`, w.samuel.PersonID)
	if d, err := w.Request(t.Context(), w.op, id); err != nil || d.First != nil {
		t.Errorf("the first is no agent any more: got %+v, %v, want nothing waiting", d.First, err)
	}
}

// S-13: another number above the amount is another first approval; one within it needs one
// agent alone.
func TestAnotherNumberIsAnotherFirst(t *testing.T) {
	t.Parallel()
	w := newTwo(t)
	id := w.more(licensing.Submitted)
	w.must(w.approve(w.sofia, id, 1, 150))
	w.must(w.approve(w.samuel, id, 2, 120))
	if first := w.waits(id); first == nil || first.By != "samuel" || first.Quantity != 120 || w.granted(id) != "0" {
		t.Fatalf("another number: got %+v, %s, want samuel's to wait", first, w.granted(id))
	}
	if err := w.approve(w.samuel, id, 3, 150); err == nil {
		t.Error("samuel approves what sofia had: got done, want it refused")
	}
	w.must(w.approve(w.sofia, id, 3, 120))
	if got := w.granted(id); got != "120 samuel sofia" {
		t.Errorf("the other number twice: got %q", got)
	}
	less := w.more(licensing.Submitted)
	w.must(w.approve(w.sofia, less, 1, 150))
	w.must(w.approve(w.samuel, less, 2, 100))
	if got := w.granted(less); got != "100  samuel" {
		t.Errorf("a number within the amount: got %q, want it granted by samuel", got)
	}
	w.whole()
}

// S-10, S-13: whatever changes the request voids an approval that waits, and only who gave
// it takes it back.
func TestWhatChangesARequestVoidsItsFirstApproval(t *testing.T) {
	t.Parallel()
	w := newTwo(t)
	kaisa := w.as("kaisa")
	for what, moves := range map[string][]licensing.Move{
		"a question": {licensing.Question}, "a question and its answer": {licensing.Question, licensing.Answer}, "taking it back": {licensing.Retract},
	} {
		id := w.more(licensing.Submitted)
		w.must(w.approve(w.sofia, id, 1, 150))
		for i, m := range moves {
			by, version := w.sofia, 2+i
			if m == licensing.Answer {
				by, version = kaisa, version-1 // the one that she sees
			}
			w.must(w.do(by, id, m, version, press(string(m))))
		}
		if first := w.waits(id); first != nil {
			t.Errorf("after %s: got %+v, want nothing waiting", what, first)
		}
		w.must(w.approve(w.samuel, id, 2+len(moves), 150))
		if first := w.waits(id); first == nil || first.By != "samuel" || w.granted(id) != "0" {
			t.Errorf("after %s the same number: got %+v, %s, want samuel's to wait", what, first, w.granted(id))
		}
	}
	id := w.more(licensing.Submitted)
	w.must(w.approve(w.sofia, id, 1, 150))
	w.must(w.do(w.samuel, id, licensing.Note, 0, press("note")))
	w.must(w.do(w.samuel, id, licensing.Assign, 0, press("assign")))
	for name, by := range map[string]licensing.Viewer{"another agent": w.samuel, "who asked": kaisa, "the operator": w.op} {
		if err := w.do(by, id, licensing.Retract, 2, press("retract")); !errors.Is(err, licensing.ErrForbidden) {
			t.Errorf("%s takes sofia's back: got %v, want forbidden", name, err)
		}
	}
	if first := w.waits(id); first == nil {
		t.Error("after a note and taking it on: got nothing waiting, want sofia's")
	}
	w.must(w.do(w.sofia, id, licensing.Retract, 2, press("retract")))
	if err := w.do(w.sofia, id, licensing.Retract, 3, press("retract")); !errors.Is(err, licensing.ErrConflict) {
		t.Errorf("takes it back once more: got %v, want a conflict", err)
	}
	w.must(w.approve(w.sofia, id, 3, 150))
	w.must(w.do(w.samuel, id, licensing.Reject, 4, press("reject")))
	if s := w.state(id); s != licensing.Rejected {
		t.Errorf("rejected by the second: got %s", s)
	}
	if n := w.count(`SELECT total FROM keys`); n != 100 {
		t.Errorf("the key's total after all that: got %d, want 100", n)
	}
	w.whole()
}

// S-13: nothing tells a customer that an agent has approved: neither the version in their
// forms, which go on working, nor what other agents try with a page from before.
func TestNothingTellsCustomersOfAFirstApproval(t *testing.T) {
	t.Parallel()
	w := newTwo(t)
	anna, kaisa := w.as("anna"), w.as("kaisa")
	read := func() string {
		lines, _, err := w.Audit(t.Context(), anna, licensing.AuditFilter{})
		w.must(err)
		actions := ""
		for _, l := range lines {
			actions += fmt.Sprintln(l.Action, l.Outcome, l.Actor)
		}
		return actions
	}
	steps := []func(int64) error{
		func(id int64) error { return w.approve(w.sofia, id, 1, 150) },
		func(id int64) error { return w.do(w.sofia, id, licensing.Retract, 2, press("retract")) },
		func(id int64) error { return w.approve(w.samuel, id, 3, 150) },
	}
	for n := range len(steps) + 1 {
		id := w.more(licensing.Submitted)
		before := read()
		for _, step := range steps[:n] {
			w.must(step(id))
			for _, m := range []licensing.Move{licensing.Approve, licensing.Reject, licensing.Question} {
				if err := w.do(w.sofia, id, m, 99, press(string(m))); !errors.Is(err, licensing.ErrConflict) {
					t.Errorf("%s with another page's version: got %v, want a conflict", m, err)
				}
			}
		}
		d, err := w.Request(t.Context(), kaisa, id)
		if err != nil || d.Version != 1 {
			t.Errorf("after %d steps: who asked sees version %d, %v, want 1", n, d.Version, err)
		}
		if after := read(); after != before {
			t.Errorf("after %d steps: the administrator reads\n%swant\n%s", n, after, before)
		}
		if n > 0 {
			if err := w.do(kaisa, id, licensing.Withdraw, 1+n, press("early")); !errors.Is(err, licensing.ErrConflict) {
				t.Errorf("after %d steps: withdrawn with support's version: got %v, want a conflict", n, err)
			}
		}
		w.must(w.do(kaisa, id, licensing.Withdraw, 1, press("withdraw")))
	}
	if n := w.count(`SELECT count(*) FROM audit WHERE outcome = 'refused' AND detail->>'inner' = 'true'`); n != 18 {
		t.Errorf("on record for the operator: got %d refusals, want 18", n)
	}
	w.whole()
}

// S-12, S-13: of presses of two agents at once, through two stores, one is the first, one is
// the second, and never are both the same person's.
func TestTwoAgentsAtOnce(t *testing.T) {
	t.Parallel()
	w := newTwo(t)
	second, err := store.Open(t.Context(), w.db.ServeURL, nil)
	w.must(err)
	t.Cleanup(second.Close)
	second.Promise(twoAbove(100))
	presses := func(id int64, version, of int) (done int) {
		results := make([]error, 24)
		var wg sync.WaitGroup
		for i := range results {
			wg.Go(func() {
				at := &asked{world: &world{Store: []*store.Store{w.Store, second}[i%2], t: t}}
				results[i] = at.approve([]licensing.Viewer{w.sofia, w.samuel}[i/2%of], id, version, 150)
			})
		}
		wg.Wait()
		for i, err := range results {
			var p licensing.Problems
			if err == nil {
				done++
			} else if !errors.Is(err, licensing.ErrConflict) && !errors.As(err, &p) && !errors.Is(err, licensing.ErrUnavailable) {
				t.Errorf("press %d: got %v", i, err)
			}
		}
		return done
	}
	for round := range 4 {
		id := w.more(licensing.Submitted)
		if done := presses(id, 1, 2); done != 1 || w.granted(id) != "0" || w.waits(id) == nil {
			t.Fatalf("round %d, the first press: got %d done, granted %s", round, done, w.granted(id))
		}
		first := w.waits(id).By
		if done := presses(id, 2, 2); done != 1 {
			t.Errorf("round %d, the second press: got %d done, want one", round, done)
		}
		want := map[string]string{"sofia": "150 sofia samuel", "samuel": "150 samuel sofia"}[first]
		if got := w.granted(id); got != want {
			t.Errorf("round %d: got %q, want %q", round, got, want)
		}
	}
	id := w.more(licensing.Submitted)
	for version := range 4 {
		presses(id, version, 1) // sofia alone, whatever version she says
	}
	if got := w.granted(id); got != "0" {
		t.Errorf("pressed by one alone: got %q, want nothing granted", got)
	}
	if n := w.count(`SELECT total FROM keys`); n != 700 {
		t.Errorf("the key's total after four grants of 150: got %d, want 700", n)
	}
	w.whole()
}
