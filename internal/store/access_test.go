package store_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/licensing"
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
