package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/browsertest"
	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/web"
)

// wary is a portal that asks for a sign-in of the last quarter of an hour.
func wary(t *testing.T) *browsertest.Portal {
	t.Helper()
	p := browsertest.Start(t)
	p.Server.StepUp = 15 * time.Minute
	return p
}

// age makes every session of the portal older than a quarter of an hour, and waits until
// the portal knows.
func age(t *testing.T, p *browsertest.Portal) {
	t.Helper()
	sql(t, p, `UPDATE sessions SET auth_time = now() - interval '15 minutes'`)
	time.Sleep(1100 * time.Millisecond)
}

// confirm goes through the provider as an account, from a page that asks for it, and
// returns where it leads.
func confirm(t *testing.T, p *browsertest.Portal, c *browsertest.Client, begin, account string) string {
	t.Helper()
	picker := c.Get(begin).Header.Get("Location")
	if !strings.Contains(picker, "prompt=login") || !strings.Contains(picker, "max_age=0") {
		t.Fatalf("%s leads to %q, want the provider to ask who it is", begin, picker)
	}
	back := c.Post(strings.TrimPrefix(picker, p.URL), url.Values{"account": {account}}).Header.Get("Location")
	return c.Get(strings.TrimPrefix(back, p.URL)).Header.Get("Location")
}

// S-41: key files and acts on rights are for who proved lately who they are; a new route
// about rights is so without saying it.
func TestWhichRoutesDemandAFreshSignIn(t *testing.T) {
	t.Parallel()
	some := map[string]bool{
		"GET /keys.tsv": true, "GET /keys.xlsx": true, "GET /licences/:number/keys.tsv": true, "GET /licences/:number/keys.xlsx": true,
		"POST /licences/:number/people": true, "POST /rights/:id": true, "POST /rights/:id/end": true, "POST /people/:id/leave": true, "POST /people/:id/sessions/end": true,
		"GET /licences/:number/keys": false, "POST /keys/:id/reveal": false, "GET /people": false, "POST /requests": false, "GET /audit.tsv": false,
		"POST /account/sessions/end": false, "POST /account/language": false, "POST /account/identities": true, "POST /account/identities/removal": true,
		"POST /access-requests/:id/acceptance": true, "POST /access-requests/:id/denial": true, "POST /access-requests/agreements/:id/objection": true,
		"POST /access-requests": false, "POST /access-requests/:id/withdrawal": false,
		"POST /support/access": true, "POST /support/access/:id/confirmation": true,
	}
	for _, r := range web.New(web.Config{Demo: true}).Routes() {
		name := r.Method + " " + r.Path
		if want, ok := some[name]; ok && r.Fresh() != want {
			t.Errorf("%s demands a fresh sign-in: got %v, want %v", name, r.Fresh(), want)
		}
		if r.Method == http.MethodPost && r.Permission&licensing.ManagePeople != 0 && !r.Fresh() {
			t.Errorf("%s is about rights, and demands no fresh sign-in", name)
		}
		delete(some, name)
	}
	if len(some) > 0 {
		t.Errorf("gone are %v", some)
	}
}

// S-41, S-46: who signed in a while ago gets no key file, is led through the provider and
// back, gets it under a new session, and the old one is dead.
func TestAKeyFileAsksForAFreshSignIn(t *testing.T) {
	t.Parallel()
	p := wary(t)
	kaisa := p.SignIn(t, "kaisa@nordvik.example")
	home, _ := url.Parse(p.URL)
	for path, back := range map[string]string{
		"/licences/74120935/keys.tsv?headings=fi": "/licences/74120935/keys", "/licences/74120935/keys.xlsx": "/licences/74120935/keys",
		"/keys.tsv": "/keys", "/keys.xlsx": "/keys",
	} {
		age(t, p)
		answer := kaisa.Get(path)
		if got := answer.Header.Get("Location"); answer.StatusCode != http.StatusSeeOther || got != "/confirm?next="+url.QueryEscape(back) {
			t.Fatalf("%s after a while: got %d to %q, want 303 to be asked", path, answer.StatusCode, got)
		}
		page := dom(t, kaisa.Get(answer.Header.Get("Location")))
		begin := ""
		for _, a := range all(page, "a") {
			if strings.HasPrefix(attr(a, "href"), "/confirm/begin") {
				begin = attr(a, "href")
			}
		}
		before := kaisa.Jar.Cookies(home)
		if got := confirm(t, p, kaisa, begin, "kaisa@nordvik.example"); got != back {
			t.Errorf("%s, back from the provider: got %q, want %q", path, got, back)
		}
		if answer := kaisa.Get(path); answer.StatusCode != http.StatusOK || !strings.HasPrefix(answer.Header.Get("Content-Disposition"), "attachment") {
			t.Errorf("%s after signing in again: got %d, want the file", path, answer.StatusCode)
		}
		old := p.SignIn(t, "")
		old.Jar.SetCookies(home, before)
		if got := old.Get("/account").StatusCode; got != http.StatusSeeOther {
			t.Errorf("a page in the session before: got %d, want 303 to sign in", got)
		}
	}
}

