package store_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/store"
	"github.com/keyhall/keyhall/internal/worktime"
)

// monday is when people in these tests ask: then working days are plain to count.
var monday = time.Date(2026, time.November, 23, 9, 0, 0, 0, time.UTC)

// asking is ruled with two people whom nobody has given a right, mikko and nils.
func asking(t testing.TB) *world {
	t.Helper()
	w := ruled(t)
	w.someone("mikko")
	w.someone("nils")
	return w
}

func (w *world) wishes(name, number string, role licensing.Role, whole bool, at time.Time) error {
	return w.AskAccess(w.t.Context(), w.as(name), licensing.AccessForm{Number: number, Whole: whole, Role: role, Reason: "I look after the servers.", At: at}, press("/access-requests"))
}

// wished asks, lets Keyhall tell of it, and returns the request.
func (w *world) wished(name, number string, role licensing.Role, whole bool) (id uuid.UUID) {
	w.t.Helper()
	w.must(w.wishes(name, number, role, whole, monday))
	w.must(w.MindAccess(w.t.Context(), monday))
	return w.own(name)[0].ID
}

func (w *world) own(name string) []licensing.AccessLine {
	w.t.Helper()
	list, err := w.OwnAccess(w.t.Context(), w.as(name))
	w.must(err)
	return list
}

// answer is an acceptance of a role, as the form first stands.
func answer(role licensing.Role) licensing.AccessAnswer {
	return licensing.AccessAnswer{Version: 1, Message: "Welcome.", Terms: licensing.Terms{Role: role, At: monday.Add(time.Hour)}}
}

func (w *world) accept(by string, id uuid.UUID, a licensing.AccessAnswer) error {
	return w.AcceptAccess(w.t.Context(), w.as(by), id, a, press("/access-requests/:id/acceptance"))
}

func (w *world) deny(by string, id uuid.UUID) error {
	return w.DenyAccess(w.t.Context(), w.as(by), id, answer(""), press("/access-requests/:id/denial"))
}

func (w *world) takesBack(by string, id uuid.UUID) error {
	return w.WithdrawAccess(w.t.Context(), w.as(by), id, answer(""), press("/access-requests/:id/withdrawal"))
}

// newsOf are the kinds of news that somebody has, the latest first.
func (w *world) newsOf(name string) (kinds []licensing.NewsKind) {
	w.t.Helper()
	for _, n := range w.notices(name) {
		if n.News != nil && strings.HasPrefix(string(n.News.Kind), "access_") {
			kinds = append(kinds, n.News.Kind)
		}
	}
	return kinds
}

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
	until := monday.Add(48 * time.Hour).Add(30 * 24 * time.Hour)
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

// S-51: who administers an organisation gives nothing on a licence ID that has moved to
// another since it was asked for with its organisation; of the licence ID alone those
// decide who administer it now.
func TestAcceptingCountsWhereTheLicenceIDIsNow(t *testing.T) {
	t.Parallel()
	w := asking(t)
	whole := w.wished("mikko", "74120935", licensing.KeyViewer, true)
	alone := w.wished("nils", "74120935", licensing.KeyViewer, false)
	w.do(`UPDATE licences SET organisation_id = $1 WHERE number = '74120935'`, w.org[norge].ID)
	narrow := answer(licensing.KeyViewer)
	narrow.Narrow = true
	for _, a := range []licensing.AccessAnswer{answer(licensing.KeyViewer), narrow} {
		if got := outcome(w.accept("berit", whole, a)); got != "access.problem.moved" {
			t.Errorf("berit, of the old organisation, accepts: got %s, want that it has moved", got)
		}
	}
	if n := w.entries("access.accepted", licensing.Refused); n != 2 {
		t.Errorf("refusals on record: got %d, want 2", n)
	}
	if got := outcome(w.accept("berit", alone, answer(licensing.KeyViewer))); got != "n" {
		t.Errorf("berit accepts what is no longer hers: got %s, want not found", got)
	}
	w.must(w.accept("anna", alone, answer(licensing.KeyViewer)))
	w.must(w.deny("berit", whole))
	w.whole()
}

