package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/keyhall/keyhall/internal/browsertest"
	"github.com/keyhall/keyhall/internal/i18n"
)

// saidDone is what a page says was done just before; "" for nothing.
func saidDone(page *html.Node) string {
	for _, f := range byClass(page, "div", "flash") {
		if attr(f, "role") == "status" {
			return strings.TrimSpace(text(f))
		}
	}
	return ""
}

// What a form did is said by the page after it, once, to who did it, and by no page about a
// fault; no address says it.
func TestThePageAfterAFormSaysThatItWasDone(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	anna := p.SignIn(t, "anna@nordvik.example")
	do := func() *http.Response {
		return anna.Post("/account/mail", fill(formTo(t, dom(t, anna.Get("/account")), "/account/mail")))
	}
	answer := do()
	if answer.StatusCode != http.StatusSeeOther || answer.Header.Get("Location") != "/account" {
		t.Fatalf("choosing mail: got %d to %q", answer.StatusCode, answer.Header.Get("Location"))
	}
	const want = "Your choice of mail is saved."
	if got := saidDone(dom(t, anna.Get("/account"))); got != want {
		t.Errorf("the page after it: got %q, want %q", got, want)
	}
	if got := saidDone(dom(t, anna.Get("/account"))); got != "" {
		t.Errorf("the page again: got %q, want nothing", got)
	}
	do()
	for range 2 {
		if got := saidDone(dom(t, anna.Get("/licences/00000000"))); got != "" {
			t.Errorf("a page that is not there: got %q, want nothing", got)
		}
	}
	if got := saidDone(dom(t, anna.Get("/help"))); got != want {
		t.Errorf("the first page that is there: got %q, want %q", got, want)
	}
	if got := sendWith(anna, formTo(t, dom(t, anna.Get("/account")), "/account/email"), "email", "no address").StatusCode; got != http.StatusUnprocessableEntity {
		t.Fatalf("a wrong address: got %d", got)
	}
	if got := saidDone(dom(t, anna.Get("/account"))); got != "" {
		t.Errorf("after a form that did nothing: got %q, want nothing", got)
	}
}

// What was done is said in no other's browser, and not what somebody made up.
func TestNobodyMakesUpWhatWasDone(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	anna, kaisa := p.SignIn(t, "anna@nordvik.example"), p.SignIn(t, "kaisa@nordvik.example")
	answer := anna.Post("/account/mail", fill(formTo(t, dom(t, anna.Get("/account")), "/account/mail")))
	var kept *http.Cookie
	for _, c := range answer.Cookies() {
		if strings.HasSuffix(c.Name, "keyhall-done") {
			kept = c
		}
	}
	if kept == nil || !kept.HttpOnly || kept.MaxAge <= 0 || time.Duration(kept.MaxAge)*time.Second > time.Minute {
		t.Fatalf("the cookie: got %+v", kept)
	}
	here, err := url.Parse(p.URL)
	if err != nil {
		t.Fatal(err)
	}
	for _, value := range []string{kept.Value, "eyJrIjoibGVmdCJ9", "mail_set", "x"} {
		kaisa.Jar.SetCookies(here, []*http.Cookie{{Name: kept.Name, Value: value}})
		if got := saidDone(dom(t, kaisa.Get("/account"))); got != "" {
			t.Errorf("with %q: kaisa is told %q, want nothing", value, got)
		}
	}
}

// Every post that is said to be done is so in words.
func TestWhatWasDoneHasWords(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	said := 0
	for _, r := range p.Server.Routes() {
		if key := r.Done(); key != "" {
			said++
			if words := i18n.T(t.Context(), "done."+key); strings.Contains(words, "done.") {
				t.Errorf("%s %s: got %q", r.Method, r.Path, words)
			}
		}
	}
	if said < 30 {
		t.Errorf("routes that say what they did: got %d", said)
	}
}
