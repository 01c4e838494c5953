package web_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/keyhall/keyhall/internal/browsertest"
	"github.com/keyhall/keyhall/internal/signin"
	"github.com/keyhall/keyhall/internal/store"
	"github.com/keyhall/keyhall/internal/web"
)

// withTwoProviders is the portal with a provider more than the demo's, which nobody runs.
func withTwoProviders(t *testing.T, p *browsertest.Portal) http.Handler {
	t.Helper()
	c := p.Server.Config
	c.SignIn = signin.New(signin.Config{
		Providers: []signin.Provider{
			{ID: "nordvik", Name: "Nordvik", Issuer: p.URL + "/demo-idp", ClientID: "keyhall-test", ClientSecret: "only a test", Domains: []string{"nordvik.example"}},
			{ID: "fjellheim", Name: "Fjellheim", Issuer: "https://login.fjellheim.example", ClientID: "keyhall"},
		},
		BaseURL: p.URL, Seal: p.Vault.SealBytes, Open: p.Vault.OpenBytes,
	}, p.Store)
	return web.New(c).Handler()
}

// S-23, S-39: with several providers people choose, by address or from a list, and where
// they were on the way to goes with them.
func TestPeopleChooseWhereToSignIn(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	h := withTwoProviders(t, p)
	ask := func(target string) *http.Response {
		w := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, target, nil)
		r.Header.Set("Accept-Language", "en")
		h.ServeHTTP(w, r)
		return w.Result()
	}
	doors := func(target string) (paths []string) {
		for _, a := range byClass(dom(t, ask(target)), "a", "button") {
			paths = append(paths, attr(a, "href"))
		}
		return paths
	}
	for target, want := range map[string]string{
		"/signin":                        "/signin?provider=nordvik /signin?provider=fjellheim",
		"/signin?next=/keys%3Ftype=mak":  "/signin?next=%2Fkeys%3Ftype%3Dmak&provider=nordvik /signin?next=%2Fkeys%3Ftype%3Dmak&provider=fjellheim",
		"/signin?next=//evil.example":    "/signin?provider=nordvik /signin?provider=fjellheim",
		"/signin?provider=stranger":      "/signin?provider=nordvik /signin?provider=fjellheim",
		"/signin?login_hint=a@x.example": "/signin?login_hint=a%40x.example&provider=nordvik /signin?login_hint=a%40x.example&provider=fjellheim",
	} {
		if got := strings.Join(doors(target), " "); got != want {
			t.Errorf("%s leads to %q, want %q", target, got, want)
		}
	}

	answer := ask("/signin?next=%2Fkeys&login_hint=Anna%40Nordvik.example")
	const door = "/signin?login_hint=Anna%40Nordvik.example&next=%2Fkeys&provider=nordvik"
	if got := answer.Header.Get("Refresh"); got != "0; url="+door {
		t.Errorf("a known address leads on by %q, want %s", got, door)
	}
	if said := text(dom(t, answer)); !strings.Contains(said, "On the way to Nordvik") || strings.Contains(said, "Fjellheim") {
		t.Errorf("on the way it says %s", said)
	}
	on := ask(door)
	u, err := url.Parse(on.Header.Get("Location"))
	if err != nil || on.StatusCode != http.StatusSeeOther || u.Path != "/demo-idp/authorize" || u.Query().Get("login_hint") != "Anna@Nordvik.example" {
		t.Errorf("the door leads to %d, %q, want the provider with the hint", on.StatusCode, u)
	}

	page := dom(t, ask("/signin?next=%2Fkeys&login_hint=%3Cb%3E%40x.example"))
	form := formTo(t, page, "/signin")
	if got := hidden(form).Get("next"); got != "/keys" || !strings.Contains(text(page), "No sign-in service is known") {
		t.Errorf("an unknown address: on the way to %q, %s", got, text(page))
	}
	down := ask("/signin?provider=fjellheim")
	if down.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("a provider that is down: got %d, want 503", down.StatusCode)
	}
}

// S-37, R18: an address that begins too many sign-ins, or brings too many answers that are
// refused, is told to wait; who is signed in goes on.
func TestSignInsHaveALimit(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	kaisa, nobody := p.SignIn(t, "kaisa@nordvik.example"), p.SignIn(t, "")
	p.Store.Limit(store.Rates{SignIns: 4})
	for range 2 {
		if got := nobody.Get("/signin").StatusCode; got != http.StatusSeeOther {
			t.Fatalf("a sign-in: got %d, want 303", got)
		}
		if got := nobody.Get("/signin/callback?state=guessed&code=guessed").StatusCode; got != http.StatusBadRequest {
			t.Fatalf("a guess: got %d, want 400", got)
		}
	}
	for _, path := range []string{"/signin", "/signin/callback?state=guessed&code=guessed"} {
		answer := nobody.Get(path)
		if again, err := strconv.Atoi(answer.Header.Get("Retry-After")); answer.StatusCode != http.StatusTooManyRequests || err != nil || again < 1 || again > 60 {
			t.Errorf("%s, one too many: got %d, Retry-After %q, want 429 and up to a minute", path, answer.StatusCode, answer.Header.Get("Retry-After"))
		}
		if got := text(all(dom(t, answer), "main")[0]); !strings.Contains(got, "Too many") {
			t.Errorf("%s, one too many: got %q, want it in words", path, got)
		}
	}
	if got := kaisa.Get("/licences").StatusCode; got != http.StatusOK {
		t.Errorf("a page of who is signed in: got %d, want 200", got)
	}
}
