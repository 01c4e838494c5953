package main

import (
	"strings"
	"testing"

	"github.com/keyhall/keyhall/internal/web"
)

// S-50: the matrix is printed from the routes that the server serves.
func TestTheMatrixIsPrinted(t *testing.T) {
	t.Parallel()
	routes := web.New(web.Config{}).Routes()
	var b strings.Builder
	if err := printRoutes(&b, routes); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	if len(lines) != len(routes)+1 {
		t.Fatalf("lines: got %d, want one for each of %d routes and the headings", len(lines), len(routes))
	}
	for _, want := range []string{
		"POST\t/keys/:id/reveal\tkey\tyes\tyes\tyes\t-\t-\t-\t-",
		"GET\t/support\tself\t-\t-\t-\t-\t-\tyes\t-",
		"GET\t/healthz\tpublic\tyes\tyes\tyes\tyes\tyes\tyes\tyes",
	} {
		if !strings.Contains(b.String(), want+"\n") {
			t.Errorf("the matrix lacks %q", want)
		}
	}
}
