package web_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/keyhall/keyhall/internal/browsertest"
	"github.com/keyhall/keyhall/internal/store"
)

// S-16: who wants more than a limit allows gets a page in their language that says to
// wait, and programs are told how long; no key leaves.
func TestTooManyIsAPageThatSaysToWait(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	p.Store.Limit(store.Rates{Reveals: 1, Files: 1})
	kaisa, anna := p.SignIn(t, "kaisa@nordvik.example"), p.SignIn(t, "anna@nordvik.example")
	key := firstKey(t, kaisa, "74120935")
	reveal := func(c *browsertest.Client) *http.Response { return c.Post("/keys/"+key+"/reveal", nil) }
	file := func(c *browsertest.Client) *http.Response { return c.Get("/licences/74120935/keys.xlsx") }
	for name, test := range map[string]struct {
		ask  func(*browsertest.Client) *http.Response
		most int // seconds that one waits
		says string
	}{"a reveal": {reveal, 60, "1\u00a0min"}, "a key file": {file, 3600, "1\u00a0t"}} {
		if got := test.ask(kaisa); got.StatusCode != http.StatusOK {
			t.Errorf("%s, the first: got %d, want 200", name, got.StatusCode)
		}
		kaisa.Get("/?lang=fi")
		got := test.ask(kaisa)
		seconds, err := strconv.Atoi(got.Header.Get("Retry-After"))
		if got.StatusCode != http.StatusTooManyRequests || err != nil || seconds < 1 || seconds > test.most {
			t.Errorf("%s, the second: got %d, Retry-After %q, want 429 and at most %d", name, got.StatusCode, got.Header.Get("Retry-After"), test.most)
		}
		if d := got.Header.Get("Content-Disposition"); d != "" {
			t.Errorf("%s, the second: got a file, %s", name, d)
		}
		said := body(t, got)
		if !strings.Contains(said, "Liian monta pyyntöä lyhyessä ajassa") || inClear.MatchString(said) || !strings.Contains(said, "Yritä uudelleen "+test.says+" kuluttua.") {
			t.Errorf("%s, the second: got %s, want a page in Finnish that says to wait %s", name, said, test.says)
		}
		if got := test.ask(anna); got.StatusCode != http.StatusOK {
			t.Errorf("%s, another person: got %d, want 200", name, got.StatusCode)
		}
	}
	if got := text(all(dom(t, anna.Get("/audit?action=rate.exceeded")), "tbody")[0]); strings.Count(got, "Kaisa") != 2 {
		t.Errorf("what the administrator reads: got %q, want both", got)
	}
}
