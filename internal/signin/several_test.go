package signin_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/signin"
)

var frode = uuid.MustParse("0198c000-0000-7000-8000-000000000002")

// pair is a desk with a second provider, whose subject of the same name is somebody else.
type pair struct {
	*desk
	second *rogue
}

func newPair(t *testing.T) *pair {
	t.Helper()
	d := newDesk(t)
	p := &pair{desk: d, second: newRogue(t, d.clock.Now)}
	p.SignIn = signin.New(p.both(), d.kept)
	d.kept.persons[licensing.Identity{Issuer: p.second.URL, Subject: subject}] = frode
	d.kept.viewers[frode] = licensing.Viewer{PersonID: frode, Name: "Frode Berg"}
	return p
}

// both is the configuration with both providers. Their servers share a certificate.
func (p *pair) both() signin.Config {
	return p.config(func(c *signin.Config) {
		c.Providers[0].ID, c.Providers[0].Name, c.Providers[0].Domains = "first", "Nordvik", []string{"nordvik.example"}
		c.Providers = append(c.Providers, signin.Provider{
			ID: "second", Name: "Fjellheim", Issuer: p.second.URL, ClientID: clientID, ClientSecret: "not much of a secret",
			Domains: []string{"fjellheim.example", "fjellheim-drift.example"},
		})
	})
}

// beginAt begins to sign in at one of them.
func (b *browser) beginAt(id string) url.Values {
	b.t.Helper()
	w := httptest.NewRecorder()
	if err := b.Begin(w, b.request("/signin"), id, "/keys?type=mak"); err != nil {
		b.t.Fatalf("begin at %q: %v", id, err)
	}
	return b.asked(w)
}

func (b *browser) comeBackTo(path string, q url.Values) (string, error) {
	w := httptest.NewRecorder()
	next, err := b.Callback(w, b.request(path+"?"+q.Encode()), at)
	b.take(w)
	return next, err
}

const secondCallback = "/signin/callback/second"

// S-36, S-39: each provider has an address of its own to send people back to, and a
// subject is somebody at its own provider alone.
func TestTwoProvidersSignInTheirOwn(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	for _, c := range []struct {
		id, callback, name string
		provider           *rogue
	}{{"first", "/signin/callback", "Kaisa Laine", p.provider}, {"second", secondCallback, "Frode Berg", p.second}} {
		b := p.browser()
		asked := b.beginAt(c.id)
		if got := asked.Get("redirect_uri"); got != "https://keyhall.example"+c.callback {
			t.Errorf("the %s provider is to send people back to %q", c.id, got)
		}
		next, err := b.comeBackTo(c.callback, c.provider.authorize(asked))
		if err != nil || next != "/keys?type=mak" || b.who() != c.name {
			t.Errorf("at the %s provider: got %q, %v, signed in is %q, want %s", c.id, next, err, b.who(), c.name)
		}
		end, err := b.SignOut(httptest.NewRecorder(), b.request("/"), at)
		if err != nil || !strings.HasPrefix(end, c.provider.URL+"/end") {
			t.Errorf("signing out leads to %q, %v, want to the %s provider", end, err, c.id)
		}
	}
	delete(p.kept.persons, licensing.Identity{Issuer: p.second.URL, Subject: subject})
	b := p.browser()
	_, err := b.comeBackTo(secondCallback, p.second.authorize(b.beginAt("second")))
	b.wantRefused(err, signin.NoAccount, "")
}

