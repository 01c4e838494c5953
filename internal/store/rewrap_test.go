package store_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/store"
	"github.com/keyhall/keyhall/internal/vault"
)

// rotated closes a world's store, and opens it anew with a keyset that has one key more.
// old is the keyset before.
func (w *world) rotated(old []byte) (anew []byte) {
	w.t.Helper()
	anew, err := vault.Rotate(old, testKEK)
	w.must(err)
	w.Close()
	w.left()
	w.Store = w.open(anew)
	return anew
}

// left waits until the server has noticed that all our programs are gone: closing a
// connection says so, and doesn't wait for it.
func (w *world) left() {
	w.t.Helper()
	const still = `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'keyhall%'`
	for patience := time.Now().Add(time.Minute); w.count(still) > 0; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(patience) {
			w.t.Fatal("a closed store's connections are still there")
		}
	}
}

var testKEK = make([]byte, 32)

func (w *world) open(keyset []byte) *store.Store {
	w.t.Helper()
	v, err := vault.Open(keyset, testKEK)
	w.must(err)
	s, err := store.Open(w.t.Context(), w.db.ServeURL, v)
	w.must(err)
	w.t.Cleanup(s.Close)
	s.Limit(store.Rates{})
	return s
}

// sealedWorld is a world with a keyset of its own and n keys on each licence ID.
func sealedWorld(t *testing.T, n int) (w *world, keyset []byte, keys []licensing.NewKey) {
	t.Helper()
	w = newWorld(t)
	keyset, err := vault.Create(testKEK)
	w.must(err)
	w.Close()
	w.Store = w.open(keyset)
	for i := range n {
		keys = append(keys, w.mak("74120935", office, 2*i, 1, 50), w.mak("50912277", office, 2*i+1, 1, 50))
	}
	w.must(w.AddKeys(t.Context(), w.op, keys))
	return w, keyset, keys
}

func quietly(store.Resealed) {}

// opensAll checks that each key opens, and none is sealed by another than the primary.
func (w *world) opensAll(keys []licensing.NewKey) {
	w.t.Helper()
	if n := w.count(`SELECT count(*) FROM keys WHERE substr(sealed, 1, 5) <> $1`, w.Vault().Prefix()); n != 0 {
		w.t.Errorf("keys that an older key has sealed: got %d, want none", n)
	}
	w.grant("bo", licensing.Administrator, nordvik)
	w.grant("bo", licensing.Administrator, kommune)
	bo := w.as("bo")
	for _, k := range keys {
		secret, err := w.RevealKey(w.t.Context(), bo, k.ID, store.ToShow)
		if err != nil || secret.Reveal() != k.Secret.Reveal() {
			w.t.Fatalf("a key after it was sealed anew: got %v, want the key", err)
		}
	}
}

