package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/browsertest"
	"github.com/keyhall/keyhall/internal/demo"
	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/web"
)

// census asks the database, past every wall, who has which right and what there is.
type census struct {
	*pgx.Conn
	t *testing.T
}

func newCensus(t *testing.T, p *browsertest.Portal) census {
	t.Helper()
	c, err := pgx.Connect(t.Context(), p.DB.SuperURL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close(t.Context()) })
	return census{c, t}
}

func (c census) texts(sql string, args ...any) []string {
	c.t.Helper()
	rows, err := c.Query(c.t.Context(), sql, args...)
	if err != nil {
		c.t.Fatal(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		c.t.Fatalf("%s: %v", sql, err)
	}
	return list
}

// may is what somebody may do on a licence ID, by the grants alone: reach is what is tested.
func (c census) may(email, number string) (p licensing.Permission) {
	c.t.Helper()
	for _, role := range c.texts(`SELECT staff_role FROM persons WHERE business_email = $1 AND staff_role <> ''
UNION SELECT g.role FROM grants g JOIN persons p ON p.id = g.person_id JOIN licences l ON l.number = $2
WHERE p.business_email = $1 AND g.revoked_at IS NULL AND (g.expires_at IS NULL OR g.expires_at > now())
AND (g.licence_id = l.id OR EXISTS (SELECT FROM org_closure c WHERE c.descendant_id = l.organisation_id AND c.ancestor_id = g.organisation_id))`, email, number) {
		p |= licensing.Role(role).Permissions()
	}
	return p
}

// things are identifiers of rows, some of each table that has an id and a family.
func (c census) things(where string, args ...any) (ids []string) {
	c.t.Helper()
	for _, table := range c.texts(`SELECT table_name FROM information_schema.columns WHERE table_schema = 'public' AND column_name IN ('id', 'root_id', 'licence_id', 'person_id')
AND table_name NOT LIKE 'river%' GROUP BY 1 HAVING array_agg(column_name::text) @> ARRAY['id', 'root_id'] ` + havingColumns(where)) {
		ids = append(ids, c.texts(`SELECT id::text FROM `+table+` x WHERE `+where+` ORDER BY md5(id::text) LIMIT 3`, args...)...)
	}
	return ids
}

// havingColumns narrows to tables that have what a condition asks for.
func havingColumns(where string) (sql string) {
	for _, column := range []string{"licence_id"} {
		if strings.Contains(where, column) {
			sql += ` AND bool_or(column_name = '` + column + `')`
		}
	}
	return sql
}

func filled(path, number, id string) string {
	return strings.NewReplacer(":number", number, ":id", id).Replace(path)
}

// ask sends a route's request: a post as a form with a name of its own, and a version.
func ask(c *browsertest.Client, method, path string) *http.Response {
	if method == http.MethodPost {
		return c.Post(path, url.Values{"once": {strings.ReplaceAll(uuid.NewString(), "-", "")}, "version": {"1"}})
	}
	return c.Get(path)
}

// S-50, S-51: each route of the running server, each account, each kind of licence ID and
// key: own, of a sibling, of the parent, of strangers, and such as don't exist.
func TestEachAccountGetsOfEachThingWhatTheMatrixSays(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	c := newCensus(t, p)
	numbers := []string{"74120935", "V6380217", "74120977", "S2047731", "74166042", "74150113", "84410026", "99999999", "' OR 1=1"}
	keys := map[string]string{} // of a licence ID, one
	for _, number := range numbers {
		for _, id := range c.texts(`SELECT k.id::text FROM keys k JOIN licences l ON l.id = k.licence_id WHERE l.number = $1 ORDER BY k.id LIMIT 1`, number) {
			keys[number] = id
		}
	}
	may := map[string]map[string]licensing.Permission{}
	for _, a := range demo.Accounts() {
		may[a.Email] = map[string]licensing.Permission{}
		for _, n := range numbers {
			may[a.Email][n] = c.may(a.Email, n)
		}
	}
	var asked sync.Map
	t.Run("accounts", func(t *testing.T) {
		for _, a := range demo.Accounts() {
			if a.Email == "gast@nordvik.example" {
				continue // has no account in the portal: TestNobodyGetsNothing
			}
			t.Run(a.Email, func(t *testing.T) {
				t.Parallel()
				client := p.SignIn(t, a.Email)
				for _, r := range p.Server.Routes() {
					if strings.Contains(r.Path, "/visits") || r.Path == "/signout" {
						continue
					}
					for _, number := range numbers {
						expect(t, client, r, may[a.Email], number, keys[number])
						asked.Store(a.Email+r.Method+r.Path+number, true)
					}
				}
			})
		}
	})
	n := 0
	asked.Range(func(any, any) bool { n++; return true })
	t.Logf("%d combinations of account, route and licence ID", n)
}

// expect asks for a thing and holds the answer against what the person may do on it.
func expect(t *testing.T, client *browsertest.Client, r web.Route, may map[string]licensing.Permission, number, key string) {
	t.Helper()
	sees := licensing.SeeLicence
	switch r.Scope {
	case web.OnLicence:
		if strings.Contains(r.Path, ":id") {
			return // of two things: TestOthersThingsLookLikeNothing
		}
	case web.OnKey:
		if sees = licensing.SeeKeys; key == "" {
			key = uuid.NewString()
		}
	default:
		return
	}
	path := filled(r.Path, url.PathEscape(number), key)
	answer := ask(client, r.Method, path)
	got, held := answer.StatusCode, may[number]
	exists := number != "99999999" && !strings.Contains(number, "'") && (r.Scope != web.OnKey || len(key) > 0 && !strings.Contains(number, "'"))
	switch {
	case !exists && held.Has(licensing.SeeCustomers) && !r.Allows(held) && got == http.StatusForbidden:
		// The staff see everybody's numbers: what no role of theirs may do needs none.
	case !exists || !held.Has(sees):
		if got != http.StatusNotFound {
			t.Errorf("%s %s, which is nothing to them: got %d, want 404", r.Method, path, got)
			return
		}
		alike(t, r.Method, answer, ask(client, r.Method, filled(r.Path, "88888888", uuid.NewString())))
	case !r.Allows(held):
		if got != http.StatusForbidden {
			t.Errorf("%s %s, which they see and may not do: got %d, want 403", r.Method, path, got)
		}
	case got == http.StatusNotFound || got == http.StatusForbidden || got >= 500:
		t.Errorf("%s %s, which they may do: got %d", r.Method, path, got)
	}
}

// S-51: whatever has an identifier and is another family's, or another licence ID's of the
// family, or was deleted, is answered like what never was, to the last byte.
func TestOthersThingsLookLikeNothing(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	c := newCensus(t, p)
	rootOf := func(number string) string {
		return c.texts(`SELECT root_id::text FROM licences WHERE number = $1`, number)[0]
	}
	ours, theirs := c.things(`root_id = $1`, rootOf("74120935")), c.things(`root_id = $1`, rootOf("74150113"))
	siblings := c.things(`licence_id = ANY (SELECT id FROM licences WHERE number IN ('74120935', '74120977'))`)
	if len(ours) < 12 || len(theirs) < 12 || len(siblings) < 6 {
		t.Fatalf("identifiers: got %d, %d, %d: the tables were not found", len(ours), len(theirs), len(siblings))
	}
	gone := c.texts(`WITH gone AS (DELETE FROM keys WHERE id = (SELECT k.id FROM keys k JOIN licences l ON l.id = k.licence_id
WHERE l.number = '74120935' AND NOT EXISTS (SELECT FROM requests WHERE key_id = k.id) AND NOT EXISTS (SELECT FROM limit_entries WHERE key_id = k.id) LIMIT 1) RETURNING id::text) SELECT * FROM gone`)
	if len(gone) != 1 {
		t.Fatalf("deleted keys: got %d, want 1", len(gone))
	}
	for email, ids := range map[string][]string{
		"anna@nordvik.example": slices.Concat(theirs, gone), "kaisa@nordvik.example": theirs, "lena@nordvik.example": theirs, "dirk@nordvik.example": theirs,
		"kevin@nordvik.example": slices.Concat(theirs, siblings), "frode@fjellheim.example": slices.Concat(ours, gone),
	} {
		t.Run(email, func(t *testing.T) {
			t.Parallel()
			client := p.SignIn(t, email)
			for _, r := range p.Server.Routes() {
				if r.Scope == web.Public || !strings.Contains(r.Path, ":id") || strings.HasPrefix(r.Path, "/outbox") { // the demo's outbox is everybody's
					continue
				}
				same(t, client, r, ids)
			}
		})
	}
}

// same asks for things by their identifiers, and for such as don't exist, and wants one answer.
func same(t *testing.T, client *browsertest.Client, r web.Route, ids []string) {
	t.Helper()
	nobodys := map[bool]string{}
	for numeric, id := range map[bool]string{false: uuid.NewString(), true: "98765"} {
		nobodys[numeric] = whole(t, ask(client, r.Method, filled(r.Path, "99999999", id)), id)
	}
	for _, id := range ids {
		path := filled(r.Path, "99999999", id)
		if got, want := whole(t, ask(client, r.Method, path), id), nobodys[!strings.Contains(id, "-")]; got != want {
			t.Errorf("%s %s is not answered like what doesn't exist:\n%.300s\nand\n%.300s", r.Method, path, got, want)
		}
	}
}

var onceField = regexp.MustCompile(`name="once" value="[^"]+"`)

// whole is all of an answer that must not differ. A page that says no to whoever asks, or
// that something is missing, leads back to where they were, and its forms have new names.
func whole(t *testing.T, r *http.Response, id string) string {
	t.Helper()
	text := body(t, r)
	if r.StatusCode == http.StatusForbidden || r.StatusCode == http.StatusUnprocessableEntity {
		text = onceField.ReplaceAllString(strings.ReplaceAll(text, id, "…"), "")
		r.Header.Del("Content-Length")
	}
	r.Header.Del("Date")
	r.Header.Del("X-Request-Id")
	return fmt.Sprint(r.StatusCode, r.Header, text)
}