// S-41: an act on rights that comes too late after signing in does nothing; what was typed
// waits, is sent after signing in again, once, and nobody else finds it.
func TestAnActOnRightsAsksForAFreshSignIn(t *testing.T) {
	t.Parallel()
	p := wary(t)
	anna := p.SignIn(t, "anna@nordvik.example")
	const people = "/licences/74120935/people"
	form := hidden(formTo(t, dom(t, anna.Get(people)), people))
	form.Set("email", "kevin@nordvik.example")
	form.Set("role", "key_viewer")
	age(t, p)
	refused := anna.Post(people, form)
	said := text(all(dom(t, refused), "main")[0])
	if refused.StatusCode != http.StatusForbidden || !strings.Contains(said, "kept for ten minutes") {
		t.Fatalf("giving a right after a while: got %d, %q, want to be asked", refused.StatusCode, said)
	}
	if got := text(dom(t, anna.Get(people))); strings.Contains(got, "kevin@") {
		t.Error("the right was given all the same")
	}
	if got := confirm(t, p, anna, "/confirm/begin?next=/confirm/again", "lena@nordvik.example"); got != "/confirm/again" {
		t.Errorf("back as somebody else: got %q", got)
	}
	if got := anna.Get("/confirm/again").StatusCode; got != http.StatusNotFound {
		t.Errorf("the form before somebody else: got %d, want 404", got)
	}
	confirm(t, p, anna, "/confirm/begin?next=/confirm/again", "anna@nordvik.example")
	waiting := formTo(t, dom(t, anna.Get("/confirm/again")), people)
	if got := hidden(waiting); got.Encode() != form.Encode() {
		t.Errorf("what waits to be sent: got %v, want %v", got, form)
	}
	for range 2 { // the second press does nothing
		if answer := anna.Post(people, hidden(waiting)); answer.StatusCode != http.StatusSeeOther {
			t.Fatalf("sent again: got %d, want 303", answer.StatusCode)
		}
	}
	if got := strings.Count(text(dom(t, anna.Get(people))), "kevin@nordvik.example"); got == 0 {
		t.Error("the right was not given after signing in again")
	}
}

// What is too long for a cookie is not kept, and the page says so; a cookie that isn't
// ours, or from another time, opens nothing.
func TestAFormThatCanNotWait(t *testing.T) {
	t.Parallel()
	p := wary(t)
	anna := p.SignIn(t, "anna@nordvik.example")
	age(t, p)
	form := url.Values{"once": {uuid.NewString()}, "email": {strings.Repeat("x", 3000)}}
	answer := anna.Post("/licences/74120935/people", form)
	if got := text(all(dom(t, answer), "main")[0]); answer.StatusCode != http.StatusForbidden || !strings.Contains(got, "too long to be kept") {
		t.Errorf("a long form: got %d, %q, want to be told", answer.StatusCode, got)
	}
	home, _ := url.Parse(p.URL)
	for _, value := range []string{"", "x", strings.Repeat("A", 200), "!"} {
		anna.Jar.SetCookies(home, []*http.Cookie{{Name: "keyhall-kept", Value: value, Path: "/"}})
		if got := anna.Get("/confirm/again").StatusCode; got != http.StatusNotFound {
			t.Errorf("the cookie %q: got %d, want 404", value, got)
		}
	}
	if got := anna.Get("/confirm/begin?next=https://elsewhere.example").Header.Get("Location"); !strings.HasPrefix(got, p.URL+"/demo-idp/") {
		t.Errorf("an address elsewhere as the way back: got %q, want our provider alone", got)
	}
}
