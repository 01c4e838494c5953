package web_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"golang.org/x/net/html"

	"github.com/keyhall/keyhall/internal/browsertest"
)

// ends are the addresses of the page's forms that end one session.
func ends(page *html.Node) (actions []string) {
	for _, f := range all(page, "form") {
		if action := attr(f, "action"); strings.HasPrefix(action, "/account/sessions/") && action != "/account/sessions/end" {
			actions = append(actions, action)
		}
	}
	return actions
}

// S-49, S-48: customers and staff see where they are signed in, and end it there; the
// next request of that browser is nobody's.
func TestPeopleEndTheirSessionsElsewhere(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	for _, account := range []string{"kaisa@nordvik.example", sofia, "olli@operator.example"} {
		here, there, third := p.SignIn(t, account), p.SignIn(t, account), p.SignIn(t, account)
		account := func() *html.Node { return dom(t, here.Get("/account")) }
		page := account()
		if n := len(ends(page)); n != 2 {
			t.Fatalf("sessions that can be ended: got %d, want the 2 others", n)
		}
		if got := text(all(page, "main")[0]); strings.Count(got, "This browser") != 1 || !strings.Contains(got, "127.0.0.1") {
			t.Errorf("the page: got %q, want this browser once and the address", got)
		}
		action := ends(dom(t, there.Get("/account")))
		mine := "" // of this browser, as the other one sees it
		for _, a := range action {
			if !slices.Contains(ends(page), a) {
				mine = a
			}
		}
		form := hidden(formTo(t, dom(t, there.Get("/account")), mine))
		for range 2 { // a repeated press is given the first one's answer
			if answer := there.Post(mine, form); answer.StatusCode != http.StatusSeeOther || answer.Header.Get("Location") != "/account" {
				t.Errorf("end a session: got %d to %q, want 303 to /account", answer.StatusCode, answer.Header.Get("Location"))
			}
		}
		if answer := here.Get("/account"); answer.StatusCode != http.StatusSeeOther || !strings.HasPrefix(answer.Header.Get("Location"), "/signin") {
			t.Errorf("a page in the ended session: got %d to %q, want 303 to sign in", answer.StatusCode, answer.Header.Get("Location"))
		}
		there.Post("/account/sessions/end", hidden(formTo(t, dom(t, there.Get("/account")), "/account/sessions/end")))
		if got := third.Get("/licences").StatusCode; got != http.StatusSeeOther {
			t.Errorf("a page in the last other session: got %d, want 303 to sign in", got)
		}
		if left := dom(t, there.Get("/account")); len(ends(left)) != 0 {
			t.Errorf("sessions left to end: got %q, want none", ends(left))
		}
		if got := strings.Join(rows(t, dom(t, there.Get("/audit"))), "\n"); !strings.Contains(got, "Signed out") || !strings.Contains(got, "1 session, from the account page") {
			t.Errorf("the audit log: got %q, want the ended sessions", got)
		}
	}
}

// S-51: another person's session is answered like one that isn't there, and goes on.
func TestAStrangersSessionLooksLikeNothing(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	kaisa, other := p.SignIn(t, "kaisa@nordvik.example"), p.SignIn(t, "kaisa@nordvik.example")
	action := ends(dom(t, kaisa.Get("/account")))[0]
	for _, account := range []string{"anna@nordvik.example", "frode@fjellheim.example", "olli@operator.example"} {
		c := p.SignIn(t, account)
		form := url.Values{"once": {uuid.NewString()}}
		alike(t, account, c.Post(action, form), c.Post("/account/sessions/"+uuid.NewString()+"/end", form))
	}
	if got := other.Get("/account").StatusCode; got != http.StatusOK {
		t.Errorf("kaisa's session after strangers tried to end it: got %d, want it to go on", got)
	}
}

// S-48: a process that didn't end the session obeys within a second.
func TestAnotherProcessObeysAnEndedSession(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	here, there := p.SignIn(t, "kaisa@nordvik.example"), p.SignIn(t, "kaisa@nordvik.example")
	if got := here.Get("/account").StatusCode; got != http.StatusOK {
		t.Fatalf("signed in: got %d", got)
	}
	sql(t, p, `DELETE FROM sessions WHERE id = $1`, strings.Split(ends(dom(t, there.Get("/account")))[0], "/")[3])
	time.Sleep(1100 * time.Millisecond)
	if got := here.Get("/account").StatusCode; got != http.StatusSeeOther {
		t.Errorf("a second after another process ended the session: got %d, want 303 to sign in", got)
	}
}

