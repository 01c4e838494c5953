package web_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/browsertest"
)

// aFault keeps the audit log from taking an entry; the one who makes it is a superuser.
type aFault struct {
	strike []string // in a transaction that stays open, if held
	heal   []string
	held   bool
}

// onEntry runs PL/pgSQL, as a superuser, when an entry is written.
func onEntry(does string) aFault {
	return aFault{
		strike: []string{
			`CREATE FUNCTION fault() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN ` + does + ` RETURN NEW; END $$`,
			`CREATE TRIGGER fault BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION fault()`,
		},
		heal: []string{`DROP FUNCTION fault CASCADE`},
	}
}

const endConnection = `PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(60);`

// atCommit is onEntry when everything else has been done.
func atCommit(does string) aFault {
	f := onEntry(does)
	f.strike[1] = `CREATE CONSTRAINT TRIGGER fault AFTER INSERT ON audit DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION fault()`
	return f
}

var auditFaults = map[string]aFault{
	"the entry is refused":               onEntry(`RAISE EXCEPTION 'no';`),
	"the right to append is revoked":     {strike: []string{`REVOKE EXECUTE ON FUNCTION audit_append FROM keyhall_serve, keyhall_desk`}, heal: []string{`GRANT EXECUTE ON FUNCTION audit_append TO keyhall_serve, keyhall_desk`}},
	"the log is locked":                  {strike: []string{`LOCK TABLE audit IN ACCESS EXCLUSIVE MODE`}, held: true},
	"the heads of the chains are held":   {strike: []string{`SELECT FROM audit_heads FOR UPDATE`}, held: true},
	"the connection ends at the entry":   onEntry(endConnection),
	"the connection ends at the commit":  atCommit(endConnection),
	"the disk is full":                   onEntry(`RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100';`),
	"the entry is refused at the commit": atCommit(`RAISE EXCEPTION 'no';`),
	"the function is gone":               {strike: []string{`ALTER FUNCTION audit_append RENAME TO audit_appended`}, heal: []string{`ALTER FUNCTION audit_appended RENAME TO audit_append`}},
}

// begin makes a fault and returns what lifts it.
func (f aFault) begin(t *testing.T, url string) (lift func()) {
	t.Helper()
	c, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close(context.WithoutCancel(t.Context())) })
	run := func(statements ...string) {
		t.Helper()
		for _, s := range statements {
			if _, err := c.Exec(t.Context(), s); err != nil {
				t.Fatalf("%s: %v", s, err)
			}
		}
	}
	if f.held {
		run("BEGIN")
		run(f.strike...)
		return func() { t.Helper(); run("ROLLBACK") }
	}
	run(f.strike...)
	return func() { t.Helper(); run(f.heal...) }
}

// everything is each row of each table but those that hold no fact of their own: the
// queue's, and when a session was last used.
func everything(t *testing.T, db string) map[string]string {
	t.Helper()
	c, err := pgx.Connect(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close(t.Context()) }()
	const tables = `SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND c.relkind = 'r' AND c.relname NOT LIKE 'river%' ORDER BY 1`
	rows, _ := c.Query(t.Context(), tables)
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	state := map[string]string{}
	for _, name := range names {
		var rows, sum string
		sql := fmt.Sprintf(`SELECT count(*)::text, coalesce(md5(string_agg(r, ' ' ORDER BY r)), '')
FROM (SELECT (to_jsonb(x) - 'last_seen')::text AS r FROM %s x) y`, pgx.Identifier{name}.Sanitize())
		if err := c.QueryRow(t.Context(), sql).Scan(&rows, &sum); err != nil {
			t.Fatal(err)
		}
		state[name] = rows + " rows, " + sum
	}
	return state
}

// deed is something that leaves an entry: what it answers when all is well.
type deed struct {
	name string
	well int
	do   func() *http.Response
}

