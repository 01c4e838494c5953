// Package arch keeps the picture of ARCHITECTURE.md true: who may import whom, which
// package is a library's home, what is never called, and who may see a product key.
//
// It holds tests alone and is no linter: what staticcheck and errcheck find is left to
// them. Each check is shown to find what is planted for it in testdata.
package arch

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// rows are the units of the module from the bottom up. A unit imports only from lower
// rows, and nothing of its own row; row 0 imports nothing of the portal.
var rows = [][]string{
	{"internal/licensing", "internal/vault", "internal/i18n", "internal/worktime", "internal/config", "migrations", "static"},
	{"internal/store", "views", "internal/signin", "internal/mail", "internal/keyfile", "internal/localpg", "internal/demoidp", "internal/witness"},
	{"internal/web", "internal/api", "internal/jobs"},
	{"internal/demo", "internal/bench"},
	{"cmd"},
}

// fortests are packages that only tests import.
var fortests = []string{"internal/pgtest", "internal/canary", "internal/browsertest", "internal/arch"}

// homes says which units may import a library, by the start of its path.
var homes = map[string][]string{
	"gorm.io/":                      {"internal/store"},
	"github.com/pressly/goose":      {"internal/store"},
	"github.com/labstack/":          {"internal/web", "internal/api"},
	"github.com/danielgtaylor/huma": {"internal/api"},
	"github.com/coreos/go-oidc":     {"internal/signin"},
	"golang.org/x/oauth2":           {"internal/signin"},
	"github.com/alexedwards/scs":    {"internal/signin"},
	"github.com/tink-crypto/":       {"internal/vault"},
	"github.com/xuri/excelize":      {"internal/keyfile"},
	"github.com/a-h/templ":          {"views", "internal/web"},
	"github.com/jackc/":             {"internal/store", "internal/localpg", "internal/pgtest", "internal/bench"},
	"github.com/jackc/pgx/v5":       {"internal/store", "internal/jobs", "internal/localpg", "internal/pgtest", "internal/canary", "internal/bench"},
	"github.com/riverqueue/":        {"internal/store", "internal/jobs"},
	"github.com/alecthomas/kong":    {"cmd"},
	"github.com/caarlos0/env":       {"internal/config", "cmd"},
	"github.com/nicksnyder/go-i18n": {"internal/i18n"},
	"github.com/wneessen/go-mail":   {"internal/mail"},
	"github.com/emersion/":          {},
	"github.com/go-jose/":           {"internal/demoidp", "internal/signin"},
	"github.com/chromedp/":          {"internal/browsertest"},
	"github.com/fergusstrange/":     {"internal/localpg"},
	"github.com/lib/pq":             {},
	"database/sql":                  {"internal/store"},
	"html/template":                 {"internal/demoidp"},
	"text/template":                 {},
}

// within reports whether a path is a folder or below it.
func within(path, folder string) bool {
	return path == folder || strings.HasPrefix(path, folder+"/")
}

// place returns a package's unit and the unit's row, -1 if it has none.
func place(name string) (unit string, row int) {
	for i, units := range rows {
		for _, u := range units {
			if within(name, u) {
				return u, i
			}
		}
	}
	return "", -1
}

// breaches are the sentences on what a package imports and should not.
func breaches(l listed) []string {
	name := l.name()
	unit, row := place(name)
	support := slices.Contains(fortests, name)
	if row < 0 && !support {
		return []string{name + " stands in no row: give it one in ARCHITECTURE.md and here"}
	}
	var found []string
	for _, path := range l.Imports {
		other, mine := strings.CutPrefix(path, portal+"/")
		switch {
		case !mine && !atHome(path, name):
			found = append(found, fmt.Sprintf("%s imports %s, whose home is elsewhere", name, path))
		case mine && !support && slices.Contains(fortests, other):
			found = append(found, fmt.Sprintf("%s imports %s, which is for tests", name, other))
		case mine && !support && !below(unit, row, other):
			found = append(found, fmt.Sprintf("%s imports %s, which is not in a lower row", name, other))
		}
	}
	return found
}

func below(unit string, row int, other string) bool {
	u, r := place(other)
	return u == unit || r >= 0 && r < row
}

// atHome asks the longest start of the library's path that homes knows.
func atHome(library, name string) bool {
	best := ""
	for start := range homes {
		if strings.HasPrefix(library, start) && len(start) > len(best) {
			best = start
		}
	}
	return best == "" || slices.ContainsFunc(homes[best], func(home string) bool { return within(name, home) })
}

func TestDependenciesPointOneWay(t *testing.T) {
	t.Parallel()
	for _, l := range ours(t) {
		for _, b := range breaches(l) {
			t.Error(b)
		}
	}
}

func TestBreachesAreFound(t *testing.T) {
	t.Parallel()
	planted, err := list(filepath.Join("testdata", "breaches"), "./...")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, l := range planted {
		found = append(found, breaches(l)...)
	}
	slices.Sort(found)
	want := []string{
		"internal/api imports github.com/jackc/pgx/v5, whose home is elsewhere",
		"internal/api imports internal/web, which is not in a lower row",
		"internal/jobs imports internal/pgtest, which is for tests",
		"internal/licensing imports internal/vault, which is not in a lower row",
		"internal/services stands in no row: give it one in ARCHITECTURE.md and here",
		"internal/store imports internal/web, which is not in a lower row",
		"internal/web imports gorm.io/gorm, whose home is elsewhere",
	}
	if !slices.Equal(found, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(found, "\n"), strings.Join(want, "\n"))
	}
}
