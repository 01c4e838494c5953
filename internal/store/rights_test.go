package store_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
)

// ruled is family with an administrator of Nordvik Suomi alone, berit, and one of
// 74120935 alone, arne.
func ruled(t testing.TB) *world {
	t.Helper()
	w, _, _ := family(t)
	w.grant("berit", licensing.Administrator, suomi)
	w.grantOn("arne", licensing.Administrator, "74120935")
	return w
}

// give lets somebody give a role on a licence ID, or on an organisation above it.
func (w *world) give(by, number, organisation, to string, role licensing.Role) error {
	return w.GiveRight(w.t.Context(), w.as(by), licensing.Giving{
		Number: number, Organisation: w.org[organisation].ID, Invitee: licensing.Invitee{Email: to + "@Demo.example"},
		Terms: licensing.Terms{Role: role, At: time.Now()},
	}, press("/licences/:number/people"))
}

// rightOf is the one right that somebody has by a role.
func (w *world) rightOf(name string, role licensing.Role) (id uuid.UUID) {
	w.t.Helper()
	c := w.connect(w.db.SuperURL)
	w.must(c.QueryRow(w.t.Context(), `SELECT id FROM grants WHERE person_id = $1 AND role = $2 AND revoked_at IS NULL`,
		w.person[name].ID, string(role)).Scan(&id))
	w.must(c.Close(w.t.Context()))
	return id
}

func (w *world) change(by string, id uuid.UUID, role licensing.Role, until *time.Time) error {
	return w.ChangeRight(w.t.Context(), w.as(by), id, licensing.Terms{Role: role, Until: until, At: time.Now()}, press("/rights/:id"))
}

func (w *world) endRight(by string, id uuid.UUID) error {
	return w.EndRight(w.t.Context(), w.as(by), id, press("/rights/:id/end"))
}

// outcome says in a letter how an act ended: y done, f forbidden, n not found, c
// conflict, or the message of what is wrong with the form.
func outcome(err error) string {
	var p licensing.Problems
	switch {
	case err == nil:
		return "y"
	case errors.As(err, &p):
		return strings.TrimPrefix(p[0].Message, "right.problem.")
	case errors.Is(err, licensing.ErrForbidden):
		return "f"
	case errors.Is(err, licensing.ErrNotFound):
		return "n"
	case errors.Is(err, licensing.ErrConflict):
		return "c"
	}
	return err.Error()
}

// S-50, S-51: who gives, changes and ends rights, and on what: on a licence ID, on its
// organisation, on the group above it, on a sibling's licence ID.
func TestWhoGivesRights(t *testing.T) {
	t.Parallel()
	w := ruled(t)
	w.grantOn("nils", licensing.LicenceReader, "V6380217")
	for _, c := range []struct{ name, licence, organisation, group, sibling string }{
		{"anna", "y", "y", "y", "y"},
		{"berit", "held", "held", "f", "n"},
		{"arne", "held", "f", "f", "n"}, // sees that the group is above, gives nothing there
		{"kaisa", "f", "f", "f", "n"},
		{"kevin", "n", "n", "n", "f"},
		{"lena", "f", "f", "f", "n"},
		{"dirk", "f", "f", "f", "n"},
		{"frode", "n", "n", "n", "n"},
	} {
		for _, place := range []struct{ number, organisation, want string }{
			{"74120935", "", c.licence}, {"74120935", suomi, c.organisation}, {"74120935", nordvik, c.group}, {"V6380217", "", c.sibling},
		} {
			if got := outcome(w.give(c.name, place.number, place.organisation, "nils", licensing.DownloadManager)); got != place.want {
				t.Errorf("%s gives a right on %s %s: got %s, want %s", c.name, place.number, place.organisation, got, place.want)
			}
		}
	}
	w.whole()
}

