package store_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/keyhall/keyhall/internal/licensing"
)

// succeed lets somebody name who takes over their own right as administrator.
func (w *world) succeed(by, next string) error {
	return w.NameSuccessor(w.t.Context(), w.as(by), w.rightOf(by, licensing.Administrator), next+"@demo.example", press("/rights/:id/successor"))
}

// succession lists the successors that concern somebody: from, to and place.
func (w *world) succession(name string) string {
	w.t.Helper()
	list, err := w.Successors(w.t.Context(), w.as(name))
	w.must(err)
	var found []string
	for _, l := range list {
		found = append(found, l.Administrator+" "+l.Name+" "+l.Place())
	}
	return strings.Join(found, ", ")
}

const administers = `SELECT count(*) FROM grants g JOIN persons p ON p.id = g.person_id
WHERE p.name = $1 AND g.role = 'administrator' AND g.revoked_at IS NULL AND (g.expires_at IS NULL OR g.expires_at > now())`

// alone is a world whose 74120935 is administered by arne, whose successor is kaisa, and
// by nobody else.
func alone(t *testing.T) *world {
	t.Helper()
	w := ruled(t)
	w.do(`UPDATE grants SET role = 'licence_reader' WHERE role = 'administrator' AND person_id IN (SELECT id FROM persons WHERE name IN ('anna', 'berit'))`)
	w.must(w.succeed("arne", "kaisa"))
	return w
}

// S-50, S-51: a successor is for one's own right by which one manages people, and is
// somebody of the family; what isn't one's own looks like what one may see or not.
func TestWhoNamesASuccessor(t *testing.T) {
	t.Parallel()
	w := ruled(t)
	for name, c := range map[string]struct{ by, of, next, want string }{
		"one's own":                {"arne", "arne", "kaisa", "y"},
		"oneself":                  {"arne", "arne", "arne", "own"},
		"nobody of the family":     {"arne", "arne", "frode", "successor.problem.unknown"},
		"another administrator":    {"berit", "berit", "arne", "y"},
		"somebody else's right":    {"berit", "arne", "kaisa", "f"},
		"somebody's whom one sees": {"lena", "arne", "kaisa", "f"},
		"a stranger's right":       {"frode", "arne", "kaisa", "n"},
	} {
		err := w.NameSuccessor(t.Context(), w.as(c.by), w.rightOf(c.of, licensing.Administrator), c.next+"@demo.example", press("x"))
		if got := outcome(err); got != c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
	reader := w.NameSuccessor(t.Context(), w.as("lena"), w.rightOf("lena", licensing.LicenceReader), "kaisa@demo.example", press("x"))
	if got := outcome(reader); got != "f" {
		t.Errorf("who manages nobody names one: got %s, want forbidden", got)
	}
	if n := w.entries("successor.named", licensing.Refused); n != 3 {
		t.Errorf("refusals on record: got %d, want 3", n)
	}
	w.whole()
}

// A successor is named anew, withdrawn and declined by the two whom it concerns, and both
// hear of it.
func TestASuccessorIsNamedAndDeclines(t *testing.T) {
	t.Parallel()
	w := ruled(t)
	w.must(w.succeed("arne", "kaisa"))
	w.must(w.succeed("arne", "lena")) // instead of kaisa
	for name, want := range map[string]string{"arne": "arne lena 74120935", "lena": "arne lena 74120935", "kaisa": "", "berit": ""} {
		if got := w.succession(name); got != want {
			t.Errorf("what concerns %s: got %q, want %q", name, got, want)
		}
	}
	list, err := w.Successors(t.Context(), w.as("arne"))
	w.must(err)
	id := list[0].ID
	for _, c := range []struct{ by, want string }{{"berit", "n"}, {"frode", "n"}, {"lena", "y"}, {"lena", "c"}, {"arne", "c"}} {
		if got := outcome(w.EndSuccessor(t.Context(), w.as(c.by), id, press("x"))); got != c.want {
			t.Errorf("%s ends it: got %s, want %s", c.by, got, c.want)
		}
	}
	if named, withdrawn, declined := w.entries("successor.named", licensing.Done), w.entries("successor.withdrawn", licensing.Done), w.entries("successor.declined", licensing.Done); named != 2 || withdrawn != 1 || declined != 1 {
		t.Errorf("on record: got %d named, %d withdrawn, %d declined, want 2, 1, 1", named, withdrawn, declined)
	}
	for name, want := range map[string]int{"arne": 1, "lena": 1, "kaisa": 2, "berit": 4, "anna": 4} {
		if got := len(w.notices(name)); got != want {
			t.Errorf("%s's notices: got %d, want %d", name, got, want)
		}
	}
	w.whole()
}

// S-48: when the last administrator's right runs out or account ends, the successor has
// the right at once and everybody hears of it; with another administrator nothing happens.
func TestASuccessorTakesOverWhatNobodyAdministers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		before, end string
		want        int64
	}{
		"the right runs out":                    {"", `UPDATE grants SET expires_at = now() - interval '1 second' WHERE role = 'administrator' AND licence_id IS NOT NULL`, 1},
		"the account ends":                      {"", `UPDATE persons SET ended_at = now() WHERE name = 'arne'`, 1},
		"nothing has ended":                     {"", `SELECT 1`, 0},
		"another administers from above":        {`UPDATE grants SET role = 'administrator' WHERE person_id = (SELECT id FROM persons WHERE name = 'anna')`, `UPDATE persons SET ended_at = now() WHERE name = 'arne'`, 0},
		"the successor has no right any more":   {`UPDATE grants SET revoked_at = now() WHERE person_id = (SELECT id FROM persons WHERE name = 'kaisa')`, `UPDATE persons SET ended_at = now() WHERE name = 'arne'`, 0},
		"the successor's own account has ended": {`UPDATE persons SET ended_at = now() WHERE name = 'kaisa'`, `UPDATE persons SET ended_at = now() WHERE name = 'arne'`, 0},
	} {
		w := alone(t)
		if c.before != "" {
			w.do(c.before)
		}
		w.do(c.end)
		for range 2 {
			w.must(w.Succeed(t.Context()))
		}
		if got := w.count(administers, "kaisa"); got != c.want {
			t.Errorf("%s: rights of the successor: got %d, want %d", name, got, c.want)
		}
		if got := w.entries("successor.stepped_in", licensing.Done); got != c.want {
			t.Errorf("%s: on record: got %d, want %d", name, got, c.want)
		}
		if c.want == 1 {
			if n := len(w.notices("kaisa")); n != 2 {
				t.Errorf("%s: kaisa's notices: got %d, want being named and taking over", name, n)
			}
			if l, err := w.Licence(t.Context(), w.as("kaisa"), "74120935"); err != nil || !l.Rights.Has(licensing.ManagePeople) {
				t.Errorf("%s: the successor's permissions: got %b, %v", name, l.Rights, err)
			}
		}
		w.whole()
	}
}