// S-51: nobody learns from asking whether a licence ID exists, in or outside their family:
// not from the answer, not from the list, not from the log.
func TestAskingTellsNothingOfANumber(t *testing.T) {
	t.Parallel()
	w := asking(t)
	w.grantOn("nils", licensing.Administrator, "V6380217") // of the family, and an administrator elsewhere in it
	for _, name := range []string{"mikko", "kevin", "frode", "nils"} {
		for _, whole := range []bool{false, true} {
			for _, number := range []string{"74120935", "99999999"} {
				if err := w.wishes(name, number, licensing.KeyViewer, whole, monday); err != nil {
					t.Fatalf("%s asks for %s: got %v, want it taken", name, number, err)
				}
			}
		}
		w.must(w.MindAccess(t.Context(), monday))
		for _, l := range w.own(name) {
			if l.State != licensing.AccessOpen || l.LicenceID != nil || l.OrganisationID != nil || l.Organisation != "" || l.RootID != uuid.Nil || l.Lonely || l.Step != 0 || l.DueAt != nil {
				t.Errorf("%s's list says more than was asked: %+v", name, l)
			}
			for what, err := range map[string]error{"accepts": w.accept(name, l.ID, answer(licensing.KeyViewer)), "denies": w.deny(name, l.ID)} {
				if got := outcome(err); got != "n" {
					t.Errorf("%s %s their own for %s: got %s, want not found", name, what, l.Number, got)
				}
			}
			w.must(w.takesBack(name, l.ID))
		}
		w.must(w.MindAccess(t.Context(), monday.Add(time.Hour)))
		log := map[string]int{}
		lines, _, err := w.Audit(t.Context(), w.as(name), licensing.AuditFilter{})
		w.must(err)
		for _, l := range lines {
			if strings.HasPrefix(l.Action, "access.") {
				log[strings.NewReplacer("74120935", "N", "99999999", "N").Replace(fmt.Sprint(l.Action, l.Number, l.LicenceID, l.Outcome, l.Detail["number"]))]++
			}
		}
		for line, n := range log {
			if n%2 != 0 {
				t.Errorf("%s's log has %q %d times: it tells the two numbers apart", name, line, n)
			}
		}
	}
	if told := w.newsOf("arne"); len(told) != 4 {
		t.Errorf("arne's news: got %v, want one for each who asked for his licence ID", told)
	}
	w.whole()
}

