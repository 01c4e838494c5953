package web_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/keyhall/keyhall/internal/browsertest"
)

// S-51: a pair of numbers that go together and one that doesn't get the same answers; of
// the right one administrators are told, and object on their page.
func TestAnOpenAgreementIsAddedAndObjectedTo(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	sql(t, p, `DELETE FROM access_requests`)
	frode, anna := p.SignIn(t, "frode@fjellheim.example"), p.SignIn(t, "anna@nordvik.example")
	const path = "/access-requests/agreements"
	var pages []string
	for _, authorisation := range []string{"91204467ZZE2503", "91204467ZZE2502"} {
		answer := sendWith(frode, formTo(t, dom(t, frode.Get(path)), path), "licence", "5530961", "authorisation", authorisation)
		if answer.StatusCode != http.StatusSeeOther {
			t.Fatalf("adding: got %d: %s", answer.StatusCode, text(dom(t, answer)))
		}
		delivered(t, p)
		pages = append(pages, changing.ReplaceAllString(body(t, frode.Get("/access-requests")), ""))
		if authorisation == "91204467ZZE2503" {
			sql(t, p, `DELETE FROM access_requests`)
		}
	}
	if pages[0] != pages[1] {
		t.Error("the page tells the right pair from the wrong one")
	}
	page := dom(t, anna.Get("/access-requests"))
	if said := text(page); !strings.Contains(said, "added as an Open agreement") || !strings.Contains(said, "Gets the role Key viewer unless you object") {
		t.Errorf("anna's page: %s", said)
	}
	object := formEnding(t, page, "5530961", "/objection")
	if got := sendWith(anna, object, "message", "We know nobody there.").StatusCode; got != http.StatusSeeOther {
		t.Errorf("objecting: got %d", got)
	}
	again := sendWith(anna, object, "once", fresh(), "message", "Nor do we.")
	if said := text(dom(t, again)); again.StatusCode != http.StatusConflict || !strings.Contains(said, "Objected to") || !strings.Contains(said, "Nor do we.") {
		t.Errorf("objecting too late: got %d, want 409, what it is now and what was typed: %s", again.StatusCode, said)
	}
	if said := text(dom(t, frode.Get("/access-requests"))); !strings.Contains(said, "Objected to") || !strings.Contains(said, "We know nobody there.") {
		t.Errorf("frode's page: %s", said)
	}
	for account, want := range map[string]int{"sofia@support.example": 403, "olli@operator.example": 403, "lena@nordvik.example": 200} {
		if got := p.SignIn(t, account).Get(path).StatusCode; got != want {
			t.Errorf("%s opens the form: got %d, want %d", account, got, want)
		}
	}
}
