package signin_test

import (
	"crypto/sha256"
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

// TestTheSessionCookie holds S-18 and S-45.
func TestTheSessionCookie(t *testing.T) {
	t.Parallel()
	b := newDesk(t).browser()
	b.mustSignIn()
	c := b.jar["__Host-keyhall"]
	if c == nil || !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || len(c.String()) > 4096 {
		t.Fatalf("the cookie is %v", c)
	}
	if len(c.Value) != 43 {
		t.Errorf("the token has %d characters, want the 43 of 256 bits", len(c.Value))
	}
	sum := sha256.Sum256([]byte(c.Value))
	s, ok := b.kept.sessions[string(sum[:])]
	if !ok || len(b.kept.sessions) != 1 {
		t.Fatalf("the session isn't kept under the token's SHA-256")
	}
	if strings.Contains(string(s.IDToken), "eyJ") {
		t.Error("the ID token is kept in clear")
	}
	if got := b.kept.lastNote(); got != "in Kaisa Laine p-7731 192.0.2.7" {
		t.Errorf("the audit log says %q", got)
	}
}

func TestOnlyPlainLoopbackGoesWithoutTheHostPrefix(t *testing.T) {
	t.Parallel()
	for base, want := range map[string]string{
		"http://localhost:8080": "keyhall-tx-", "http://127.0.0.1:8080": "keyhall-tx-", "http://[::1]:8080": "keyhall-tx-",
		"https://localhost": "__Host-keyhall-tx-", "http://keyhall.example": "__Host-keyhall-tx-", "http://localhost.example": "__Host-keyhall-tx-",
	} {
		d := newDesk(t, func(c *signin.Config) { c.BaseURL = base })
		b := d.browser()
		b.begin("/signin")
		for name, c := range b.jar {
			if !strings.HasPrefix(name, want) || c.Secure != strings.HasPrefix(want, "__Host-") || !c.HttpOnly {
				t.Errorf("at %s the cookie is %v, want %s…", base, c, want)
			}
		}
	}
}

// TestASignInMakesANewSession holds S-46.
func TestASignInMakesANewSession(t *testing.T) {
	t.Parallel()

	t.Run("and the old one is dead", func(t *testing.T) {
		t.Parallel()
		b := newDesk(t).browser()
		b.mustSignIn()
		old := b.jar["__Host-keyhall"]
		thief := b.desk.browser()
		thief.jar[old.Name] = old
		b.mustSignIn()
		if b.jar["__Host-keyhall"].Value == old.Value || thief.who() != "" || b.who() == "" {
			t.Errorf("the old token opens %q's session, the new one %q's", thief.who(), b.who())
		}
	})

	t.Run("and a cookie from before never becomes one", func(t *testing.T) {
		t.Parallel()
		b := newDesk(t).browser()
		planted := &http.Cookie{Name: "__Host-keyhall", Value: strings.Repeat("A", 43)}
		b.jar[planted.Name] = planted
		b.mustSignIn()
		thief := b.desk.browser()
		thief.jar[planted.Name] = planted
		if thief.who() != "" {
			t.Errorf("the planted cookie opens %q's session", thief.who())
		}
	})

	t.Run("and one that fails leaves the old one", func(t *testing.T) {
		t.Parallel()
		b := newDesk(t).browser()
		b.mustSignIn()
		b.provider.answer = refusal("access_denied")
		if _, err := b.signIn(); err == nil || b.who() != "Kaisa Laine" {
			t.Errorf("after a failed sign-in (%v) signed in is %q, want still Kaisa", err, b.who())
		}
	})

	t.Run("or none, when the audit log can't be told", func(t *testing.T) {
		t.Parallel()
		b := newDesk(t).browser()
		b.kept.fails["Record"] = licensing.ErrUnavailable
		if _, err := b.signIn(); !errors.Is(err, licensing.ErrUnavailable) || len(b.kept.sessions) != 0 || b.jar["__Host-keyhall"] != nil {
			t.Errorf("got %v, %d sessions, cookie %v, want none", err, len(b.kept.sessions), b.jar["__Host-keyhall"])
		}
	})
}

// TestHowLongASessionLives holds S-47, to the second (R11).
func TestHowLongASessionLives(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		staff licensing.Role
		every time.Duration // between requests
		alive int           // requests that are answered, out of 60
	}{
		{"a customer who is never idle for half an hour, twelve hours", "", 25 * time.Minute, 28},
		{"a customer who is idle for half an hour, until then", "", 30 * time.Minute, 0},
		{"a customer who is idle for a second less, twelve hours", "", 30*time.Minute - time.Second, 24},
		{"a support agent who is idle for a quarter of an hour, until then", licensing.SupportAgent, 15 * time.Minute, 0},
		{"an operator who is never, twelve hours", licensing.Operator, 14 * time.Minute, 51},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newDesk(t).browser()
			v := b.kept.viewers[kaisa]
			v.Staff = c.staff
			b.kept.viewers[kaisa] = v
			b.mustSignIn()
			for i := range 60 {
				b.pass(c.every)
				if (b.who() != "") != (i < c.alive) {
					t.Fatalf("after request %d signed in is %q, want %d requests answered", i+1, b.who(), c.alive)
				}
			}
		})
	}

	t.Run("what a page asks by itself keeps no session alive", func(t *testing.T) {
		t.Parallel()
		b := newDesk(t).browser()
		b.mustSignIn()
		for range 29 {
			b.pass(time.Minute)
			if _, err := b.Peek(b.request("/")); err != nil {
				t.Fatalf("peek: %v", err)
			}
			if _, err := b.Session(b.request("/")); err != nil {
				t.Fatalf("session: %v", err)
			}
		}
		b.pass(time.Minute)
		if b.who() != "" || b.kept.touched != 0 {
			t.Errorf("signed in is %q, the row was written %d times, want nobody and never", b.who(), b.kept.touched)
		}
	})

	t.Run("it counts the last request, though the row is written once a minute", func(t *testing.T) {
		t.Parallel()
		b := newDesk(t).browser()
		b.mustSignIn()
		for range 119 {
			b.pass(time.Second)
			b.who()
		}
		if b.kept.touched != 1 {
			t.Errorf("the row was written %d times in 119 s, want once", b.kept.touched)
		}
		b.pass(30*time.Minute - time.Second)
		if b.who() == "" {
			t.Error("the session ended a second early")
		}
		b.pass(30 * time.Minute)
		if b.who() != "" {
			t.Error("the session lived too long")
		}
	})

	t.Run("a disk that is full keeps nobody from reading", func(t *testing.T) {
		t.Parallel()
		b := newDesk(t).browser()
		b.mustSignIn()
		b.kept.fails["TouchSession"] = licensing.ErrUnavailable
		b.pass(time.Minute)
		if b.who() != "Kaisa Laine" {
			t.Error("a session that couldn't be marked as used was not obeyed")
		}
	})
}

