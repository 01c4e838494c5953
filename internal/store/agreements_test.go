package store_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/licensing"
)

const (
	openNumber = "5530961"
	openPair   = "91204467ZZE2502"
)

// opened is asking with an Open License of Nordvik Norge that arne administers.
func opened(t testing.TB) *world {
	t.Helper()
	w := asking(t)
	w.staffed()
	w.must(w.AddProgramme(t.Context(), w.op, licensing.Programme{ID: "open", Name: "Open License", NumberKind: licensing.NumberAuthorisation, Allotment: licensing.AllotBought, KMSRule: licensing.KMSByException}))
	w.addLicence(openNumber, norge, "open")
	w.do(`UPDATE licences SET authorisation_no = $1 WHERE number = $2`, openPair, openNumber)
	return w
}

func (w *world) adds(name, number, authorisation string, at time.Time) error {
	return w.AddAgreement(w.t.Context(), w.as(name), licensing.AgreementForm{Number: number, Authorisation: authorisation, At: at}, press("/access-requests/agreements"))
}

// A right pair gives access after a day, a wrong one nothing, and until then nobody who
// tries can tell them apart (S-51).
func TestAnOpenAgreementIsAdded(t *testing.T) {
	t.Parallel()
	w := opened(t)
	w.must(w.adds("mikko", " 5530961 ", "91204467 zze2502", monday))
	w.must(w.adds("nils", openNumber, "91204467ZZE2503", monday))
	w.must(w.MindAccess(t.Context(), monday))
	w.must(w.MindAccess(t.Context(), monday.Add(23*time.Hour)))
	mikko, nils := w.own("mikko")[0], w.own("nils")[0]
	for _, l := range []*licensing.AccessLine{&mikko, &nils} {
		l.ID, l.PersonID, l.Authorisation = uuid.Nil, uuid.Nil, ""
	}
	if a, b := fmt.Sprintf("%+v", mikko), fmt.Sprintf("%+v", nils); a != b {
		t.Errorf("the right pair shows as %s, the wrong one as %s", a, b)
	}
	if waiting, _, err := w.AccessToAnswer(t.Context(), w.as("anna")); err != nil || len(waiting) != 1 || !waiting[0].Adds() {
		t.Errorf("what anna may object to: got %+v, %v, want the right pair alone", waiting, err)
	}
	w.must(w.MindAccess(t.Context(), monday.Add(24*time.Hour)))
	w.must(w.MindAccess(t.Context(), monday.Add(25*time.Hour)))
	if l, err := w.Licence(t.Context(), w.as("mikko"), openNumber); err != nil || l.Rights != licensing.KeyViewer.Permissions() {
		t.Errorf("after a day mikko has %b, %v, want a key viewer's", l.Rights, err)
	}
	if v := w.as("nils"); v.May != 0 {
		t.Errorf("nils has %b, want nothing", v.May)
	}
	if got := w.own("nils")[0].State; got != licensing.AccessUnanswered {
		t.Errorf("the wrong pair ended as %s", got)
	}
	if n := w.count(`SELECT count(*) FROM grants WHERE person_id = $1`, w.person["mikko"].ID); n != 1 {
		t.Errorf("rights given: got %d, want 1", n)
	}
	w.whole()
}

// S-51: who administers it objects, once; to everybody else there is nothing to object to.
func TestAnObjectionStopsIt(t *testing.T) {
	t.Parallel()
	w := opened(t)
	w.must(w.adds("mikko", openNumber, openPair, monday))
	w.must(w.MindAccess(t.Context(), monday))
	id := w.own("mikko")[0].ID
	for _, name := range []string{"kevin", "frode", "mikko", "berit"} {
		if got := outcome(w.deny(name, id)); got != "n" {
			t.Errorf("%s objects: got %s, want not found", name, got)
		}
	}
	if got := outcome(w.accept("anna", id, answer(licensing.KeyViewer))); got != "f" {
		t.Errorf("anna accepts what gives itself: got %s, want forbidden", got)
	}
	w.must(w.deny("anna", id))
	if got := outcome(w.deny("anna", id)); got != "c" {
		t.Errorf("anna objects again: got %s, want conflict", got)
	}
	if n := w.entries("access.accepted", licensing.Refused) + w.entries("agreement.objected", licensing.Refused); n != 2 {
		t.Errorf("refusals on record: got %d, want 2", n)
	}
	w.must(w.MindAccess(t.Context(), monday.Add(48*time.Hour)))
	if v := w.as("mikko"); v.May != 0 {
		t.Errorf("mikko has %b after the objection, want nothing", v.May)
	}
	if n := w.entries("agreement.objected", licensing.Done); n != 1 {
		t.Errorf("on record: got %d, want 1", n)
	}
}

