package store_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/licensing"
)

// locked is a world whose 74120935 and Nordvik Suomi nobody administers, with the agents
// sofia and samuel and the operator olli.
type locked struct {
	*world
	sofia, samuel, olli licensing.Viewer
}

func newLocked(t *testing.T) locked {
	t.Helper()
	w := locked{world: ruled(t)}
	w.do(`UPDATE grants SET role = 'licence_reader' WHERE role = 'administrator' AND root_id = $1`, w.org[nordvik].RootID)
	w.sofia, w.samuel = w.agent("sofia"), w.agent("samuel")
	w.must(w.AddPerson(t.Context(), w.op, licensing.Person{ID: w.named("olli"), Name: "olli", BusinessEmail: "olli@operator.example", StaffRole: licensing.Operator}))
	w.olli = w.as("olli")
	return w
}

func (w locked) open(by licensing.Viewer, number, person string) error {
	return w.OpenEmergency(w.t.Context(), by, licensing.EmergencyAsked{Number: number, Person: person, Reason: "Their administrator has left; called back."}, press("/support/access"))
}

// opened is the case that sofia has opened for kaisa.
func (w locked) opened() licensing.EmergencyLine {
	w.t.Helper()
	w.must(w.open(w.sofia, "74120935", "kaisa@demo.example"))
	return w.only()
}

// confirmed is one that samuel has confirmed.
func (w locked) confirmed() licensing.EmergencyLine {
	w.t.Helper()
	l := w.opened()
	w.must(w.ConfirmEmergency(w.t.Context(), w.samuel, l.ID, licensing.EmergencyAct{Version: l.Version}, press("c")))
	return w.only()
}

func (w locked) only() licensing.EmergencyLine {
	w.t.Helper()
	list, err := w.EmergencyCases(w.t.Context(), w.olli)
	w.must(err)
	if len(list) != 1 {
		w.t.Fatalf("cases: got %d, want 1", len(list))
	}
	return list[0]
}

// later lets the wait of every case pass.
func (w locked) later() {
	w.do(`SET session_replication_role = replica; UPDATE emergency_cases SET opened_at = opened_at - interval '8 days', confirmed_at = confirmed_at - interval '8 days', due_at = due_at - interval '8 days'`)
}

func emergency(err error) string { return strings.TrimPrefix(outcome(err), "emergency.problem.") }

