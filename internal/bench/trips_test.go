package bench

import (
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/keyhall/keyhall/internal/licensing"
)

// lists are the pages that list something.
func lists() []string {
	n := number(7)
	return []string{
		"/licences", "/licences?after=~" + n, "/licences?sort=ends", "/licences?q=7000", "/licences/" + n + "/keys",
		"/licences/" + n + "/purchases", "/licences/" + n + "/people", "/licences/" + n + "/history",
		"/keys", "/keys?last5=ABCDE", "/downloads", "/audit",
	}
}

// The catalogue's version, once a second, is one of the two (P9).
func TestListsTakeTwoRoundTrips(t *testing.T) {
	t.Parallel()
	m := newMeasured(t, 0.02)
	for _, path := range lists() {
		if w := get(t, m.pages, path); w.Code != http.StatusOK { // warms the session too
			t.Fatalf("%s: got %d", path, w.Code)
		}
		m.heard.take()
		get(t, m.pages, path)
		trips := withoutSession(m.heard.take())
		if len(trips) > 2 {
			t.Errorf("%s takes %d round trips: %v", path, len(trips), trips)
		}
	}
}

// withoutSession leaves out that a session is looked at again after a second, which a
// slow machine may take between two pages.
func withoutSession(trips [][]asked) [][]asked {
	var rest [][]asked
	for _, trip := range trips {
		if sql := trip[0].sql; !strings.Contains(sql, "FROM sessions") && !strings.Contains(sql, "FROM persons") {
			rest = append(rest, trip)
		}
	}
	return rest
}

var costly = regexp.MustCompile(`(?i)\boffset\b|\bcount\s*\(\s*\*\s*\)`)

// A page further on costs what the first costs, and nothing is counted for a page (P9).
func TestListsSkipAndCountNothing(t *testing.T) {
	t.Parallel()
	m := newMeasured(t, 0.02)
	m.heard.take()
	for _, path := range lists() {
		get(t, m.pages, path)
		for _, trip := range m.heard.take() {
			for _, s := range trip {
				if found := costly.FindString(s.sql); found != "" {
					t.Errorf("%s: %s in %s", path, found, s.sql)
				}
			}
		}
	}
}

var skips = regexp.MustCompile(`\bOFFSET\b`)

// What the test above does not come by is seen here: no SQL of the store skips rows.
func TestNoSQLSkipsRows(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../store/*.go")
	must(t, err)
	found := 0
	for _, name := range files {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		must(t, err)
		ast.Inspect(f, func(n ast.Node) bool {
			if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING {
				found += strings.Count(l.Value, "SELECT")
				if skips.MatchString(l.Value) {
					t.Errorf("%s: OFFSET in %s", name, l.Value)
				}
			}
			return true
		})
	}
	if found < 20 {
		t.Errorf("found %d times SELECT: that can't be all", found)
	}
}

// Why somebody sees something is found in two round trips, beside the catalogue's version,
// however much they reach.
func TestWhyTakesTwoRoundTrips(t *testing.T) {
	t.Parallel()
	m := newMeasured(t, 0.02)
	v := m.viewer(t, reader)
	catalogue, err := m.Catalogue(t.Context())
	must(t, err)
	for _, q := range []licensing.WhyAsked{
		{Number: number(7)}, {Number: number(7), Last5: "ABCDE"}, {Number: number(7), Product: catalogue.Products[0]}, {Number: "99999999"},
	} {
		m.heard.take()
		f, err := m.Why(t.Context(), v, q, time.Now())
		must(t, err)
		var trips [][]asked
		for _, trip := range m.heard.take() {
			if !strings.Contains(trip[len(trip)-1].sql, "catalogue") {
				trips = append(trips, trip)
			}
		}
		if len(trips) > 2 || len(f.Explain()) == 0 {
			t.Errorf("%+v takes %d round trips: %v", q, len(trips), trips)
		}
	}
}
