package web_test

import (
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"golang.org/x/net/html"

	"github.com/keyhall/keyhall/internal/browsertest"
	"github.com/keyhall/keyhall/internal/demo"
	"github.com/keyhall/keyhall/internal/web"
)

// everywhere asks as an account for every page that the running server has, of things
// that exist, and shows each answer to look.
func everywhere(t *testing.T, p *browsertest.Portal, client *browsertest.Client, look func(web.Route, *http.Response)) {
	t.Helper()
	c := newCensus(t, p)
	ids := c.things(`true`)
	key := c.texts(`SELECT k.id::text FROM keys k JOIN licences l ON l.id = k.licence_id WHERE l.number = '74120935' ORDER BY k.id LIMIT 1`)[0]
	for _, r := range p.Server.Routes() {
		if r.Method != http.MethodGet || strings.HasPrefix(r.Path, "/signin") {
			continue
		}
		paths := []string{filled(r.Path, "74120935", key)}
		if strings.Contains(r.Path, ":id") && r.Scope != web.OnKey {
			paths = nil
			for _, id := range ids {
				paths = append(paths, filled(r.Path, "74120935", id))
			}
		}
		if r.Scope == web.OnLicence {
			paths = append(paths, filled(r.Path, "74150113", key), filled(r.Path, "V6380217", key))
		}
		for _, path := range paths {
			look(r, client.Get(path))
		}
	}
}

// S-05, S-06: text that somebody stored is text on every page and in every attribute, and
// no address leads anywhere but to us, to a mailbox, or over https.
func TestStoredTextNeverRuns(t *testing.T) {
	t.Parallel()
	const planted = `"><script>alert(1)</script><img src=x onerror=alert(1)><a href="javascript:alert(1)">x`
	p := browsertest.Start(t)
	for _, statement := range []string{
		`UPDATE organisations SET name = name || $1`, `UPDATE persons SET name = name || $1`, `UPDATE products SET name = name || $1`,
		`UPDATE requests SET reason = reason || $1`, `UPDATE request_events SET actor = actor || $1, detail = detail || jsonb_build_object('text', $1::text)`,
		`INSERT INTO request_approvals (request_id, version, root_id, by_id, at, quantity, message, reference) SELECT id, version, root_id,
	(SELECT min(id::text)::uuid FROM persons WHERE staff_role = 'support_agent'), now(), quantity, $1, $1 FROM requests WHERE closed_at IS NULL AND quantity > 0`,
		`UPDATE sessions SET agent = left($1, 200)`, `UPDATE mails SET address = address || $1`,
	} {
		sql(t, p, statement, planted)
	}
	for _, a := range demo.Accounts() {
		t.Run(a.Email, func(t *testing.T) {
			t.Parallel()
			found := 0
			everywhere(t, p, p.SignIn(t, a.Email), func(_ web.Route, r *http.Response) {
				if !strings.HasPrefix(r.Header.Get("Content-Type"), "text/html") {
					return
				}
				page := dom(t, r)
				found += strings.Count(text(page), "<script>alert(1)</script>")
				inert(t, r.Request.URL.Path, page)
			})
			if found == 0 && a.Email != "gast@nordvik.example" {
				t.Error("no page shows the text, so nothing was tested")
			}
		})
	}
}

// inert holds when a page runs nothing but our own static files.
func inert(t *testing.T, path string, page *html.Node) {
	t.Helper()
	for n := range page.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		switch n.Data {
		case "script":
			if !strings.HasPrefix(attr(n, "src"), "/static/") || n.FirstChild != nil {
				t.Errorf("%s: a script that is not a static file", path)
			}
		case "style", "iframe", "object", "embed", "base":
			t.Errorf("%s: an element %s", path, n.Data)
		}
		for _, a := range n.Attr {
			if strings.HasPrefix(a.Key, "on") || a.Key == "style" || a.Key == "srcdoc" {
				t.Errorf("%s: %s has an attribute %s", path, n.Data, a.Key)
			}
			if slices.Contains([]string{"href", "src", "action", "formaction", "data", "poster"}, a.Key) && !leadsSomewhereGood(a.Val) {
				t.Errorf("%s: %s leads to %q", path, n.Data, a.Val)
			}
		}
	}
}

