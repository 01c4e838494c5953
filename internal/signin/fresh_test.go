package signin_test

import (
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/signin"
)

// S-41: a sign-in is fresh for as long as it may be, and never of a provider that doesn't
// say when somebody proved who they are.
func TestASignInIsFreshForAWhile(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	fresh := func(b *browser) bool {
		t.Helper()
		ok, err := b.Fresh(b.request("/"), 15*time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		return ok
	}
	b := d.browser()
	if _, err := b.Fresh(b.request("/"), time.Hour); !errors.Is(err, licensing.ErrNotFound) {
		t.Errorf("of nobody: got %v, want not found", err)
	}
	b.mustSignIn()
	if !fresh(b) {
		t.Error("a moment after signing in: got stale")
	}
	d.pass(15*time.Minute - 6*time.Second) // the provider says five seconds ago
	if !fresh(b) {
		t.Error("a second before the time is over: got stale")
	}
	d.pass(time.Second)
	if fresh(b) {
		t.Error("after a quarter of an hour: got fresh")
	}
	d.provider.claims = with(map[string]any{"auth_time": nil})
	b = d.browser()
	b.mustSignIn()
	if fresh(b) {
		t.Error("of a provider that doesn't say when: got fresh")
	}
}

// S-41: of the ways to prove who one is, only those that the settings name will do, each by
// its exact name. An ordinary sign-in needs none.
func TestAProofIsGivenInOneOfTheWaysThatCount(t *testing.T) {
	t.Parallel()
	const mfa, phr = "urn:example:mfa", "phr"
	for name, c := range map[string]struct {
		acr  any
		want bool
	}{
		"in one of them":                  {mfa, true},
		"in the other":                    {phr, true},
		"in none that the provider names": {nil, false},
		"in another":                      {"pwd", false},
		"in one whose name is longer":     {mfa + "2", false},
		"in one whose name is shorter":    {"urn:example", false},
		"in capitals":                     {"PHR", false},
		"in both at once":                 {mfa + " " + phr, false},
		"in a way without a name":         {"", false},
		"in a way with an endless one":    {strings.Repeat("x", 256), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, func(c *signin.Config) { c.ACR = []string{mfa, phr} })
			b := d.browser()
			b.mustSignIn()
			if ok, err := b.Fresh(b.request("/"), time.Hour); ok || err != nil {
				t.Errorf("an ordinary sign-in: got fresh %v, %v", ok, err)
			}
			w := httptest.NewRecorder()
			if err := b.BeginAnew(w, b.request("/"), "/keys"); err != nil {
				t.Fatal(err)
			}
			asked := b.asked(w)
			if got := asked.Get("acr_values"); got != mfa+" "+phr {
				t.Errorf("asked for %q, want both ways", got)
			}
			d.provider.claims = with(map[string]any{"acr": c.acr, "auth_time": d.Now().Unix()})
			_, err := b.comeBack(b.provider.authorize(asked))
			f, _ := errors.AsType[*signin.Failure](err)
			if (err == nil) != c.want || err != nil && (f == nil || f.Check != "acr") {
				t.Errorf("proved %s: got %v, want accepted %v", name, err, c.want)
			}
			if ok, err := b.Fresh(b.request("/"), time.Hour); ok != c.want || err != nil {
				t.Errorf("proved %s: fresh is %v, %v, want %v", name, ok, err, c.want)
			}
		})
	}
}

// The log tells the operator what to do about a provider that can't be asked.
func TestAProviderThatDoesNotSayWhenIsNamed(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b := d.browser()
	b.mustSignIn()
	d.provider.claims = with(map[string]any{"auth_time": nil})
	w := httptest.NewRecorder()
	if err := b.BeginAnew(w, b.request("/"), "/"); err != nil {
		t.Fatal(err)
	}
	_, err := b.comeBack(b.provider.authorize(b.asked(w)))
	if err == nil || !strings.Contains(err.Error(), "no auth_time") || !strings.Contains(err.Error(), "KEYHALL_STEP_UP") {
		t.Errorf("got %v, want a sentence with what to set", err)
	}
}