// TestWhatChangesIsObeyedWithinASecond holds S-48, with two processes on one store.
func TestWhatChangesIsObeyedWithinASecond(t *testing.T) {
	t.Parallel()
	two := func(t *testing.T) (*browser, *browser) {
		d := newDesk(t)
		b := d.browser()
		b.mustSignIn()
		elsewhere := *d
		elsewhere.SignIn = signin.New(d.config(), d.kept)
		other := &browser{desk: &elsewhere, jar: b.jar}
		if b.who() != "Kaisa Laine" || other.who() != "Kaisa Laine" {
			t.Fatal("signed in at one process is not signed in at the other")
		}
		return b, other
	}

	t.Run("signing out", func(t *testing.T) {
		t.Parallel()
		b, other := two(t)
		if _, err := b.SignOut(httptest.NewRecorder(), b.request("/"), at); err != nil {
			t.Fatalf("sign out: %v", err)
		}
		if b.who() != "" {
			t.Error("the process that ended the session still obeys it")
		}
		b.pass(time.Second)
		if other.who() != "" {
			t.Error("the other process still obeys the session a second later")
		}
	})

	t.Run("the end of an account", func(t *testing.T) {
		t.Parallel()
		b, other := two(t)
		delete(b.kept.viewers, kaisa)
		b.pass(time.Second)
		if b.who() != "" || other.who() != "" {
			t.Error("the account has ended, its session not")
		}
	})

	t.Run("what was forgotten, at once", func(t *testing.T) {
		t.Parallel()
		b, other := two(t)
		b.kept.viewers[kaisa] = licensing.Viewer{PersonID: kaisa, Name: "Kaisa Laine", Unread: 3}
		b.Forget(b.request("/"))
		for p, want := range map[*browser]int{b: 3, other: 0} {
			if v, err := p.Viewer(p.request("/")); err != nil || v.Unread != want {
				t.Errorf("got %d notices, %v, want %d", v.Unread, err, want)
			}
		}
	})

	t.Run("a change of rights", func(t *testing.T) {
		t.Parallel()
		b, other := two(t)
		b.kept.viewers[kaisa] = licensing.Viewer{PersonID: kaisa, Name: "Kaisa Laine", May: licensing.SeeLicence}
		b.pass(time.Second)
		for _, p := range []*browser{b, other} {
			if v, err := p.Viewer(p.request("/")); err != nil || v.May != licensing.SeeLicence {
				t.Errorf("got rights %b, %v, want the new ones", v.May, err)
			}
		}
	})

	t.Run("and in between the store is left alone", func(t *testing.T) {
		t.Parallel()
		b, _ := two(t)
		before := b.kept.read
		for range 50 {
			b.who()
		}
		if b.kept.read != before {
			t.Errorf("50 requests within a second read the session %d times", b.kept.read-before)
		}
	})
}

