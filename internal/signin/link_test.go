package signin_test

import (
	"errors"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/signin"
)

// link begins to add a sign-in account and returns what the provider is asked.
func (b *browser) link() url.Values {
	b.t.Helper()
	w := httptest.NewRecorder()
	location, err := b.BeginLink(w, b.request("/account/identities"), "")
	if err != nil {
		b.t.Fatalf("begin to link: %v", err)
	}
	b.take(w)
	u, err := url.Parse(location)
	if err != nil {
		b.t.Fatal(err)
	}
	return u.Query()
}

// another makes the rogue vouch for somebody else.
func (p *rogue) another(sub string, claims map[string]any) {
	all := map[string]any{"sub": sub, "auth_time": p.now().Unix()}
	for name, value := range claims {
		all[name] = value
	}
	p.claims = with(all)
}

// S-36: who is signed in adds a sign-in account by proving that it is theirs; the session
// stays, and from then on either signs in to the one account.
func TestASignInAccountIsAdded(t *testing.T) {
	t.Parallel()
	b := newDesk(t).browser()
	b.mustSignIn()
	before := firstKey(b.kept.sessions)
	asked := b.link()
	if asked.Get("prompt") != "login" || asked.Get("max_age") != "0" {
		t.Errorf("asked prompt=%q max_age=%q, want proof anew", asked.Get("prompt"), asked.Get("max_age"))
	}
	b.provider.another("p-new", nil)
	answer := b.provider.authorize(asked)
	if next, err := b.comeBack(answer); err != nil || next != "/account" {
		t.Fatalf("back from the provider: got %q, %v, want /account", next, err)
	}
	if len(b.kept.sessions) != 1 || firstKey(b.kept.sessions) != before || b.who() != "Kaisa Laine" {
		t.Error("the session changed")
	}
	if got := b.kept.persons[licensing.Identity{Issuer: b.provider.URL, Subject: "p-new"}]; got != kaisa || b.kept.lastNote() != "linked p-new 192.0.2.7" {
		t.Errorf("p-new signs in as %v, the log says %q, want kaisa", got, b.kept.lastNote())
	}
	other := b.desk.browser()
	other.mustSignIn()
	if other.who() != "Kaisa Laine" {
		t.Errorf("with the added account: signed in as %q, want Kaisa Laine", other.who())
	}
	if _, err := b.comeBack(answer); err == nil {
		t.Error("the same answer again was taken")
	}
}

// S-36: what doesn't prove both accounts adds nothing.
func TestASignInAccountIsNotAdded(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		sub     string
		claims  map[string]any
		between func(*browser) // between leaving and coming back
		reason  signin.Reason
		check   string
	}{
		"that is somebody else's":                    {sub: "p-frode", reason: signin.Taken},
		"that is added already":                      {sub: subject, reason: signin.Yours},
		"that was proved an hour ago":                {sub: "p-new", claims: map[string]any{"auth_time": newClock().Now().Add(-time.Hour).Unix()}, reason: signin.Invalid, check: "auth_time"},
		"in a browser where nobody is signed in now": {sub: "p-new", between: func(b *browser) { delete(b.jar, "__Host-keyhall") }, reason: signin.Stale, check: "link"},
		"after another sign-in in that browser":      {sub: "p-new", between: func(b *browser) { b.provider.claims = nil; b.mustSignIn() }, reason: signin.Stale, check: "link"},
		"with an answer that doesn't hold":           {sub: "p-new", claims: map[string]any{"nonce": "other"}, reason: signin.Invalid, check: "nonce"},
		"that somebody took meanwhile":               {sub: "p-new", between: func(b *browser) { b.kept.fails["LinkIdentity"] = licensing.ErrConflict }, reason: signin.Taken},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newDesk(t).browser()
			b.kept.persons[licensing.Identity{Issuer: b.provider.URL, Subject: "p-frode"}] = frode
			b.mustSignIn()
			asked := b.link()
			if c.between != nil {
				c.between(b)
			}
			b.provider.another(c.sub, c.claims)
			_, err := b.comeBack(b.provider.authorize(asked))
			f, ok := errors.AsType[*signin.Failure](err)
			if !ok || f.Reason != c.reason || f.Check != c.check {
				t.Errorf("an account %s: got %v, want %s/%s", name, err, c.reason, c.check)
			}
			if _, added := b.kept.persons[licensing.Identity{Issuer: b.provider.URL, Subject: "p-new"}]; added {
				t.Errorf("an account %s was added", name)
			}
			if got := b.kept.persons[licensing.Identity{Issuer: b.provider.URL, Subject: "p-frode"}]; got != frode {
				t.Errorf("frode's account is %v's", got)
			}
		})
	}
	b := newDesk(t).browser()
	if _, err := b.BeginLink(httptest.NewRecorder(), b.request("/"), ""); !errors.Is(err, licensing.ErrNotFound) {
		t.Errorf("nobody begins: got %v, want not found", err)
	}
	b.mustSignIn()
	if _, err := b.BeginLink(httptest.NewRecorder(), b.request("/"), "nobody"); !errors.Is(err, licensing.ErrNotFound) {
		t.Errorf("at no provider: got %v, want not found", err)
	}
}

// The answer to a link signs nobody in, whoever brings it.
func TestALinkSignsNobodyIn(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b, thief := d.browser(), d.browser()
	b.mustSignIn()
	asked := b.link()
	for name, cookie := range b.jar {
		if name != "__Host-keyhall" {
			thief.jar[name] = cookie
		}
	}
	if _, err := thief.comeBack(d.provider.authorize(asked)); err == nil || thief.who() != "" {
		t.Errorf("a link's answer in another browser: got %v, signed in as %q", err, thief.who())
	}
}