// deeds are ready to be done, more than once each: the same form is pressed again.
func deeds(t *testing.T, p *browsertest.Portal) []deed {
	t.Helper()
	anna, kaisa, kevin, support := p.SignIn(t, "anna@nordvik.example"), p.SignIn(t, "kaisa@nordvik.example"), p.SignIn(t, "kevin@nordvik.example"), p.SignIn(t, sofia)
	key := firstKey(t, kaisa, asked)
	request := file(t, kaisa, moreActivations("7"))
	approval := "/requests/" + request + "/approval"
	grant := fill(formOf(dom(t, support.Get("/requests/"+request)), approval), "quantity", "7", "message", "Here you are.")
	const people = "/licences/" + asked + "/people"
	right := hidden(formTo(t, dom(t, anna.Get(people)), people))
	right.Set("email", "kevin@nordvik.example")
	right.Set("role", "licence_reader")
	return []deed{
		{"a reveal", 200, func() *http.Response { return kaisa.Post("/keys/"+key+"/reveal", nil) }},
		{"a key file", 200, func() *http.Response { return kaisa.Get("/licences/" + asked + "/keys.tsv") }},
		{"the key file of all", 200, func() *http.Response { return anna.Get("/keys.xlsx") }},
		{"an approval", 303, func() *http.Response { return support.Post(approval, grant) }},
		{"a right given", 303, func() *http.Response { return anna.Post(people, right) }},
		{"a sign-in", 303, callback(t, p, "lena@nordvik.example")},
		{"a sign-in refused", 403, callback(t, p, "gast@nordvik.example")},
		{"a refusal by the route", 403, func() *http.Response { return kevin.Get("/imports") }},
		{"a refusal by the store", 403, func() *http.Response { return support.Post("/keys/"+key+"/reveal", nil) }},
	}
}

// callback is the last step of signing in: each time another attempt, up to it.
func callback(t *testing.T, p *browsertest.Portal, email string) func() *http.Response {
	return func() *http.Response {
		c := p.SignIn(t, "")
		picker := strings.TrimPrefix(c.Get("/signin").Header.Get("Location"), p.URL)
		back := c.Post(picker, url.Values{"account": {email}}).Header.Get("Location")
		return c.Get(strings.TrimPrefix(back, p.URL))
	}
}

// R6, S-64: whatever keeps the audit log from taking an entry, no key leaves and nothing
// changes without one; who asks is told to come back, soon; and when it is over
// everything works again, by itself.
func TestNoEntryNoDeed(t *testing.T) {
	t.Parallel()
	for name, fault := range auditFaults {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := browsertest.Start(t)
			all := deeds(t, p)
			before := everything(t, p.DB.SuperURL)
			lift := fault.begin(t, p.DB.SuperURL)
			var together sync.WaitGroup
			for _, d := range all {
				together.Go(func() { fails(t, d) })
			}
			together.Wait()
			lift()
			for table, rows := range everything(t, p.DB.SuperURL) {
				if rows != before[table] {
					t.Errorf("the table %s: got %s, want %s as before", table, rows, before[table])
				}
			}
			for _, d := range all {
				if got := d.do(); got.StatusCode != d.well {
					t.Errorf("%s afterwards: got %d, want %d: %s", d.name, got.StatusCode, d.well, body(t, got))
				}
			}
			if bad, err := p.Store.VerifyAudit(t.Context()); err != nil || bad != nil {
				t.Errorf("the chains afterwards: got %+v, %v", bad, err)
			}
		})
	}
}

// longest is how long an answer may take (R3, R6).
const longest = 10 * time.Second

func fails(t *testing.T, d deed) {
	t.Helper()
	start := time.Now()
	answer := d.do()
	got := body(t, answer)
	if took := time.Since(start); took > longest {
		t.Errorf("%s: answered after %s, want at most %s", d.name, took, longest)
	}
	if answer.StatusCode != http.StatusServiceUnavailable || answer.Header.Get("Retry-After") == "" {
		t.Errorf("%s: got %d, Retry-After %q, want 503 and a time", d.name, answer.StatusCode, answer.Header.Get("Retry-After"))
	}
	if id := answer.Header.Get("X-Request-Id"); id == "" || !strings.Contains(got, id) {
		t.Errorf("%s: the page lacks the request's id %q", d.name, id)
	}
	if inClear.MatchString(got) {
		t.Errorf("%s: a key left without an entry", d.name)
	}
}

// R5, R6: a key file that was begun, and whose end the audit log does not take, never
// ends as if it were whole.
func TestAFileWithoutItsLastEntryIsNoFile(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	kaisa := p.SignIn(t, "kaisa@nordvik.example")
	path := "/licences/" + asked + "/keys.tsv"
	lift := onEntry(`IF NEW.action = 'file.finished' THEN RAISE EXCEPTION 'no'; END IF;`).begin(t, p.DB.SuperURL)
	fails(t, deed{"a key file", 200, func() *http.Response { return kaisa.Get(path) }})
	lift()
	if got := kaisa.Get(path); got.StatusCode != http.StatusOK || !strings.Contains(body(t, got), "DEMO") {
		t.Errorf("the key file afterwards: got %d, want it whole", got.StatusCode)
	}
}
