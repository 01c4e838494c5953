package demo

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/pgtest"
	"github.com/keyhall/keyhall/internal/store"
	"github.com/keyhall/keyhall/internal/vault"
)

const issuer = "http://localhost:8080/demo-idp"

// empty makes a database of the test's own, and returns what opens a store on it.
func empty(tb testing.TB) (open func() *store.Store) {
	tb.Helper()
	kek := bytes.Repeat([]byte{7}, 32)
	text, err := vault.Create(kek)
	if err != nil {
		tb.Fatal(err)
	}
	v, err := vault.Open(text, kek)
	if err != nil {
		tb.Fatal(err)
	}
	url := pgtest.New(tb).ServeURL
	return func() *store.Store {
		s, err := store.Open(tb.Context(), url, v)
		if err != nil {
			tb.Fatal(err)
		}
		tb.Cleanup(s.Close)
		return s
	}
}

// built returns a demo world with so many keys in the Nordvik family, at least.
func built(tb testing.TB, keys int) *world {
	tb.Helper()
	w := &world{Store: empty(tb)(), issuer: issuer, now: time.Now().UTC()}
	w.build(tb, keys)
	return w
}

func (w *world) build(tb testing.TB, keys int) {
	tb.Helper()
	if err := Build(tb.Context(), w.Store, w.issuer, Options{Keys: keys, Now: w.now}); err != nil {
		tb.Fatalf("build: %v", err)
	}
}

func (w *world) viewer(tb testing.TB, email string) licensing.Viewer {
	tb.Helper()
	v, err := w.as(tb.Context(), email)
	if err != nil {
		tb.Fatalf("sign in as %s: %v", email, err)
	}
	return v
}

// file returns every row of a person's key file of a licence ID, or of all for "".
func (w *world) file(tb testing.TB, email, number string) []licensing.KeyRow {
	tb.Helper()
	v := w.viewer(tb, email)
	d, err := w.StartDownload(tb.Context(), v, store.NewFile{Number: number, Name: "test", Format: "tsv"})
	if err != nil {
		tb.Fatalf("key file as %s: %v", email, err)
	}
	var rows []licensing.KeyRow
	_, err = w.ExportKeys(tb.Context(), v, d, func(r licensing.KeyRow) error { rows = append(rows, r); return nil })
	if err != nil {
		tb.Fatalf("key file as %s: %v", email, err)
	}
	return rows
}

func TestASecondBuildChangesNothing(t *testing.T) {
	t.Parallel()
	w := built(t, 0)
	told := w.told(t)
	start := time.Now()
	w.build(t, 5000)
	t.Logf("the second build took %s", time.Since(start))
	if again := w.told(t); again != told {
		t.Errorf("the audit log has %d entries after a second build, had %d", again, told)
	}
}

// told counts the entries of the audit log.
func (w *world) told(tb testing.TB) (n int) {
	tb.Helper()
	operator := w.viewer(tb, olli)
	for after := ""; ; {
		lines, next, err := w.Audit(tb.Context(), operator, licensing.AuditFilter{After: after})
		if err != nil {
			tb.Fatal(err)
		}
		n += len(lines)
		if after = next; after == "" {
			return n
		}
	}
}

// breaking is the context of a build that is broken off: asked so often whether it is
// done, it is. Every statement asks once at least, so builds break off everywhere,
// however fast the machine is.
type breaking struct {
	context.Context
	cancel context.CancelFunc
	left   atomic.Int64
}

func (b *breaking) Done() <-chan struct{} {
	if b.left.Add(-1) == 0 {
		b.cancel()
	}
	return b.Context.Done()
}

func TestABuildGoesOnWhereAnotherWasBrokenOff(t *testing.T) {
	t.Parallel()
	open := empty(t)
	w := &world{issuer: issuer, now: time.Now().UTC()}
	const keys = 400
	builds := 1
	// Each start of the program gets a little further: in small steps at the end, where
	// people do what cannot be done twice.
	for patience := int64(100); ; patience += min(patience/8, 250) {
		w.Store = open()
		ctx, cancel := context.WithCancel(t.Context())
		b := &breaking{Context: ctx, cancel: cancel}
		b.left.Store(patience)
		err := Build(b, w.Store, issuer, Options{Keys: keys, Now: w.now})
		cancel()
		if err == nil {
			break
		}
		if !errors.Is(err, context.Canceled) && !errors.Is(err, licensing.ErrUnavailable) {
			t.Fatalf("a build broken off: got %v", err)
		}
		w.Close()
		builds++
	}
	t.Logf("whole after %d builds", builds)
	if got := len(w.file(t, anna, "")); got != keys {
		t.Errorf("Anna's key file: got %d rows, want %d", got, keys)
	}
	w.happenedOnce(t)
	wrong, err := w.VerifyCounters(t.Context())
	if err != nil || wrong != 0 {
		t.Errorf("counters that are wrong: got %d, %v", wrong, err)
	}
}

