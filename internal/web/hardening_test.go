package web_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/keyhall/keyhall/internal/browsertest"
	"github.com/keyhall/keyhall/internal/signin"
	"github.com/keyhall/keyhall/internal/web"
)

// S-64: what breaks unforeseen is a page with the request's id, under the headers of
// every other. A server without anything to stand on breaks at the first request.
func TestAPanicIsAFaultWithItsID(t *testing.T) {
	t.Parallel()
	h := web.New(web.Config{Log: slog.New(slog.DiscardHandler)}).Handler()
	for _, path := range []string{"/", "/keys.tsv", "/readyz"} {
		answer := httptest.NewRecorder()
		h.ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
		if answer.Code != http.StatusInternalServerError {
			t.Errorf("%s: got %d, want 500", path, answer.Code)
		}
		if id := answer.Header().Get("X-Request-Id"); id == "" || !strings.Contains(answer.Body.String(), id) {
			t.Errorf("%s: the page does not tell the request's id %q", path, id)
		}
		if answer.Header().Get("Content-Security-Policy") == "" || strings.Contains(answer.Body.String(), "nil pointer") {
			t.Errorf("%s: no policy, or the page tells what broke", path)
		}
	}
}

// R17: with every connection taken, who comes is told to come back.
func TestWithoutConnectionsThereIsAPageThatSaysSo(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	kaisa := p.SignIn(t, "kaisa@nordvik.example")
	taken := takeAll(t, p.Store.Pool())
	answer := kaisa.Get("/licences")
	if answer.StatusCode != http.StatusServiceUnavailable || answer.Header.Get("Retry-After") == "" {
		t.Errorf("no connection is left: got %d, Retry-After %q, want 503 and when to come back", answer.StatusCode, answer.Header.Get("Retry-After"))
	}
	for _, c := range taken {
		c.Release()
	}
	if got := kaisa.Get("/licences").StatusCode; got != http.StatusOK {
		t.Errorf("as soon as there are some again: got %d, want 200", got)
	}
}

func takeAll(t *testing.T, pool *pgxpool.Pool) (taken []*pgxpool.Conn) {
	t.Helper()
	for range pool.Config().MaxConns {
		c, err := pool.Acquire(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		taken = append(taken, c)
	}
	return taken
}

// The addresses of a licence ID without number are nobody's, not the whole profile's.
func TestAnAddressWithAHoleIsNobodys(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	kaisa := p.SignIn(t, "kaisa@nordvik.example")
	for path, want := range map[string]int{
		"/licences//keys.tsv": 404, "/licences//keys.xlsx": 404, "/licences//keys": 404, "/licences/%2500": 404,
		"/static/../licences": 404, "/static/..//elsewhere.example": 404,
		"/licences?sort=ends&after=0000-01-01~1": 200, "/licences?sort=ends&after=0001-01-01~1": 200,
	} {
		answer := kaisa.Get(path)
		if answer.StatusCode != want || answer.Header.Get("Location") != "" {
			t.Errorf("GET %s: got %d to %q, want %d", path, answer.StatusCode, answer.Header.Get("Location"), want)
		}
	}
}

// S-26, S-63: what a client says about itself is not what the audit log says.
func TestAClientNamesNeitherItsAddressNorItsRequest(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	kaisa := p.SignIn(t, "kaisa@nordvik.example")
	id := firstKey(t, kaisa, "74120935")
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.URL+"/keys/"+id+"/reveal", nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"Origin": p.URL, "X-Request-Id": "mine", "X-Forwarded-For": "192.0.2.66", "X-Real-Ip": "192.0.2.66", "Forwarded": "for=192.0.2.66",
	} {
		r.Header.Set(name, value)
	}
	answer, err := kaisa.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	c, err := pgx.Connect(t.Context(), p.DB.SuperURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close(t.Context()) }()
	var address, request string
	const newest = `SELECT address, request_id FROM audit WHERE object = $1 AND action = 'key.revealed' ORDER BY at DESC LIMIT 1`
	if err := c.QueryRow(t.Context(), newest, "key/"+id).Scan(&address, &request); err != nil {
		t.Fatal(err)
	}
	if address != "127.0.0.1" || request == "mine" || request != answer.Header.Get("X-Request-Id") {
		t.Errorf("the entry: got address %s, request %s, want 127.0.0.1 and the server's own %s", address, request, answer.Header.Get("X-Request-Id"))
	}
}