// S-39: of two providers neither can answer for the other.
func TestNoProviderAnswersForAnother(t *testing.T) {
	t.Parallel()
	none := func(url.Values) {}
	for _, c := range []struct {
		name     string
		begun    string // ID of the provider chosen
		answers  func(*pair) *rogue
		callback string
		change   func(*pair)
		answer   func(url.Values)
		check    string
	}{
		{"the first's answer at the second's callback", "first", first, secondCallback, nil, none, "callback"},
		{"the second's answer at the first's callback", "second", second, "/signin/callback", nil, none, "callback"},
		{"an answer at the callback of none", "second", second, "/signin/callback/third", nil, none, "callback"},
		{"an answer below its callback", "second", second, secondCallback + "/", nil, none, "callback"},
		// The second, chosen by a victim, sends them on to the first and hopes for its code.
		{"a mix-up: the first answers at its callback what the second was asked", "second", first, "/signin/callback", nil, none, "callback"},
		{"a mix-up: the first's answer brought to the second's callback", "second", first, secondCallback, nil, none, "answer_iss"},
		{"a mix-up by providers that don't say who answers", "second", first, secondCallback, mute, func(q url.Values) { q.Del("iss") }, "code"},
		{"the second says that the first answers", "second", second, secondCallback, func(p *pair) {
			p.second.answer = func(q url.Values) { q.Set("iss", p.provider.URL) }
		}, none, "answer_iss"},
		{"the second makes an ID token in the first's name", "second", second, secondCallback, func(p *pair) {
			p.second.claims = with(map[string]any{"iss": p.provider.URL})
		}, none, "id_token"},
		{"the second passes on an ID token of the first", "second", second, secondCallback, func(p *pair) {
			p.second.token = func(m map[string]any) { m["id_token"] = p.provider.idToken(url.Values{"nonce": {"n-1"}}) }
		}, none, "id_token"},
		{"the second signs with the first's key", "second", second, secondCallback, func(p *pair) {
			p.second.sign = func(_ *rogue, header, payload []byte) string { return signES256(p.t, p.provider.key, header, payload) }
		}, none, "id_token"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := newPair(t)
			if c.change != nil {
				c.change(p)
			}
			b := p.browser()
			q := c.answers(p).authorize(b.beginAt(c.begun))
			c.answer(q)
			_, err := b.comeBackTo(c.callback, q)
			b.wantRefused(err, signin.Invalid, c.check)
			if n := p.provider.strays.Load() + p.second.strays.Load(); n != 0 {
				t.Errorf("%d requests went where none should go", n)
			}
		})
	}
}

func first(p *pair) *rogue  { return p.provider }
func second(p *pair) *rogue { return p.second }

func mute(p *pair) {
	for _, r := range []*rogue{p.provider, p.second} {
		r.describe = with(map[string]any{"authorization_response_iss_parameter_supported": false})
	}
}

// R10: what happens to one provider is nothing to the other.
func TestAProviderThatIsDownHindersNoOther(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	p.provider.down.Store(true)
	b := p.browser()
	b.wantRefused(b.Begin(httptest.NewRecorder(), b.request("/signin"), "first", "/"), signin.ProviderDown, "discovery")
	if _, err := b.comeBackTo(secondCallback, p.second.authorize(b.beginAt("second"))); err != nil || b.who() != "Frode Berg" {
		t.Errorf("at the one that is up: got %v, signed in is %q", err, b.who())
	}
	p.second.rotate("anew")
	p.pass(10 * time.Second)
	if _, err := b.comeBackTo(secondCallback, p.second.authorize(b.beginAt("second"))); err != nil {
		t.Errorf("with a new key: %v", err)
	}
}

func TestAProviderThatWasTakenOut(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	b := p.browser()
	if _, err := b.comeBackTo(secondCallback, p.second.authorize(b.beginAt("second"))); err != nil {
		t.Fatal(err)
	}
	q := p.second.authorize(b.beginAt("second"))
	without := *p.desk
	without.SignIn = signin.New(p.config(), p.kept)
	left := &browser{desk: &without, jar: b.jar}
	if left.who() != "" {
		t.Error("its session is obeyed")
	}
	_, err := left.comeBackTo(secondCallback, q)
	if f, ok := errors.AsType[*signin.Failure](err); !ok || f.Reason != signin.Stale || f.Check != "provider" {
		t.Errorf("a sign-in under way: got %v, want stale/provider", err)
	}
	if err := left.Begin(httptest.NewRecorder(), left.request("/"), "second", "/"); !errors.Is(err, licensing.ErrNotFound) {
		t.Errorf("a sign-in there: got %v, want not found", err)
	}
	if end, err := left.SignOut(httptest.NewRecorder(), left.request("/"), at); err != nil || end != "" || len(p.kept.sessions) != 0 {
		t.Errorf("signing out: got %q, %v, %d sessions are left, want it ended here", end, err, len(p.kept.sessions))
	}
}

