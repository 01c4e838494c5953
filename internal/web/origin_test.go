package web_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/browsertest"
	"github.com/keyhall/keyhall/internal/web"
)

// asFrom sends a form with the client's cookies and these headers, and no other.
func asFrom(t *testing.T, c *browsertest.Client, address string, form url.Values, headers map[string]string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for name, value := range headers {
		r.Header.Set(name, value)
	}
	answer, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = answer.Body.Close() })
	return answer
}

// openToPrograms are posts that come from no page: what they bring proves itself.
var openToPrograms = map[string]bool{}

// S-19: every post of the running server fails closed without proof that it comes from our
// own pages, whoever is signed in and whatever the form is. A new route is held to it too.
func TestEveryPostFailsClosed(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	anna, sofia, olli := p.SignIn(t, "anna@nordvik.example"), p.SignIn(t, sofia), p.SignIn(t, "olli@operator.example")
	entries := func() (n int) {
		c, err := pgx.Connect(t.Context(), p.DB.SuperURL)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = c.Close(t.Context()) }()
		if err := c.QueryRow(t.Context(), `SELECT count(*) FROM audit`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	before, posts := entries(), 0
	for _, r := range p.Server.Routes() {
		if r.Method != http.MethodPost || openToPrograms[r.Path] {
			continue
		}
		posts++
		path := strings.NewReplacer(":number", "74120935", ":id", uuid.NewString()).Replace(r.Path)
		for name, headers := range map[string]map[string]string{
			"without a word":                {},
			"from nowhere":                  {"Origin": "null"},
			"from nowhere, same site":       {"Origin": "null", "Sec-Fetch-Site": "same-site"},
			"from a sibling domain":         {"Origin": "http://other." + strings.TrimPrefix(p.URL, "http://"), "Sec-Fetch-Site": "same-site"},
			"from a sibling, an old one":    {"Origin": "http://other." + strings.TrimPrefix(p.URL, "http://")},
			"from another port":             {"Origin": "http://127.0.0.1:1"},
			"from another site":             {"Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site"},
			"from another site, an old one": {"Origin": "https://elsewhere.example"},
			"from another site by its word": {"Sec-Fetch-Site": "cross-site"},
			"from a site that lies":         {"Origin": p.URL, "Sec-Fetch-Site": "cross-site"},
			"by a word that isn't one":      {"Sec-Fetch-Site": "anything"},
			"with our page as referrer":     {"Referer": p.URL + "/"},
		} {
			for _, c := range []*browsertest.Client{anna, sofia, olli} {
				answer := asFrom(t, c, p.URL+path, url.Values{"once": {uuid.NewString()}, "q": {"office"}}, headers)
				if answer.StatusCode != http.StatusForbidden || answer.Header.Get("Set-Cookie") != "" || !strings.Contains(text(dom(t, answer)), "own pages") {
					t.Errorf("%s %s: got %d, want 403 and nothing done", path, name, answer.StatusCode)
				}
			}
		}
	}
	if posts < 20 {
		t.Errorf("only %d posts were tried", posts)
	}
	if after := entries(); after != before {
		t.Errorf("the audit log has %d entries more: something got through", after-before)
	}
}

// S-26: a forwarded address counts from the proxies that the settings name, from nobody
// else, and what a client put before it counts for nothing.
func TestAddressesAreBelievedFromOurProxiesAlone(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	settings := p.Server.Config
	settings.Proxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8::1/128")}
	h := web.New(settings).Handler()
	kaisa := p.SignIn(t, "kaisa@nordvik.example")
	id := firstKey(t, kaisa, "74120935")
	home, err := url.Parse(p.URL)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ peer, forwarded, want string }{
		"nobody's word":                       {"192.0.2.9:4711", "", "192.0.2.9"},
		"a client's own word":                 {"192.0.2.9:4711", "203.0.113.5", "192.0.2.9"},
		"a neighbour's word":                  {"127.0.0.1:4711", "203.0.113.5", "127.0.0.1"},
		"another private network's word":      {"192.168.0.1:4711", "203.0.113.5", "192.168.0.1"},
		"our proxy's word":                    {"10.1.2.3:4711", "203.0.113.5", "203.0.113.5"},
		"our proxy's word in version 6":       {"[2001:db8::1]:4711", "203.0.113.5", "203.0.113.5"},
		"its neighbour's":                     {"[2001:db8::2]:4711", "203.0.113.5", "2001:db8::2"},
		"what a client put before it":         {"10.1.2.3:4711", "198.51.100.1, 203.0.113.5", "203.0.113.5"},
		"two proxies of ours":                 {"10.1.2.3:4711", "203.0.113.5, 10.9.9.9", "203.0.113.5"},
		"a proxy of ours that a client names": {"10.1.2.3:4711", "10.9.9.9, 203.0.113.5", "203.0.113.5"},
		"a word that is no address":           {"10.1.2.3:4711", "198.51.100.1, <script>", "10.1.2.3"},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, p.URL+"/keys/"+id+"/reveal", nil)
		r.RemoteAddr = c.peer
		r.Header.Set("Origin", p.URL)
		if c.forwarded != "" {
			r.Header.Set("X-Forwarded-For", c.forwarded)
		}
		for _, cookie := range kaisa.Jar.Cookies(home) {
			r.AddCookie(cookie)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			t.Fatalf("%s: got %d", name, w.Code)
		}
		if got := lastAddress(t, p, "key/"+id); got != c.want {
			t.Errorf("%s: the audit log has %s, want %s", name, got, c.want)
		}
	}
}

// lastAddress is where the latest act on something came from, as the audit log has it.
func lastAddress(t *testing.T, p *browsertest.Portal, object string) (address string) {
	t.Helper()
	c, err := pgx.Connect(t.Context(), p.DB.SuperURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close(t.Context()) }()
	if err := c.QueryRow(t.Context(), `SELECT address FROM audit WHERE object = $1 ORDER BY at DESC LIMIT 1`, object).Scan(&address); err != nil {
		t.Fatal(err)
	}
	return address
}