// Where nobody administers it, the operator is told, and who adds it becomes
// administrator; the next one doesn't, and can be objected to.
func TestAnAgreementThatNobodyAdministers(t *testing.T) {
	t.Parallel()
	w := opened(t)
	w.do(`UPDATE grants SET revoked_at = now() WHERE role = 'administrator'`)
	w.must(w.adds("mikko", openNumber, openPair, monday))
	w.must(w.adds("nils", openNumber, openPair, monday.Add(time.Hour)))
	w.must(w.MindAccess(t.Context(), monday.Add(time.Hour)))
	w.must(w.MindAccess(t.Context(), monday.Add(26*time.Hour)))
	w.must(w.MindAccess(t.Context(), monday.Add(27*time.Hour)))
	given := func(name string) string { return string(w.own(name)[0].Given) }
	if given("mikko") != "key_viewer" || given("nils") != "key_viewer" {
		t.Errorf("after a day: got %q and %q, want key viewers: two numbers make no administrator", given("mikko"), given("nils"))
	}
	w.whole()
}

// After five wrong pairs a person is locked out for a day, whatever right ones come between;
// after twenty a licence number is. Of many at once no more are tried.
func TestWrongPairsLock(t *testing.T) {
	t.Parallel()
	w := opened(t)
	other := openStore(t, w.db)
	mikko := w.as("mikko")
	var all sync.WaitGroup
	for i := range 3 * licensing.WrongPairs {
		all.Go(func() {
			s := w.Store
			if i%2 == 0 {
				s = other
			}
			_ = s.AddAgreement(t.Context(), mikko, licensing.AgreementForm{Number: fmt.Sprintf("55309%02d", i), Authorisation: openPair, At: monday}, press(fmt.Sprint(i)))
		})
	}
	all.Wait()
	if n := w.count(`SELECT count(*) FROM access_requests WHERE wrong`); n != licensing.WrongPairs {
		t.Errorf("wrong pairs tried: got %d, want %d", n, licensing.WrongPairs)
	}
	if got := outcome(w.adds("mikko", openNumber, openPair, monday.Add(23*time.Hour))); got != "agreement.problem.locked" {
		t.Errorf("a right pair while locked: got %s", got)
	}
	w.must(w.adds("mikko", openNumber, openPair, monday.Add(25*time.Hour)))
	for i := range licensing.WrongOfNumber {
		name := fmt.Sprintf("m%d", i)
		w.someone(name)
		w.must(w.adds(name, openNumber, "WRONG12345", monday))
	}
	if got := outcome(w.adds("nils", openNumber, openPair, monday.Add(time.Hour))); got != "agreement.problem.locked" {
		t.Errorf("a right pair of a locked number: got %s", got)
	}
	var both sync.WaitGroup
	both.Go(func() { _ = other.MindAccess(t.Context(), monday.Add(time.Hour)) })
	both.Go(func() { _ = w.MindAccess(t.Context(), monday.Add(time.Hour)) })
	both.Wait()
	for name, want := range map[string]int{"olli": 2, "anna": 1} {
		n := 0
		for _, l := range w.notices(name) {
			if l.News != nil && l.News.Kind == licensing.AgreementLockedNews {
				n++
			}
		}
		if n != want {
			t.Errorf("%s is told of %d locks, want %d", name, n, want)
		}
	}
	if slices.Contains([]int64{0}, w.entries("agreement.locked", licensing.Done)) {
		t.Error("no lock is on record")
	}
}
