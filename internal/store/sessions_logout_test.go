package store_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/store"
)

// S-44, R18: a provider's word ends what it names, once, at whichever server it comes, and
// the chains of whom it concerns have it.
func TestAProvidersWordCountsOnce(t *testing.T) {
	t.Parallel()
	w, _, _, stores := limited(t, store.Rates{})
	first, second, third := w.session("one"), w.session("two"), w.session("three")
	other := w.sessionOf("frode", "frode's")
	w.do(`UPDATE sessions SET sid = 's-3' WHERE hash = $1`, third.Hash)
	w.do(`UPDATE sessions SET issuer = 'https://other.example' WHERE hash = $1`, second.Hash)
	from := licensing.Origin{Address: "192.0.2.9", RequestID: "r-1"}
	word := func(id, subject, sid string) licensing.Logout {
		return licensing.Logout{Issuer: "https://idp.example", Subject: subject, SID: sid, ID: id, Until: time.Now().Add(10 * time.Minute)}
	}
	var taken, ended atomic.Int64
	var all sync.WaitGroup
	for i := range 12 {
		all.Go(func() {
			hashes, err := stores[i%2].SignOutByProvider(t.Context(), from, word("w-1", "anna", "sid"))
			if err == nil {
				taken.Add(1)
			} else if !errors.Is(err, licensing.ErrConflict) {
				t.Errorf("a word again: got %v, want conflict", err)
			}
			ended.Add(int64(len(hashes)))
		})
	}
	all.Wait()
	if taken.Load() != 1 || ended.Load() != 1 || w.goesOn(first) || !w.goesOn(second) || !w.goesOn(third) || !w.goesOn(other) {
		t.Errorf("a word that came twelve times: taken %d times, %d sessions ended, want 1 and the first alone", taken.Load(), ended.Load())
	}
	if n := w.count(`SELECT count(*) FROM audit WHERE action = 'session.revoked' AND root_id IN ($1, $2) AND actor_id IS NULL AND address = '192.0.2.9'
AND identity = 'https://idp.example anna' AND (detail->>'ended')::int = 1`, licensing.PublisherRoot, w.org[nordvik].ID); n != 2 {
		t.Errorf("entries: got %d, want one in the publisher's chain and one in Nordvik's", n)
	}
	for name, c := range map[string]struct {
		word licensing.Logout
		want int
	}{
		"of nobody's session": {word("w-2", "", "s-9"), 0},
		"of a session":        {word("w-3", "", "s-3"), 1},
	} {
		if hashes, err := w.SignOutByProvider(t.Context(), from, c.word); err != nil || len(hashes) != c.want {
			t.Errorf("a word %s: got %d sessions, %v, want %d", name, len(hashes), err, c.want)
		}
	}
	if hashes, err := w.SignOutByProvider(t.Context(), from, word("w-4", "frode", "")); err != nil || len(hashes) != 1 || w.goesOn(other) {
		t.Errorf("a word of a subject: got %d sessions, %v, want frode's", len(hashes), err)
	}
	if _, err := w.SignOutByProvider(t.Context(), from, word("w-5", "", "")); err == nil || !w.goesOn(second) {
		t.Errorf("a word of nothing: got %v, want it refused", err)
	}
	if _, err := w.ClearSessions(t.Context(), time.Now().Add(11*time.Minute)); err != nil {
		t.Fatal(err)
	}
	if n := w.count(`SELECT count(*) FROM logout_tokens`); n != 0 {
		t.Errorf("words that can't be said again: %d are kept", n)
	}
	w.whole()
}
