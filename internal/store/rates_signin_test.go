package store_test

import (
	"testing"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/store"
)

// R18: sign-ins are counted for each client address, at every server alike; of version 6
// for its network.
func TestSignInsAreCountedByAddress(t *testing.T) {
	t.Parallel()
	w, _, _, stores := limited(t, store.Rates{SignIns: 5})
	from := func(address string) func(int, *store.Store) error {
		return func(_ int, s *store.Store) error {
			return s.CountSignIn(t.Context(), licensing.Origin{Address: address})
		}
	}
	if n := atOnce(t, 20, stores, from("192.0.2.7")); n != 5 {
		t.Errorf("of twenty sign-ins at once: %d passed, want 5", n)
	}
	for address, want := range map[string]int64{"192.0.2.8": 5, "::ffff:192.0.2.7": 0, "2001:db8::1": 5, "": 5} {
		if n := atOnce(t, 8, stores, from(address)); n != want {
			t.Errorf("from %s: %d passed, want %d", address, n, want)
		}
	}
	if n := atOnce(t, 8, stores, from("2001:db8::ffff:1")); n != 0 {
		t.Errorf("from another address of the same network: %d passed, want none", n)
	}
	if n := atOnce(t, 8, stores, from("2001:db8:0:1::1")); n != 5 {
		t.Errorf("from another network: %d passed, want 5", n)
	}
	w.do(`UPDATE rates SET started = started - interval '1 minute'`)
	if n := atOnce(t, 8, stores, from("192.0.2.7")); n != 5 {
		t.Errorf("a minute later: %d passed, want 5", n)
	}
	if n := w.count(`SELECT count(*) FROM rates WHERE holder::text LIKE '%192.0.2%' OR what LIKE '%192.0.2%'`); n != 0 {
		t.Error("an address is kept in clear")
	}
	w.Limit(store.Rates{})
	if n := atOnce(t, 8, [2]*store.Store{w.Store, w.Store}, from("192.0.2.7")); n != 8 {
		t.Errorf("without a limit: %d passed, want all", n)
	}
}