// S-41: who was vouched for by one provider proves it there again.
func TestAStepUpIsAskedOfTheSessionsProvider(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	b := p.browser()
	if err := b.BeginAnew(httptest.NewRecorder(), b.request("/"), "/"); !errors.Is(err, licensing.ErrNotFound) {
		t.Errorf("of nobody: got %v, want not found", err)
	}
	if _, err := b.comeBackTo(secondCallback, p.second.authorize(b.beginAt("second"))); err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	if err := b.BeginAnew(w, b.request("/"), "/"); err != nil || !strings.HasPrefix(w.Header().Get("Location"), p.second.URL+"/authorize") {
		t.Errorf("got %v, sent to %q, want to the second provider", err, w.Header().Get("Location"))
	}
}

func TestChoosingAProvider(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	b := p.browser()
	for query, want := range map[string]string{"": "", "?provider=second": "second", "?provider=first": "first", "?provider=third": "", "?provider=": ""} {
		got, ok := b.Chosen(b.request("/signin" + query))
		if ok != (want != "") || ok && got != want {
			t.Errorf("%q asks for %q, %v, want %q", query, got, ok, want)
		}
	}
	p.Straight = true
	for query, want := range map[string]string{"": "first", "?login_hint=frode@fjellheim.example": "first", "?provider=second": "second", "?provider=third": "", "?provider=": ""} {
		got, ok := b.Chosen(b.request("/signin" + query))
		if ok != (want != "") || ok && got != want {
			t.Errorf("straight to the first, %q asks for %q, %v, want %q", query, got, ok, want)
		}
	}
	for email, want := range map[string]string{
		"frode@fjellheim.example": "second", " Frode@FJELLHEIM-Drift.example ": "second", "anna@nordvik.example": "first",
		"anna@nordvik.example.evil.example": "", "anna@mail.nordvik.example": "", "nordvik.example": "", "": "", "@": "",
	} {
		if got := b.Choices(b.request("/signin"), email).Found.ID; got != want {
			t.Errorf("%q is led to %q, want %q", email, got, want)
		}
	}
	names := func() (all []string, last bool) {
		c := b.Choices(b.request("/signin"), "")
		for _, o := range c.Options {
			all = append(all, o.Name)
		}
		return all, c.Last
	}
	if got, last := names(); !slices.Equal(got, []string{"Nordvik", "Fjellheim"}) || last {
		t.Errorf("to choose from are %v, last chosen: %v", got, last)
	}
	b.beginAt("second")
	if got, last := names(); !slices.Equal(got, []string{"Fjellheim", "Nordvik"}) || !last {
		t.Errorf("after one was chosen there are %v, last chosen: %v, want it first", got, last)
	}
	if c := b.jar["__Host-keyhall-provider"]; c == nil || !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteLaxMode {
		t.Errorf("the choice is kept in %v", c)
	}
	b.jar["__Host-keyhall-provider"].Value = "third"
	if got, last := names(); len(got) != 2 || last {
		t.Errorf("with a cookie that names none there are %v, last chosen: %v", got, last)
	}
	alone := newDesk(t).browser()
	if id, ok := alone.Chosen(alone.request("/signin?provider=third")); id != "" || !ok {
		t.Errorf("with one provider: got %q, %v, want it", id, ok)
	}
	alone.begin("/signin")
	if _, ok := alone.jar["__Host-keyhall-provider"]; ok {
		t.Error("with one provider the choice is kept")
	}
}
