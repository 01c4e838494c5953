package store_test

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/store"
)

// limited is a world of two families with limits, and a second store as another server
// would have it.
func limited(t *testing.T, r store.Rates) (w *world, k, f licensing.NewKey, stores [2]*store.Store) {
	t.Helper()
	w, k, f = twoFamilies(t)
	w.must(w.AddPerson(t.Context(), w.op, licensing.Person{ID: newID(), Name: "olli", StaffRole: licensing.Operator}))
	second, err := store.Open(t.Context(), w.db.ServeURL, w.Vault())
	w.must(err)
	t.Cleanup(second.Close)
	w.Limit(r)
	second.Limit(r)
	return w, k, f, [2]*store.Store{w.Store, second}
}

// atOnce does n things in parallel through both stores, and counts those that passed;
// the others must have been too many.
func atOnce(t *testing.T, n int, stores [2]*store.Store, do func(i int, s *store.Store) error) int64 {
	t.Helper()
	var passed atomic.Int64
	crowd(2, n, func(i int) {
		err := do(i, stores[i%2])
		var many licensing.TooMany
		switch {
		case err == nil:
			passed.Add(1)
		case !errors.As(err, &many) || !errors.Is(err, licensing.ErrTooMany):
			t.Errorf("got %v, want too many", err)
		case many.Again < time.Second || many.Again > time.Hour:
			t.Errorf("try again in %v, want a second to an hour", many.Again)
		}
	})
	return passed.Load()
}

// S-16, R18: however many reveals come at once, through whichever server, exactly as
// many pass as the limit says; what is refused is on record once, as is each that passed.
func TestExactlyAsManyRevealsPassAsMay(t *testing.T) {
	t.Parallel()
	w, k, f, stores := limited(t, store.Rates{Reveals: 7})
	anna := w.as("anna")
	reveal := func(i int, s *store.Store) error {
		secret, err := s.RevealKey(t.Context(), anna, k.ID, []store.Purpose{store.ToShow, store.ToCopy}[i/2%2])
		if (err == nil) != (secret.Reveal() == demoKey(1)) {
			t.Errorf("got %q with %v", secret.Reveal(), err)
		}
		return err
	}
	if n := atOnce(t, 30, stores, reveal); n != 7 {
		t.Errorf("of thirty reveals at once: %d passed, want 7", n)
	}
	const onRecord = `SELECT count(*) FROM audit WHERE action = 'rate.exceeded' AND outcome = 'refused' AND root_id = $1
AND actor = 'anna' AND object = 'key/' || $2 AND licence_id = $3 AND detail->>'last5' = $4`
	if n := w.count(onRecord, k.RootID, k.ID.String(), k.LicenceID, demoKey(1)[24:]); n != 1 {
		t.Errorf("entries about too many: got %d, want 1", n)
	}
	if n := w.entries("key.revealed", licensing.Done) + w.entries("key.copied", licensing.Done); n != 7 {
		t.Errorf("entries about reveals: got %d, want 7", n)
	}
	lines, _, err := w.Audit(t.Context(), anna, licensing.AuditFilter{Action: "rate.exceeded"})
	if err != nil || len(lines) != 1 {
		t.Errorf("what the administrator sees of it: got %d, %v, want 1", len(lines), err)
	}
	// The operator is told, and anna herself: somebody else may sit at her browser.
	const told = `SELECT count(*) FROM notices n JOIN persons p ON p.id = n.person_id WHERE n.event = 'rate_exceeded' AND p.name = $1`
	if n, own := w.count(told, "olli"), w.count(told, "anna"); n != 1 || own != 1 {
		t.Errorf("news of too many: got %d for the operator, %d for anna, want 1 each", n, own)
	}
	for who, err := range map[string]error{
		"another person": reveals(w, "bo", k), "another family": reveals(w, "frode", f),
	} {
		if err != nil {
			t.Errorf("%s: got %v, want the key", who, err)
		}
	}
	w.do(`UPDATE rates SET started = started - interval '1 minute'`)
	if n := atOnce(t, 20, stores, reveal); n != 7 {
		t.Errorf("a minute later: %d passed, want 7", n)
	}
	if n := w.entries("rate.exceeded", licensing.Refused); n != 2 {
		t.Errorf("entries about too many in two windows: got %d, want 2", n)
	}
	w.whole()
}

func reveals(w *world, who string, k licensing.NewKey) error {
	_, err := w.RevealKey(w.t.Context(), w.as(who), k.ID, store.ToShow)
	return err
}

