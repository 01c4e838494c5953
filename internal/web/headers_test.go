package web_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/browsertest"
	"github.com/keyhall/keyhall/internal/web"
	"github.com/keyhall/keyhall/static"
)

// protections are the headers of every answer of a portal over TLS, to the letter.
var protections = map[string]string{
	"Content-Security-Policy":      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'",
	"Strict-Transport-Security":    "max-age=31536000; includeSubDomains",
	"X-Content-Type-Options":       "nosniff",
	"Referrer-Policy":              "same-origin",
	"Cross-Origin-Opener-Policy":   "same-origin",
	"Cross-Origin-Resource-Policy": "same-origin",
}

// S-21, S-22: whatever kind of answer it is, over TLS it carries all of them.
func TestEveryKindOfAnswerIsProtected(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	kaisa := p.SignIn(t, "kaisa@nordvik.example")
	settings := p.Server.Config
	settings.BaseURL = "https://keys.example"
	portal, broken := web.New(settings).Handler(), web.New(web.Config{Log: slog.New(slog.DiscardHandler), BaseURL: settings.BaseURL}).Handler()
	for name, c := range map[string]struct {
		handler      http.Handler
		method, path string
		change       func(*http.Request)
		want         int
	}{
		"a page":                {portal, "GET", "/licences", nil, 200},
		"a key file":            {portal, "GET", "/licences/74120935/keys.xlsx", nil, 200},
		"a static file":         {portal, "GET", static.Path("keyhall.css"), nil, 200},
		"no static file":        {portal, "GET", "/static/nothing.css", nil, 404},
		"a redirect":            {portal, "GET", "/", func(r *http.Request) { r.Header.Del("Cookie") }, 303},
		"what may not be":       {portal, "GET", "/imports", nil, 403},
		"nothing":               {portal, "GET", "/nothing", nil, 404},
		"a method of no use":    {portal, "DELETE", "/licences", nil, 405},
		"a post of another's":   {portal, "POST", "/signout", func(r *http.Request) { r.Header.Set("Origin", "https://elsewhere.example") }, 403},
		"a post in chunks":      {portal, "POST", "/search", func(r *http.Request) { r.TransferEncoding = []string{"chunked"} }, 400},
		"bad input":             {portal, "GET", "/licences?q=%00", nil, 400},
		"that all is well":      {portal, "GET", "/healthz", nil, 200},
		"what goes to programs": {portal, "GET", "/demo-idp/.well-known/openid-configuration", nil, 200},
		"a fault":               {broken, "GET", "/licences", nil, 500},
	} {
		r := httptest.NewRequestWithContext(t.Context(), c.method, p.URL+c.path, nil)
		r.Header.Set("Origin", p.URL)
		for _, cookie := range kaisa.Jar.Cookies(mustParse(t, p.URL)) {
			r.AddCookie(cookie)
		}
		if c.change != nil {
			c.change(r)
		}
		w := httptest.NewRecorder()
		c.handler.ServeHTTP(w, r)
		if w.Code != c.want {
			t.Errorf("%s: got %d, want %d", name, w.Code, c.want)
		}
		for header, want := range protections {
			if got := w.Header().Values(header); !slices.Equal(got, []string{want}) {
				t.Errorf("%s: %s: got %q, want %q once", name, header, got, want)
			}
		}
	}
}

func mustParse(t *testing.T, address string) *url.URL {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// S-27, S-20: an address knows its methods and no other, whatever a header or a field says
// the method is: what a post does, no get does.
func TestAnAddressKnowsItsMethodsAlone(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	kaisa := p.SignIn(t, "kaisa@nordvik.example")
	known := map[string][]string{}
	for _, r := range p.Server.Routes() {
		known[r.Path] = append(known[r.Path], r.Method)
	}
	for path, methods := range known {
		address := p.URL + strings.NewReplacer(":number", "74120935", ":id", uuid.NewString(), ":token", "x", ":provider", "x").Replace(path)
		for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"} {
			if slices.Contains(methods, method) || anotherRoute(known, path, method) {
				continue
			}
			r, err := http.NewRequestWithContext(t.Context(), method, address+"?_method="+methods[0], nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Origin", p.URL)
			r.Header.Set("X-Http-Method-Override", methods[0])
			r.Header.Set("X-Method-Override", methods[0])
			answer, err := kaisa.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			if answer.Body.Close(); answer.StatusCode != http.StatusMethodNotAllowed {
				t.Errorf("%s %s: got %d, want 405", method, path, answer.StatusCode)
			}
		}
	}
}

// anotherRoute reports whether a path with its parameters filled is a route of that method
// too, by another pattern: /people/reviews/:id is one of /people/:id/….
func anotherRoute(known map[string][]string, path, method string) bool {
	parts := strings.Split(path, "/")
	for other, methods := range known {
		others := strings.Split(other, "/")
		if other == path || len(others) != len(parts) || !slices.Contains(methods, method) {
			continue
		}
		fits := true
		for i := range parts {
			fits = fits && (parts[i] == others[i] || strings.HasPrefix(others[i], ":"))
		}
		if fits {
			return true
		}
	}
	return false
}

// S-25: signing out tells the browser to forget what it keeps, and takes the cookie away,
// whether or not anybody was signed in.
func TestSigningOutClearsTheBrowser(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	kaisa := p.SignIn(t, "kaisa@nordvik.example")
	for _, when := range []string{"signed in", "signed out already"} {
		answer := kaisa.Post("/signout", nil)
		if got := answer.Header.Get("Clear-Site-Data"); got != `"cache", "storage"` {
			t.Errorf("%s: Clear-Site-Data is %q", when, got)
		}
		if !slices.ContainsFunc(answer.Cookies(), func(c *http.Cookie) bool { return c.Name == "keyhall" && c.Value == "" && c.MaxAge < 0 }) {
			t.Errorf("%s: the cookie stays: %v", when, answer.Header["Set-Cookie"])
		}
		if left := kaisa.Jar.Cookies(mustParse(t, p.URL)); slices.ContainsFunc(left, func(c *http.Cookie) bool { return c.Name == "keyhall" }) {
			t.Errorf("%s: the browser still has %v", when, left)
		}
	}
}