func leadsSomewhereGood(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	local := u.Scheme == "" && u.Host == "" && !strings.HasPrefix(address, `/\`)
	return local || u.Scheme == "https" || u.Scheme == "mailto" || u.Scheme == "tel"
}

// S-20: reading changes nothing but ledger, audit, rates, when support looked last, and signs
// of life; a language in the address is kept in a cookie alone.
func TestReadingChangesNothing(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	c := newCensus(t, p)
	var clients []*browsertest.Client
	for _, a := range demo.Accounts() {
		clients = append(clients, p.SignIn(t, a.Email))
	}
	state := func() map[string]string {
		rows := map[string]string{}
		for _, table := range c.texts(`SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'
AND table_name NOT IN ('audit', 'audit_heads', 'downloads', 'looks', 'rates', 'sessions') AND table_name NOT LIKE 'river%'`) {
			rows[table] = c.texts(`SELECT coalesce(md5(string_agg(x::text, E'\n' ORDER BY x::text)), '') FROM ` + table + ` x`)[0]
		}
		return rows
	}
	before := state()
	for _, client := range clients {
		if got := client.Get("/account?lang=nl"); len(got.Cookies()) == 0 {
			t.Errorf("a language in the address: got %d and no cookie that keeps it", got.StatusCode)
		}
		everywhere(t, p, client, func(r web.Route, answer *http.Response) {
			body(t, answer)
			head, err := client.Head(answer.Request.URL.String())
			if err != nil {
				t.Fatal(err)
			}
			_ = head.Body.Close()
		})
	}
	for table, was := range before {
		if is := state()[table]; is != was {
			t.Errorf("reading every page has changed %s", table)
		}
	}
	if len(before) < 20 {
		t.Errorf("tables: got %d, too few to have looked at", len(before))
	}
}

// S-24, S-28: no other origin reads an answer; its type is said with its charset, and a
// file is offered as one.
func TestAnswersSayWhatTheyAreAndToWhom(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	anna := p.SignIn(t, "anna@nordvik.example")
	files := 0
	everywhere(t, p, anna, func(r web.Route, answer *http.Response) {
		path := answer.Request.URL.Path
		for name := range answer.Header {
			if strings.HasPrefix(name, "Access-Control-") {
				t.Errorf("%s: %s", path, name)
			}
		}
		kind, parameters, err := mime.ParseMediaType(answer.Header.Get("Content-Type"))
		if answer.StatusCode == http.StatusSeeOther {
			return
		}
		if err != nil || strings.HasPrefix(kind, "text/") && !strings.EqualFold(parameters["charset"], "utf-8") && !strings.HasSuffix(path, ".tsv") {
			t.Errorf("%s: Content-Type %q", path, answer.Header.Get("Content-Type"))
		}
		if kind != "text/html" && answer.StatusCode == http.StatusOK && r.Scope != web.Public {
			files++
			if how, _, _ := mime.ParseMediaType(answer.Header.Get("Content-Disposition")); how != "attachment" || parameters["charset"] == "" && strings.HasPrefix(kind, "text/") {
				t.Errorf("%s: %q is offered as %q", path, answer.Header.Get("Content-Type"), answer.Header.Get("Content-Disposition"))
			}
		}
		body(t, answer)
	})
	if files < 4 {
		t.Errorf("files: got %d, want those of keys and of the audit log", files)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodOptions, p.URL+"/keys/"+uuid.NewString()+"/reveal", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Origin", "https://elsewhere.example")
	r.Header.Set("Access-Control-Request-Method", "POST")
	answer, err := anna.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Error("a preflight from elsewhere is answered")
	}
}
