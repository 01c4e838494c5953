package signin_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/signin"
)

// TestACorrectProviderSignsIn is the other half of S-38: what is merely unusual works, and
// so do clocks that are up to a minute apart (R11).
func TestACorrectProviderSignsIn(t *testing.T) {
	t.Parallel()
	base := newClock().Now()
	in := func(d time.Duration) int64 { return base.Add(d).Unix() }
	long := strings.Repeat("~ ", 127) + "x"
	for _, c := range []struct {
		name   string
		change map[string]any
	}{
		{"with nothing unusual", nil},
		{"given to us by name", map[string]any{"azp": clientID}},
		{"for us in a list", map[string]any{"aud": []string{clientID}}},
		{"for a client beside us that the configuration names", map[string]any{"aud": []string{"sister", clientID}, "azp": clientID}},
		{"with a subject of 255 characters", map[string]any{"sub": long}},
		{"with the clock a minute ahead", map[string]any{"iat": in(time.Minute), "exp": in(6 * time.Minute), "auth_time": in(time.Minute)}},
		{"with the clock a minute behind", map[string]any{"iat": in(-time.Minute), "exp": in(4 * time.Minute)}},
		{"with a token that ran out this minute", map[string]any{"exp": in(-59 * time.Second)}},
		{"without saying when the person proved who they are", map[string]any{"auth_time": nil}},
		{"without a session of its own", map[string]any{"sid": nil}},
		{"with an address that isn't one", map[string]any{"email": "\x1b[2J", "email_verified": "true"}},
		{"with claims that others made up", map[string]any{"Department": "IT", "roles": []string{"operator"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, func(c *signin.Config) { c.Providers[0].OtherAudiences = []string{"sister"} })
			d.kept.persons[licensing.Identity{Issuer: d.provider.URL, Subject: long}] = kaisa
			d.provider.claims = with(c.change)
			b := d.browser()
			b.mustSignIn()
			if b.who() != "Kaisa Laine" {
				t.Errorf("signed in is %q, want Kaisa Laine", b.who())
			}
			for _, s := range d.kept.sessions {
				if s.AuthTime.After(d.Now()) {
					t.Errorf("the person proved who they are at %v, after now, %v", s.AuthTime, d.Now())
				}
			}
		})
	}
}

func TestWhatIsAskedOfTheProvider(t *testing.T) {
	t.Parallel()
	b := newDesk(t).browser()
	q := b.begin("/signin?login_hint=kaisa%40nordvik.example")
	want := map[string]string{
		"response_type": "code", "client_id": clientID, "redirect_uri": "https://keyhall.example/signin/callback",
		"scope": "openid email", "code_challenge_method": "S256", "login_hint": "kaisa@nordvik.example",
	}
	for name, value := range want {
		if q.Get(name) != value {
			t.Errorf("%s is %q, want %q", name, q.Get(name), value)
		}
	}
	// S-37: at least 128 random bits each, 26 characters of base32 or 43 of base64url.
	if len(q.Get("state")) < 26 || len(q.Get("nonce")) < 26 || len(q.Get("code_challenge")) != 43 || q.Get("state") == q.Get("nonce") {
		t.Errorf("state %q, nonce %q, challenge %q are too short or the same", q.Get("state"), q.Get("nonce"), q.Get("code_challenge"))
	}
	for _, target := range []string{"/signin", "/signin?login_hint=a&login_hint=b", "/signin?login_hint=a%00b", "/signin?login_hint=" + strings.Repeat("a", 300)} {
		if got := b.begin(target); got.Has("login_hint") {
			t.Errorf("begin %q passes on %q, want no hint", target, got.Get("login_hint"))
		}
	}
	again := b.begin("/signin")
	if again.Get("state") == q.Get("state") || again.Get("nonce") == q.Get("nonce") || again.Get("code_challenge") == q.Get("code_challenge") {
		t.Error("two attempts share state, nonce or challenge")
	}
}

