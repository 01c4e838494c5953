package web_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/keyhall/keyhall/internal/browsertest"
	"github.com/keyhall/keyhall/internal/licensing"
)

// stranger is an account of the demo's provider that no person is bound to.
const stranger = "gast@nordvik.example"

// invited lets anna invite an address as key viewer of 74120935, and returns the path in the mail.
func invited(t *testing.T, p *browsertest.Portal, anna *browsertest.Client, email string) string {
	t.Helper()
	const people = "/licences/74120935/people"
	answer := sendWith(anna, formTo(t, dom(t, anna.Get(people)), people), "email", email, "name", "Lotte Bakker", "role", "key_viewer")
	if answer.StatusCode != http.StatusSeeOther {
		t.Fatalf("inviting %s: got %d: %s", email, answer.StatusCode, text(dom(t, answer)))
	}
	return mailedPath(t, p, email)
}

// mailedPath is the one-time path in the latest mail to an address.
func mailedPath(t *testing.T, p *browsertest.Portal, email string) string {
	t.Helper()
	list, _, err := p.Store.Outbox(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range list {
		if m.Address == email && m.Detail.News != nil && m.Detail.News.Secret != "" {
			return m.Detail.News.Secret
		}
	}
	t.Fatalf("no mail to %s holds a link", email)
	return ""
}

// signsIn follows the way to the provider that a page offers, and back, as an account.
func signsIn(c *browsertest.Client, base, next, account string) *http.Response {
	picker := c.Get("/signin?next=" + url.QueryEscape(next)).Header.Get("Location")
	callback := c.Post(strings.TrimPrefix(picker, base), url.Values{"account": {account}}).Header.Get("Location")
	return c.Get(strings.TrimPrefix(callback, base))
}

// S-40, S-57: from the invitation to the key in clear, for somebody who has no account and
// whose sign-in account has another address than the mail went to.
func TestWhoIsInvitedComesToAKey(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	anna, lotte := p.SignIn(t, "anna@nordvik.example"), p.SignIn(t, "")
	link := invited(t, p, anna, "lotte.bakker@elsewhere.example")
	first := lotte.Get(link)
	if first.StatusCode != http.StatusSeeOther || first.Header.Get("Location") != "/invitation" {
		t.Fatalf("the mail's link: got %d to %q, want 303 to an address without the token", first.StatusCode, first.Header.Get("Location"))
	}
	for _, c := range first.Cookies() {
		if strings.Contains(c.Value, strings.TrimPrefix(link, "/invitation/")) || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.MaxAge > 3600 {
			t.Errorf("the cookie: got %+v", c)
		}
	}
	answer := lotte.Get("/invitation")
	page := dom(t, answer)
	if said := text(page); !strings.Contains(said, "Nordvik Suomi Oy") || !strings.Contains(said, "Key viewer") || strings.Contains(said, "Anna") {
		t.Errorf("the invitation says: %s", said)
	}
	if back := signsIn(lotte, p.URL, "/invitation", stranger); back.StatusCode != http.StatusSeeOther || back.Header.Get("Location") != "/invitation" {
		t.Fatalf("coming back: got %d to %q", back.StatusCode, back.Header.Get("Location"))
	}
	if answer := lotte.Get("/invitation"); answer.StatusCode != http.StatusSeeOther || answer.Header.Get("Location") != "/" {
		t.Errorf("the invitation once accepted: got %d to %q, want 303 home", answer.StatusCode, answer.Header.Get("Location"))
	}
	if got := saidDone(dom(t, lotte.Get("/"))); got != "You now have the role Key viewer on 74120935." {
		t.Errorf("the first page says: %q", got)
	}
	key := firstKey(t, lotte, "74120935")
	if said := text(dom(t, lotte.Post("/keys/"+key+"/reveal", nil))); !strings.Contains(said, "DEMO") {
		t.Errorf("the revealed key isn't there: %s", said)
	}
	if said := text(dom(t, anna.Get("/audit?licence=74120935"))); !strings.Contains(said, "Invitation sent") || !strings.Contains(said, "Invitation accepted") || !strings.Contains(said, "Role given") {
		t.Errorf("the audit log doesn't say what happened: %s", said)
	}
}

// S-40: the address that the provider vouches for binds nobody: the same account without
// the link in its browser has no account here, invited or not.
func TestTheProvidersAddressBindsNobody(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	link := invited(t, p, p.SignIn(t, "anna@nordvik.example"), stranger)
	lotte := p.SignIn(t, "")
	if answer := signsIn(lotte, p.URL, "/invitation", stranger); answer.StatusCode != http.StatusForbidden {
		t.Errorf("signing in without the link: got %d, want 403", answer.StatusCode)
	}
	lotte.Get(link)
	if answer := signsIn(lotte, p.URL, "/licences", stranger); answer.StatusCode != http.StatusForbidden {
		t.Errorf("signing in on the way to something else: got %d, want 403", answer.StatusCode)
	}
	other := p.SignIn(t, "")
	if answer := signsIn(other, p.URL, "/invitation", stranger); answer.StatusCode != http.StatusForbidden {
		t.Errorf("signing in in another browser: got %d, want 403", answer.StatusCode)
	}
}

// S-20: looking at an invitation, however often and by whomever, leaves it open. Who has an
// account accepts by a post, as the account that the page shows.
func TestWhoIsSignedInAcceptsByAPost(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	anna, frode := p.SignIn(t, "anna@nordvik.example"), p.SignIn(t, "frode@fjellheim.example")
	link := invited(t, p, anna, "f.myklebust@private.example")
	for range 3 {
		frode.Get(link)
		page := dom(t, frode.Get("/invitation"))
		if said := text(page); !strings.Contains(said, "Frode Myklebust, frode@fjellheim.example") || strings.Contains(said, "private.example") {
			t.Fatalf("the page says: %s", said)
		}
		signsIn(frode, p.URL, "/invitation", "frode@fjellheim.example") // who has an account accepts nothing by signing in
	}
	if got := frode.Get("/licences/74120935").StatusCode; got != http.StatusNotFound {
		t.Fatalf("the licence ID before accepting: got %d, want 404", got)
	}
	form := formTo(t, dom(t, frode.Get("/invitation")), "/invitation/acceptance")
	if answer := sendWith(frode, form); answer.StatusCode != http.StatusSeeOther || answer.Header.Get("Location") != "/" {
		t.Fatalf("accepting: got %d to %q", answer.StatusCode, answer.Header.Get("Location"))
	}
	if got := saidDone(dom(t, frode.Get("/"))); !strings.HasPrefix(got, "You now have the role ") {
		t.Errorf("the page after accepting says: %q", got)
	}
	eventually(t, "frode opens the licence ID", func() bool { return frode.Get("/licences/74120935").StatusCode == http.StatusOK })
	lena := p.SignIn(t, "lena@nordvik.example")
	lena.Get(link)
	if answer := sendWith(lena, form); answer.StatusCode != http.StatusNotFound {
		t.Errorf("lena accepts it too: got %d, want 404", answer.StatusCode)
	}
}

// S-51: a token that is unknown, used, withdrawn or sent again gets one page, to the byte.
func TestTokensThatOpenNothingLookAlike(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	anna, lotte := p.SignIn(t, "anna@nordvik.example"), p.SignIn(t, "")
	withdrawn := invited(t, p, anna, "one@elsewhere.example")
	row := func(email, end string) *html.Node { return rightForm(t, dom(t, anna.Get("/people")), email, end) }
	if answer := sendWith(anna, row("one@elsewhere.example", "/resend")); answer.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(text(dom(t, answer)), "less than a minute ago") {
		t.Errorf("sending it again at once: got %d, want 422", answer.StatusCode)
	}
	if answer := sendWith(anna, row("one@elsewhere.example", "/withdrawal")); answer.StatusCode != http.StatusSeeOther {
		t.Fatalf("withdrawing: got %d", answer.StatusCode)
	}
	used := invited(t, p, anna, "two@elsewhere.example")
	other := p.SignIn(t, "")
	other.Get(used)
	signsIn(other, p.URL, "/invitation", stranger)
	for name, path := range map[string]string{"withdrawn": withdrawn, "used": used, "too long": "/invitation/" + strings.Repeat("x", 500)} {
		lotte.Get(path)
		theirs := lotte.Get("/invitation")
		lotte.Get("/invitation/" + strings.Repeat("A", 43))
		alike(t, name, theirs, lotte.Get("/invitation"))
	}
}

// timeOfDay is what a minute that ends changes in a text.
var timeOfDay = regexp.MustCompile(`[0-2][0-9]:[0-5][0-9]`)

// S-51: the answer to an address doesn't tell whether a stranger has it.
func TestInvitingAStrangerLooksLikeInvitingNobody(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	anna := p.SignIn(t, "anna@nordvik.example")
	const people = "/licences/74120935/people"
	var pages []string
	for _, email := range []string{"frode@fjellheim.example", "nobod@fjellheim.example"} {
		answer := sendWith(anna, formTo(t, dom(t, anna.Get(people)), people), "email", email, "name", "Somebody", "role", string(licensing.KeyViewer))
		if answer.StatusCode != http.StatusSeeOther {
			t.Fatalf("%s: got %d", email, answer.StatusCode)
		}
		said := text(dom(t, anna.Get(people)))
		if !strings.Contains(said, email) {
			t.Errorf("%s isn't listed as invited: %s", email, said)
		}
		pages = append(pages, timeOfDay.ReplaceAllString(strings.ReplaceAll(said, email, ""), ""))
		if answer := sendWith(anna, rightForm(t, dom(t, anna.Get(people)), email, "/withdrawal")); answer.StatusCode != http.StatusSeeOther {
			t.Fatalf("withdrawing: got %d", answer.StatusCode)
		}
	}
	if pages[0] != pages[1] {
		t.Errorf("the pages differ:\n%s\n%s", pages[0], pages[1])
	}
}

// Who is signed in as somebody else comes to the provider's choice of accounts from the
// invitation's page, whose link is bound to the account chosen there.
func TestAnInvitationIsAcceptedAsAnotherAccount(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	link := invited(t, p, p.SignIn(t, "anna@nordvik.example"), "lotte.bakker@elsewhere.example")
	browser := p.SignIn(t, "frode@fjellheim.example")
	browser.Get(link)
	if !strings.Contains(body(t, browser.Get("/invitation")), `href="/signin?next=/invitation"`) {
		t.Error("the page has no link to another account")
	}
	way, err := url.Parse(browser.Get("/signin?next=/invitation").Header.Get("Location"))
	if err != nil || way.Query().Get("prompt") != "select_account" {
		t.Errorf("the way to the provider is %v, %v, want the choice of accounts", way, err)
	}
	if back := signsIn(browser, p.URL, "/invitation", stranger); back.Header.Get("Location") != "/invitation" {
		t.Fatalf("coming back as another: got %d to %q", back.StatusCode, back.Header.Get("Location"))
	}
	if said := text(dom(t, browser.Get("/licences"))); !strings.Contains(said, "74120935") {
		t.Errorf("the account chosen sees no licence ID: %s", said)
	}
}
