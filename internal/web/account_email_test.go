package web_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/keyhall/keyhall/internal/browsertest"
)

// S-20, S-45, S-57: a new business e-mail counts once its owner followed the link and
// pressed the button, signed in as who asked; once. The sign-in account stays.
func TestABusinessEmailIsConfirmedFromItsMailbox(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	kaisa, lena := p.SignIn(t, "kaisa@nordvik.example"), p.SignIn(t, "lena@nordvik.example")
	const path, next = "/account/email", "kaisa.virtanen@suomi.example"
	for typed, said := range map[string]string{"kaisa@nordvik.example": "your address already", "two, words": "Type one e-mail address"} {
		answer := sendWith(kaisa, formTo(t, dom(t, kaisa.Get("/account")), path), "email", typed)
		page := dom(t, answer)
		if answer.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(text(page), said) || attr(named(page, "input", "email"), "value") != typed {
			t.Errorf("%q: got %d: %s", typed, answer.StatusCode, text(page))
		}
	}
	if answer := sendWith(kaisa, formTo(t, dom(t, kaisa.Get("/account")), path), "email", next); answer.StatusCode != http.StatusSeeOther {
		t.Fatalf("asking: got %d", answer.StatusCode)
	}
	if answer := sendWith(kaisa, formTo(t, dom(t, kaisa.Get("/account")), path), "email", "other@suomi.example"); answer.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("asking again at once: got %d, want 422", answer.StatusCode)
	}
	link := mailedPath(t, p, next)
	lena.Get(link)
	if got := lena.Get(path).StatusCode; got != http.StatusNotFound {
		t.Errorf("lena follows kaisa's link: got %d, want 404", got)
	}
	if first := kaisa.Get(link); first.StatusCode != http.StatusSeeOther || first.Header.Get("Location") != path {
		t.Fatalf("the mail's link: got %d to %q", first.StatusCode, first.Header.Get("Location"))
	}
	for range 2 {
		if said := text(dom(t, kaisa.Get("/account"))); !strings.Contains(said, "Kaisa Virtanen, kaisa@nordvik.example") {
			t.Errorf("before it is confirmed: %s", said)
		}
	}
	form := formTo(t, dom(t, kaisa.Get(path)), path+"/confirmation")
	if answer := sendWith(lena, form); answer.StatusCode != http.StatusNotFound {
		t.Errorf("lena confirms it: got %d, want 404", answer.StatusCode)
	}
	if answer := sendWith(kaisa, form); answer.StatusCode != http.StatusSeeOther {
		t.Fatalf("confirming: got %d", answer.StatusCode)
	}
	if said := text(dom(t, kaisa.Get("/account"))); !strings.Contains(said, "Kaisa Virtanen, "+next) {
		t.Errorf("once confirmed: %s", said)
	}
	kaisa.Get(link)
	if got := kaisa.Get(path).StatusCode; got != http.StatusNotFound {
		t.Errorf("the link a second time: got %d, want 404", got)
	}
	list, _, err := p.Store.Outbox(t.Context(), "")
	if err != nil || list[0].Address != "kaisa@nordvik.example" || list[0].Detail.News == nil || list[0].Detail.News.Kind != "email_changed" {
		t.Errorf("the latest mail: got %+v, %v, want one that tells the address of before", list[0], err)
	}
	if answer := p.SignIn(t, "kaisa@nordvik.example").Get("/account"); answer.StatusCode != http.StatusOK {
		t.Errorf("signing in as before: got %d", answer.StatusCode)
	}
}