func TestTheAccountsLanguageShows(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	for _, account := range []string{"kaisa@nordvik.example", sofia} {
		c := p.SignIn(t, account)
		c.Get("/account?lang=nl") // this browser's choice wins over the account's
		choose := func(lang string) *http.Response {
			form := hidden(formTo(t, dom(t, c.Get("/account")), "/account/language"))
			form.Set("language", lang)
			return c.Post("/account/language", form)
		}
		for _, lang := range []string{"sv", "en"} { // chosen, it goes at once
			if answer := choose(lang); answer.StatusCode != http.StatusSeeOther {
				t.Errorf("%s chooses %s: got %d, want 303", account, lang, answer.StatusCode)
			}
			page := dom(t, c.Get("/account"))
			if got := attr(all(page, "html")[0], "lang"); got != lang {
				t.Errorf("the page of %s after %s was chosen: got %s", account, lang, got)
			}
			if got := dom(t, p.SignIn(t, account).Get("/")); attr(all(got, "html")[0], "lang") != lang {
				t.Errorf("%s in a new browser after %s was chosen: got %s", account, lang, attr(all(got, "html")[0], "lang"))
			}
		}
		if got := choose("xx").StatusCode; got != http.StatusUnprocessableEntity {
			t.Errorf("a language that isn't: got %d, want 422", got)
		}
		if got := strings.Join(rows(t, dom(t, c.Get("/audit"))), "\n"); !strings.Contains(got, "Language chosen") || !strings.Contains(got, "Svenska") {
			t.Errorf("the audit log: got %q, want the language that was chosen", got)
		}
	}
}

// S-17: a form about the account that isn't whole does nothing.
func TestAnAccountFormThatIsNotWholeIsRefused(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	c, other := p.SignIn(t, "kaisa@nordvik.example"), p.SignIn(t, "kaisa@nordvik.example")
	action := ends(dom(t, c.Get("/account")))[0]
	for _, path := range []string{"/account/language", "/account/sessions/end", action} {
		for _, form := range []url.Values{nil, {"language": {"fi"}}, {"once": {"short"}, "language": {"fi"}}, {"once": {uuid.NewString()}, "language": {"fi", "sv"}}} {
			if got := c.Post(path, form).StatusCode; got != http.StatusUnprocessableEntity {
				t.Errorf("%s with %v: got %d, want 422", path, form, got)
			}
		}
	}
	if got := other.Get("/account").StatusCode; got != http.StatusOK {
		t.Errorf("the other session: got %d, want it to go on", got)
	}
}

func TestTheAccountShowsWhatWasRevealedAndDownloaded(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	kaisa := p.SignIn(t, "kaisa@nordvik.example")
	key := makOf(t, kaisa, "74120935", "X4T9B")
	kaisa.Post("/keys/"+key+"/reveal", nil)
	body(t, kaisa.Get("/licences/74120935/keys.tsv"))
	page := dom(t, kaisa.Get("/account"))
	if got := text(line(t, page, "X4T9B")); !strings.Contains(got, "Key revealed") || !strings.Contains(got, "74120935") || !strings.Contains(got, "Office LTSC 2024 Professional Plus") {
		t.Errorf("the revealed key: got %q, want its licence ID and product", got)
	}
	if got := text(line(t, page, "Key file completed")); !strings.Contains(got, "74120935") {
		t.Errorf("the key file: got %q, want its licence ID", got)
	}
	if !strings.Contains(linksOf(page), "/audit?person=") || !strings.Contains(linksOf(dom(t, kaisa.Get("/help"))), "/account") {
		t.Error("the page leads to no audit log, or no page leads to it")
	}
	if got := text(all(dom(t, p.SignIn(t, "lena@nordvik.example").Get("/account")), "main")[0]); strings.Contains(got, "Key file completed") {
		t.Errorf("lena's page: got %q, want nothing of kaisa's", got)
	}
}

// What is ticked is sent: the page shows the choice, and the audit log has it.
func TestPeopleChooseTheirMail(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	for _, account := range []string{"kaisa@nordvik.example", sofia} {
		c := p.SignIn(t, account)
		ticked := func() (names []string) {
			for _, i := range all(formTo(t, dom(t, c.Get("/account")), "/account/mail"), "input") {
				if attr(i, "type") == "checkbox" && attr(i, "name") != "" && slices.ContainsFunc(i.Attr, func(a html.Attribute) bool { return a.Key == "checked" }) {
					names = append(names, attr(i, "name"))
				}
			}
			return names
		}
		if got := ticked(); !slices.Equal(got, []string{"mail_requests", "mail_rights", "mail_reviews"}) {
			t.Errorf("%s, before: got %q, want everything", account, got)
		}
		form := url.Values{"once": {uuid.NewString()}, "mail_reviews": {"1"}, "mail_security": {""}}
		if got := c.Post("/account/mail", form).StatusCode; got != http.StatusSeeOther {
			t.Errorf("%s chooses: got %d, want 303", account, got)
		}
		if got := ticked(); !slices.Equal(got, []string{"mail_reviews"}) {
			t.Errorf("%s, after: got %q, want reviews alone", account, got)
		}
		if got := strings.Join(rows(t, dom(t, c.Get("/audit"))), "\n"); !strings.Contains(got, "Mail chosen") || !strings.Contains(got, "no mail: Requests") {
			t.Errorf("the audit log: got %q, want what was refused", got)
		}
	}
}
