// Package browsertest holds the journeys: what Keyhall promises, walked in a real
// browser. It also starts the portal that they and the tests of web walk through: the
// demo world on a database of its own, with the demo's OpenID provider.
//
// It is not for programs, only for tests.
package browsertest

import (
	"context"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/keyhall/keyhall/internal/demo"
	"github.com/keyhall/keyhall/internal/demoidp"
	"github.com/keyhall/keyhall/internal/i18n"
	"github.com/keyhall/keyhall/internal/pgtest"
	"github.com/keyhall/keyhall/internal/signin"
	"github.com/keyhall/keyhall/internal/store"
	"github.com/keyhall/keyhall/internal/vault"
	"github.com/keyhall/keyhall/internal/web"
	"github.com/keyhall/keyhall/static"
)

// Portal is a Keyhall of one test: its address, and what it stands on.
type Portal struct {
	URL    string
	Store  *store.Store
	Vault  *vault.Vault
	Server *web.Server
	DB     *pgtest.DB
}

// Start runs a portal with the demo world until the test ends. People may sign in at other
// providers too.
func Start(t testing.TB, others ...signin.Provider) *Portal {
	t.Helper()
	p := &Portal{DB: pgtest.New(t), Vault: newVault(t)}
	var err error
	if p.Store, err = store.Open(t.Context(), p.DB.ServeURL, p.Vault); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Store.Close)
	p.Store.Limit(store.Rates{}) // a test does in seconds what people do in a day
	var handler http.Handler
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	t.Cleanup(server.Close)
	p.URL = server.URL
	if err := demo.Build(t.Context(), p.Store, p.issuer(), demo.Options{Now: time.Now()}); err != nil {
		t.Fatal(err)
	}
	p.Server = web.New(web.Config{
		Store: p.Store, BaseURL: p.URL, Demo: true, Version: "test", DemoIDP: p.provider(t),
		SignIn: signin.New(signin.Config{
			Providers: append([]signin.Provider{{Issuer: p.issuer(), ClientID: "keyhall-test", ClientSecret: "only a test"}}, others...),
			BaseURL:   p.URL, Seal: p.Vault.SealBytes, Open: p.Vault.OpenBytes,
		}, p.Store),
	})
	handler = p.Server.Handler()
	return p
}

func (p *Portal) issuer() string { return p.URL + "/demo-idp" }

func newVault(t testing.TB) *vault.Vault {
	t.Helper()
	kek, err := vault.NewKEK()
	if err != nil {
		t.Fatal(err)
	}
	keyset, err := vault.Create(kek)
	if err != nil {
		t.Fatal(err)
	}
	v, err := vault.Open(keyset, kek)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func (p *Portal) provider(t testing.TB) http.Handler {
	t.Helper()
	var accounts []demoidp.Account
	for _, a := range demo.Accounts() {
		accounts = append(accounts, demoidp.Account{Email: a.Email, Name: a.Name, Locale: a.Locale, Note: a.Note})
	}
	language := func(r *http.Request) string { return i18n.Match(r.Header.Get("Accept-Language"), "", "") }
	provider, err := demoidp.New(demoidp.Config{
		Issuer: p.issuer(), Accounts: accounts, Stylesheet: static.Path("keyhall.css"), Language: language,
		Client: demoidp.Client{
			ID: "keyhall-test", Secret: "only a test",
			RedirectURIs: []string{p.URL + signin.CallbackPath}, PostLogoutRedirectURIs: []string{p.URL + signin.SignedOutPath},
		},
		Text: func(r *http.Request, key string) string { return i18n.T(i18n.With(r.Context(), language(r)), key) },
	})
	if err != nil {
		t.Fatal(err)
	}
	return provider
}

// Client is a browser without script that somebody is signed in with.
type Client struct {
	*http.Client
	t    testing.TB
	base string
}

// SignIn returns a browser in which an account of the demo is signed in; nobody is
// for an empty one. It follows no redirect by itself.
func (p *Portal) SignIn(t testing.TB, email string) *Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	c := &Client{t: t, base: p.URL, Client: &http.Client{
		Jar:           jar,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	if email == "" {
		return c
	}
	picker := c.Get("/signin").Header.Get("Location")
	callback := c.Post(strings.TrimPrefix(picker, p.URL), url.Values{"account": {email}}).Header.Get("Location")
	c.Get(strings.TrimPrefix(callback, p.URL))
	return c
}

// Get asks for a page.
func (c *Client) Get(path string) *http.Response { return c.do(http.MethodGet, path, nil) }

// Post sends a form as a browser does from a page of the portal.
func (c *Client) Post(path string, form url.Values) *http.Response {
	return c.do(http.MethodPost, path, form)
}

func (c *Client) do(method, path string, form url.Values) *http.Response {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), time.Minute)
	c.t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, method, c.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		c.t.Fatal(err)
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", c.base)
	}
	answer, err := c.Do(r)
	if err != nil {
		c.t.Fatalf("%s %s: %v", method, path, err)
	}
	c.t.Cleanup(func() { _ = answer.Body.Close() })
	return answer
}
