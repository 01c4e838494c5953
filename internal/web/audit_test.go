package web_test

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/net/html"

	"github.com/keyhall/keyhall/internal/browsertest"
	"github.com/keyhall/keyhall/internal/licensing"
)

// rows are the entries on a page of the log.
func rows(t *testing.T, page *html.Node) (texts []string) {
	t.Helper()
	for _, r := range all(page, "tr")[min(1, len(all(page, "tr"))):] {
		texts = append(texts, text(r))
	}
	return texts
}

func TestTheLogIsNarrowed(t *testing.T) {
	t.Parallel()
	from := time.Now().UTC().Format(time.DateOnly)
	p := browsertest.Start(t)
	anna, kaisa := p.SignIn(t, "anna@nordvik.example"), p.SignIn(t, "kaisa@nordvik.example")
	key := firstKey(t, kaisa, "74120935")
	kaisa.Post("/keys/"+key+"/reveal", nil)
	p.SignIn(t, "lena@nordvik.example").Post("/keys/"+key+"/reveal", nil)
	to := time.Now().UTC().Format(time.DateOnly) // another day than from, at midnight
	for _, c := range []struct {
		query string
		all   []string // each row has all of them
		some  bool     // whether there are any
	}{
		{"?action=key.revealed", []string{"Key revealed"}, true},
		{"?action=key.revealed&outcome=refused&licence=74120935", []string{"Lena", "Attempt refused"}, true},
		{"?who=kaisa&from=" + from + "&to=" + to, []string{"Kaisa"}, true},
		{"?licence=74120935", []string{"74120935"}, true},
		{"?licence=+74120935+", []string{"74120935"}, true},
		{"?licence=50912277", nil, false},
		{"?to=2001-01-01", nil, false},
		{"?from=2991-01-01", nil, false},
		{"?action=nothing&outcome=maybe&from=tomorrow&person=kaisa", nil, true},
		{"?after=nonsense", nil, true},
	} {
		found := rows(t, dom(t, anna.Get("/audit"+c.query)))
		if (len(found) > 0) != c.some {
			t.Errorf("/audit%s: got %d entries", c.query, len(found))
		}
		for _, row := range found {
			if slices.ContainsFunc(c.all, func(want string) bool { return !strings.Contains(row, want) }) {
				t.Errorf("/audit%s: got %q, want %q in it", c.query, row, c.all)
			}
		}
	}
}

// A day is the reader's: at a quarter past midnight in Helsinki it is yesterday in UTC.
func TestADayIsTheReaders(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	anna := p.SignIn(t, "anna@nordvik.example")
	sql(t, p, `UPDATE audit SET at = '2026-06-01 00:15+03' WHERE action = 'session.started' AND actor LIKE 'Anna%'`)
	for query, want := range map[string]bool{"?action=session.started&from=2026-06-01&to=2026-06-01": true, "?action=session.started&to=2026-05-31": false} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.URL+"/audit"+query, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.AddCookie(&http.Cookie{Name: "zone", Value: "Europe/Helsinki"})
		answer, err := anna.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		if got := len(rows(t, dom(t, answer))); (got > 0) != want {
			t.Errorf("/audit%s in Helsinki: got %d entries, want any: %v", query, got, want)
		}
	}
}

// sql changes what no verb changes.
func sql(t *testing.T, p *browsertest.Portal, statement string, args ...any) {
	t.Helper()
	c, err := pgx.Connect(t.Context(), p.DB.SuperURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close(context.WithoutCancel(t.Context())) }()
	if _, err := c.Exec(t.Context(), statement, args...); err != nil {
		t.Fatal(err)
	}
}

// S-51: another family's licence ID and one that doesn't exist are one page and one file.
func TestTheLogOfAForeignLicenceIDIsThatOfNone(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	frode := p.SignIn(t, "frode@fjellheim.example")
	theirs := strings.ReplaceAll(body(t, frode.Get("/audit?licence=74120935")), "74120935", "N")
	nobodys := strings.ReplaceAll(body(t, frode.Get("/audit?licence=99999999")), "99999999", "N")
	if theirs != nobodys || !strings.Contains(theirs, "No entry fits") {
		t.Error("the pages differ")
	}
	if a, b := body(t, frode.Get("/audit.tsv?licence=74120935")), body(t, frode.Get("/audit.tsv?licence=99999999")); a != b || strings.Count(a, "\r\n") != 1 {
		t.Errorf("the files: got %q and %q", a, b)
	}
}

