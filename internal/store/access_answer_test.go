package store_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/licensing"
)

// S-50, S-51: who answers whom: those who administer the licence ID, or for its organisation
// those who administer that. To everybody else there is nothing to answer.
func TestWhoAnswersARequestForAccess(t *testing.T) {
	t.Parallel()
	w := asking(t)
	licence := w.wished("mikko", "74120935", licensing.KeyViewer, false)
	whole := w.wished("nils", "74120935", licensing.KeyViewer, true)
	for _, c := range []struct{ name, licence, whole string }{
		{"kaisa", "n", "n"},
		{"lena", "n", "n"},
		{"kevin", "n", "n"},
		{"frode", "n", "n"},
		{"mikko", "n", "n"}, // his own
		{"nils", "n", "n"},
		{"arne", "role", "n"},
		{"berit", "role", "role"},
		{"anna", "role", "role"},
	} {
		for id, want := range map[uuid.UUID]string{licence: c.licence, whole: c.whole} {
			if got := outcome(w.accept(c.name, id, answer(licensing.Operator))); got != want {
				t.Errorf("%s accepts: got %s, want %s", c.name, got, want)
			}
			waiting, _, err := w.AccessToAnswer(t.Context(), w.as(c.name))
			sees := slices.ContainsFunc(waiting, func(l licensing.AccessLine) bool { return l.ID == id })
			if err != nil || sees != (want == "role") {
				t.Errorf("%s's list: got %v, %v, want it there: %v", c.name, waiting, err, want == "role")
			}
			if want == "n" {
				if got := outcome(w.deny(c.name, id)); got != "n" {
					t.Errorf("%s denies: got %s, want not found", c.name, got)
				}
			}
		}
	}
	for name, want := range map[string]int{"arne": 1, "berit": 2, "anna": 2, "lena": 0, "frode": 0} {
		if n, err := w.AccessWaiting(t.Context(), w.as(name), "74120935"); err != nil || n != want {
			t.Errorf("%s's count: got %d, %v, want %d", name, n, err, want)
		}
	}
	if n, err := w.AccessWaiting(t.Context(), w.as("anna"), "V6380217"); err != nil || n != 0 {
		t.Errorf("on another licence ID: got %d, %v, want 0", n, err)
	}
}

// What is accepted opens with the next question, on every instance; who decided is not told
// to who asked.
func TestWhatIsAcceptedIsGiven(t *testing.T) {
	t.Parallel()
	w := asking(t)
	id := w.wished("mikko", "74120935", licensing.KeyAdministrator, true)
	if got := w.newsOf("berit"); !slices.Equal(got, []licensing.NewsKind{licensing.AccessAskedNews}) {
		t.Errorf("berit's news: got %v, want that somebody asks", got)
	}
	a := answer(licensing.KeyViewer)
	a.Narrow = true
	until := time.Now().Add(30 * 24 * time.Hour).Truncate(time.Second) // that the database's clock doesn't reach
	a.Until = &until
	w.must(w.accept("berit", id, a))
	l, err := w.Licence(t.Context(), w.as("mikko"), "74120935")
	if err != nil || l.Rights != licensing.KeyViewer.Permissions() {
		t.Errorf("mikko asks for the licence ID: got permissions %b, %v, want a key viewer's", l.Rights, err)
	}
	const given = `SELECT count(*) FROM grants WHERE person_id = $1 AND role = 'key_viewer' AND licence_id = $2 AND expires_at = $3`
	if n := w.count(given, w.person["mikko"].ID, w.licence["74120935"].ID, until); n != 1 {
		t.Errorf("grants on the licence ID alone until the day: got %d, want 1", n)
	}
	own := w.own("mikko")[0]
	if own.State != licensing.AccessAccepted || own.Given != licensing.KeyViewer || own.Message != "Welcome." || own.Decider != "" || own.DecidedBy != nil || own.LicenceID != nil || own.Organisation != "" {
		t.Errorf("what mikko sees: got %+v, want that it was accepted and not by whom", own)
	}
	if got := w.newsOf("mikko"); !slices.Equal(got, []licensing.NewsKind{licensing.AccessAcceptedNews}) {
		t.Errorf("mikko's news: got %v, want that it was accepted", got)
	}
	for _, m := range w.mails() {
		if m.Address == "mikko@demo.example" && strings.Contains(fmt.Sprintf("%+v", m.Detail.News), "berit") {
			t.Errorf("mikko's mail names who decided: %+v", m.Detail.News)
		}
	}
	_, answered, err := w.AccessToAnswer(t.Context(), w.as("anna"))
	if err != nil || len(answered) != 1 || answered[0].Decider != "berit" {
		t.Errorf("what anna sees: got %+v, %v, want who decided", answered, err)
	}
	if accepted, granted := w.entries("access.accepted", licensing.Done), w.count(`SELECT count(*) FROM audit WHERE action = 'role.granted' AND actor = 'berit'`); accepted != 1 || granted != 1 {
		t.Errorf("on record: got %d accepted, %d given, want 1 of each", accepted, granted)
	}
	w.whole()
}