func TestWhoHasNoSession(t *testing.T) {
	t.Parallel()
	b := newDesk(t).browser()
	b.mustSignIn()
	good := b.jar["__Host-keyhall"].Value
	for name, header := range map[string]string{
		"a browser without a cookie":          "",
		"a token that isn't one":              "__Host-keyhall=" + strings.Repeat("A", 43),
		"a token that is too short":           "__Host-keyhall=" + good[:42],
		"a token under the name without TLS":  "keyhall=" + good,
		"a token beside one that was planted": "__Host-keyhall=" + strings.Repeat("A", 43) + "; __Host-keyhall=" + good,
		"a token before one that was planted": "__Host-keyhall=" + good + "; __Host-keyhall=" + strings.Repeat("A", 43),
		"a token's hash":                      "__Host-keyhall=" + b64([]byte(firstKey(b.kept.sessions))),
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		r.Header.Set("Cookie", header)
		if v, err := b.Viewer(r); !errors.Is(err, licensing.ErrNotFound) || v.Name != "" {
			t.Errorf("%s: got %q, %v, want not found", name, v.Name, err)
		}
	}
	moved := *b.desk
	moved.SignIn = signin.New(b.config(func(c *signin.Config) { c.Providers[0].Issuer = "https://other.example" }), b.kept)
	if other := (&browser{desk: &moved, jar: b.jar}); other.who() != "" {
		t.Error("a session of a provider that is no longer ours is obeyed")
	}
	b.pass(time.Second)
	b.kept.fails["Session"] = licensing.ErrUnavailable
	if _, err := b.Viewer(b.request("/")); !errors.Is(err, licensing.ErrUnavailable) {
		t.Errorf("with the store down: got %v, want unavailable and not a sign-in page", err)
	}
}

func firstKey[V any](m map[string]V) string {
	for k := range m {
		return k
	}
	return ""
}