// How much one person asks is limited, and what is asked twice is said so.
func TestHowMuchOnePersonAsks(t *testing.T) {
	t.Parallel()
	w := asking(t)
	for i := range licensing.AccessMost {
		w.must(w.wishes("mikko", fmt.Sprintf("7000000%d", i), licensing.KeyViewer, false, monday))
	}
	if got := outcome(w.wishes("mikko", "70000000", licensing.KeyViewer, false, monday)); got != "access.problem.same" {
		t.Errorf("the same again: got %s", got)
	}
	if got := outcome(w.wishes("mikko", "74120935", licensing.KeyViewer, false, monday)); got != "access.problem.open" {
		t.Errorf("one more than may be open: got %s", got)
	}
	for _, l := range w.own("mikko") {
		w.must(w.takesBack("mikko", l.ID))
	}
	for i := range licensing.AccessADay - licensing.AccessMost {
		w.must(w.wishes("mikko", fmt.Sprintf("7100000%d", i), licensing.KeyViewer, false, monday))
		w.must(w.takesBack("mikko", w.own("mikko")[0].ID))
	}
	if got := outcome(w.wishes("mikko", "74120935", licensing.KeyViewer, false, monday.Add(time.Hour))); got != "access.problem.day" {
		t.Errorf("one more than a day may have: got %s", got)
	}
	w.must(w.wishes("mikko", "74120935", licensing.KeyViewer, false, monday.Add(25*time.Hour)))
	for name, c := range map[string]struct {
		number string
		role   licensing.Role
		reason string
		want   string
	}{
		"no number":                   {"", licensing.KeyViewer, "x", "access.problem.number"},
		"a number that can't be one":  {"12345", licensing.KeyViewer, "x", "access.problem.number"},
		"the staff's role":            {"74120935", licensing.Operator, "x", "role"},
		"no reason":                   {"74120935", licensing.KeyViewer, " ", "access.problem.reason"},
		"a product key in the reason": {"74120935", licensing.KeyViewer, "DEMO1-7QK2M-HV3CR-9PWXT-T6J2K", "request.problem.text_has_key"},
		"what one has":                {"74120935", licensing.LicenceReader, "x", "access.problem.held"},
		"less than one has":           {"74120935", licensing.KeyViewer, "x", "y"},
	} {
		err := w.AskAccess(t.Context(), w.as("lena"), licensing.AccessForm{Number: c.number, Role: c.role, Reason: c.reason, At: monday}, press("/access-requests"))
		if got := outcome(err); got != c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
	for _, by := range []licensing.Viewer{w.agent("sofia"), w.op} {
		if err := w.AskAccess(t.Context(), by, licensing.AccessForm{Number: "74120935", Role: licensing.KeyViewer, Reason: "x", At: monday}, press("x")); !errors.Is(err, licensing.ErrForbidden) {
			t.Errorf("%s of the staff asks: got %v, want forbidden", by.Name, err)
		}
	}
}

// Of many posts at once no more are taken than may be open (S-17: the same one once).
func TestAskingAtOnceIsCounted(t *testing.T) {
	t.Parallel()
	w := asking(t)
	other := openStore(t, w.db)
	mikko := w.as("mikko")
	var all sync.WaitGroup
	for i := range 2 * licensing.AccessMost {
		all.Go(func() {
			s := w.Store
			if i%2 == 0 {
				s = other
			}
			_ = s.AskAccess(t.Context(), mikko, licensing.AccessForm{Number: fmt.Sprintf("700000%02d", i), Role: licensing.KeyViewer, Reason: "x", At: monday}, press(fmt.Sprint(i)))
		})
	}
	all.Wait()
	if n := w.count(`SELECT count(*) FROM access_requests`); n != licensing.AccessMost {
		t.Errorf("taken: got %d, want %d", n, licensing.AccessMost)
	}
	once := press("/access-requests")
	for range 2 {
		w.must(w.AskAccess(t.Context(), w.as("nils"), licensing.AccessForm{Number: "74120935", Role: licensing.KeyViewer, Reason: "x", At: monday}, once))
	}
	if n := len(w.own("nils")); n != 1 {
		t.Errorf("the same post twice: got %d requests, want 1", n)
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

// Administrators are told, and reminded after two and five working days, once each
// however many servers look; after thirty days the request ends.
func TestRemindersComeOnce(t *testing.T) {
	t.Parallel()
	w := asking(t)
	w.staffed()
	other := openStore(t, w.db)
	w.must(w.wishes("mikko", "74120935", licensing.KeyViewer, false, monday))
	w.must(w.wishes("nils", "99999999", licensing.KeyViewer, false, monday))
	const asked, again = licensing.AccessAskedNews, licensing.AccessReminderNews
	for _, c := range []struct {
		after time.Duration
		want  []licensing.NewsKind
	}{
		{0, []licensing.NewsKind{asked}},
		{47 * time.Hour, []licensing.NewsKind{asked}},
		{48 * time.Hour, []licensing.NewsKind{again, asked}},              // Wednesday
		{(7*24 - 1) * time.Hour, []licensing.NewsKind{again, asked}},      // the weekend doesn't count
		{7 * 24 * time.Hour, []licensing.NewsKind{again, again, asked}},   // Monday
		{29 * 24 * time.Hour, []licensing.NewsKind{again, again, asked}},  // nothing more
		{30 * 24 * time.Hour, []licensing.NewsKind{again, again, asked}},  // it ends
		{300 * 24 * time.Hour, []licensing.NewsKind{again, again, asked}}, // for good
	} {
		var both sync.WaitGroup
		for _, s := range []*store.Store{w.Store, other, w.Store, other} {
			both.Go(func() {
				if err := s.MindAccess(t.Context(), monday.Add(c.after)); err != nil {
					t.Error(err)
				}
			})
		}
		both.Wait()
		if got := w.newsOf("arne"); !slices.Equal(got, c.want) {
			t.Fatalf("after %s arne's news: got %v, want %v", c.after, got, c.want)
		}
		for _, name := range []string{"mikko", "nils"} {
			want := licensing.AccessOpen
			if c.after >= 30*24*time.Hour {
				want = licensing.AccessUnanswered
			}
			if got := w.own(name)[0].State; got != want {
				t.Errorf("after %s: got %s, want %s", c.after, got, want)
			}
		}
	}
	for _, name := range []string{"mikko", "nils"} { // the number that nobody has ends alike
		if got := w.newsOf(name); !slices.Equal(got, []licensing.NewsKind{licensing.AccessUnansweredNews}) {
			t.Errorf("%s's news: got %v", name, got)
		}
	}
	for _, name := range []string{"sofia", "olli"} {
		if got := w.newsOf(name); !slices.Equal(got, []licensing.NewsKind{licensing.AccessIgnoredNews}) {
			t.Errorf("%s's news: got %v, want that nobody answers there", name, got)
		}
	}
	if n := w.entries("access.unanswered", licensing.Done); n != 1 {
		t.Errorf("on record: got %d, want 1", n)
	}
	w.whole()
}

// Holidays don't count, and reminders that fall together after a standstill are one.
func TestRemindersFollowTheCalendar(t *testing.T) {
	t.Parallel()
	w := asking(t)
	w.Promise(store.Promises{Clock: worktime.Clock{Promise: 24 * time.Hour, Holidays: map[string]bool{"2026-11-24": true}}})
	w.must(w.wishes("mikko", "74120935", licensing.KeyViewer, false, monday))
	w.must(w.MindAccess(t.Context(), monday))
	w.must(w.MindAccess(t.Context(), monday.Add(71*time.Hour)))
	if got := w.newsOf("arne"); len(got) != 1 {
		t.Errorf("before two working days have passed: got %v, want no reminder", got)
	}
	w.must(w.MindAccess(t.Context(), monday.Add(20*24*time.Hour)))
	if got := w.newsOf("arne"); len(got) != 2 {
		t.Errorf("after a standstill: got %v, want one reminder", got)
	}
}

// Where nobody administers it, the operator is told at once.
func TestTheOperatorIsToldWhereNobodyAnswers(t *testing.T) {
	t.Parallel()
	w := asking(t)
	w.staffed()
	w.do(`UPDATE grants SET revoked_at = now() WHERE role = 'administrator'`)
	w.wished("mikko", "74120935", licensing.KeyViewer, false)
	w.must(w.MindAccess(t.Context(), monday.Add(48*time.Hour)))
	if got := w.newsOf("olli"); !slices.Equal(got, []licensing.NewsKind{licensing.AccessLonelyNews}) {
		t.Errorf("olli's news: got %v, want that nobody administers it, once", got)
	}
	if got := w.newsOf("sofia"); len(got) != 0 {
		t.Errorf("sofia's news: got %v, want none", got)
	}
	list, err := w.UnheardAccess(t.Context(), w.op)
	if err != nil || len(list) != 1 || !list[0].Lonely {
		t.Errorf("the staff's list: got %+v, %v, want it there", list, err)
	}
	if list, err := w.UnheardAccess(t.Context(), w.as("sofia")); err != nil || len(list) != 1 || list[0].Name != "" || list[0].Email != "" || list[0].Reason != "" {
		t.Errorf("support's list: got %+v, %v, want it without who asks", list, err)
	}
	if _, err := w.UnheardAccess(t.Context(), w.as("anna")); !errors.Is(err, licensing.ErrForbidden) {
		t.Errorf("a customer asks for the staff's list: got %v, want forbidden", err)
	}
	w.grantOn("arne", licensing.Administrator, "74120935")
	w.must(w.MindAccess(t.Context(), monday.Add(7*24*time.Hour)))
	if got := w.newsOf("arne"); len(got) != 1 {
		t.Errorf("who has come to administer it: got %v, want a reminder", got)
	}
	if list, err := w.UnheardAccess(t.Context(), w.op); err != nil || len(list) != 0 {
		t.Errorf("the staff's list then: got %+v, %v, want nothing", list, err)
	}
}

// S-53: the wall keeps what is asked of a family from other families, and the role that
// serves customers from writing it.
func TestRequestsForAccessAreWalled(t *testing.T) {
	t.Parallel()
	w := asking(t)
	id := w.wished("mikko", "74120935", licensing.KeyViewer, false)
	w.do(`INSERT INTO grants (id, person_id, root_id, role, organisation_id) VALUES ($1, $2, $3, 'administrator', $3)`, newID(), w.person["frode"].ID, w.org[nordvik].RootID)
	within := w.as("frode") // deceived conditions: reach does not have it, so the wall stands
	if waiting, answered, err := w.AccessToAnswer(t.Context(), within); err != nil || len(waiting)+len(answered) != 0 {
		t.Errorf("behind the wall: got %v, %v, %v, want nothing", waiting, answered, err)
	}
	within.Roots = append(within.Roots, w.org[nordvik].RootID)
	if waiting, _, err := w.AccessToAnswer(t.Context(), within); err != nil || len(waiting) != 1 {
		t.Errorf("with the wall open: got %v, %v, want the request: else nothing was tested", waiting, err)
	}
	c := w.connect(w.db.ServeURL)
	w.must(exec(c, `SELECT set_config('keyhall.roots', $1, false)`, "{"+w.org[nordvik].RootID.String()+"}"))
	w.must(exec(c, `SET ROLE keyhall_serve`))
	for _, statement := range []string{`UPDATE access_requests SET state = 'accepted' WHERE id = '` + id.String() + `'`, `DELETE FROM access_requests`} {
		if err := exec(c, statement); err == nil {
			t.Errorf("%s as the serving role: got no error", statement)
		}
	}
	for statement, constraint := range map[string]string{
		`UPDATE access_requests SET role = 'administrator'`:                                      "stays what was asked",
		`UPDATE access_requests SET state = 'accepted', closed_at = now(), given = 'key_viewer'`: "decided_by_somebody",
		`UPDATE access_requests SET state = 'denied', closed_at = now(), decided_by = person_id`: "decider_is_another",
	} {
		if err := exec(w.connect(w.db.SuperURL), statement); err == nil || !strings.Contains(err.Error(), constraint) {
			t.Errorf("%s: got %v, want %s", statement, err, constraint)
		}
	}
	w.must(w.deny("arne", id))
	if err := exec(w.connect(w.db.SuperURL), `UPDATE access_requests SET message = 'Other words'`); err == nil || !strings.Contains(err.Error(), "is closed") {
		t.Errorf("changing what is closed: got %v", err)
	}
}
