package web_test

import (
	"crypto/rand"
	"net/http"
	"strings"
	"testing"

	"github.com/keyhall/keyhall/internal/browsertest"
	"github.com/keyhall/keyhall/internal/store"
	"github.com/keyhall/keyhall/internal/worktime"
)

// two is a portal where granting more than 100 takes two agents, with a request for 200.
func two(t *testing.T) (kaisa, first, second *browsertest.Client, path string) {
	t.Helper()
	p := browsertest.Start(t)
	p.Store.Promise(store.Promises{Clock: worktime.Around(), RequestCap: 10_000, TotalCap: 100_000, TwoAbove: 100})
	kaisa = p.SignIn(t, "kaisa@nordvik.example")
	return kaisa, p.SignIn(t, sofia), p.SignIn(t, samuel), "/requests/" + file(t, kaisa, moreActivations("200"))
}

// main is what a page says between its head and its foot.
func mainOf(t *testing.T, c *browsertest.Client, path string) string {
	t.Helper()
	return text(all(dom(t, c.Get(path)), "main")[0])
}

// S-13: the first agent's press grants nothing and offers no second; another agent sees who
// said what, and carries it out. The customer sees nothing of it until then.
func TestTwoAgentsGrantWhatIsAboveTheAmount(t *testing.T) {
	t.Parallel()
	kaisa, first, second, path := two(t)
	request := strings.TrimPrefix(path, "/requests/")
	if got := text(formOf(dom(t, first.Get(path)), path+"/approval")); !strings.Contains(got, "More than 100 takes two agents") {
		t.Errorf("before the first press: got %q, want it to say what it will be", got)
	}
	mustDecide(t, first, request, "approval", "quantity", "150", "reason_code", "growth", "message", "For the schools.")

	page := dom(t, first.Get(path))
	if got := text(page); formOf(page, path+"/approval") != nil || formOf(page, path+"/retraction") == nil || !strings.Contains(got, "You approved 150 of 200.") {
		t.Errorf("the first sees %q, want their approval with a way back, and no form to approve", got)
	}
	got := mainOf(t, kaisa, path) + mainOf(t, kaisa, "/requests")
	for _, never := range []string{"Sofia", "150", "schools.", "second", "approv"} {
		if strings.Contains(strings.ReplaceAll(got, "Laptops for the schools.", ""), never) {
			t.Errorf("the customer reads %q: %s", never, got)
		}
	}
	for _, tr := range all(dom(t, second.Get("/support")), "tr") {
		if row := text(tr); strings.HasPrefix(row, "R-"+request) != strings.Contains(row, "Waiting for a second approval") {
			t.Errorf("a row of the queue: %q", row)
		}
	}
	page = dom(t, second.Get(path))
	form := formOf(page, path+"/approval")
	if got := text(page); form == nil || formOf(page, path+"/retraction") != nil ||
		!strings.Contains(got, "Sofia Lind gave the first approval: 150 of 200.") || !strings.Contains(got, "Reason: The organisation grows To the customer: For the schools.") {
		t.Fatalf("the second sees %q, want who approved how much, and why", got)
	}
	fields := fill(form, "message", text(all(form, "textarea")[0]))
	if fields.Get("quantity") != "150" || fields.Get("message") != "For the schools." {
		t.Errorf("the second's form begins with %q, want what the first said", fields)
	}
	if got := second.Post(path+"/approval", fields).StatusCode; got != http.StatusSeeOther {
		t.Fatalf("the second press: got %d, want 303", got)
	}
	for who, c := range map[string]*browsertest.Client{"support": first, "the customer": kaisa} {
		if got := mainOf(t, c, path); !strings.Contains(got, "From 100 to 250") || !strings.Contains(got, "First approved by Sofia Lind") || !strings.Contains(got, "Samuel") {
			t.Errorf("%s sees %q, want it granted by both", who, got)
		}
	}
	if got := mainOf(t, second, "/audit"); !strings.Contains(got, "first approved by Sofia Lind") {
		t.Errorf("the audit log says %q, want both named", got)
	}
}

// S-13, S-15: who approved first is told that somebody else has to, and an agent with the
// page from before has to read it anew; nothing is granted.
func TestTheFirstPressesAgain(t *testing.T) {
	t.Parallel()
	kaisa, first, second, path := two(t)
	request := strings.TrimPrefix(path, "/requests/")
	old := fill(formOf(dom(t, second.Get(path)), path+"/approval"))
	fields := fill(formOf(dom(t, first.Get(path)), path+"/approval"))
	for range 2 { // S-17
		if got := first.Post(path+"/approval", fields).StatusCode; got != http.StatusSeeOther {
			t.Errorf("the same press: got %d, want 303", got)
		}
	}
	fields.Set("once", rand.Text())
	fields.Set("version", "2")
	answer := first.Post(path+"/approval", fields)
	page := dom(t, answer)
	if summary := byClass(page, "div", "errors"); answer.StatusCode != http.StatusUnprocessableEntity || len(summary) != 1 || !strings.Contains(text(summary[0]), "a second agent has to grant it") || len(all(summary[0], "a")) != 0 {
		t.Errorf("another press: got %d, %q, want 422 and why", answer.StatusCode, text(page))
	}
	answer = second.Post(path+"/approval", old)
	if page = dom(t, answer); answer.StatusCode != http.StatusConflict || !strings.Contains(text(page), "Sofia Lind gave the first approval: 200 of 200.") {
		t.Errorf("the page from before: got %d, %q, want 409 and who approved", answer.StatusCode, text(page))
	}
	mustDecide(t, first, request, "retraction")
	if got := mainOf(t, second, path); !strings.Contains(got, "took the approval back") || strings.Contains(got, "Waiting for a second approval") {
		t.Errorf("taken back: got %q", got)
	}
	if got := second.Post(path+"/retraction", fill(formOf(dom(t, second.Get(path)), path+"/question"))).StatusCode; got != http.StatusConflict {
		t.Errorf("taken back by another, when there is none: got %d, want 409", got)
	}
	if got := text(dom(t, kaisa.Get("/keys/"+makOf(t, kaisa, asked, askedKey)))); !strings.Contains(got, "98 of 100 used") {
		t.Errorf("after all that: got %q, want nothing granted", got)
	}
}
