package web_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/keyhall/keyhall/internal/browsertest"
)

// S-21, S-22, S-25: on every answer, whatever its status.
func TestEveryAnswerIsProtected(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	kaisa := p.SignIn(t, "kaisa@nordvik.example")
	for _, path := range []string{"/", "/nothing/here", "/keys.tsv", "/imports", "/signin", "/healthz", "/demo-idp/.well-known/openid-configuration"} {
		h := kaisa.Get(path).Header
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin",
			"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
		} {
			if got := h.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", path, name, got, want)
			}
		}
		if got := h.Get("Content-Security-Policy"); !strings.HasPrefix(got, "default-src 'none'; script-src 'self'; style-src 'self'") || strings.Contains(got, "unsafe") {
			t.Errorf("%s: policy is %q", path, got)
		}
		if got := h.Get("Cache-Control"); got != "no-store" {
			t.Errorf("%s: Cache-Control is %q, want no-store", path, got)
		}
		if h.Get("X-Request-Id") == "" {
			t.Errorf("%s: no request id", path)
		}
	}
}

// S-19: a change needs proof that it comes from our own pages, and fails closed.
func TestAChangeComesFromOurOwnPages(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	kaisa := p.SignIn(t, "kaisa@nordvik.example")
	key := firstKey(t, kaisa, "74120935")
	for _, c := range []struct {
		name, origin, site string
		want               int
	}{
		{"from our own page", p.URL, "same-origin", 200},
		{"from our own page, an older browser", p.URL, "", 200},
		{"from another site", "https://elsewhere.example", "cross-site", 403},
		{"from a sibling domain", "https://other.nordvik.example", "same-site", 403},
		{"from nowhere", "null", "", 403},
		{"without a word", "", "", 403},
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.URL+"/keys/"+key+"/reveal", nil)
		if err != nil {
			t.Fatal(err)
		}
		if c.origin != "" {
			r.Header.Set("Origin", c.origin)
		}
		if c.site != "" {
			r.Header.Set("Sec-Fetch-Site", c.site)
		}
		answer, err := kaisa.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if got := body(t, answer); answer.StatusCode != c.want || c.want == 403 && inClear.MatchString(got) {
			t.Errorf("a reveal %s: got %d, want %d", c.name, answer.StatusCode, c.want)
		}
		answer.Body.Close()
	}
}

// S-07, S-27, S-30: bad input gets a page, never a fault.
func TestBadInputIsNoFault(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	kaisa := p.SignIn(t, "kaisa@nordvik.example")
	for path, want := range map[string]int{
		"/licences/%00": 400, "/licences/%ff%fe": 400, "/licences/a%2Fb": 404, "/licences/74120935%20": 404,
		"/licences/" + strings.Repeat("7", 3000): 404, "/licences/%E2%80%AE123": 400,
		"/licences?q=%00": 400, "/licences?q=a&q=b": 400, "/licences?q=%25_%5C": 200, "/licences?q='%20or%20'1'='1": 200,
		"/licences?after=nonsense": 200, "/licences?sort=ends&after=x~y": 200, "/licences?sort=keys&after=99999999999~1": 200,
		"/licences?sort=drop%20table": 200, "/licences?organisation=1": 200, "/licences?status=x": 200, "/licences?%zz=1": 400,
		"/keys?after=1~2": 200, "/keys?type=nothing": 200, "/keys?last5=zzzzz": 200, "/keys?last5=zzzzzz": 200,
		"/keys/1": 404, "/keys/00000000-0000-0000-0000-000000000000": 404,
		"/audit?after=-1~x": 200, "/audit?after=99999999999999999999~1": 200, "/downloads?after=x": 200,
		"/nothing": 404, "/licences/": 404, "//licences": 404, "/licences/../keys": 404,
	} {
		answer := kaisa.Get(path)
		if answer.StatusCode != want {
			t.Errorf("GET %s: got %d, want %d", path, answer.StatusCode, want)
		}
		if got := body(t, answer); strings.Contains(got, "SQLSTATE") || strings.Contains(got, "pgx") || strings.Contains(got, "echo") {
			t.Errorf("GET %s shows a library's text", path)
		}
	}
	for _, q := range []string{"", "%", "\x00", strings.Repeat("x", 100_000), "DEMO1-AAAAA-AAAAA-AAAAA-AAAAA", "74120935", "x4t9b", "å ä ö"} {
		if got := kaisa.Post("/search", url.Values{"q": {q}}).StatusCode; got >= 500 {
			t.Errorf("search for %.20q: got %d", q, got)
		}
	}
	r, _ := http.NewRequestWithContext(t.Context(), "TRACE", p.URL+"/", nil)
	answer, err := kaisa.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if answer.Body.Close(); answer.StatusCode != http.StatusForbidden && answer.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("TRACE: got %d", answer.StatusCode)
	}
}