// table takes a tab-separated file apart.
func table(t *testing.T, file string) (headings []string, lines [][]string) {
	t.Helper()
	for i, line := range strings.Split(strings.TrimSuffix(strings.TrimPrefix(file, "\ufeff"), "\r\n"), "\r\n") {
		cells := strings.Split(line, "\t")
		if i == 0 {
			headings = cells
			continue
		}
		if len(cells) != len(headings) {
			t.Errorf("line %d has %d cells, want %d: %q", i, len(cells), len(headings), line)
		}
		lines = append(lines, cells)
	}
	return headings, lines
}

// S-01, S-02: nothing that somebody is called becomes a formula or another cell.
func TestAnExportOfTheLogIsGuarded(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	now := time.Now()
	p.Server.Now = func() time.Time { return now } // it may be midnight soon
	anna := p.SignIn(t, "anna@nordvik.example")
	for _, name := range []string{"=cmd|' /C calc'!A0", "Eve\tVirtanen", "Eve\r\nVirtanen", "\t=1+1", "＠SUM(A1)"} {
		sql(t, p, `SELECT audit_append(root_id, NULL, $1, '', '', '', 'key.revealed', id, 'key/x', 'done', jsonb_build_object('name', $1::text)) FROM licences WHERE number = '74120935'`, name)
	}
	answer := anna.Get("/audit.tsv?action=key.revealed")
	want := map[string]string{
		"Content-Type": "text/tab-separated-values; charset=utf-8", "Cache-Control": "no-store",
		"Content-Disposition": "attachment; filename=keyhall-audit-all-" + now.Format(time.DateOnly) + ".tsv",
	}
	for name, value := range want {
		if got := answer.Header.Get(name); got != value {
			t.Errorf("%s: got %q, want %q", name, got, value)
		}
	}
	headings, lines := table(t, body(t, answer))
	if len(headings) != 11 || len(lines) < 5 {
		t.Fatalf("got %d columns and %d lines", len(headings), len(lines))
	}
	var names []string
	for _, l := range lines[:5] {
		names = append(names, l[1])
		if l[7] != l[1] { // the detail says the same
			t.Errorf("detail: got %q, want %q", l[7], l[1])
		}
		if _, err := time.Parse(time.RFC3339Nano, l[0]); err != nil || l[3] != "key.revealed" || l[4] != "74120935" {
			t.Errorf("got %q", l)
		}
		if hash, err := hex.DecodeString(l[10]); err != nil || len(hash) != 32 {
			t.Errorf("hash: got %q", l[10])
		}
	}
	if guarded := []string{"'＠SUM(A1)", "' =1+1", "Eve  Virtanen", "Eve Virtanen", "'=cmd|' /C calc'!A0"}; !slices.Equal(names, guarded) {
		t.Errorf("names: got %q, want %q", names, guarded)
	}
}

// S-63: a copy of the log is itself in it, before its first line; the operator's alone
// says where acts came from.
func TestAnExportOfTheLogIsOnRecord(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	for account, columns := range map[string]int{"anna@nordvik.example": 11, "lena@nordvik.example": 11, "sofia@support.example": 11, "olli@operator.example": 14} {
		client := p.SignIn(t, account)
		headings, lines := table(t, body(t, client.Get("/audit.tsv?action=audit.exported&outcome=done")))
		if len(headings) != columns || len(lines) == 0 || lines[0][3] != "audit.exported" || !strings.Contains(lines[0][7], "keyhall-audit-all-") {
			t.Errorf("%s: got %d columns, %q, want %d columns and the file itself on top", account, len(headings), lines, columns)
		}
		if d := client.Get("/audit.xlsx?licence=74120935").Header.Get("Content-Disposition"); !strings.HasPrefix(d, "attachment; filename=keyhall-audit-74120935-") || !strings.HasSuffix(d, ".xlsx") {
			t.Errorf("%s: a spreadsheet called %q", account, d)
		}
	}
}