// S-16: a family may take ten times what one person may, whoever of it takes.
func TestAFamilyHasALimitToo(t *testing.T) {
	t.Parallel()
	w, k, f, stores := limited(t, store.Rates{Reveals: 2})
	var people []licensing.Viewer
	for _, name := range []string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"} {
		w.grant(name, licensing.KeyViewer, nordvik)
		people = append(people, w.as(name))
	}
	n := atOnce(t, 24, stores, func(i int, s *store.Store) error {
		_, err := s.RevealKey(t.Context(), people[i/2], k.ID, store.ToShow)
		return err
	})
	if n != 20 {
		t.Errorf("of twelve people with two reveals each: %d passed, want 20", n)
	}
	if n := w.entries("rate.exceeded", licensing.Refused); n != 1 {
		t.Errorf("entries about the family: got %d, want 1", n)
	}
	if err := reveals(w, "bo", f); err != nil {
		t.Errorf("another family's key: got %v, want it", err)
	}
	// What passed no family's limit was not counted for the person either.
	if n := w.count(`SELECT sum(taken) FROM rates WHERE holder <> ALL ($1)`, []uuid.UUID{w.org[nordvik].RootID, w.org[kommune].RootID}); n != 21 {
		t.Errorf("reveals counted for people: got %d, want 21", n)
	}
	w.whole()
}

// S-16: key files have a limit of their own, and one over two families counts in both.
func TestExactlyAsManyFilesStartAsMay(t *testing.T) {
	t.Parallel()
	w, _, _, stores := limited(t, store.Rates{Files: 3})
	bo := w.as("bo")
	start := func(_ int, s *store.Store) error {
		_, err := s.StartDownload(t.Context(), bo, store.NewFile{Name: "keys.tsv", Format: "tsv"})
		return err
	}
	if n := atOnce(t, 12, stores, start); n != 3 {
		t.Errorf("of twelve files at once: %d started, want 3", n)
	}
	if n := w.count(`SELECT count(*) FROM downloads`); n != 6 {
		t.Errorf("lines in the ledger: got %d, want 3 in each family", n)
	}
	for _, family := range []string{nordvik, kommune} {
		if n := w.count(`SELECT taken FROM rates WHERE holder = $1 AND what = 'file'`, w.org[family].RootID); n != 3 {
			t.Errorf("files counted for %s: got %d, want 3", family, n)
		}
		if n := w.count(`SELECT count(*) FROM audit WHERE action = 'rate.exceeded' AND root_id = $1 AND object LIKE 'file/%'`, w.org[family].RootID); n != 1 {
			t.Errorf("entries about too many in the chain of %s: got %d, want 1", family, n)
		}
	}
	w.begin(w.as("anna"), "74120935")
	w.do(`UPDATE rates SET started = started - interval '59 minutes'`)
	if err := start(0, w.Store); !errors.Is(err, licensing.ErrTooMany) {
		t.Errorf("within the hour: got %v, want too many", err)
	}
	w.do(`UPDATE rates SET started = started - interval '1 minute'`)
	if err := start(0, w.Store); err != nil {
		t.Errorf("after the hour: got %v, want a file", err)
	}
	w.whole()
}

// What was not carried out is not counted, and without a limit nothing is.
func TestOnlyWhatIsCarriedOutIsCounted(t *testing.T) {
	t.Parallel()
	w, k, _, _ := limited(t, store.Rates{Reveals: 1, Files: 1})
	for range 3 {
		if err := reveals(w, "lena", k); !errors.Is(err, licensing.ErrForbidden) {
			t.Errorf("a licence reader reveals: got %v, want forbidden", err)
		}
	}
	w.do(`REVOKE EXECUTE ON FUNCTION audit_append FROM keyhall_serve`)
	if err := reveals(w, "anna", k); !errors.Is(err, licensing.ErrUnavailable) {
		t.Errorf("without audit log: got %v, want unavailable", err)
	}
	w.do(`GRANT EXECUTE ON FUNCTION audit_append TO keyhall_serve`)
	if n := w.count(`SELECT count(*) FROM rates`); n != 0 {
		t.Errorf("counted after nothing was carried out: got %d, want nothing", n)
	}
	w.Limit(store.Rates{})
	for range 5 {
		w.must(reveals(w, "anna", k))
		w.begin(w.as("anna"), "")
	}
	if n := w.count(`SELECT count(*) FROM rates`); n != 0 {
		t.Errorf("counted without a limit: got %d, want nothing", n)
	}
}

func TestWindowsLongOverAreForgotten(t *testing.T) {
	t.Parallel()
	w, k, _, _ := limited(t, store.Rates{Reveals: 1})
	w.must(reveals(w, "anna", k))
	w.do(`UPDATE rates SET started = started - interval '3 hours' WHERE holder = $1`, w.person["anna"].ID)
	w.must(w.ClearRates(t.Context(), time.Now().Add(-2*time.Hour)))
	if n := w.count(`SELECT count(*) FROM rates`); n != 1 {
		t.Errorf("windows: got %d, want the family's alone", n)
	}
}