// TestSigningOut holds S-43.
func TestSigningOut(t *testing.T) {
	t.Parallel()
	out := func(b *browser) (string, *http.Cookie) {
		b.t.Helper()
		w := httptest.NewRecorder()
		end, err := b.SignOut(w, b.request("/"), at)
		if err != nil {
			b.t.Fatalf("sign out: %v", err)
		}
		cookies := w.Result().Cookies()
		if len(cookies) != 1 || cookies[0].Name != "__Host-keyhall" || cookies[0].MaxAge >= 0 || !cookies[0].Secure {
			b.t.Errorf("signing out sets %v, want the cookie taken back", cookies)
		}
		return end, cookies[0]
	}

	t.Run("leads on to the provider, with all that it needs", func(t *testing.T) {
		t.Parallel()
		b := newDesk(t).browser()
		b.mustSignIn()
		end, _ := out(b)
		u, err := url.Parse(end)
		if err != nil || !strings.HasPrefix(end, b.provider.URL+"/end?") {
			t.Fatalf("sign out leads to %q, %v", end, err)
		}
		q := u.Query()
		if q.Get("lang") != "fi" || q.Get("client_id") != clientID || q.Get("post_logout_redirect_uri") != "https://keyhall.example/" || strings.Count(q.Get("id_token_hint"), ".") != 2 {
			t.Errorf("sign out leads to %q", end)
		}
		if len(b.kept.sessions) != 0 || b.who() != "" || b.kept.lastNote() != "out Kaisa Laine 192.0.2.7" {
			t.Errorf("%d sessions are left, the audit log says %q", len(b.kept.sessions), b.kept.lastNote())
		}
	})

	t.Run("works while the provider is down", func(t *testing.T) {
		t.Parallel()
		d := newDesk(t)
		b := d.browser()
		b.mustSignIn()
		d.provider.down.Store(true)
		elsewhere := *d
		elsewhere.SignIn = signin.New(d.config(), d.kept) // has never met the provider
		end, _ := out(&browser{desk: &elsewhere, jar: b.jar})
		if end != "" || len(d.kept.sessions) != 0 {
			t.Errorf("sign out leads to %q, %d sessions are left", end, len(d.kept.sessions))
		}
	})

	t.Run("doesn't send one provider's token to another", func(t *testing.T) {
		t.Parallel()
		d := newDesk(t)
		b := d.browser()
		b.mustSignIn()
		for hash, s := range d.kept.sessions {
			s.Issuer = "https://former.example"
			d.kept.sessions[hash] = s
		}
		if end, _ := out(b); end != "" || len(d.kept.sessions) != 0 {
			t.Errorf("sign out leads to %q, %d sessions are left", end, len(d.kept.sessions))
		}
	})

	t.Run("is nothing for someone who isn't signed in", func(t *testing.T) {
		t.Parallel()
		b := newDesk(t).browser()
		if end, _ := out(b); end != "" || len(b.kept.log) != 0 {
			t.Errorf("sign out leads to %q, the audit log says %q", end, b.kept.log)
		}
	})

	t.Run("ends the session of an account that has ended", func(t *testing.T) {
		t.Parallel()
		b := newDesk(t).browser()
		b.mustSignIn()
		delete(b.kept.viewers, kaisa)
		if end, _ := out(b); end == "" || len(b.kept.sessions) != 0 {
			t.Errorf("sign out leads to %q, %d sessions are left", end, len(b.kept.sessions))
		}
	})

	t.Run("says so when the session can't be ended", func(t *testing.T) {
		t.Parallel()
		b := newDesk(t).browser()
		b.mustSignIn()
		b.kept.fails["EndSession"] = licensing.ErrUnavailable
		if _, err := b.SignOut(httptest.NewRecorder(), b.request("/"), at); !errors.Is(err, licensing.ErrUnavailable) {
			t.Errorf("got %v, want unavailable", err)
		}
	})
}

// What a browser says of itself is text of a stranger: kept short, and fit to be shown.
func TestASessionKnowsWhereItBegan(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]string{
		"Mozilla/5.0 (X11; Linux x86_64)": "Mozilla/5.0 (X11; Linux x86_64)",
		"":                                "",
		"a\x00b\u202ec\xffd\u200be":       "abcde",
		strings.Repeat("å", 300):          strings.Repeat("å", 200),
	} {
		b := newDesk(t).browser()
		b.agent = said
		b.mustSignIn()
		for _, s := range b.kept.sessions {
			if s.Agent != want || s.Address != at.Address {
				t.Errorf("signed in with %q: got %q from %q, want %q from %q", said, s.Agent, s.Address, want, at.Address)
			}
		}
	}
}

// S-48: what was ended elsewhere is forgotten here at once.
func TestForgottenSessionsAreAskedForAnew(t *testing.T) {
	t.Parallel()
	b := newDesk(t).browser()
	b.mustSignIn()
	if b.who() != "Kaisa Laine" {
		t.Fatal("nobody is signed in")
	}
	hash := []byte(firstKey(b.kept.sessions))
	delete(b.kept.sessions, string(hash))
	if b.who() != "Kaisa Laine" {
		t.Error("the store was asked within the second")
	}
	b.ForgetSessions([][]byte{[]byte("another"), hash})
	if b.who() != "" {
		t.Error("an ended session is obeyed after it was forgotten")
	}
}