func TestWhatIsDeniedGivesNothing(t *testing.T) {
	t.Parallel()
	w := asking(t)
	id := w.wished("mikko", "74120935", licensing.KeyViewer, false)
	w.must(w.deny("arne", id))
	if v := w.as("mikko"); v.May != 0 {
		t.Errorf("mikko: got permissions %b, want none", v.May)
	}
	if own := w.own("mikko")[0]; own.State != licensing.AccessDenied || own.Message != "Welcome." || own.Decider != "" {
		t.Errorf("what mikko sees: got %+v", own)
	}
	if got := w.newsOf("mikko"); !slices.Equal(got, []licensing.NewsKind{licensing.AccessDeniedNews}) {
		t.Errorf("mikko's news: got %v", got)
	}
	// S-10: an answer is for good, and further ones are on record.
	for what, err := range map[string]error{"accepted": w.accept("anna", id, answer(licensing.KeyViewer)), "denied": w.deny("anna", id), "withdrawn": w.takesBack("mikko", id)} {
		if got := outcome(err); got != "c" {
			t.Errorf("%s after that: got %s, want a conflict", what, got)
		}
	}
	if n := w.entries("access.accepted", licensing.Refused) + w.entries("access.denied", licensing.Refused); n != 2 {
		t.Errorf("refusals on record: got %d, want 2", n)
	}
	w.must(w.wishes("mikko", "74120935", licensing.KeyViewer, false, monday)) // again, after an answer
	w.whole()
}

// An administrator gives what was asked for, or less; nobody their own.
func TestAnAcceptanceGivesNoMoreThanWasAsked(t *testing.T) {
	t.Parallel()
	w := asking(t)
	id := w.wished("mikko", "74120935", licensing.KeyViewer, false)
	past := monday.Add(-time.Hour)
	for name, c := range map[string]struct {
		change func(*licensing.AccessAnswer)
		want   string
	}{
		"a greater role":         {func(a *licensing.AccessAnswer) { a.Role = licensing.KeyAdministrator }, "access.problem.more"},
		"a role beside it":       {func(a *licensing.AccessAnswer) { a.Role = licensing.DownloadManager }, "access.problem.more"},
		"the staff's role":       {func(a *licensing.AccessAnswer) { a.Role = licensing.SupportAgent }, "role"},
		"an end that has passed": {func(a *licensing.AccessAnswer) { a.Until = &past }, "past"},
		"a key in the message":   {func(a *licensing.AccessAnswer) { a.Message = "Use DEMO1-7QK2M-HV3CR-9PWXT-T6J2K" }, "request.problem.text_has_key"},
		"another version":        {func(a *licensing.AccessAnswer) { a.Version = 2 }, "c"},
	} {
		a := answer(licensing.KeyViewer)
		c.change(&a)
		if got := outcome(w.accept("arne", id, a)); got != c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
	w.grantOn("mikko", licensing.Administrator, "74120935") // meanwhile, by the operator
	if got := outcome(w.accept("mikko", id, answer(licensing.KeyViewer))); got != "f" {
		t.Errorf("his own: got %s, want forbidden", got)
	}
	if n := w.entries("access.accepted", licensing.Refused); n < 2 {
		t.Errorf("refusals on record: got %d, want the version and his own", n)
	}
	w.do(`UPDATE persons SET ended_at = now() WHERE name = 'mikko'`)
	if got := outcome(w.accept("arne", id, answer(licensing.KeyViewer))); got != "access.problem.gone" {
		t.Errorf("for an account that has ended: got %s", got)
	}
}

// S-12: of several who accept, deny and withdraw at once, through two stores, one is first,
// and a right is given once or not at all.
func TestOneAnswerWins(t *testing.T) {
	t.Parallel()
	w := asking(t)
	other := openStore(t, w.db)
	anna, berit, mikko := w.as("anna"), w.as("berit"), w.as("mikko")
	for round := range 6 {
		id := w.wished("mikko", "74120935", licensing.KeyViewer, false)
		errs := make([]error, 4)
		var all sync.WaitGroup
		all.Go(func() { errs[0] = w.AcceptAccess(t.Context(), anna, id, answer(licensing.KeyViewer), press("a")) })
		all.Go(func() { errs[1] = other.AcceptAccess(t.Context(), berit, id, answer(licensing.KeyViewer), press("b")) })
		all.Go(func() { errs[2] = other.DenyAccess(t.Context(), anna, id, answer(""), press("c")) })
		all.Go(func() { errs[3] = w.WithdrawAccess(t.Context(), mikko, id, answer(""), press("d")) })
		all.Wait()
		done := 0
		for _, err := range errs {
			switch outcome(err) {
			case "y":
				done++
			case "c":
			default:
				t.Errorf("round %d: got %v, want done or a conflict", round, err)
			}
		}
		state := w.own("mikko")[0].State
		given := w.count(`SELECT count(*) FROM grants WHERE person_id = $1 AND revoked_at IS NULL`, mikko.PersonID)
		if done != 1 || given > 1 || (given == 1) != (state == licensing.AccessAccepted) {
			t.Fatalf("round %d: %d were done, %d rights given, state %s", round, done, given, state)
		}
		w.do(`UPDATE grants SET revoked_at = now() WHERE person_id = $1`, mikko.PersonID)
		w.do(`DELETE FROM access_requests`)
	}
	w.whole()
}