// Of several servers that find at once that nobody administers, one lets the successor
// take over.
func TestASuccessorTakesOverOnce(t *testing.T) {
	t.Parallel()
	w := alone(t)
	other := openStore(t, w.db)
	w.do(`UPDATE persons SET ended_at = now() WHERE name = 'arne'`)
	var all sync.WaitGroup
	errs := make([]error, 6)
	for i := range errs {
		s := w.Store
		if i%2 == 1 {
			s = other
		}
		all.Go(func() { errs[i] = s.Succeed(t.Context()) })
	}
	all.Wait()
	for _, err := range errs {
		w.must(err)
	}
	if rights, told := w.count(administers, "kaisa"), w.entries("successor.stepped_in", licensing.Done); rights != 1 || told != 1 {
		t.Errorf("got %d rights and %d entries, want 1 and 1", rights, told)
	}
	w.whole()
}

// Whose right has run out is the first to find that nobody administers.
func TestReachThatRanOutLetsTheSuccessorTakeOver(t *testing.T) {
	t.Parallel()
	w := alone(t)
	w.do(`UPDATE grants SET expires_at = now() - interval '1 second' WHERE role = 'administrator' AND licence_id IS NOT NULL`)
	w.do(`UPDATE reach SET until = now() - interval '1 second' WHERE person_id = $1`, w.person["arne"].ID)
	if v := w.as("arne"); v.May.Has(licensing.ManagePeople) {
		t.Error("whose right has run out still manages people")
	}
	if got := w.count(administers, "kaisa"); got != 1 {
		t.Errorf("rights of the successor: got %d, want 1", got)
	}
}

// A successor who can't take over keeps nobody out whose right has run out.
func TestWhoCantBeSucceededIsNotKeptOut(t *testing.T) {
	t.Parallel()
	w := alone(t)
	w.grantOn("arne", licensing.LicenceReader, "V6380217")
	w.do(`UPDATE grants SET expires_at = now() - interval '1 second' WHERE role = 'administrator' AND licence_id IS NOT NULL`)
	w.do(`UPDATE reach SET until = now() - interval '1 second' WHERE person_id = $1 AND number = '74120935'`, w.person["arne"].ID)
	w.do(`CREATE FUNCTION not_this_one() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''not this one''; END'`)
	w.do(`CREATE TRIGGER not_this_one BEFORE UPDATE ON successors FOR EACH ROW EXECUTE FUNCTION not_this_one()`)
	if v := w.as("arne"); v.Licences != 1 || v.May.Has(licensing.ManagePeople) {
		t.Errorf("got %d licence IDs and permissions %b, want the other right alone", v.Licences, v.May)
	}
}

