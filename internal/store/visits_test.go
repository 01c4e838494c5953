package store_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/store"
)

const whyNot = "They called about their keys."

// visit opens a visit that began some time ago and lasts an hour.
func (w *world) visit(agent licensing.Viewer, number string, ago time.Duration) error {
	v := licensing.Visiting{Number: number, Reason: whyNot, At: time.Now().Add(-ago), For: licensing.UsualVisit}
	return w.OpenVisit(w.t.Context(), agent, v, press("/support/visits"))
}

// looks are all reads of 74120935 and its key, each with whether it showed something.
func (w *asked) looks(v licensing.Viewer) map[string]error {
	ctx, errs := w.t.Context(), map[string]error{}
	_, errs["Licence"] = w.Licence(ctx, v, "74120935")
	_, _, errs["Purchases"] = w.Purchases(ctx, v, "74120935")
	_, errs["Keys"] = w.Keys(ctx, v, "74120935", licensing.KeyFilter{})
	_, errs["People"] = w.People(ctx, v, "74120935")
	_, errs["Key"] = w.Key(ctx, v, w.ours.ID)
	_, errs["KeyLimits"] = w.KeyLimits(ctx, v, licensing.KeyDetail{Key: w.ours.Key})
	return errs
}

func (w *asked) sees(t *testing.T, who string, v licensing.Viewer, want bool) {
	t.Helper()
	for name, err := range w.looks(v) {
		var needs licensing.NeedsReason
		switch {
		case want && err != nil:
			t.Errorf("%s, %s: got %v, want it shown", who, name, err)
		case !want && (!errors.As(err, &needs) || needs != licensing.NeedsReason{Number: "74120935", Organisation: suomi}):
			t.Errorf("%s, %s: got %v, want the reason asked for", who, name, err)
		}
	}
}

// S-54: support looks at one customer for a reason alone, as long as it lasts, and at no
// other for it.
func TestSupportLooksForAReason(t *testing.T) {
	t.Parallel()
	w := newAsked(t)
	w.sees(t, "without a reason", w.sofia, false)
	w.must(w.visit(w.sofia, "50912277", 0))
	w.sees(t, "with a visit to another family", w.sofia, false)
	w.must(w.visit(w.samuel, "74120935", 0))
	w.sees(t, "with another agent's visit", w.sofia, false)
	w.must(w.visit(w.sofia, "74120935", 61*time.Minute))
	w.sees(t, "with a visit that is over", w.sofia, false)
	w.must(w.visit(w.sofia, "74120935", 59*time.Minute))
	w.sees(t, "with a visit", w.sofia, true)
	l, err := w.Licence(t.Context(), w.sofia, "74120935")
	w.must(err)
	if l.Sight == nil || l.Sight.Reason != whyNot || time.Until(l.Sight.Until) > 2*time.Minute {
		t.Errorf("the sight: got %+v, want the visit's last minute", l.Sight)
	}
	w.must(w.EndVisit(t.Context(), w.sofia, l.Sight.Visit, time.Now(), press("/support/visits/:id/end")))
	w.sees(t, "with a visit that was ended", w.sofia, false)
	if err := w.EndVisit(t.Context(), w.sofia, l.Sight.Visit, time.Now(), press("/support/visits/:id/end")); !errors.Is(err, licensing.ErrNotFound) {
		t.Errorf("ending a visit that is over: got %v, want not found", err)
	}
	w.whole()
}

// S-54: an open request of the family is a reason by itself, for all of its licence IDs
// and for every agent, until it is closed.
func TestAnOpenRequestIsAReason(t *testing.T) {
	t.Parallel()
	w := newAsked(t)
	w.addLicence("74133208", norge, "ea")
	for _, state := range []licensing.RequestState{licensing.Granted, licensing.PartlyGranted, licensing.Rejected, licensing.Withdrawn} {
		w.more(state)
	}
	w.sees(t, "with closed requests", w.sofia, false)
	waiting := w.request(licensing.MoreKMSHosts, licensing.Waiting, "74120935", office, &w.ours.ID, 10)
	for name, v := range map[string]licensing.Viewer{"sofia": w.sofia, "samuel": w.samuel} {
		w.sees(t, name+" with a request that waits", v, true)
	}
	other, err := w.Licence(t.Context(), w.sofia, "74133208")
	if err != nil || other.Sight == nil || other.Sight.Request != waiting {
		t.Errorf("another licence ID of the family: got %+v, %v, want it by the request", other.Sight, err)
	}
	if _, err := w.Licence(t.Context(), w.sofia, "50912277"); !errors.As(err, new(licensing.NeedsReason)) {
		t.Errorf("another family: got %v, want the reason asked for", err)
	}
	if l, err := w.Licence(t.Context(), w.op, "74120935"); err != nil || l.Sight != nil {
		t.Errorf("the operator: got %+v, %v, want it without a reason", l.Sight, err)
	}
	if l, err := w.Licence(t.Context(), w.as("anna"), "74120935"); err != nil || l.Sight != nil {
		t.Errorf("anna: got %+v, %v, want it without a reason", l.Sight, err)
	}
}

