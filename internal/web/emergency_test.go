package web_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/keyhall/keyhall/internal/browsertest"
)

// Agents and the operator see the cases; what is wrong with a form is said beside its field
// and nothing typed is lost; customers are shown no such page.
func TestEmergencyAccessIsAskedForOnAPageOfSupport(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	sofia := p.SignIn(t, "sofia@support.example")
	const path = "/support/access"
	form := formTo(t, dom(t, sofia.Get(path)), path)
	answer := sendWith(sofia, form, "licence", "74120935", "person", "kaisa@nordvik.example", "reason", "Their administrator has left.")
	page := dom(t, answer)
	if said := text(page); answer.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(said, "Somebody administers it") {
		t.Fatalf("for what anna administers: got %d: %s", answer.StatusCode, said)
	}
	form = formTo(t, page, path)
	if got := attr(named(form, "input", "person"), "value"); got != "kaisa@nordvik.example" {
		t.Errorf("the person is kept as %q", got)
	}
	if got := text(named(form, "textarea", "reason")); got != "Their administrator has left." {
		t.Errorf("the reason is kept as %q", got)
	}
	for account, want := range map[string]int{"olli@operator.example": http.StatusOK, "anna@nordvik.example": http.StatusForbidden} {
		client := p.SignIn(t, account)
		if got := client.Get(path).StatusCode; got != want {
			t.Errorf("%s sees the page: got %d, want %d", account, got, want)
		}
		if got := client.Post(path, nil).StatusCode; got != http.StatusForbidden {
			t.Errorf("%s opens a case: got %d, want 403", account, got)
		}
	}
}