// S-50, S-51: agents of support alone open a case, for what nobody administers, and for an
// account of the family or one that is named by its ID.
func TestWhoOpensACaseOfEmergency(t *testing.T) {
	t.Parallel()
	w := newLocked(t)
	for _, c := range []struct {
		name           string
		by             licensing.Viewer
		number, person string
		want           string
	}{
		{"a customer", w.as("kaisa"), "74120935", "kaisa@demo.example", "f"},
		{"the operator", w.olli, "74120935", "kaisa@demo.example", "f"},
		{"for what somebody administers", w.sofia, "50912277", "frode@demo.example", "administered"},
		{"for no licence ID", w.sofia, "99999999", "kaisa@demo.example", "licence"},
		{"for somebody of another family", w.sofia, "74120935", "frode@demo.example", "person"},
		{"for nobody", w.sofia, "74120935", "nobody@demo.example", "person"},
		{"for an agent", w.sofia, "74120935", w.samuel.PersonID.String(), "person"},
		{"for an account by its ID", w.sofia, "74120935", w.person["frode"].ID.String(), "y"},
		{"a second time", w.samuel, "74120935", "kaisa@demo.example", "open"},
	} {
		if got := emergency(w.open(c.by, c.number, c.person)); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
	w.grantOn("sofia", licensing.LicenceReader, "V6380217") // who has a right there (S-13)
	if got := emergency(w.open(w.sofia, "V6380217", "kaisa@demo.example")); got != "f" {
		t.Errorf("an agent with a right in the family: got %s, want forbidden", got)
	}
	w.whole()
}

// S-40: no case is opened for whom no provider vouches for there: the right would open
// nothing, and the place would count as administered.
func TestEmergencyIsForWhoCanSignInThere(t *testing.T) {
	t.Parallel()
	w := newLocked(t)
	w.Trust([]licensing.Issuer{{Address: everybodys, Roots: []uuid.UUID{w.org[kommune].ID}}})
	if got := emergency(w.open(w.sofia, "74120935", "kaisa@demo.example")); got != "issuer" {
		t.Errorf("a case for whose provider speaks for others: got %s, want issuer", got)
	}
	w.Trust([]licensing.Issuer{{Address: everybodys, Roots: []uuid.UUID{w.org[kommune].ID, w.org[nordvik].ID}}})
	w.opened()
}

// S-10, S-13: of two agents one opens and another confirms; after the wait the person is
// administrator, once (R18: through two stores at once), and everybody with a right there
// has heard of each step.
func TestEmergencyTakesTwoAgentsAndAWait(t *testing.T) {
	t.Parallel()
	w := newLocked(t)
	other := openStore(t, w.db)
	l := w.opened()
	act := licensing.EmergencyAct{Version: l.Version}
	for _, c := range []struct {
		name string
		by   licensing.Viewer
		act  licensing.EmergencyAct
		want string
	}{
		{"who opened it", w.sofia, act, "f"},
		{"the operator", w.olli, act, "f"},
		{"a customer who sees it", w.as("kaisa"), act, "f"},
		{"a stranger", w.as("frode"), act, "n"},
		{"an agent who saw another version", w.samuel, licensing.EmergencyAct{Version: 7}, "c"},
		{"another agent", w.samuel, act, "y"},
		{"once more", w.samuel, act, "c"},
	} {
		if got := outcome(w.ConfirmEmergency(t.Context(), c.by, l.ID, c.act, press("c"))); got != c.want {
			t.Errorf("%s confirms: got %s, want %s", c.name, got, c.want)
		}
	}
	w.must(w.CarryOutEmergency(t.Context()))
	if n := w.count(administers, "kaisa"); n != 0 {
		t.Fatal("the right is given before the wait is over")
	}
	if l = w.only(); l.DueAt.Sub(*l.ConfirmedAt) != w.EmergencyWait() || w.EmergencyWait() != 72*time.Hour {
		t.Errorf("the wait: got %v, want %v", l.DueAt.Sub(*l.ConfirmedAt), w.EmergencyWait())
	}
	w.later()
	var all sync.WaitGroup
	errs := make([]error, 6)
	for i := range errs {
		s := w.Store
		if i%2 == 1 {
			s = other
		}
		all.Go(func() { errs[i] = s.CarryOutEmergency(t.Context()) })
	}
	all.Wait()
	for _, err := range errs {
		w.must(err)
	}
	if rights, told, state := w.count(administers, "kaisa"), w.entries("emergency.granted", licensing.Done), w.only().State; rights != 1 || told != 1 || state != licensing.EmergencyGranted {
		t.Errorf("got %d rights, %d entries and a case that is %s, want 1, 1, granted", rights, told, state)
	}
	const marked = `SELECT count(*) FROM audit WHERE action = 'role.granted' AND detail ? 'case'`
	if n := w.count(marked); n != 1 {
		t.Errorf("rights marked as emergency access in the audit log: got %d, want 1", n)
	}
	for name, want := range map[string]int{"lena": 3, "kaisa": 3, "frode": 0, "olli": 3, "samuel": 1, "kevin": 0} {
		if got := len(w.notices(name)); got != want {
			t.Errorf("%s's notices: got %d, want %d", name, got, want)
		}
	}
	if n := w.entries("emergency.confirmed", licensing.Refused); n != 5 {
		t.Errorf("refusals on record: got %d, want 5", n)
	}
	w.whole()
}

// An administrator of the place, if one appears, or the operator stops a case, and says why;
// nobody else.
func TestAnObjectionStopsEmergency(t *testing.T) {
	t.Parallel()
	for name, objector := range map[string]func(locked) licensing.Viewer{
		"the operator":     func(w locked) licensing.Viewer { return w.olli },
		"an administrator": func(w locked) licensing.Viewer { return w.as("berit") },
	} {
		w := newLocked(t)
		l := w.confirmed()
		w.do(`UPDATE grants SET role = 'administrator' WHERE person_id = $1`, w.person["berit"].ID)
		w.do(`UPDATE reach SET until = now() - interval '1 second' WHERE person_id = $1`, w.person["berit"].ID)
		act := licensing.EmergencyAct{Version: l.Version, Message: "We know nothing of this."}
		for who, want := range map[string]string{"lena": "f", "frode": "n"} {
			if got := outcome(w.StopEmergency(t.Context(), w.as(who), l.ID, act, press("s"))); got != want {
				t.Errorf("%s objects: got %s, want %s", who, got, want)
			}
		}
		if got := outcome(w.StopEmergency(t.Context(), w.samuel, l.ID, act, press("s"))); got != "f" {
			t.Errorf("support objects: got %s, want forbidden", got)
		}
		by := objector(w)
		if got := outcome(w.StopEmergency(t.Context(), by, l.ID, licensing.EmergencyAct{Version: l.Version}, press("s"))); got != "request.problem.message_missing" {
			t.Errorf("%s says nothing: got %s", name, got)
		}
		w.must(w.StopEmergency(t.Context(), by, l.ID, act, press("s")))
		w.later()
		w.must(w.CarryOutEmergency(t.Context()))
		if l := w.only(); l.State != licensing.EmergencyStopped || l.Objection != act.Message || w.count(administers, "kaisa") != 0 {
			t.Errorf("%s objected: got a case that is %s, because %q", name, l.State, l.Objection)
		}
		w.whole()
	}
}

// Who administers a licence ID of an organisation that nobody administers stops a case that
// would put somebody above them, and none for another licence ID there.
func TestAnAdministratorBelowObjects(t *testing.T) {
	t.Parallel()
	w := newLocked(t)
	w.addLicence("61200418", suomi, "ea")
	w.grantOn("nils", licensing.Administrator, "61200418")
	stop := func(name string) string {
		t.Helper()
		l := w.only()
		return outcome(w.StopEmergency(t.Context(), w.as(name), l.ID, licensing.EmergencyAct{Version: l.Version, Message: "Ask me."}, press("s")))
	}
	w.must(w.open(w.sofia, "74120935", "kaisa@demo.example"))
	if got := stop("nils"); got != "n" {
		t.Errorf("nils stops a case for another licence ID: got %s, want not found", got)
	}
	w.do(`DELETE FROM emergency_cases`)
	w.must(w.OpenEmergency(t.Context(), w.sofia, licensing.EmergencyAsked{Number: "74120935", Whole: true, Person: "kaisa@demo.example", Reason: "x"}, press("o")))
	for _, c := range []struct{ name, want string }{{"lena", "f"}, {"frode", "n"}, {"nils", "y"}} {
		if got := stop(c.name); got != c.want {
			t.Errorf("%s stops a case for the organisation: got %s, want %s", c.name, got, c.want)
		}
	}
	w.whole()
}

// What nobody confirmed, what isn't needed any more and what can't be done comes to nothing.
func TestEmergencyExpires(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		confirm bool
		sql     string
	}{
		"nobody confirmed it in a week":     {false, `SELECT 1`},
		"somebody administers it again":     {true, `UPDATE grants SET role = 'administrator' WHERE person_id = (SELECT id FROM persons WHERE name = 'berit')`},
		"the account of the person has end": {true, `UPDATE persons SET ended_at = now() WHERE name = 'kaisa'`},
	} {
		w := newLocked(t)
		if c.confirm {
			w.confirmed()
		} else {
			w.opened()
		}
		w.do(c.sql)
		w.later()
		w.must(w.CarryOutEmergency(t.Context()))
		if l := w.only(); l.State != licensing.EmergencyExpired || w.count(administers, "kaisa") != 0 {
			t.Errorf("%s: got a case that is %s, want expired", name, l.State)
		}
	}
}