// Who leaves where nobody else's right lasts as long is followed by their successor, but
// never by whoever sends them away.
func TestASuccessorTakesOverFromWhoLeaves(t *testing.T) {
	t.Parallel()
	w := alone(t)
	w.do(`UPDATE grants SET role = 'administrator', expires_at = $2 WHERE person_id = $1`, w.person["anna"].ID, time.Now().Add(time.Hour))
	w.must(w.succeed("arne", "anna"))
	if got := outcome(w.Leave(t.Context(), w.as("anna"), licensing.Leaving{Person: w.person["arne"].ID, At: noon}, press("leave"))); got != "last" {
		t.Errorf("whom the successor sends away: got %s, want it refused", got)
	}
	w.must(w.succeed("arne", "kaisa"))
	w.must(w.Leave(t.Context(), w.as("anna"), licensing.Leaving{Person: w.person["arne"].ID, At: noon}, press("leave")))
	const forEver = administers + ` AND g.expires_at IS NULL`
	if got := w.count(forEver, "kaisa"); got != 1 {
		t.Errorf("the successor's right without end: got %d, want 1", got)
	}
	w.whole()
}

// Of several rights that end with who leaves, the successor takes over the one that nobody
// else has, and not one that somebody has still.
func TestASuccessorTakesOverNoMoreThanNeeded(t *testing.T) {
	t.Parallel()
	w := alone(t)
	w.do(`UPDATE grants SET role = 'administrator', expires_at = $2 WHERE person_id = $1`, w.person["anna"].ID, time.Now().Add(time.Hour))
	w.grantOn("nils", licensing.Administrator, "V6380217")
	other := w.licence["V6380217"]
	w.must(w.GrantRole(t.Context(), w.op, licensing.Grant{PersonID: w.person["arne"].ID, RootID: other.RootID, Role: licensing.Administrator, LicenceID: &other.ID}))
	w.do(`INSERT INTO successors (id, root_id, person_id, successor_id, licence_id) SELECT gen_random_uuid(), root_id, $1, $2, id FROM licences WHERE number = 'V6380217'`,
		w.person["arne"].ID, w.person["kaisa"].ID)
	w.must(w.Leave(t.Context(), w.as("anna"), licensing.Leaving{Person: w.person["arne"].ID, At: noon}, press("leave")))
	if here, all := w.count(administers+` AND g.licence_id = $2`, "kaisa", w.licence["74120935"].ID), w.count(administers, "kaisa"); here != 1 || all != 1 {
		t.Errorf("kaisa administers 74120935 %d times and %d places, want 1 and 1", here, all)
	}
	w.whole()
}

// Who loses the right by which they manage people names no successor any more.
func TestASuccessorGoesWithTheRight(t *testing.T) {
	t.Parallel()
	w := ruled(t)
	w.must(w.succeed("arne", "kaisa"))
	w.must(w.change("anna", w.rightOf("arne", licensing.Administrator), licensing.KeyViewer, nil))
	if got := w.succession("kaisa"); got != "" {
		t.Errorf("after the right was lowered: got %q, want nothing", got)
	}
	w.must(w.succeed("berit", "kaisa"))
	w.must(w.endRight("anna", w.rightOf("berit", licensing.Administrator)))
	if got := w.succession("kaisa"); got != "" {
		t.Errorf("after the right was ended: got %q, want nothing", got)
	}
	w.whole()
}

// S-53: successors are behind the wall, and the role that serves customers writes none.
func TestTheServingRoleWritesNoSuccessor(t *testing.T) {
	t.Parallel()
	w := alone(t)
	c := w.connect(w.db.ServeURL)
	w.must(exec(c, `SELECT set_config('keyhall.roots', '{' || $1 || '}', false)`, w.org[kommune].RootID.String()))
	var seen int
	w.must(c.QueryRow(t.Context(), `SELECT count(*) FROM successors`).Scan(&seen))
	if seen != 0 {
		t.Errorf("another family sees successors: got %d, want 0", seen)
	}
	for _, sql := range []string{`UPDATE successors SET state = 'stepped_in'`, `DELETE FROM successors`} {
		if err := exec(c, sql); err == nil {
			t.Errorf("%s: got no error", sql)
		}
	}
}