// TestOneAttemptIsForOneBrowserOnce holds S-37.
func TestOneAttemptIsForOneBrowserOnce(t *testing.T) {
	t.Parallel()

	t.Run("two tabs sign in, in either order", func(t *testing.T) {
		t.Parallel()
		b := newDesk(t).browser()
		first, second := b.begin("/signin?next=/keys"), b.begin("/signin?next=/requests")
		if next, err := b.comeBack(b.provider.authorize(second)); err != nil || next != "/requests" {
			t.Errorf("the second tab: got %q, %v, want /requests", next, err)
		}
		if next, err := b.comeBack(b.provider.authorize(first)); err != nil || next != "/keys" {
			t.Errorf("the first tab: got %q, %v, want /keys", next, err)
		}
		if len(b.kept.sessions) != 1 {
			t.Errorf("%d sessions are alive, want the last one only", len(b.kept.sessions))
		}
	})

	t.Run("an answer for another browser is stale", func(t *testing.T) {
		t.Parallel()
		d := newDesk(t)
		q := d.provider.authorize(d.browser().begin("/signin"))
		victim := d.browser()
		victim.begin("/signin")
		_, err := victim.comeBack(q)
		victim.wantRefused(err, signin.Stale, "state")
	})

	t.Run("another browser's code is refused by the provider for want of the proof", func(t *testing.T) {
		t.Parallel()
		d := newDesk(t)
		q, victim := d.provider.authorize(d.browser().begin("/signin")), d.browser()
		q.Set("state", victim.begin("/signin").Get("state"))
		_, err := victim.comeBack(q)
		victim.wantRefused(err, signin.Invalid, "code")
	})

	t.Run("another browser's code is refused by us when the provider asks for no proof", func(t *testing.T) {
		t.Parallel()
		d := newDesk(t)
		d.provider.careless = true
		q, victim := d.provider.authorize(d.browser().begin("/signin")), d.browser()
		q.Set("state", victim.begin("/signin").Get("state"))
		_, err := victim.comeBack(q)
		victim.wantRefused(err, signin.Invalid, "nonce")
	})

	t.Run("an answer comes once, even to a browser that kept its cookie", func(t *testing.T) {
		t.Parallel()
		b := newDesk(t).browser()
		asked := b.begin("/signin")
		kept := b.request("/").Cookies()
		refusal := url.Values{"error": {"access_denied"}, "state": {asked.Get("state")}, "iss": {b.provider.URL}}
		_, err := b.comeBack(refusal)
		b.wantRefused(err, signin.Denied, "")
		if len(b.jar) != 0 {
			t.Errorf("the attempt's cookie is still there: %v", b.jar)
		}
		for _, c := range kept {
			b.jar[c.Name] = c
		}
		_, err = b.comeBack(b.provider.authorize(asked))
		b.wantRefused(err, signin.Stale, "state")
	})

	t.Run("an answer after ten minutes is stale", func(t *testing.T) {
		t.Parallel()
		b := newDesk(t).browser()
		asked := b.begin("/signin")
		b.pass(10 * time.Minute)
		_, err := b.comeBack(b.provider.authorize(asked))
		b.wantRefused(err, signin.Stale, "state")
	})

	t.Run("a changed cookie, and one under another name, are no attempt", func(t *testing.T) {
		t.Parallel()
		b := newDesk(t).browser()
		asked := b.begin("/signin")
		name := "__Host-keyhall-tx-" + asked.Get("state")
		cookie := *b.jar[name]
		b.jar[name].Value = "A" + cookie.Value[1:] + "A"
		_, err := b.comeBack(b.provider.authorize(asked))
		b.wantRefused(err, signin.Stale, "state")
		cookie.Name = "__Host-keyhall-tx-PLANTED"
		b.jar[cookie.Name] = &cookie
		asked.Set("state", "PLANTED")
		_, err = b.comeBack(b.provider.authorize(asked))
		b.wantRefused(err, signin.Stale, "state")
	})

	t.Run("an attempt with a second cookie of its name is none", func(t *testing.T) {
		t.Parallel()
		b := newDesk(t).browser()
		q := b.provider.authorize(b.begin("/signin"))
		r := b.request("/signin/callback?" + q.Encode())
		r.AddCookie(&http.Cookie{Name: "__Host-keyhall-tx-" + q.Get("state"), Value: "planted"})
		_, err := b.Callback(httptest.NewRecorder(), r, at)
		b.wantRefused(err, signin.Stale, "state")
	})

	// S-23
	t.Run("a way that leads elsewhere leads home", func(t *testing.T) {
		t.Parallel()
		b := newDesk(t).browser()
		if next, err := b.comeBack(b.provider.authorize(b.begin("/signin?next=//evil.example"))); err != nil || next != "/" {
			t.Errorf("got %q, %v, want /", next, err)
		}
		w := httptest.NewRecorder()
		if err := b.BeginAnew(w, b.request("/"), "https://evil.example"); err != nil {
			t.Fatal(err)
		}
		if next, err := b.comeBack(b.provider.authorize(b.asked(w))); err != nil || next != "/" {
			t.Errorf("anew: got %q, %v, want /", next, err)
		}
	})

	t.Run("a browser holds eight attempts, the youngest", func(t *testing.T) {
		t.Parallel()
		b := newDesk(t).browser()
		first := b.begin("/signin")
		for range 12 {
			b.pass(time.Second)
			b.begin("/signin?next=/" + strings.Repeat("x", 500))
		}
		size := 0
		for _, c := range b.jar {
			size += len(c.Name) + len(c.Value) + 3
		}
		if _, ok := b.jar["__Host-keyhall-tx-"+first.Get("state")]; ok || len(b.jar) != 8 || size > 10<<10 {
			t.Errorf("the browser holds %d attempts in %d bytes (the oldest: %v), want 8 below 10 KiB", len(b.jar), size, ok)
		}
	})
}