func TestAWorldLetsItsPeopleInAtAnotherAddress(t *testing.T) {
	t.Parallel()
	w := built(t, 0)
	const other = "http://localhost:9090/demo-idp"
	if err := Build(t.Context(), w.Store, other, Options{Now: w.now}); err != nil {
		t.Fatalf("build for another issuer: %v", err)
	}
	for _, a := range Accounts()[:9] {
		for _, issuer := range []string{issuer, other} {
			if got, err := w.PersonByIdentity(t.Context(), issuer, a.Subject); err != nil || got != personID(a.Email) {
				t.Errorf("%s at %s: got %v, %v", a.Email, issuer, got, err)
			}
		}
	}
}

func TestTwoBuildsMakeTheSameKeys(t *testing.T) {
	t.Parallel()
	one, two := built(t, 500), built(t, 500)
	for _, person := range []string{anna, frode} {
		if a, b := clearKeys(one.file(t, person, "")), clearKeys(two.file(t, person, "")); !slices.Equal(a, b) {
			t.Errorf("%s: the keys of two builds differ", person)
		}
	}
	a, err := one.ProfileKeys(t.Context(), one.viewer(t, anna), licensing.KeyFilter{Last5: "X4T9B"})
	if err != nil {
		t.Fatal(err)
	}
	b, err := two.ProfileKeys(t.Context(), two.viewer(t, anna), licensing.KeyFilter{Last5: "X4T9B"})
	if err != nil {
		t.Fatal(err)
	}
	if a.Keys[0].ID != b.Keys[0].ID {
		t.Errorf("the ID of X4T9B: got %s and %s", a.Keys[0].ID, b.Keys[0].ID)
	}
}

func clearKeys(rows []licensing.KeyRow) []string {
	list := make([]string, len(rows))
	for i, r := range rows {
		list[i] = r.Licence + " " + r.Product + " " + r.Key.Reveal()
	}
	return list
}

func TestEveryKeyIsVisiblyFake(t *testing.T) {
	t.Parallel()
	w := built(t, 1000)
	shared := map[string]string{} // key → product, of setup keys
	once := map[string]bool{}
	for _, person := range []string{anna, frode} {
		for _, r := range w.file(t, person, "") {
			key := r.Key.Reveal()
			if !licensing.ValidKey(key) || !strings.HasPrefix(key, "DEMO") {
				t.Errorf("%s, %s: the key ending in %s is not visibly fake", r.Licence, r.Product, key[len(key)-5:])
			}
			if strings.ContainsAny(key[4:], "AEILOSUZ015") {
				t.Errorf("%s, %s: the key ending in %s has a sign that keys don't have", r.Licence, r.Product, key[len(key)-5:])
			}
			if r.Type == licensing.SetupKey {
				if of, there := shared[key]; there && of != r.Product {
					t.Errorf("%s and %s have the same setup key", of, r.Product)
				}
				shared[key] = r.Product
				continue
			}
			if once[key] {
				t.Errorf("%s, %s: the key ending in %s stands twice", r.Licence, r.Product, key[len(key)-5:])
			}
			once[key] = true
		}
	}
	if len(once) < 900 || len(shared) != 3 {
		t.Errorf("got %d keys and %d setup keys, want about a thousand and 3", len(once), len(shared))
	}
}

func TestTheFamilyGrowsToTheKeysWanted(t *testing.T) {
	t.Parallel()
	const wanted = 12_345
	start := time.Now()
	w := built(t, wanted)
	t.Logf("a world with %d keys took %s", wanted, time.Since(start))
	if got := len(w.file(t, anna, "")); got != wanted {
		t.Errorf("Anna's key file: got %d rows, want %d", got, wanted)
	}
	if got, want := len(w.file(t, kaisa, "")), keysBelow(suomi); got != want {
		t.Errorf("Kaisa's key file: got %d rows, want %d", got, want)
	}
}

// keysBelow counts the keys of an organisation in the tables.
func keysBelow(organisation string) (n int) {
	for _, l := range licences {
		if l.organisation == organisation {
			for _, h := range l.holds {
				n += len(h.keys)
			}
		}
	}
	return n
}
