package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/browsertest"
)

// S-49, S-48: an administrator signs out somebody whose every right they manage, from the
// list of people; the operator anybody, from the list of sessions; the next request of
// their browsers is nobody's.
func TestOthersAreSignedOut(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	anna, olli := p.SignIn(t, "anna@nordvik.example"), p.SignIn(t, "olli@operator.example")
	kevin, frode := p.SignIn(t, "kevin@nordvik.example"), p.SignIn(t, "frode@fjellheim.example")

	form := rightForm(t, dom(t, anna.Get("/people?q=kevin")), "kevin@nordvik.example", "/sessions/end")
	for range 2 {
		if answer := sendWith(anna, form); answer.StatusCode != http.StatusSeeOther || answer.Header.Get("Location") != "/people" {
			t.Errorf("anna signs kevin out: got %d to %q, want 303 to /people", answer.StatusCode, answer.Header.Get("Location"))
		}
	}
	if got := kevin.Get("/licences").StatusCode; got != http.StatusSeeOther {
		t.Errorf("kevin's next page: got %d, want 303 to sign in", got)
	}
	if got := strings.Join(rows(t, dom(t, anna.Get("/audit"))), "\n"); !strings.Contains(got, "Person signed out") || !strings.Contains(got, "1 session ended") {
		t.Errorf("the audit log: got %q, want the ended session", got)
	}
	page := dom(t, olli.Get("/sessions"))
	if got := text(all(page, "main")[0]); !strings.Contains(got, "frode@fjellheim.example") || strings.Contains(got, "kevin@") || !strings.Contains(got, "127.0.0.1") {
		t.Errorf("who is signed in: got %q, want frode and not kevin", got)
	}
	if answer := sendWith(olli, rightForm(t, page, "frode@fjellheim.example", "/sessions/end")); answer.StatusCode != http.StatusSeeOther || answer.Header.Get("Location") != "/sessions" {
		t.Errorf("the operator signs frode out: got %d to %q, want 303 to /sessions", answer.StatusCode, answer.Header.Get("Location"))
	}
	if got := frode.Get("/licences").StatusCode; got != http.StatusSeeOther {
		t.Errorf("frode's next page: got %d, want 303 to sign in", got)
	}
	again := p.SignIn(t, "frode@fjellheim.example")
	if got := text(all(dom(t, again.Get("/notices")), "main")[0]); !strings.Contains(got, "signed you out everywhere") {
		t.Errorf("frode's notices: got %q, want that he was signed out", got)
	}
}

// S-51: somebody whom one doesn't manage is signed out like somebody who isn't there.
func TestASignOutOfAStrangerIsOneOfNobody(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	anna, frode, olli := p.SignIn(t, "anna@nordvik.example"), p.SignIn(t, "frode@fjellheim.example"), p.SignIn(t, "olli@operator.example")
	action := attr(rightForm(t, dom(t, olli.Get("/sessions")), "frode@fjellheim.example", "/sessions/end"), "action")
	form := url.Values{"once": {uuid.NewString()}}
	alike(t, "anna", anna.Post(action, form), anna.Post("/people/"+uuid.NewString()+"/sessions/end", form))
	for _, form := range []url.Values{nil, {"once": {"short"}}, {"once": {uuid.NewString(), uuid.NewString()}}} {
		if got := olli.Post(action, form).StatusCode; got != http.StatusUnprocessableEntity {
			t.Errorf("a form that isn't whole: got %d, want 422", got)
		}
	}
	if got := frode.Get("/licences").StatusCode; got != http.StatusOK {
		t.Errorf("frode's next page: got %d, want 200", got)
	}
}

// S-48: a process that didn't sign the person out obeys within a second.
func TestAnotherProcessObeysASignOut(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	kevin := p.SignIn(t, "kevin@nordvik.example")
	if got := kevin.Get("/licences").StatusCode; got != http.StatusOK {
		t.Fatalf("signed in: got %d", got)
	}
	sql(t, p, `DELETE FROM sessions WHERE person_id = (SELECT id FROM persons WHERE business_email = 'kevin@nordvik.example')`)
	time.Sleep(1100 * time.Millisecond)
	if got := kevin.Get("/licences").StatusCode; got != http.StatusSeeOther {
		t.Errorf("a second after another process signed kevin out: got %d, want 303 to sign in", got)
	}
}
