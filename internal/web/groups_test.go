package web_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/keyhall/keyhall/internal/browsertest"
	"github.com/keyhall/keyhall/internal/demoidp"
	"github.com/keyhall/keyhall/internal/licensing"
)

// A role is given to a group, shown with whom has it by the group, and ended, on pages.
func TestAnAdministratorGivesARoleToAGroup(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	issuer := p.URL + "/demo-idp"
	p.Store.Trust([]licensing.Issuer{{Address: issuer, Name: "Nordvik’s sign-in", All: true, Groups: true}})
	anna, frode, olli := p.SignIn(t, "anna@nordvik.example"), p.SignIn(t, "frode@fjellheim.example"), p.SignIn(t, "olli@operator.example")
	const groups = "/people/groups"
	give := formTo(t, dom(t, anna.Get(groups)), groups)
	var suomi string
	for _, o := range all(give, "option") {
		if text(o) == "Nordvik Suomi Oy" {
			suomi = attr(o, "value")
		}
	}
	typed := []string{"issuer", issuer, "group", "Key\u00a0team <b>", "role", "key_viewer", "organisation", suomi}
	wrong := sendWith(anna, give, append(typed, "group", " ", "role", "operator")...)
	if said := text(dom(t, wrong)); wrong.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(said, "Choose one of the roles") {
		t.Errorf("a role of the staff: got %d, %s", wrong.StatusCode, said)
	}
	if done := sendWith(anna, give, typed...); done.StatusCode != http.StatusSeeOther || done.Header.Get("Location") != groups {
		t.Fatalf("giving it: got %d, %s", done.StatusCode, text(dom(t, done)))
	}
	if again := sendWith(anna, give, typed...); again.StatusCode != http.StatusSeeOther {
		t.Errorf("the same post again: got %d, want what the first got", again.StatusCode)
	}
	for name, c := range map[string]struct {
		client *browsertest.Client
		want   int
	}{"anna": {anna, 1}, "olli": {olli, 1}, "frode": {frode, 0}} {
		answer := c.client.Get(groups)
		if n := strings.Count(body(t, answer), "Key\u00a0team &lt;b&gt;</td>"); n != c.want {
			t.Errorf("%s sees it %d times, want %d", name, n, c.want)
		}
	}

	// Kevin's provider counts him among them at his next sign-in.
	kevin := p.SignIn(t, "kevin@nordvik.example")
	id, err := p.Store.PersonByIdentity(t.Context(), issuer, demoidp.Account{Email: "kevin@nordvik.example"}.Subject())
	if err != nil {
		t.Fatal(err)
	}
	arrival := licensing.Arrival{Issuer: issuer, Subject: demoidp.Account{Email: "kevin@nordvik.example"}.Subject(), Groups: []string{"Key\u00a0team <b>"}}
	if got, err := p.Store.Arrive(t.Context(), arrival, licensing.Origin{}); err != nil || got != id {
		t.Fatalf("arriving: got %v, %v", got, err)
	}
	eventually(t, "kevin opens the licence ID", func() bool { return kevin.Get("/licences/74120935").StatusCode == http.StatusOK })
	page := dom(t, anna.Get("/people?q=kevin"))
	if said := text(page); !strings.Contains(said, "By group: Key team <b>") {
		t.Errorf("the people's list doesn't say by which group: %s", said)
	}

	end := formTo(t, dom(t, anna.Get(groups)), attr(all(byClass(dom(t, anna.Get(groups)), "table", "stack")[0], "form")[0], "action"))
	if foreign := sendWith(frode, end); foreign.StatusCode != http.StatusNotFound {
		t.Errorf("a stranger ends it: got %d, want 404", foreign.StatusCode)
	}
	if done := sendWith(anna, end); done.StatusCode != http.StatusSeeOther {
		t.Fatalf("ending it: got %d", done.StatusCode)
	}
	eventually(t, "kevin's right ends", func() bool { return kevin.Get("/licences/74120935").StatusCode == http.StatusNotFound })
}
