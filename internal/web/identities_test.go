package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/browsertest"
)

// linkAt adds a sign-in account of the demo's provider and returns the answer to coming back.
func linkAt(t *testing.T, p *browsertest.Portal, c *browsertest.Client, account string) *http.Response {
	t.Helper()
	begun := c.Post("/account/identities", hidden(formTo(t, dom(t, c.Get("/account")), "/account/identities")))
	_, picker, ok := strings.Cut(begun.Header.Get("Refresh"), "url="+p.URL)
	if begun.StatusCode != http.StatusOK || !ok || !strings.Contains(linksOf(dom(t, begun)), "/demo-idp/authorize") {
		t.Fatalf("beginning to add: got %d, Refresh %q, want a page that leads to the provider", begun.StatusCode, begun.Header.Get("Refresh"))
	}
	back := c.Post(picker, url.Values{"account": {account}}).Header.Get("Location")
	return c.Get(strings.TrimPrefix(back, p.URL))
}

// S-36: a sign-in account is added with proof of both, opens the same account from then on,
// and is taken away again, with its sessions.
func TestPeopleAddASignInAccount(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	kaisa := p.SignIn(t, "kaisa@nordvik.example")
	if answer := linkAt(t, p, kaisa, "gast@nordvik.example"); answer.StatusCode != http.StatusSeeOther || answer.Header.Get("Location") != "/account" {
		t.Fatalf("back from the provider: got %d to %q, want 303 to /account", answer.StatusCode, answer.Header.Get("Location"))
	}
	too := p.SignIn(t, "gast@nordvik.example")
	if got := text(all(dom(t, too.Get("/account")), "main")[0]); !strings.Contains(got, "kaisa@nordvik.example") {
		t.Errorf("signed in with the added account: got %q, want kaisa's account", got)
	}
	for account, want := range map[string]string{"frode@fjellheim.example": "belongs to another account", "gast@nordvik.example": "yours already", "kaisa@nordvik.example": "yours already"} {
		answer := linkAt(t, p, kaisa, account)
		if got := text(all(dom(t, answer), "main")[0]); answer.StatusCode != http.StatusConflict || !strings.Contains(got, want) {
			t.Errorf("adding %s: got %d, %q, want %q", account, answer.StatusCode, got, want)
		}
	}
	if got := text(all(dom(t, p.SignIn(t, "frode@fjellheim.example").Get("/account")), "main")[0]); !strings.Contains(got, "frode@") {
		t.Errorf("frode's account: got %q", got)
	}
	if got := text(all(dom(t, kaisa.Get("/notices")), "main")[0]); !strings.Contains(got, "was added to your account") {
		t.Errorf("kaisa's notices: got %q, want the added account", got)
	}
	removal := formTo(t, dom(t, kaisa.Get("/account")), "/account/identities/removal")
	for range 2 {
		if answer := kaisa.Post("/account/identities/removal", hidden(removal)); answer.StatusCode != http.StatusSeeOther {
			t.Fatalf("taking it away: got %d, want 303", answer.StatusCode)
		}
	}
	if got := too.Get("/account").StatusCode; got != http.StatusSeeOther {
		t.Errorf("a page in the session begun with it: got %d, want 303 to sign in", got)
	}
	if got := strings.Join(rows(t, dom(t, kaisa.Get("/audit"))), "\n"); !strings.Contains(got, "Sign-in account added") || !strings.Contains(got, "Sign-in account removed") {
		t.Errorf("the audit log: got %q, want both", got)
	}
	if got := kaisa.Post("/account/identities/removal", url.Values{"once": {uuid.NewString()}, "identity": {"nothing"}}).StatusCode; got != http.StatusNotFound {
		t.Errorf("taking away what isn't there: got %d, want 404", got)
	}
	if got := kaisa.Post("/account/identities", url.Values{"provider": {"nobody"}}).StatusCode; got != http.StatusNotFound {
		t.Errorf("adding at no provider: got %d, want 404", got)
	}
}