// S-12: of an agent who confirms and one who withdraws at once, each on a server of their
// own, one is first and the other finds that the case has changed.
func TestOneOfTwoMovesOfACaseIsFirst(t *testing.T) {
	t.Parallel()
	w := newLocked(t)
	other := openStore(t, w.db)
	for round := range 6 {
		w.must(w.open(w.sofia, "74120935", "kaisa@demo.example"))
		list, err := w.EmergencyCases(t.Context(), w.sofia)
		w.must(err)
		act := licensing.EmergencyAct{Version: list[0].Version}
		var both sync.WaitGroup
		var first, second error
		both.Go(func() { first = w.ConfirmEmergency(t.Context(), w.samuel, list[0].ID, act, press("c")) })
		both.Go(func() { second = other.WithdrawEmergency(t.Context(), w.sofia, list[0].ID, act, press("w")) })
		both.Wait()
		if got := outcome(first) + outcome(second); got != "yc" && got != "cy" {
			t.Fatalf("round %d: got %s, want one done and one a conflict", round, got)
		}
		if second != nil {
			w.must(w.WithdrawEmergency(t.Context(), w.sofia, list[0].ID, licensing.EmergencyAct{Version: act.Version + 1}, press("w")))
		}
	}
	w.whole()
}

// S-10, S-13, S-53: the database says it a second time: two people, along the line, behind
// the wall.
func TestTheDatabaseHoldsEmergencyToItsRules(t *testing.T) {
	t.Parallel()
	w := newLocked(t)
	w.opened()
	super := w.connect(w.db.SuperURL)
	for what, sql := range map[string]string{
		"one agent confirms their own":  `UPDATE emergency_cases SET state = 'confirmed', confirmed_by = opened_by, confirmed_at = now(), due_at = now() + interval '72 hours'`,
		"a case is granted unconfirmed": `UPDATE emergency_cases SET state = 'granted', closed_at = now()`,
		"there is hardly a wait":        `UPDATE emergency_cases SET state = 'confirmed', confirmed_by = (SELECT id FROM persons WHERE name = 'samuel'), confirmed_at = now(), due_at = now() + interval '59 minutes'`,
		"an objection says nothing":     `UPDATE emergency_cases SET state = 'stopped', closed_at = now()`,
	} {
		if err := exec(super, sql); err == nil {
			t.Errorf("%s: got no error", what)
		}
	}
	c := w.connect(w.db.ServeURL)
	w.must(exec(c, `SELECT set_config('keyhall.roots', '{' || $1 || '}', false)`, w.org[kommune].RootID.String()))
	var seen int
	w.must(c.QueryRow(t.Context(), `SELECT count(*) FROM emergency_cases`).Scan(&seen))
	if err := exec(c, `UPDATE emergency_cases SET state = 'withdrawn', closed_at = now()`); err == nil || seen != 0 {
		t.Errorf("the serving role, for another family: sees %d cases, writes with %v", seen, err)
	}
}

// Everybody who sees the licence ID sees on its pages what is under way there.
func TestACaseIsSeenOnThePagesOfItsLicenceID(t *testing.T) {
	t.Parallel()
	w := newLocked(t)
	w.addLicence("61200418", suomi, "ea")
	w.must(w.OpenEmergency(t.Context(), w.sofia, licensing.EmergencyAsked{Number: "74120935", Whole: true, Person: "kaisa@demo.example", Reason: "x"}, press("o")))
	for _, c := range []struct {
		name, number string
		want         int
	}{{"lena", "74120935", 1}, {"dirk", "61200418", 1}, {"anna", "V6380217", 0}} {
		p, err := w.People(t.Context(), w.as(c.name), c.number)
		w.must(err)
		if len(p.Licence.Cases) != c.want {
			t.Errorf("%s on %s: got %d cases, want %d", c.name, c.number, len(p.Licence.Cases), c.want)
		}
	}
}