func TestWhoChangesAndEndsRights(t *testing.T) {
	t.Parallel()
	w := ruled(t)
	w.grantOn("kaisa", licensing.LicenceReader, "74120935")
	here, suomis, groups, sibling := w.rightOf("kaisa", licensing.LicenceReader), w.rightOf("lena", licensing.LicenceReader),
		w.rightOf("anna", licensing.Administrator), w.rightOf("kevin", licensing.KeyViewer)
	for _, c := range []struct{ name, here, organisation, group, sibling string }{
		{"kaisa", "f", "f", "f", "n"},
		{"lena", "f", "f", "f", "n"},
		{"dirk", "f", "f", "f", "n"},
		{"kevin", "n", "n", "f", "f"},
		{"frode", "n", "n", "n", "n"},
		{"arne", "role", "f", "f", "n"}, // an inherited right is not changed below
		{"berit", "role", "role", "f", "n"},
		{"anna", "role", "role", "f", "role"}, // her own is not hers to change
	} {
		for id, want := range map[uuid.UUID]string{here: c.here, suomis: c.organisation, groups: c.group, sibling: c.sibling} {
			if got := outcome(w.change(c.name, id, licensing.SupportAgent, nil)); got != want {
				t.Errorf("%s changes %v: got %s, want %s", c.name, id, got, want)
			}
			if want == "role" {
				continue // whoever may, ends it
			}
			if got := outcome(w.endRight(c.name, id)); got != want {
				t.Errorf("%s ends %v: got %s, want %s", c.name, id, got, want)
			}
		}
	}
	if n := w.entries("role.ended", licensing.Refused); n == 0 {
		t.Error("no refusal is on record")
	}
	for by, id := range map[string]uuid.UUID{"arne": here, "berit": suomis, "anna": sibling} {
		w.must(w.endRight(by, id))
		if got := outcome(w.endRight(by, id)); by != "anna" && got != "c" {
			t.Errorf("%s ends it a second time: got %s, want a conflict", by, got)
		}
	}
	if v := w.as("kevin"); v.May != 0 || len(v.Roots) != 0 {
		t.Errorf("kevin, whose right has ended: got permissions %b, want none", v.May)
	}
	w.whole()
}

// The staff of the installation act for no customer here.
func TestTheStaffGiveNoRightsForCustomers(t *testing.T) {
	t.Parallel()
	w := ruled(t)
	sofia := w.agent("sofia")
	for _, by := range []licensing.Viewer{sofia, w.op} {
		err := w.GiveRight(t.Context(), by, licensing.Giving{Number: "74120935", Invitee: licensing.Invitee{Email: "kaisa@demo.example"}, Terms: licensing.Terms{Role: licensing.KeyViewer}}, press("x"))
		if !errors.Is(err, licensing.ErrForbidden) {
			t.Errorf("%s gives a right: got %v, want forbidden", by.Name, err)
		}
	}
	w.must(w.give("anna", "74120935", "", "sofia", licensing.KeyViewer)) // invited, as any stranger is
	if got := w.count(`SELECT count(*) FROM grants WHERE person_id = $1`, sofia.PersonID); got != 0 {
		t.Errorf("rights of support: got %d, want none", got)
	}
}