// S-54: a closed request stays to be read, but doesn't say how the customer's key is now.
func TestAClosedRequestIsNoReason(t *testing.T) {
	t.Parallel()
	w := newAsked(t)
	id := w.more(licensing.Granted)
	shows := func(who string, v licensing.Viewer, want int) {
		t.Helper()
		d, err := w.Request(t.Context(), v, id)
		w.must(err)
		if d.Key == nil || d.Key.Last5 == "" || d.Key.Total != want || (d.LicenceRow.KeysN > 0) != (want > 0) || d.LicenceRow.Number == "" {
			t.Errorf("%s: got key %+v of %+v, want a total of %d", who, d.Key, d.LicenceRow, want)
		}
	}
	shows("sofia without a reason", w.sofia, 0)
	shows("the operator", w.op, 100)
	shows("kaisa", w.as("kaisa"), 100)
	w.must(w.visit(w.sofia, "74120935", 0))
	for range 2 {
		shows("sofia with a visit", w.sofia, 100)
	}
	if n := w.entries("support.viewed", licensing.Done); n != 1 {
		t.Errorf("looks on record: got %d, want 1", n)
	}
	w.more(licensing.Submitted)
	shows("samuel with another request that is open", w.samuel, 100)
	w.whole()
}

// S-54: the customer reads once an hour that an agent looks, however many pages through
// however many servers at once, and each reason by itself.
func TestALookIsToldOnceAnHour(t *testing.T) {
	t.Parallel()
	w := newAsked(t)
	w.must(w.visit(w.sofia, "74120935", 0))
	other := openStore(t, w.db)
	var all sync.WaitGroup
	for i := range 12 {
		s := []*store.Store{w.Store, other}[i%2]
		all.Go(func() {
			if _, err := s.Keys(t.Context(), w.sofia, "74120935", licensing.KeyFilter{}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	told := func(want int64, when string) {
		t.Helper()
		if got := w.entries("support.viewed", licensing.Done); got != want {
			t.Errorf("%s: the log says %d times that support looked, want %d", when, got, want)
		}
	}
	told(1, "twelve looks at once")
	w.count(`WITH u AS (UPDATE looks SET told_at = told_at - interval '59 minutes' RETURNING 1) SELECT count(*) FROM u`)
	w.sees(t, "within the hour", w.sofia, true)
	told(1, "within the hour")
	w.count(`WITH u AS (UPDATE looks SET told_at = told_at - interval '1 minute' RETURNING 1) SELECT count(*) FROM u`)
	w.sees(t, "an hour later", w.sofia, true)
	told(2, "an hour later")
	w.more(licensing.Submitted)
	w.sees(t, "with a visit and a request", w.sofia, true)
	told(2, "with a visit and a request")
	w.sees(t, "samuel, by the request", w.samuel, true)
	told(3, "another agent")
	lines, _, err := w.Audit(t.Context(), w.as("anna"), licensing.AuditFilter{Number: "74120935"})
	w.must(err)
	var actions []string
	for _, l := range lines {
		actions = append(actions, l.Action+" "+fmt.Sprint(l.Detail["reason"]))
	}
	for _, want := range []string{"support.viewed " + whyNot, "visit.opened " + whyNot} {
		if !slices.Contains(actions, want) {
			t.Errorf("anna's history of the licence ID: got %q, want %q among it", actions, want)
		}
	}
	w.whole()
}

// S-54, S-63: the customer reads of each licence ID that an agent looked at, not of the first
// of a family alone.
func TestEachLicenceIDLookedAtIsOnRecord(t *testing.T) {
	t.Parallel()
	w := newAsked(t)
	w.addLicence("74133208", norge, "ea")
	w.must(w.visit(w.sofia, "74120935", 0))
	for range 2 {
		for _, number := range []string{"74120935", "74133208"} {
			if _, err := w.Licence(t.Context(), w.sofia, number); err != nil {
				t.Fatalf("%s: got %v, want it by the visit", number, err)
			}
		}
	}
	for _, number := range []string{"74120935", "74133208"} {
		const looked = `SELECT count(*) FROM audit WHERE action = 'support.viewed' AND licence_id = $1 AND object = 'licence/' || $2`
		if n := w.count(looked, w.licence[number].ID, number); n != 1 {
			t.Errorf("looks at %s on record: got %d, want 1", number, n)
		}
	}
	w.whole()
}

// S-54: support opens visits, for a reason that says something and no key, and ends its
// own.
func TestWhoOpensAVisitAndHow(t *testing.T) {
	t.Parallel()
	w := newAsked(t)
	for name, v := range map[string]licensing.Viewer{"anna": w.as("anna"), "the operator": w.op} {
		if err := w.visit(v, "74120935", 0); !errors.Is(err, licensing.ErrForbidden) {
			t.Errorf("%s opens a visit: got %v, want forbidden", name, err)
		}
	}
	if err := w.visit(w.sofia, "99999999", 0); !errors.Is(err, licensing.ErrNotFound) {
		t.Errorf("a visit to nobody: got %v, want not found", err)
	}
	for reason, message := range map[string]string{
		"": "visit.problem.short", "       ok       ": "visit.problem.short", "123456789": "visit.problem.short",
		"Is " + demoKey(3) + " theirs?": "request.problem.text_has_key", "turn\u202earound the text": "request.problem.text_bad",
	} {
		err := w.OpenVisit(t.Context(), w.sofia, licensing.Visiting{Number: "74120935", Reason: reason, At: time.Now(), For: time.Hour}, press("/support/visits"))
		problems, _ := errors.AsType[licensing.Problems](err)
		if p, _ := problems.On("reason"); p.Message != message {
			t.Errorf("the reason %q: got %v, want %s", reason, err, message)
		}
	}
	same := press("/support/visits")
	for range 2 {
		w.must(w.OpenVisit(t.Context(), w.sofia, licensing.Visiting{Number: "74120935", Reason: whyNot, At: time.Now(), For: time.Hour}, same))
	}
	w.must(w.visit(w.sofia, "74120935", 0))
	if n := w.count(`SELECT count(*) FROM visits WHERE ended_at IS NULL`); n != 1 || w.entries("visit.opened", licensing.Done) != 2 || w.entries("visit.ended", licensing.Done) != 1 {
		t.Errorf("the same post twice and another: got %d open visits, want the last alone", n)
	}
	open := w.visitOf(w.sofia)
	if err := w.EndVisit(t.Context(), w.samuel, open, time.Now(), press("end")); !errors.Is(err, licensing.ErrNotFound) {
		t.Errorf("samuel ends sofia's visit: got %v, want not found", err)
	}
	if err := w.EndVisit(t.Context(), w.as("anna"), open, time.Now(), press("end")); !errors.Is(err, licensing.ErrForbidden) {
		t.Errorf("anna ends sofia's visit: got %v, want forbidden", err)
	}
}

func (w *asked) visitOf(agent licensing.Viewer) uuid.UUID {
	w.t.Helper()
	l, err := w.Licence(w.t.Context(), agent, "74120935")
	w.must(err)
	return l.Sight.Visit
}

// A visit that is under way is shown to the family, its reason to those who reach the
// licence ID that it was opened for (S-51), and to nobody else.
func TestACustomerSeesTheVisit(t *testing.T) {
	t.Parallel()
	w := newAsked(t)
	w.addLicence("74133208", norge, "ea")
	w.grant("nils", licensing.KeyViewer, norge)
	w.must(w.visit(w.sofia, "74120935", 0))
	for _, c := range []struct{ name, number, reason string }{
		{"anna", "74120935", whyNot}, {"anna", "74133208", whyNot}, {"lena", "74120935", whyNot}, {"nils", "74133208", ""},
	} {
		p, err := w.People(t.Context(), w.as(c.name), c.number)
		visits := p.Visits
		if err != nil || len(visits) != 1 || visits[0].Reason != c.reason || visits[0].Agent != "sofia" {
			t.Errorf("%s, %s: got %+v, %v, want the visit with %q", c.name, c.number, visits, err, c.reason)
		}
	}
	if p, err := w.People(t.Context(), w.as("frode"), "50912277"); err != nil || len(p.Visits) != 0 {
		t.Errorf("another family: got %+v, %v, want no visit", p.Visits, err)
	}
}

// Lists over customers and the search name a customer to support, and show no state of
// what is theirs: they are no way around the reason (S-54).
func TestListsAreNoWayAroundTheReason(t *testing.T) {
	t.Parallel()
	w := newAsked(t)
	page, err := w.Licences(t.Context(), w.sofia, licensing.LicenceFilter{Sort: "left"})
	w.must(err)
	if len(page.Rows) != 2 || page.Rows[0].Number != "50912277" || page.Rows[1].Organisation != suomi {
		t.Fatalf("support's list: got %+v, want both customers by number", page.Rows)
	}
	for _, r := range page.Rows {
		if r.KeysN != 0 || r.ProductsN != 0 || r.LowestLeft != nil || r.LowestTotal != nil {
			t.Errorf("support's list counts: %+v", r)
		}
	}
	found, err := w.ProfileKeys(t.Context(), w.sofia, licensing.KeyFilter{Last5: demoKey(1)[24:]})
	if err != nil || len(found.Keys) != 1 || found.Keys[0].Number != "74120935" || found.Keys[0].Total != 0 || found.Keys[0].Used != 0 {
		t.Errorf("a key by its last five: got %+v, %v, want it without its counter", found.Keys, err)
	}
	filing := licensing.Filing{Kind: licensing.MAKIncrease, Key: w.ours.ID, Quantity: "10", Reason: "By telephone.", At: noon}
	a, _, err := w.Asking(t.Context(), w.sofia, filing)
	if err != nil || a.Key == nil || a.Key.Total != 0 || len(a.Findings) != 0 {
		t.Errorf("the form for a key without a reason: got %+v, %v, want no counter and no finding", a.Key, err)
	}
	w.must(w.visit(w.sofia, "74120935", 0))
	if a, _, err = w.Asking(t.Context(), w.sofia, filing); err != nil || a.Key.Total != 100 || len(a.Findings) == 0 {
		t.Errorf("the form with a visit: got %+v, %v, want the counter and what it says", a.Key, err)
	}
}

// S-54: whom a licence ID has is told to support with a reason to look alone. Without one
// the form takes an address, and whether it is anybody's there is said once it is filed.
func TestTheFormNamesNobodyWithoutAReason(t *testing.T) {
	t.Parallel()
	w := newAsked(t)
	filing := licensing.Filing{Kind: licensing.MAKIncrease, Key: w.ours.ID, Quantity: "10", Reason: "By telephone.", Language: "en", At: noon}
	for _, email := range []string{"", "kaisa@demo.example", "nobody@demo.example"} {
		filing.Requester = email
		a, problems, err := w.Asking(t.Context(), w.sofia, filing)
		if err != nil || len(a.People) != 0 || !a.Veiled || len(problems) != 0 {
			t.Errorf("for %q without a reason: got %d people, veiled %v, %v, %v, want nobody named", email, len(a.People), a.Veiled, problems, err)
		}
	}
	tries := filing
	tries.Quantity = "none"
	if _, err := w.SubmitRequest(t.Context(), w.sofia, tries, press("try")); err == nil || err.Error() != "quantity: request.problem.quantity_digits" {
		t.Errorf("filing what can't be filed for nobody: got %v, want nothing said of whom for", err)
	}
	if n := w.entries("request.filed", licensing.Refused); n != 0 {
		t.Errorf("filing what can't be filed: got %d entries, want none", n)
	}
	if _, err := w.SubmitRequest(t.Context(), w.sofia, filing, press("file")); outcome(err) != "request.problem.requester_unknown" {
		t.Errorf("filing for nobody: got %v, want it said", err)
	}
	if n := w.entries("request.filed", licensing.Refused); n != 1 {
		t.Errorf("filing for nobody: got %d entries, want it on record", n)
	}
	w.must(w.visit(w.sofia, "74120935", 0))
	a, problems, err := w.Asking(t.Context(), w.sofia, filing)
	if _, said := problems.On("requester"); err != nil || len(a.People) == 0 || a.Veiled || !said {
		t.Errorf("with a visit: got %d people, veiled %v, %v, %v, want names", len(a.People), a.Veiled, problems, err)
	}
	w.must(w.EndVisit(t.Context(), w.sofia, mustLook(t, w).Visit, time.Now(), press("/support/visits/:id/end")))
	filing.Requester = "kaisa@demo.example"
	if _, err := w.SubmitRequest(t.Context(), w.sofia, filing, press("file")); err != nil {
		t.Errorf("filing for an address that was typed: got %v", err)
	}
	w.whole()
}

// mustLook is by what reason sofia sees 74120935.
func mustLook(t *testing.T, w *asked) licensing.Sight {
	t.Helper()
	l, err := w.Licence(t.Context(), w.sofia, "74120935")
	w.must(err)
	return *l.Sight
}
