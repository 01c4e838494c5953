package web_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/browsertest"
)

// S-27: of each address of the running server, a method that it doesn't know is refused,
// whoever asks, and none is taken for another by a header, a parameter or a field.
func TestMethodsThatAnAddressDoesntKnowAreRefused(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	patterns := map[string]bool{}
	for _, r := range p.Server.Routes() {
		patterns[r.Path] = true
	}
	sends := func(c *browsertest.Client, method, path string) int {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, p.URL+path, strings.NewReader("_method=POST"))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Origin", p.URL)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		for _, name := range []string{"X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"} {
			r.Header.Set(name, "POST")
		}
		answer, err := c.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		return answer.StatusCode
	}
	kaisa, nobody := p.SignIn(t, "kaisa@nordvik.example"), p.SignIn(t, "")
	refused := 0
	for pattern := range patterns {
		path := filled(pattern, "74120935", uuid.NewString())
		for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"} {
			if routeOf(p, method, path) != "" { // as /invitation/:token is beside /invitation/acceptance
				continue
			}
			for who, c := range map[string]*browsertest.Client{"kaisa": kaisa, "nobody": nobody} {
				if got := sends(c, method, path+"?_method=POST"); got != http.StatusMethodNotAllowed {
					t.Errorf("%s %s as %s: got %d, want 405", method, pattern, who, got)
				}
				refused++
			}
		}
	}
	if refused < 1000 {
		t.Errorf("refused: got %d, too few to have asked everywhere", refused)
	}
	if got := kaisa.Get("/licences").StatusCode; got != http.StatusOK {
		t.Errorf("after all that, among it GET /signout: got %d, want kaisa still signed in", got)
	}
}