// S-56: sealing anew goes on where it was cut short, and tells the audit log how many.
func TestRewrapGoesOnWhereItWasCutShort(t *testing.T) {
	t.Parallel()
	w, keyset, keys := sealedWorld(t, 25)
	w.rotated(keyset)
	ctx, cancel := context.WithCancel(t.Context())
	batches := 0
	done, err := w.Rewrap(ctx, w.op, 7, func(store.Resealed) {
		if batches++; batches == 3 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) || done.Keys != 21 || done.Left != 29 {
		t.Errorf("cut short: got %+v, %v, want 21 done, 29 left", done, err)
	}
	if n := w.count(`SELECT count(*) FROM keys WHERE version = 2 AND substr(sealed, 1, 5) = $1`, w.Vault().Prefix()); n != 21 {
		t.Errorf("keys in their second version: got %d, want 21", n)
	}
	if done, err := w.Rewrap(t.Context(), w.op, 7, quietly); err != nil || done.Keys != 29 || done.Left != 0 {
		t.Errorf("again: got %+v, %v, want the other 29", done, err)
	}
	if done, err := w.Rewrap(t.Context(), w.op, 7, quietly); err != nil || done.Keys != 0 {
		t.Errorf("a third time: got %+v, %v, want nothing to do", done, err)
	}
	const told = `SELECT sum((detail->>'keys')::integer) FROM audit WHERE action = 'keys.resealed' AND root_id = $1 AND actor = 'olli'`
	if n := w.count(told, licensing.PublisherRoot); n != 50 {
		t.Errorf("keys that the audit log knows of: got %d, want 50", n)
	}
	w.opensAll(keys)
	w.whole()
}

// S-56: keys are shown, put into files and handed over from stock while all are sealed
// anew; nothing is lost, shown wrong, or taken for gone.
func TestRewrapWhileEverybodyWorks(t *testing.T) {
	t.Parallel()
	w, keyset, keys := sealedWorld(t, 40)
	a := &asked{world: w}
	w.grant("kaisa", licensing.KeyAdministrator, suomi)
	a.sofia, a.samuel = w.agent("sofia"), w.agent("samuel")
	var stock []licensing.NewKey
	for n := range 12 {
		k := w.key("74120935", server, licensing.KMS, 200+n)
		k.RootID, k.LicenceID = licensing.PublisherRoot, nil
		stock = append(stock, k)
	}
	w.must(w.AddKeys(t.Context(), w.op, stock))
	requests := make([]int64, len(stock))
	for i := range requests {
		requests[i] = a.request(licensing.KMSException, licensing.Submitted, "74120935", server, nil, 35)
	}
	second := w.open(w.rotated(keyset))
	anna := w.as("anna")
	var work, rewrap sync.WaitGroup
	ended := make(chan struct{})
	rewrap.Go(func() {
		for range 2 { // two at once do no harm
			rewrap.Go(func() {
				if _, err := w.Rewrap(t.Context(), w.op, 3, quietly); err != nil {
					t.Errorf("Rewrap: %v", err)
				}
			})
		}
	})
	work.Go(func() {
		for i := 0; ; i += 2 {
			select {
			case <-ended:
				return
			default:
			}
			k := keys[i%len(keys)]
			if secret, err := second.RevealKey(t.Context(), anna, k.ID, store.ToShow); err != nil || secret.Reveal() != k.Secret.Reveal() {
				t.Errorf("a reveal meanwhile: got %v, want the key", err)
				return
			}
			if _, err := second.ExportKeys(t.Context(), anna, licensing.Download{Number: "74120935"}, ignore); err != nil {
				t.Errorf("a file meanwhile: got %v", err)
				return
			}
		}
	})
	for _, id := range requests {
		err := second.ApproveRequest(t.Context(), a.sofia, id, licensing.Decision{Version: 1, Quantity: "35", At: noon}, press("approve"))
		if err != nil {
			t.Errorf("an approval from stock meanwhile: got %v", err)
		}
	}
	rewrap.Wait()
	close(ended)
	work.Wait()
	if _, err := w.Rewrap(t.Context(), w.op, 100, quietly); err != nil {
		t.Errorf("the last of it: %v", err)
	}
	if n := w.count(`SELECT count(*) FROM keys WHERE licence_id IS NULL`); n != 0 {
		t.Errorf("keys left in stock: got %d, want none", n)
	}
	w.opensAll(append(keys, stock...))
	if broken, err := w.VerifyAudit(t.Context()); err != nil || broken != nil {
		t.Errorf("the audit chains: got %+v, %v, want none broken", broken, err)
	}
}

// While a server holds the old keyset nothing is sealed that it could not open.
func TestRewrapWaitsUntilEveryServerHasTheKeyset(t *testing.T) {
	t.Parallel()
	w, keyset, keys := sealedWorld(t, 2)
	w.rotated(keyset)
	old := w.open(keyset)
	w.must(old.Ready(t.Context()))
	if done, err := w.Rewrap(t.Context(), w.op, 10, quietly); !errors.Is(err, store.ErrOtherKeyset) || done.Keys != 0 {
		t.Errorf("with a server of before: got %+v, %v, want other keyset", done, err)
	}
	if secret, err := old.RevealKey(t.Context(), w.as("anna"), keys[0].ID, store.ToShow); err != nil {
		t.Errorf("a reveal through the server of before: got %v, %v, want the key", secret, err)
	}
	old.Close()
	for w.count(`SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'keyhall%' AND application_name <> $1`, w.Name()) > 0 {
		time.Sleep(10 * time.Millisecond)
	}
	if done, err := w.Rewrap(t.Context(), w.op, 10, quietly); err != nil || done.Keys != 4 {
		t.Errorf("without it: got %+v, %v, want all four", done, err)
	}
	w.opensAll(keys)
}

// What was altered is named and left as it is; the rest is sealed anew.
func TestRewrapLeavesWhatWasAltered(t *testing.T) {
	t.Parallel()
	w, keyset, keys := sealedWorld(t, 3)
	w.do(`UPDATE keys SET sealed = set_byte(sealed, 30, get_byte(sealed, 30) # 1) WHERE id = $1`, keys[2].ID)
	w.rotated(keyset)
	done, err := w.Rewrap(t.Context(), w.op, 2, quietly)
	if err != nil || done.Keys != 5 || done.Left != 1 || len(done.Damaged) != 1 || done.Damaged[0] != keys[2].ID {
		t.Errorf("got %+v, %v, want five sealed anew and one named", done, err)
	}
	if n := w.count(`SELECT version FROM keys WHERE id = $1`, keys[2].ID); n != 1 {
		t.Errorf("the altered key's version: got %d, want 1 as before", n)
	}
}

// Only an operator may.
func TestRewrapIsTheOperators(t *testing.T) {
	t.Parallel()
	w, keyset, _ := sealedWorld(t, 1)
	w.rotated(keyset)
	if done, err := w.Rewrap(t.Context(), w.as("anna"), 10, quietly); !errors.Is(err, licensing.ErrForbidden) || done.Keys != 0 {
		t.Errorf("an administrator: got %+v, %v, want forbidden", done, err)
	}
}