// TestAStepUpAsksForProofAnew holds S-41's part of signing in.
func TestAStepUpAsksForProofAnew(t *testing.T) {
	t.Parallel()
	again := func(b *browser) url.Values {
		w := httptest.NewRecorder()
		if err := b.BeginAnew(w, b.request("/"), "/keys"); err != nil {
			t.Fatalf("begin anew: %v", err)
		}
		return b.asked(w)
	}
	for _, c := range []struct {
		name     string
		authTime any
		refused  bool
	}{
		{"the person has just proved who they are", newClock().Now().Unix(), false},
		{"the person proved who they are an hour ago", newClock().Now().Add(-time.Hour).Unix(), true},
		{"the provider doesn't say when", nil, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newDesk(t).browser()
			b.mustSignIn()
			before := firstKey(b.kept.sessions)
			b.provider.claims = with(map[string]any{"auth_time": c.authTime})
			asked := again(b)
			if asked.Get("prompt") != "login" || asked.Get("max_age") != "0" {
				t.Errorf("asked prompt=%q max_age=%q, want login and 0", asked.Get("prompt"), asked.Get("max_age"))
			}
			_, err := b.comeBack(b.provider.authorize(asked))
			if c.refused {
				f, ok := errors.AsType[*signin.Failure](err)
				if !ok || f.Reason != signin.Invalid || f.Check != "auth_time" || len(b.kept.sessions) != 1 || firstKey(b.kept.sessions) != before {
					t.Errorf("got %v and %d sessions, want the proof refused and the old session", err, len(b.kept.sessions))
				}
				return
			}
			s, sessionErr := b.Session(b.request("/"))
			if err != nil || sessionErr != nil || !s.AuthTime.Equal(b.Now()) {
				t.Errorf("got %v, %v, proved at %v, want now", err, sessionErr, s.AuthTime)
			}
		})
	}
}

func TestWhoIsNotLetIn(t *testing.T) {
	t.Parallel()

	// S-36, S-40: an address is no account, however familiar.
	t.Run("someone without an account, by an address that an account has", func(t *testing.T) {
		t.Parallel()
		b := newDesk(t).browser()
		b.provider.claims = with(map[string]any{"sub": "P-7731"})
		_, err := b.signIn()
		b.wantRefused(err, signin.NoAccount, "")
		f := err.(*signin.Failure)
		if f.Identity.Subject != "P-7731" || f.Identity.Issuer != b.provider.URL || f.Email != "kaisa@nordvik.example" || f.Next != "/keys?type=mak" {
			t.Errorf("the failure tells of %+v", f)
		}
		if got := b.kept.lastNote(); got != "refused P-7731 no_account 192.0.2.7" {
			t.Errorf("the audit log says %q", got)
		}
	})

	t.Run("someone whose account has ended", func(t *testing.T) {
		t.Parallel()
		b := newDesk(t).browser()
		delete(b.kept.viewers, kaisa)
		_, err := b.signIn()
		b.wantRefused(err, signin.Ended, "")
		if got := b.kept.lastNote(); got != "refused p-7731 ended 192.0.2.7" {
			t.Errorf("the audit log says %q", got)
		}
	})

	t.Run("a forged token is told to the audit log, what anyone can send is not", func(t *testing.T) {
		t.Parallel()
		b := newDesk(t).browser()
		b.provider.claims = with(map[string]any{"nonce": "n-1"})
		_, err := b.signIn()
		b.wantRefused(err, signin.Invalid, "nonce")
		if got := b.kept.lastNote(); got != "refused  invalid/nonce 192.0.2.7" {
			t.Errorf("the audit log says %q", got)
		}
		b.provider.answer = func(q url.Values) { q.Set("code", "guessed") }
		_, err = b.signIn()
		b.wantRefused(err, signin.Invalid, "code")
		if len(b.kept.log) != 1 {
			t.Errorf("the audit log says %q, want nothing of the guessed code", b.kept.log)
		}
	})
}
