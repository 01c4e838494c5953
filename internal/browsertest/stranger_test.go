package browsertest_test

import (
	"strings"
	"testing"

	"github.com/keyhall/keyhall/internal/browsertest"
)

// S-51: to a stranger what belongs to others is what doesn't exist.
func TestAStrangerSeesNothingOfNordvik(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	b := open(t, p, "en")
	b.signIn("frode@fjellheim.example")
	key := keyAddress(t, p, "X4T9B")
	for _, path := range []string{"/", "/licences?status=all&q=nordvik", "/keys", "/downloads", "/audit"} {
		b.visit(path, 200)
		b.seesNothingOf("Nordvik")
	}
	for _, path := range []string{
		"/licences/74120935", "/licences/74120935/keys", "/licences/74120935/purchases", "/licences/74120935/people",
		"/licences/74120935/history", "/licences/74120935/keys.tsv", "/licences/74120935/keys.xlsx", key,
	} {
		b.visit(path, 404)
		b.sees(b.says("fault.not_found"), b.says("fault.not_found_what"))
		b.seesNothingOf("Nordvik")
	}
	for _, words := range []string{"74120935", "X4T9B"} {
		b.visit("/", 200)
		b.search(words)
		b.seesNothingOf("Nordvik")
		b.sees(b.says("licences.none_found"))
	}
}

func (b *tab) seesNothingOf(name string) {
	b.t.Helper()
	if page := ask[string](b, `document.documentElement.outerHTML`); strings.Contains(page, name) {
		b.t.Errorf("%s names %s", b.where(), name)
	}
}