// What is wrong with the form. Who isn't of the family is invited, whether anybody has the
// address or not.
func TestWhatIsWrongWithAGiving(t *testing.T) {
	t.Parallel()
	w := ruled(t)
	w.must(w.AddPerson(t.Context(), w.op, licensing.Person{ID: newID(), Name: "Second Dirk", BusinessEmail: "dirk@demo.example"}))
	w.someone("mikko") // has an account, and no right anywhere
	ended := time.Now().Add(-time.Hour)
	for name, c := range map[string]struct {
		to    string
		role  licensing.Role
		until *time.Time
		want  string
	}{
		"nobody's address":                 {"nobody", licensing.KeyViewer, nil, "y"},
		"the address of another family":    {"frode", licensing.KeyViewer, nil, "y"},
		"somebody without a right":         {"mikko", licensing.KeyViewer, nil, "y"},
		"one's own address":                {"arne", licensing.KeyViewer, nil, "own"},
		"a role of the staff":              {"kaisa", licensing.Operator, nil, "role"},
		"an end that has passed":           {"kaisa", licensing.KeyViewer, &ended, "past"},
		"the role that somebody has there": {"kevin", licensing.KeyViewer, nil, "y"},
	} {
		err := w.GiveRight(t.Context(), w.as("arne"), licensing.Giving{
			Number: "74120935", Invitee: licensing.Invitee{Email: c.to + "@demo.example"}, Terms: licensing.Terms{Role: c.role, Until: c.until, At: time.Now()},
		}, press("x"))
		if got := outcome(err); got != c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
	if got := outcome(w.give("arne", "74120935", "", "kevin", licensing.KeyViewer)); got != "held" {
		t.Errorf("the same right again: got %s, want held", got)
	}
	w.must(w.give("arne", "74120935", "", "dirk", licensing.KeyViewer))
	w.do(`INSERT INTO grants (id, person_id, root_id, role, organisation_id) SELECT $1, id, $2, 'key_viewer', $2 FROM persons WHERE name = 'Second Dirk'`, newID(), w.org[nordvik].RootID)
	if got := outcome(w.give("arne", "74120935", "", "dirk", licensing.LicenceReader)); got != "several" {
		t.Errorf("an address that two have: got %s, want several", got)
	}
}

// S-48: what is given is there with the next question, on every instance, and what is
// ended is gone; a right on an organisation opens licence IDs that come later.
func TestARightCountsAtOnce(t *testing.T) {
	t.Parallel()
	w := ruled(t)
	other := openStore(t, w.db)
	sees := func(name, number string) bool {
		v, err := other.Viewer(t.Context(), licensing.Session{PersonID: w.person[name].ID})
		w.must(err)
		_, err = other.Licence(t.Context(), v, number)
		return err == nil
	}
	if sees("kevin", "74120935") {
		t.Fatal("kevin sees 74120935 before anybody gave him a right on it")
	}
	w.must(w.give("anna", "74120935", suomi, "kevin", licensing.KeyViewer))
	w.addLicence("61200418", suomi, "ea")
	if !sees("kevin", "74120935") || !sees("kevin", "61200418") {
		t.Error("a right on Nordvik Suomi doesn't open its licence IDs, now and in future")
	}
	var id uuid.UUID
	c := w.connect(w.db.SuperURL)
	w.must(c.QueryRow(t.Context(), `SELECT id FROM grants WHERE person_id = $1 AND organisation_id = $2`, w.person["kevin"].ID, w.org[suomi].ID).Scan(&id))
	until := time.Now().Add(time.Hour)
	w.must(w.change("anna", id, licensing.LicenceReader, &until))
	if got := outcome(w.change("anna", id, licensing.KeyViewer, nil)); got != "c" {
		t.Errorf("a form drawn for the right of before: got %s, want a conflict", got)
	}
	v, err := other.Viewer(t.Context(), licensing.Session{PersonID: w.person["kevin"].ID})
	w.must(err)
	if l, err := other.Licence(t.Context(), v, "74120935"); err != nil || l.Rights != licensing.LicenceReader.Permissions() {
		t.Errorf("kevin, who may only read now: got permissions %b, %v", l.Rights, err)
	}
	w.must(w.Leave(t.Context(), w.as("anna"), licensing.Leaving{Person: w.person["kevin"].ID, At: noon}, press("leave")))
	if sees("kevin", "74120935") || sees("kevin", "61200418") || sees("kevin", "V6380217") {
		t.Error("who has left still sees licence IDs")
	}
	if granted, changed, ended := w.entries("role.granted", licensing.Done), w.entries("role.changed", licensing.Done), w.entries("role.ended", licensing.Done); granted == 0 || changed != 1 || ended != 2 {
		t.Errorf("on record: got %d given, %d changed, %d ended, want 1 changed and 2 ended", granted, changed, ended)
	}
	w.whole()
}

// Who has rights in two families keeps those in the other.
func TestRightsInAnotherFamilyStay(t *testing.T) {
	t.Parallel()
	w := ruled(t)
	w.grantOn("kevin", licensing.LicenceReader, "50912277")
	w.must(w.Leave(t.Context(), w.as("anna"), licensing.Leaving{Person: w.person["kevin"].ID, At: noon}, press("leave")))
	if _, err := w.Licence(t.Context(), w.as("kevin"), "50912277"); err != nil {
		t.Errorf("kevin asks for Fjellheim's licence ID: got %v, want it seen", err)
	}
	for by, want := range map[string]string{"anna": "n", "frode": "y"} {
		if got := outcome(w.Leave(t.Context(), w.as(by), licensing.Leaving{Person: w.person["kevin"].ID, At: noon}, press("leave"))); got != want {
			t.Errorf("%s ends what is left: got %s, want %s", by, got, want)
		}
	}
	for by, want := range map[string]string{"lena": "n", "berit": "f"} { // nothing that she manages; herself
		if got := outcome(w.Leave(t.Context(), w.as(by), licensing.Leaving{Person: w.person["berit"].ID, At: noon}, press("leave"))); got != want {
			t.Errorf("%s ends berit's rights: got %s, want %s", by, got, want)
		}
	}
	w.whole()
}

// A right that has run out gives nothing, though reach has not been worked out anew.
func TestARightThatRanOutManagesNobody(t *testing.T) {
	t.Parallel()
	w := ruled(t)
	arne, id := w.as("arne"), w.rightOf("lena", licensing.LicenceReader)
	w.do(`UPDATE grants SET expires_at = now() - interval '1 second' WHERE person_id = $1`, arne.PersonID)
	g := licensing.Giving{Number: "74120935", Invitee: licensing.Invitee{Email: "kaisa@demo.example"}, Terms: licensing.Terms{Role: licensing.KeyViewer}}
	if got := outcome(w.GiveRight(t.Context(), arne, g, press("x"))); got != "f" {
		t.Errorf("whose right has run out gives one: got %s, want forbidden", got)
	}
	w.do(`UPDATE grants SET expires_at = now() - interval '1 second' WHERE id = $1`, id)
	if got := outcome(w.endRight("berit", id)); got != "c" {
		t.Errorf("ending what has run out: got %s, want a conflict", got)
	}
}

// The last administrator stays: their right is not ended, lowered, or given an end, as
// long as nobody else's lasts as long.
func TestTheLastAdministratorStays(t *testing.T) {
	t.Parallel()
	w := ruled(t)
	soon, later := time.Now().Add(time.Hour), time.Now().Add(48*time.Hour)
	// Of the three who cover 74120935, only berit's right has no end.
	w.do(`UPDATE grants SET expires_at = $2 WHERE person_id = $1`, w.person["anna"].ID, later)
	w.do(`UPDATE grants SET expires_at = $2 WHERE person_id = $1`, w.person["arne"].ID, soon)
	id := w.rightOf("berit", licensing.Administrator)
	for what, err := range map[string]error{
		"ended":        w.endRight("anna", id),
		"lowered":      w.change("anna", id, licensing.KeyAdministrator, nil),
		"given an end": w.change("anna", id, licensing.Administrator, &soon),
		"left with":    w.Leave(t.Context(), w.as("anna"), licensing.Leaving{Person: w.person["berit"].ID, At: noon}, press("leave")),
	} {
		if got := outcome(err); got != "last" {
			t.Errorf("the last right without end is %s: got %s, want it refused", what, got)
		}
	}
	if n := w.entries("role.ended", licensing.Done) + w.entries("role.changed", licensing.Done); n != 0 {
		t.Errorf("on record as done: got %d, want nothing", n)
	}
	w.must(w.endRight("anna", w.rightOf("arne", licensing.Administrator))) // others stay longer
	if got := outcome(w.give("anna", "74120935", "", "kaisa", licensing.Administrator)); got != "y" {
		t.Fatalf("another administrator: got %s", got)
	}
	w.must(w.endRight("anna", id))
	w.whole()
}

// Two administrators end each other's right at once, each on an instance of their own:
// one of them stays.
func TestTwoWhoEndEachOtherLeaveOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.do(`UPDATE grants SET role = 'licence_reader' WHERE person_id = $1`, w.person["anna"].ID)
	w.grantOn("arne", licensing.Administrator, "74120935")
	w.grantOn("berit", licensing.Administrator, "74120935")
	other := openStore(t, w.db)
	for round := range 8 {
		arne, berit := w.as("arne"), w.as("berit")
		arnes, berits := w.rightOf("arne", licensing.Administrator), w.rightOf("berit", licensing.Administrator)
		var both sync.WaitGroup
		var first, second error
		both.Go(func() { first = w.EndRight(t.Context(), arne, berits, press("a")) })
		both.Go(func() { second = other.EndRight(t.Context(), berit, arnes, press("b")) })
		both.Wait()
		if (first == nil) == (second == nil) {
			t.Fatalf("round %d: got %v and %v, want one done and one refused", round, first, second)
		}
		const left = `SELECT count(*) FROM grants WHERE role = 'administrator' AND revoked_at IS NULL AND licence_id IS NOT NULL`
		if n := w.count(left); n != 1 {
			t.Fatalf("round %d: administrators left: got %d, want 1", round, n)
		}
		gone := "arne"
		if first == nil {
			gone = "berit"
		}
		w.grantOn(gone, licensing.Administrator, "74120935")
	}
	w.whole()
}