// A key file is for our own pages: a neighbour of the same domain starts none either.
func TestASiblingDomainGetsNoFile(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	kaisa := p.SignIn(t, "kaisa@nordvik.example")
	for site, want := range map[string]int{"same-site": 403, "cross-site": 403, "anything": 403, "same-origin": 200, "none": 200} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.URL+"/licences/74120935/keys.tsv", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Sec-Fetch-Site", site)
		answer, err := kaisa.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if got := body(t, answer); answer.StatusCode != want || want == 403 && inClear.MatchString(got) {
			t.Errorf("a key file asked for from %s: got %d, want %d", site, answer.StatusCode, want)
		}
		answer.Body.Close()
	}
}

// S-07: a form that is too long is refused as such.
func TestAFormThatIsTooLongIsSaidToBe(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	kaisa := p.SignIn(t, "kaisa@nordvik.example")
	if got := kaisa.Post("/search", url.Values{"q": {strings.Repeat("x", 70_000)}}).StatusCode; got != http.StatusRequestEntityTooLarge {
		t.Errorf("70 kB for a search: got %d, want 413", got)
	}
}

// S-30: of a form's fields each is there once, and none comes from the address.
func TestAFormIsItsBodyAlone(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	kaisa := p.SignIn(t, "kaisa@nordvik.example")
	key := firstKey(t, kaisa, "74120935")
	for path, form := range map[string]url.Values{
		"/search": {"q": {"74120935", "74120935"}}, "/keys/" + key + "/reveal": {"purpose": {"copy", "show"}},
	} {
		answer := kaisa.Post(path, form)
		if got := body(t, answer); answer.StatusCode != http.StatusBadRequest || inClear.MatchString(got) {
			t.Errorf("%s with %v: got %d, want 400", path, form, answer.StatusCode)
		}
	}
	if got := kaisa.Post("/search", url.Values{"q": {"74120935"}}).Header.Get("Location"); got != "/licences/74120935" {
		t.Errorf("a search: got %q", got)
	}
	if got := kaisa.Post("/search?q=74120935", nil).Header.Get("Location"); strings.Contains(got, "74120935") {
		t.Errorf("a search in the address alone: got %q, want it overlooked", got)
	}
}

// S-57: the provider's answer leads on to an address of ours without code and state, by a
// redirect that is never a post again.
func TestNoCodeStaysInTheAddress(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	answer := callback(t, p, "kaisa@nordvik.example")()
	if got := answer.Header.Get("Location"); answer.StatusCode != http.StatusSeeOther || !strings.HasPrefix(got, "/") || strings.ContainsAny(got, "?=") {
		t.Errorf("after the callback: got %d to %q, want 303 to a page", answer.StatusCode, got)
	}
}

// S-47: what a page asks by itself, on a timer, is no sign of life; what a person asks is.
func TestAPageThatWaitsKeepsNoSessionAlive(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	olli := p.SignIn(t, "olli@operator.example")
	sql(t, p, `UPDATE sessions SET last_seen = last_seen - interval '10 minutes'`)
	settings := p.Server.Config
	settings.SignIn = signin.New(settings.SignIn.Config, p.Store) // as after a restart: it knows of no request yet
	h := web.New(settings).Handler()
	for _, c := range []struct {
		path  string
		alive int
	}{{"/imports/" + uuid.NewString(), 0}, {"/imports", 1}} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, p.URL+c.path, nil)
		for _, cookie := range olli.Jar.Cookies(mustParse(t, p.URL)) {
			r.AddCookie(cookie)
		}
		h.ServeHTTP(httptest.NewRecorder(), r)
		if n := newCensus(t, p).texts(`SELECT count(*)::text FROM sessions WHERE last_seen > now() - interval '5 minutes'`)[0]; n != strconv.Itoa(c.alive) {
			t.Errorf("after %s: got %s sessions that show a sign of life, want %d", c.path, n, c.alive)
		}
	}
}

// What holds a key in clear is not packed: beside what somebody else may write into an
// answer, its length would tell of the key.
func TestNoKeyIsPacked(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	kaisa := p.SignIn(t, "kaisa@nordvik.example")
	key := firstKey(t, kaisa, "74120935")
	for _, c := range []struct{ method, path, want string }{
		{"GET", "/licences/74120935/keys", "gzip"}, {"POST", "/keys/" + key + "/reveal", ""}, {"GET", "/licences/74120935/keys.tsv", ""},
	} {
		r, err := http.NewRequestWithContext(t.Context(), c.method, p.URL+c.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Origin", p.URL)
		r.Header.Set("Accept-Encoding", "gzip")
		answer, err := kaisa.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if answer.Body.Close(); answer.StatusCode != http.StatusOK || answer.Header.Get("Content-Encoding") != c.want {
			t.Errorf("%s %s: got %d, packed with %q, want %q", c.method, c.path, answer.StatusCode, answer.Header.Get("Content-Encoding"), c.want)
		}
	}
}