// S-57: a key that was searched for stands in no address.
func TestSearchFindsAndTellsNoAddress(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	kaisa, lena := p.SignIn(t, "kaisa@nordvik.example"), p.SignIn(t, "lena@nordvik.example")
	key := firstKey(t, kaisa, "74120935")
	clear := strings.TrimSpace(text(byClass(dom(t, kaisa.Post("/keys/"+key+"/reveal", nil)), "div", "secret")[0]))
	for _, c := range []struct{ name, q, want string }{
		{"a whole key", clear, "/keys/" + key},
		{"a whole key in small letters", strings.ToLower(clear), "/keys/" + key},
		{"somebody's key", "DEMO1-AAAAA-AAAAA-AAAAA-AAAAA", "/keys?found=no"},
		{"a licence ID", "74120935", "/licences/74120935"},
		{"words of a product", "office ltsc", "/keys?q=office+ltsc"},
		{"a place", "Tampere", "/licences?status=all&q=Tampere"},
	} {
		if got := lena.Post("/search", url.Values{"q": {c.q}}).Header.Get("Location"); got != c.want {
			t.Errorf("search for %s: got %q, want %q", c.name, got, c.want)
		}
	}
}

// S-58: a reveal is one key, for a minute, even without script.
func TestARevealedKeyHidesAgain(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	kaisa := p.SignIn(t, "kaisa@nordvik.example")
	key := firstKey(t, kaisa, "74120935")
	answer := kaisa.Post("/keys/"+key+"/reveal", nil)
	if got, want := answer.Header.Get("Refresh"), "60; url=/keys/"+key; got != want {
		t.Errorf("Refresh: got %q, want %q", got, want)
	}
	if shown := inClear.FindAllString(body(t, answer), -1); len(shown) != 1 {
		t.Errorf("a reveal shows %d keys, want one", len(shown))
	}
	if got := body(t, kaisa.Get("/keys/"+key)); inClear.MatchString(got) {
		t.Error("the key's page shows the key without being asked to")
	}
	if got := body(t, kaisa.Get("/licences/74120935/keys")); inClear.MatchString(got) {
		t.Error("the list shows a key in clear")
	}
	entries := all(all(dom(t, kaisa.Get("/audit")), "tbody")[0], "tr")
	if got := text(entries[0]); !strings.Contains(got, "Key revealed") && !strings.Contains(got, "audit") && got == "" {
		t.Errorf("the newest audit entry: got %q", got)
	}
}

// S-57: a form that goes into an address has no room for a product key.
func TestNoFilterTakesAWholeKey(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	kaisa := p.SignIn(t, "kaisa@nordvik.example")
	for _, path := range []string{"/licences", "/keys", "/licences/74120935/keys"} {
		for _, f := range all(dom(t, kaisa.Get(path)), "form") {
			if !strings.EqualFold(attr(f, "method"), "get") {
				continue
			}
			for _, i := range all(f, "input") {
				if most, err := strconv.Atoi(attr(i, "maxlength")); attr(i, "type") != "hidden" && (err != nil || most > 24) {
					t.Errorf("%s: the field %q takes %q characters, want at most 24", path, attr(i, "name"), attr(i, "maxlength"))
				}
			}
		}
	}
}

// S-29: of a request that says its length in two ways nothing is done, and nothing behind
// it is taken for another.
func TestARequestHasOneLength(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	for name, lengths := range map[string]string{
		"a length, and chunks":  "Content-Length: 4\r\nTransfer-Encoding: chunked",
		"chunks alone":          "Transfer-Encoding: chunked",
		"two lengths":           "Content-Length: 4\r\nContent-Length: 5",
		"an unknown encoding":   "Transfer-Encoding: xchunked",
		"an encoding, in doubt": "Transfer-Encoding: chunked, identity",
	} {
		c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(p.URL, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = c.Close() }()
		_ = c.SetDeadline(time.Now().Add(30 * time.Second))
		if _, err := io.WriteString(c, "POST /search HTTP/1.1\r\nHost: a\r\n"+lengths+"\r\n\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		answers, err := io.ReadAll(c) // until the server hangs up
		if err != nil && !errors.Is(err, syscall.ECONNRESET) {
			t.Fatalf("%s: %v", name, err)
		}
		if got := string(answers); !strings.HasPrefix(got, "HTTP/1.1 4") && !strings.HasPrefix(got, "HTTP/1.1 501") || strings.Count(got, "HTTP/1.1 ") != 1 {
			t.Errorf("%s: got %.200q, want one refusal", name, got)
		}
	}
}