// Without the log there is no copy of it, and no refusal either (S-64).
func TestWhatCantBeRecordedIsNotDone(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	anna := p.SignIn(t, "anna@nordvik.example")
	sql(t, p, `REVOKE EXECUTE ON FUNCTION audit_append FROM keyhall_serve, keyhall_desk`)
	for _, path := range []string{"/audit.tsv", "/audit.xlsx", "/imports"} {
		answer := anna.Get(path)
		if answer.StatusCode != http.StatusServiceUnavailable || answer.Header.Get("Content-Disposition") != "" || !strings.HasPrefix(answer.Header.Get("Content-Type"), "text/html") {
			t.Errorf("%s: got %d, %s, want a page with 503", path, answer.StatusCode, answer.Header.Get("Content-Type"))
		}
	}
	if got := anna.Get("/audit").StatusCode; got != http.StatusOK {
		t.Errorf("/audit: got %d, want 200", got)
	}
}

// The log is never copied for another site's page, and nothing is recorded of it.
func TestAForeignPageGetsNoLog(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	anna := p.SignIn(t, "anna@nordvik.example")
	for _, path := range []string{"/audit.tsv", "/audit.xlsx"} {
		for _, site := range []string{"cross-site", "same-site"} {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.URL+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Sec-Fetch-Site", site)
			answer, err := anna.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer answer.Body.Close()
			if answer.StatusCode != http.StatusForbidden {
				t.Errorf("%s, %s: got %d, want 403", path, site, answer.StatusCode)
			}
		}
	}
	if found := rows(t, dom(t, anna.Get("/audit?action=audit.exported"))); len(found) != 0 {
		t.Errorf("on record: got %q, want nothing", found)
	}
}

// S-63: who asks for what they have no permission for is refused, and that is on record.
func TestARefusalIsOnRecord(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	lena, operator := p.SignIn(t, "lena@nordvik.example"), p.SignIn(t, "olli@operator.example")
	for range 3 {
		if got := lena.Get("/imports").StatusCode; got != http.StatusForbidden {
			t.Errorf("got %d, want 403", got)
		}
	}
	lena.Get("/keys.tsv")
	for _, client := range []*browsertest.Client{lena, operator} {
		found := rows(t, dom(t, client.Get("/audit?action=access.refused&outcome=refused&who=lena")))
		if len(found) != 2 || !strings.Contains(found[0], "GET /keys.tsv") || !strings.Contains(found[1], "GET /imports") {
			t.Errorf("on record: got %q, want each route once", found)
		}
	}
}

// A line leads to what it is about: a person's acts, the licence ID, the key, the request.
func TestALineLeadsOn(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	anna, kaisa := p.SignIn(t, "anna@nordvik.example"), p.SignIn(t, "kaisa@nordvik.example")
	key := firstKey(t, kaisa, "74120935")
	kaisa.Post("/keys/"+key+"/reveal", url.Values{"purpose": {"copy"}})
	sql(t, p, `SELECT audit_append(root_id, NULL, 'Sofia', '', '', '', 'request.partly_granted', id, 'request/20417', $1, $2)
FROM licences WHERE number = '74120935'`, string(licensing.Refused), `{"request": 20417, "kind": "mak_increase", "asked": 200, "granted": 50, "old": 100, "new": 150, "last5": "X4T9B", "tried": "approve", "state": "granted"}`)
	for action, want := range map[string][]string{
		"key.copied":             {"/keys/" + key, "/licences/74120935", "/audit?person="},
		"request.partly_granted": {"/requests/20417", "/licences/74120935"},
	} {
		row := all(all(dom(t, anna.Get("/audit?action="+action)), "tbody")[0], "tr")[0]
		var links []string
		for _, a := range all(row, "a") {
			links = append(links, attr(a, "href"))
		}
		for _, w := range want {
			if !slices.ContainsFunc(links, func(l string) bool { return strings.HasPrefix(l, w) }) {
				t.Errorf("%s leads to %q, want %s", action, links, w)
			}
		}
		if action == "request.partly_granted" {
			if said := "R-20417, MAK increase, 50 of 200, limit from 100 to 150, ending in X4T9B, tried: approve, state: Granted"; !strings.Contains(text(row), said) {
				t.Errorf("got %q, want %q in it", text(row), said)
			}
		}
	}
	// Who acted leads to everything they did, and from there to everybody again.
	person := attr(all(all(all(dom(t, anna.Get("/audit?action=key.copied")), "tbody")[0], "tr")[0], "a")[0], "href")
	if page := dom(t, anna.Get(person)); !strings.Contains(text(all(page, "select")[0]), "Kaisa") || len(rows(t, page)) == 0 {
		t.Errorf("%s: got %q", person, rows(t, page))
	}
	// kaisa sees no other's acts, so her own name leads nowhere.
	for _, a := range all(all(dom(t, kaisa.Get("/audit")), "tbody")[0], "a") {
		if strings.Contains(attr(a, "href"), "person=") {
			t.Errorf("kaisa's page leads to %s", attr(a, "href"))
		}
	}
}