// S-17: a press that is repeated gives one right.
func TestARepeatedGivingGivesOneRight(t *testing.T) {
	t.Parallel()
	w := ruled(t)
	g := licensing.Giving{Number: "74120935", Invitee: licensing.Invitee{Email: "kevin@demo.example"}, Terms: licensing.Terms{Role: licensing.KeyViewer, At: time.Now()}}
	once := press("/licences/:number/people")
	for range 2 {
		w.must(w.GiveRight(t.Context(), w.as("arne"), g, once))
	}
	if n := w.count(`SELECT count(*) FROM grants g JOIN licences l ON l.id = g.licence_id WHERE l.number = '74120935' AND g.person_id = $1`, w.person["kevin"].ID); n != 1 {
		t.Errorf("rights of kevin's: got %d, want 1", n)
	}
}

// The list of people holds what its reader manages, a page at a time, and nothing else.
func TestPeopleAreListedToThoseWhoManageThem(t *testing.T) {
	t.Parallel()
	w := ruled(t)
	for name, want := range map[string]string{
		"anna":  "anna 1, arne 1, berit 1, dirk 1, kaisa 1, kevin 1, lena 1",
		"berit": "arne 1, berit 1, dirk 1, kaisa 1, lena 1",
		"arne":  "arne 1",
		"frode": "frode 1",
		"kaisa": "", "lena": "",
	} {
		if got := w.listed(name, ""); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
	if got := w.listed("anna", "BERIT@demo"); got != "berit 1" {
		t.Errorf("by a part of the address: got %s, want berit", got)
	}
	p, err := w.People(t.Context(), w.as("arne"), "74120935")
	lines := p.Rights
	w.must(err)
	for _, r := range lines {
		if own := r.Name == "arne"; r.Managed != own || r.ChangeableBy(w.as("arne")) {
			t.Errorf("arne's page shows %s's right as managed: %v", r.Name, r.Managed)
		}
	}
	for name, want := range map[string]int{"anna": 2, "berit": 1, "arne": 0, "kaisa": 0} {
		if p, err := w.People(t.Context(), w.as(name), "74120935"); err != nil || len(p.Places) != want {
			t.Errorf("organisations on which %s may give rights: got %v, %v, want %d", name, p.Places, err, want)
		}
	}
}

func (w *world) listed(name, query string) string {
	w.t.Helper()
	page, err := w.ManagedPeople(w.t.Context(), w.as(name), licensing.PeopleFilter{Query: query})
	w.must(err)
	var names []string
	for _, p := range page.People {
		names = append(names, p.Name+" "+string(rune('0'+len(p.Rights))))
	}
	return strings.Join(names, ", ")
}

// S-53: the role that serves customers gives no right, whatever it is made to run.
func TestTheServingRoleWritesNoGrant(t *testing.T) {
	t.Parallel()
	w := ruled(t)
	c := w.connect(w.db.ServeURL)
	w.must(exec(c, `SELECT set_config('keyhall.roots', '{' || $1 || '}', false)`, w.org[nordvik].RootID.String()))
	for what, sql := range map[string]string{
		"gives":  `INSERT INTO grants (id, person_id, root_id, role, organisation_id) SELECT gen_random_uuid(), person_id, root_id, role, organisation_id FROM grants`,
		"raises": `UPDATE grants SET role = 'administrator'`,
		"ends":   `UPDATE grants SET revoked_at = now()`,
	} {
		if err := exec(c, sql); err == nil || errors.Is(err, pgx.ErrNoRows) {
			t.Errorf("the serving role %s a right: got %v, want it refused", what, err)
		}
	}
}
