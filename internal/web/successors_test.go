package web_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/keyhall/keyhall/internal/browsertest"
)

// An administrator names a successor beside their own right; the successor is told, finds
// it and declines. S-17: the same press again is the same.
func TestASuccessorIsNamedOnThePageOfPeopleAndDeclines(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	anna, kaisa := p.SignIn(t, "anna@nordvik.example"), p.SignIn(t, "kaisa@nordvik.example")
	form := rightForm(t, dom(t, anna.Get("/people?q=anna")), "anna@nordvik.example", "/successor")
	if answer := sendWith(anna, form, "email", "frode@fjellheim.example"); answer.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(text(dom(t, answer)), "Nobody with a right") {
		t.Fatalf("somebody of another family: got %d, want 422", answer.StatusCode)
	}
	for range 2 {
		if answer := sendWith(anna, form, "email", "kaisa@nordvik.example"); answer.StatusCode != http.StatusSeeOther {
			t.Fatalf("naming: got %d: %s", answer.StatusCode, text(dom(t, answer)))
		}
	}
	page := dom(t, anna.Get("/people?q=anna"))
	if said := text(page); strings.Count(said, "Successor: Kaisa") != 1 {
		t.Errorf("the page of people doesn't name the successor: %s", said)
	}
	if said := text(dom(t, kaisa.Get("/notices"))); !strings.Contains(said, "as successor on Nordvik Group") {
		t.Errorf("the successor isn't told: %s", said)
	}
	if said := text(dom(t, p.SignIn(t, "dirk@nordvik.example").Get("/successors"))); !strings.Contains(said, "No successors") {
		t.Errorf("dirk, whom none concerns, is shown some: %s", said)
	}
	decline := all(all(dom(t, kaisa.Get("/successors")), "main")[0], "form")[0]
	if answer := sendWith(kaisa, decline); answer.StatusCode != http.StatusSeeOther {
		t.Fatalf("declining: got %d", answer.StatusCode)
	}
	if said := text(dom(t, anna.Get("/successors"))); !strings.Contains(said, "No successors") {
		t.Errorf("a successor who declined is still named: %s", said)
	}
	if said := text(dom(t, anna.Get("/notices"))); !strings.Contains(said, "has declined to succeed") {
		t.Errorf("the administrator isn't told: %s", said)
	}
}
