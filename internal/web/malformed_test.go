package web_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/keyhall/keyhall/internal/browsertest"
	"github.com/keyhall/keyhall/internal/web"
)

const (
	malformed  = 100_000 // requests through the handler
	brokenHTTP = 2_000   // requests that are no HTTP, through the listener
)

// hostile are values that have made portals fall over: in SQL, in parsers, in terminals.
var hostile = []string{
	"", " ", "0", "-1", "1e9", "5,000", "１", "99999999999999999999", "2147483648", "-9223372036854775809", "NaN", "0x1F", "1;DROP TABLE keys",
	"' OR '1'='1", "1=1", "id IS NOT NULL", "*", "%", "_", `\`, "..", "../../etc/passwd", "..%2f..", "//evil.example", `/\evil.example`,
	"\x00", "a\x00b", "\xff\xfe", "\xed\xa0\x80", "\u202egnp.exe", "\u2028", "\r\nSet-Cookie: a=b", "\t=1+1", "=HYPERLINK(\"x\")", "＝1", "@x",
	"<script>alert(1)</script>", "{{.}}", "${jndi:ldap://x}", "javascript:alert(1)", "null", "undefined", "[]", "{}", `{"a":`, "true",
	"00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff", "{6ba7b810-9dad-11d1-80b4-00c04fd430c8}", "urn:uuid:6ba7b810-9dad-11d1-80b4-00c04fd430c8",
	"6ba7b810-9dad-11d1-80b4-00c04fd430c8'", "74120935", "74120935 ", "7412０935", "74120935/keys", "V6380217", "R-20417", "20417", "+20417",
	"0001-01-01", "9999-12-31", "2026-02-30", "-4713-01-01", "9223372036854775807~6ba7b810-9dad-11d1-80b4-00c04fd430c8", "~", "a~b~c",
	"DEMO1-7QK2M-HV3CR-9PWXT-T6J2K", "administrator", "ADMINISTRATOR", "support_agent", "mak_increase", "granted",
	"anna@nordvik.example", "a@b\r\nBcc: c@d", strings.Repeat("a", 300), strings.Repeat("ä", 3000), strings.Repeat("(", 500), strings.Repeat("%", 90),
}

// parameters are those of addresses, and names that no page of ours reads.
var parameters = []string{
	"q", "after", "sort", "programme", "organisation", "status", "type", "number", "lang", "next", "headings", "columns", "ext", "login_hint",
	"code", "state", "iss", "error", "session_state", "once", "version", "kind", "key",
	"action", "outcome", "since", "file", "account", "_method", "OrgId", "__proto__", "a[]", "\x00", "é",
}

// R13: whatever is sent, to whatever address, by whomever: nothing breaks, and nothing is
// left behind. It counts goroutines, so it runs by itself.
func TestMalformedRequestsBreakNothing(t *testing.T) {
	p := browsertest.Start(t)
	senders := []string{"", "anna@nordvik.example", "kevin@nordvik.example", "sofia@support.example", "olli@operator.example", "gast@nordvik.example"}
	base, err := url.Parse(p.URL)
	if err != nil {
		t.Fatal(err)
	}
	faults := &faults{}
	p.Server.Log = slog.New(faults)
	m := mutator{handler: p.Server.Handler(), routes: p.Server.Routes(), origin: p.URL}
	var clients []*browsertest.Client
	for _, email := range senders {
		c := p.SignIn(t, email)
		clients, m.cookies = append(clients, c), append(m.cookies, c.Jar.Cookies(base))
	}
	m.names = append(fields(t, m.routes, clients[1:]), parameters...)
	for _, c := range clients {
		c.CloseIdleConnections()
	}
	m.run(t, 2_000) // everything that is made once is made
	goroutines, heap := settled(0)

	answers := m.run(t, malformed)
	broken(t, base.Host)

	t.Logf("answers: %v", answers)
	for status, n := range answers {
		if status >= 500 {
			t.Errorf("%d answers of %d", n, status)
		}
	}
	if n := faults.n.Load(); n > 0 {
		t.Errorf("faults in the log, panics among them: got %d, want none", n)
	}
	if len(answers) < 8 {
		t.Errorf("answers: got %v: too few kinds for the requests to have been malformed in many ways", answers)
	}
	after, grown := settled(goroutines + 10)
	if after > goroutines+10 {
		t.Errorf("goroutines: %d before, %d after", goroutines, after)
	}
	if grown > heap+64<<20 {
		t.Errorf("memory in use: %d MiB before, %d MiB after", heap>>20, grown>>20)
	}
	if got := p.SignIn(t, "kaisa@nordvik.example").Get("/licences").StatusCode; got != http.StatusOK {
		t.Errorf("afterwards: got %d, want 200", got)
	}
}

// faults counts what a log says went wrong.
type faults struct{ n atomic.Int64 }

func (f *faults) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelError }
func (f *faults) Handle(context.Context, slog.Record) error    { f.n.Add(1); return nil }
func (f *faults) WithAttrs([]slog.Attr) slog.Handler           { return f }
func (f *faults) WithGroup(string) slog.Handler                { return f }

// settled waits until goroutines have ended that are about to: until no more than so many
// are left, or none has ended for two seconds. It says what is left.
func settled(enough int) (goroutines int, heap uint64) {
	const calm = 2 * time.Second
	least := runtime.NumGoroutine()
	for end := time.Now().Add(calm); least > enough && time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if n := runtime.NumGoroutine(); n < least {
			least, end = n, time.Now().Add(calm)
		}
	}
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return runtime.NumGoroutine(), m.HeapInuse
}

// mutator makes malformed requests of routes.
type mutator struct {
	handler http.Handler
	routes  []web.Route
	origin  string
	names   []string         // of fields and parameters
	cookies [][]*http.Cookie // of who sends; none for nobody
}

// run sends n requests, a few at a time, and counts the answers by status.
func (m mutator) run(t *testing.T, n int) map[int]int {
	t.Helper()
	const workers = 4
	var wg sync.WaitGroup
	counts := make([]map[int]int, workers)
	for w := range workers {
		counts[w] = map[int]int{}
		wg.Go(func() {
			random := rand.New(rand.NewPCG(uint64(n), uint64(w))) // the same requests each time
			for i := w; i < n; i += workers {
				r := m.request(t, random, m.routes[i/workers%len(m.routes)])
				answer := httptest.NewRecorder()
				m.handler.ServeHTTP(answer, r)
				counts[w][answer.Code]++
				if answer.Code >= 500 {
					t.Errorf("%s %q %q: got %d", r.Method, r.URL.Path, r.URL.RawQuery, answer.Code)
				}
			}
		})
	}
	wg.Wait()
	all := map[int]int{}
	for _, c := range counts {
		for status, n := range c {
			all[status] += n
		}
	}
	return all
}

// request is one of a route, malformed in one way or several.
func (m mutator) request(t *testing.T, random *rand.Rand, route web.Route) *http.Request {
	t.Helper()
	one := func(of []string) string { return of[random.IntN(len(of))] }
	path := route.Path
	for _, part := range strings.Split(route.Path, "/") {
		if strings.HasPrefix(part, ":") {
			path = strings.Replace(path, part, one(hostile), 1)
		}
	}
	method := route.Method
	if random.IntN(20) == 0 {
		method = one([]string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"})
	}
	body, kind := m.body(random, method)
	r, err := http.NewRequestWithContext(t.Context(), method, m.origin, body)
	if err != nil {
		t.Fatal(err)
	}
	r.RemoteAddr, r.RequestURI = "192.0.2.99:4711", path
	r.URL.Path, r.URL.RawQuery = path, m.query(random)
	if method != http.MethodGet {
		r.Header.Set("Content-Type", kind)
		r.Header.Set("Origin", m.origin)
	}
	for name, value := range map[string]string{"Accept-Language": one(hostile), "User-Agent": one(hostile), "If-None-Match": one(hostile), "Range": "bytes=" + one(hostile)} {
		r.Header.Set(name, value)
	}
	who := random.IntN(len(m.cookies))
	if route.Path == "/signout" {
		who = 0 // or nobody is signed in for the rest
	}
	for _, c := range m.cookies[who] {
		r.AddCookie(c)
	}
	if random.IntN(4) == 0 {
		r.Header.Add("Cookie", one([]string{"lang", "zone", "keyhall", "keyhall-tx-A"})+"="+one(hostile))
	}
	return r
}

func (m mutator) query(random *rand.Rand) string {
	var q []string
	for range random.IntN(4) {
		name, value := m.names[random.IntN(len(m.names))], hostile[random.IntN(len(hostile))]
		if random.IntN(3) > 0 {
			name, value = url.QueryEscape(name), url.QueryEscape(value)
		}
		q = append(q, name+"="+value)
	}
	return strings.Join(q, "&")
}

// body is a form with hostile values, or something else under its name.
func (m mutator) body(random *rand.Rand, method string) (io.Reader, string) {
	const form = "application/x-www-form-urlencoded"
	if method == http.MethodGet || method == http.MethodHead {
		return http.NoBody, ""
	}
	switch random.IntN(8) {
	case 0:
		return strings.NewReader(hostile[random.IntN(len(hostile))]), form
	case 1:
		return strings.NewReader(`{"quantity":1,"Quantity":2}trailing`), "application/json"
	case 2:
		return strings.NewReader("--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.tsv\"\r\n\r\nLicense ID\t"), "multipart/form-data; boundary=x"
	case 3:
		return strings.NewReader("<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><a>&b;</a>"), "text/xml"
	}
	values := url.Values{"once": {"abcdefgh" + hostile[random.IntN(len(hostile))]}}
	if random.IntN(2) == 0 {
		values.Set("once", fmt.Sprintf("malformed%d", random.Uint64()))
	}
	for range 1 + random.IntN(8) {
		values.Add(m.names[random.IntN(len(m.names))], hostile[random.IntN(len(hostile))])
	}
	return strings.NewReader(values.Encode()), form
}

// broken sends what is no HTTP to a listener: it has to answer with a refusal or hang up.
func broken(t *testing.T, address string) {
	t.Helper()
	requests := []string{
		"\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
		"GET http://[::1 HTTP/1.1\r\nHost: a\r\n\r\n", "GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n", "GET /\x00 HTTP/1.1\r\nHost: a\r\n\r\n",
		"POST /search HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", "POST /search HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
		"POST /search HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n", "POST /search HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nZ\r\n",
		"GET / HTTP/1.1\r\nHost: a\r\n : b\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nA: b\x00c\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
	}
	for i := range brokenHTTP {
		dialer := net.Dialer{Timeout: 10 * time.Second}
		c, err := dialer.DialContext(t.Context(), "tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		_ = c.SetDeadline(time.Now().Add(10 * time.Second))
		_, _ = io.WriteString(c, requests[i%len(requests)])
		_ = c.(*net.TCPConn).CloseWrite()
		answer, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err == nil {
			if answer.StatusCode >= 500 && !slices.Contains([]int{http.StatusNotImplemented, http.StatusHTTPVersionNotSupported}, answer.StatusCode) {
				t.Errorf("%q: got %d", requests[i%len(requests)], answer.StatusCode)
			}
			_ = answer.Body.Close()
		}
		_ = c.Close()
	}
}

// fields are the names of all fields of the forms that people are offered.
func fields(t *testing.T, routes []web.Route, clients []*browsertest.Client) []string {
	t.Helper()
	found := map[string]bool{}
	for _, r := range routes {
		if r.Method != http.MethodGet || strings.Contains(r.Path, ":id") || strings.Contains(r.Path, ".") || r.Scope == web.Public {
			continue
		}
		for _, c := range clients {
			page := dom(t, c.Get(strings.ReplaceAll(r.Path, ":number", "74120935")))
			for _, kind := range []string{"input", "select", "textarea"} {
				for _, n := range all(page, kind) {
					found[attr(n, "name")] = true
				}
			}
		}
	}
	delete(found, "")
	return slices.Sorted(maps.Keys(found))
}