// Every action that has a name can be chosen, and no other, each once.
func TestEveryActionWithANameCanBeChosen(t *testing.T) {
	t.Parallel()
	file, err := os.ReadFile("../i18n/locales/en.json")
	if err != nil {
		t.Fatal(err)
	}
	var messages map[string]any
	if err := json.Unmarshal(file, &messages); err != nil {
		t.Fatal(err)
	}
	var named, chosen []string
	for key := range messages {
		if action, ok := strings.CutPrefix(key, "audit.action."); ok {
			named = append(named, action)
		}
	}
	operator := licensing.Viewer{May: licensing.Operator.Permissions()}
	for _, g := range operator.ActionGroups() {
		chosen = append(chosen, g.Actions...)
	}
	slices.Sort(named)
	slices.Sort(chosen)
	if !slices.Equal(named, chosen) {
		t.Errorf("named: %q, to choose from: %q", named, chosen)
	}
}

// The operator's page says where the log is kept outside, and what is the matter there.
func TestTheOperatorsLogSaysWhereItIsKept(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	to := licensing.AuditTarget{ID: "checkpoint 1", Kind: licensing.Checkpoints, Label: "file:///mnt/elsewhere/checkpoints"}
	deliver := func(answer error) {
		t.Helper()
		if err := p.Store.DeliverCheckpoints(t.Context(), to, func(context.Context, []licensing.ChainHead) error { return answer }); !errors.Is(err, answer) {
			t.Fatal(err)
		}
	}
	deliver(nil)
	olli, anna := p.SignIn(t, "olli@operator.example"), p.SignIn(t, "anna@nordvik.example")
	if got := text(dom(t, olli.Get("/audit"))); !strings.Contains(got, "Last signed checkpoint: ") || !strings.Contains(got, to.Label) {
		t.Errorf("the operator's log doesn't say where it is kept: %.500s", got)
	}
	deliver(errors.New("down"))
	if got := text(dom(t, olli.Get("/audit"))); !strings.Contains(got, to.Label+" has taken nothing of the audit log since ") {
		t.Errorf("the operator's log doesn't say that a place takes nothing: %.500s", got)
	}
	if got := text(dom(t, anna.Get("/audit"))); strings.Contains(got, to.Label) {
		t.Error("an administrator sees where the operator keeps the log")
	}
}

// S-55: a sealed key that was put in another's row gives no key, but an event that the
// operator finds.
func TestASwappedKeyIsAnEventForTheOperator(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	kaisa, olli := p.SignIn(t, "kaisa@nordvik.example"), p.SignIn(t, "olli@operator.example")
	key := firstKey(t, kaisa, asked)
	c, err := pgx.Connect(t.Context(), p.DB.SuperURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close(t.Context()) }()
	if _, err := c.Exec(t.Context(), `UPDATE keys SET sealed = (SELECT sealed FROM keys o WHERE o.id <> $1 ORDER BY o.id LIMIT 1) WHERE id = $1`, key); err != nil {
		t.Fatal(err)
	}
	answer := kaisa.Post("/keys/"+key+"/reveal", nil)
	if got := body(t, answer); answer.StatusCode != http.StatusInternalServerError || inClear.MatchString(got) || !strings.Contains(got, answer.Header.Get("X-Request-Id")) {
		t.Errorf("a swapped key: got %d, want a fault with its number and no key", answer.StatusCode)
	}
	if got := rows(t, dom(t, olli.Get("/audit?action=key.tampered"))); len(got) != 1 || !strings.Contains(got[0], "Stored key altered") || !strings.Contains(got[0], "Kaisa") {
		t.Errorf("the operator's log: got %q, want the event", got)
	}
}

// S-63: reading the log is in the log.
func TestReadingTheLogIsOnRecord(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	for email, who := range map[string]string{"anna@nordvik.example": "Anna", "olli@operator.example": "Olli"} {
		client := p.SignIn(t, email)
		client.Get("/audit")
		found := rows(t, dom(t, client.Get("/audit?action=audit.read")))
		if len(found) == 0 || !strings.Contains(found[0], "Audit log read") || strings.Count(strings.Join(found, "\n"), who) != 1 {
			t.Errorf("%s has read the log: got %q, want one entry of theirs", email, found)
		}
	}
}
