package web_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"golang.org/x/net/html"

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

// S-10, S-13: one agent opens a case, who is shown no way to confirm it; another does;
// whoever sees the licence ID reads of it there, and an administrator who appears stops it.
func TestEmergencyAccessIsSeenAndStoppedOnThePagesOfTheLicenceID(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	c, err := pgx.Connect(t.Context(), p.DB.SuperURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close(t.Context()) }()
	role := func(of string) {
		t.Helper()
		const all = `UPDATE grants SET role = $1 WHERE person_id = (SELECT id FROM persons WHERE business_email = 'frode@fjellheim.example')`
		const rights = `UPDATE reach SET until = now() - interval '1 second' WHERE person_id = (SELECT id FROM persons WHERE business_email = 'frode@fjellheim.example')`
		for sql, args := range map[string][]any{all: {of}, rights: nil} {
			if _, err := c.Exec(t.Context(), sql, args...); err != nil {
				t.Fatal(err)
			}
		}
	}
	role("licence_reader")
	sofia, samuel, frode := p.SignIn(t, "sofia@support.example"), p.SignIn(t, "samuel@support.example"), p.SignIn(t, "frode@fjellheim.example")
	const path, people = "/support/access", "/licences/74150113/people"
	form := formTo(t, dom(t, sofia.Get(path)), path)
	for range 2 { // S-17
		if answer := sendWith(sofia, form, "licence", "74150113", "person", "astrid@fjellheim.example", "reason", "Their administrator has left."); answer.StatusCode != http.StatusSeeOther {
			t.Fatalf("opening a case: got %d: %s", answer.StatusCode, text(dom(t, answer)))
		}
	}
	if said := text(dom(t, sofia.Get(path))); !strings.Contains(said, "Another agent confirms") || strings.Count(said, "Their administrator has left.") != 1 {
		t.Errorf("who opened it is shown: %s", said)
	}
	confirm := all(all(dom(t, samuel.Get(path)), "tbody")[0], "form")[0]
	if answer := sendWith(samuel, confirm); answer.StatusCode != http.StatusSeeOther {
		t.Fatalf("confirming: got %d", answer.StatusCode)
	}
	if said := text(dom(t, frode.Get(people))); !strings.Contains(said, "administrator of 74150113 on ") || strings.Contains(said, "Stop it") {
		t.Errorf("who sees the licence ID is shown: %s", said)
	}
	role("administrator")
	eventually(t, "frode administers again", func() bool { return strings.Contains(text(dom(t, frode.Get(people))), "Stop it") })
	forms := all(all(dom(t, frode.Get(people)), "main")[0], "form")
	object := forms[slices.IndexFunc(forms, func(f *html.Node) bool { return strings.HasSuffix(attr(f, "action"), "/objection") })]
	if answer := sendWith(frode, object, "message", ""); answer.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("an objection that says nothing: got %d, want 422", answer.StatusCode)
	}
	if answer := sendWith(frode, object, "message", "I am here."); answer.StatusCode != http.StatusSeeOther || answer.Header.Get("Location") != people {
		t.Fatalf("objecting: got %d to %q", answer.StatusCode, answer.Header.Get("Location"))
	}
	for name, late := range map[string]*browsertest.Client{"an administrator": frode, "the operator": p.SignIn(t, "olli@operator.example")} {
		answer := sendWith(late, object, "message", "Who are these agents?", "once", "objectinglate")
		if said := text(dom(t, answer)); answer.StatusCode != http.StatusConflict || !strings.Contains(said, "Who are these agents?") {
			t.Errorf("%s objects too late: got %d, want 409 that keeps what was typed: %s", name, answer.StatusCode, said)
		}
	}
	if said := text(dom(t, sofia.Get(path))); !strings.Contains(said, "Stopped") || !strings.Contains(said, "I am here.") {
		t.Errorf("support is shown: %s", said)
	}
	if said := text(dom(t, frode.Get("/licences/74150113/history"))); !strings.Contains(said, "Emergency access stopped") || !strings.Contains(said, "Emergency access opened") {
		t.Errorf("the licence ID's history says: %s", said)
	}
}
