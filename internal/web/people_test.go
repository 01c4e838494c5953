package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"golang.org/x/net/html"

	"github.com/keyhall/keyhall/internal/browsertest"
)

// rightForm is the form about the right that somebody has, on a page of people, whose
// address ends so.
func rightForm(t *testing.T, page *html.Node, email, end string) *html.Node {
	t.Helper()
	for _, row := range all(page, "tr") {
		if !strings.Contains(text(row), email) {
			continue
		}
		for _, f := range all(row, "form") {
			if a := attr(f, "action"); strings.HasSuffix(a, end) && (end != "" || strings.Count(a, "/") == 2) {
				return f
			}
		}
	}
	t.Fatalf("no form …%s beside %s: %s", end, email, text(page))
	return nil
}

// sendWith sends a form with some fields filled in.
func sendWith(c *browsertest.Client, form *html.Node, fields ...string) *http.Response {
	values := hidden(form)
	for i := 0; i < len(fields); i += 2 {
		values.Set(fields[i], fields[i+1])
	}
	return c.Post(attr(form, "action"), values)
}

// eventually waits for what another request has to see within a second (S-48): on a busy
// machine the last to ask has begun when five are over, however long the others took.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		last := time.Now().After(end)
		if done() {
			return
		}
		if last {
			t.Errorf("%s: not after five seconds", what)
			return
		}
	}
}

// A right is given, changed and ended on the page of a licence ID, and counts at once.
func TestAnAdministratorGivesChangesAndEndsARight(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	anna, kevin := p.SignIn(t, "anna@nordvik.example"), p.SignIn(t, "kevin@nordvik.example")
	const people = "/licences/74120935/people"
	give := formTo(t, dom(t, anna.Get(people)), people)
	answer := sendWith(anna, give, "email", " Kevin@Nordvik.example ", "role", "licence_reader", "until", "2099-12-31")
	if answer.StatusCode != http.StatusSeeOther || answer.Header.Get("Location") != people {
		t.Fatalf("giving a right: got %d to %q: %s", answer.StatusCode, answer.Header.Get("Location"), text(dom(t, answer)))
	}
	page := dom(t, anna.Get(people))
	if said := text(page); !strings.Contains(said, "kevin@nordvik.example Licence reader This licence ID 31 Dec 2099") {
		t.Errorf("the page doesn't show the right until its last day: %s", said)
	}
	eventually(t, "kevin opens the licence ID", func() bool { return kevin.Get("/licences/74120935").StatusCode == http.StatusOK })
	change := rightForm(t, page, "kevin@nordvik.example", "")
	if answer := sendWith(anna, change, "role", "key_viewer", "until", ""); answer.StatusCode != http.StatusSeeOther {
		t.Fatalf("changing a right: got %d", answer.StatusCode)
	}
	stale := hidden(change)
	stale.Set("once", strings.ToLower(strings.ReplaceAll(uuid.NewString(), "-", "")))
	stale.Set("role", "licence_reader")
	if answer := anna.Post(attr(change, "action"), stale); answer.StatusCode != http.StatusConflict {
		t.Errorf("a form drawn for the right of before: got %d, want 409", answer.StatusCode)
	}
	page = dom(t, anna.Get(people))
	if said := text(page); !strings.Contains(said, "kevin@nordvik.example Key viewer This licence ID No end date") {
		t.Errorf("the page doesn't show the changed right: %s", said)
	}
	if answer := sendWith(anna, rightForm(t, page, "kevin@nordvik.example", "/end")); answer.StatusCode != http.StatusSeeOther {
		t.Fatalf("ending a right: got %d", answer.StatusCode)
	}
	eventually(t, "the licence ID is closed to kevin", func() bool { return kevin.Get("/licences/74120935").StatusCode == http.StatusNotFound })
	if said := text(dom(t, anna.Get("/audit?licence=74120935"))); !strings.Contains(said, "Role given") || !strings.Contains(said, "Role changed") || !strings.Contains(said, "Role ended") {
		t.Errorf("the audit log doesn't say what happened: %s", said)
	}
}

// On the list of people somebody who leaves loses every right at once.
func TestWhoLeavesLosesEveryRight(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	anna, kevin := p.SignIn(t, "anna@nordvik.example"), p.SignIn(t, "kevin@nordvik.example")
	page := dom(t, anna.Get("/people?q=kevin"))
	if rows := len(all(page, "tr")); rows != 2 {
		t.Errorf("people called kevin: got %d rows, want a heading and his right", rows)
	}
	if answer := sendWith(anna, rightForm(t, page, "kevin@nordvik.example", "/leave")); answer.StatusCode != http.StatusSeeOther || answer.Header.Get("Location") != "/people" {
		t.Fatalf("ending all rights: got %d to %q", answer.StatusCode, answer.Header.Get("Location"))
	}
	eventually(t, "kevin has no licence ID", func() bool { return kevin.Get("/licences/V6380217").StatusCode == http.StatusNotFound })
	if said := text(dom(t, anna.Get("/people"))); strings.Contains(said, "kevin@") {
		t.Error("who has left is still listed")
	}
}

// What is wrong with a form is said beside its field, and nothing typed is lost.
func TestAGivingThatIsWrongKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	anna := p.SignIn(t, "anna@nordvik.example")
	const people = "/licences/74120935/people"
	for name, c := range map[string]struct{ email, role, until, said string }{
		"no address":              {"nobody", "key_viewer", "", "Type one e-mail address"},
		"two addresses":           {"a@nordvik.example, b@nordvik.example", "key_viewer", "", "Type one e-mail address"},
		"her own":                 {"anna@nordvik.example", "key_viewer", "", "your own address"},
		"a role of the staff":     {"kevin@nordvik.example", "operator", "", "Choose one of the roles"},
		"no role":                 {"kevin@nordvik.example", "", "", "Choose one of the roles"},
		"a day that has passed":   {"kevin@nordvik.example", "key_viewer", "2020-01-01", "has passed already"},
		"a day that is no day":    {"kevin@nordvik.example", "key_viewer", "31.12.2099", "year-month-day"},
		"characters from nowhere": {"kevin@nordvik.example\x00", "key_viewer", "", "taken out"},
	} {
		answer := sendWith(anna, formTo(t, dom(t, anna.Get(people)), people), "email", c.email, "role", c.role, "until", c.until)
		if answer.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("%s: got %d, want 422", name, answer.StatusCode)
			continue
		}
		page := dom(t, answer)
		if !strings.Contains(text(page), c.said) {
			t.Errorf("%s: the page doesn't say %q", name, c.said)
		}
		form := formTo(t, page, people)
		if got := attr(named(form, "input", "email"), "value"); got != strings.TrimRight(c.email, "\x00") {
			t.Errorf("%s: the address is kept as %q", name, got)
		}
		if got := attr(named(form, "input", "until"), "value"); got != c.until {
			t.Errorf("%s: the day is kept as %q", name, got)
		}
	}
}

// S-50, S-51: who manages nobody is shown no form and may send none; what belongs to
// others is answered like what doesn't exist.
func TestRightsAreForWhoManagesThem(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	anna, frode := p.SignIn(t, "anna@nordvik.example"), p.SignIn(t, "frode@fjellheim.example")
	page := dom(t, anna.Get("/people?q=lena"))
	change, leave := attr(rightForm(t, page, "lena@nordvik.example", ""), "action"), attr(rightForm(t, page, "lena@nordvik.example", "/leave"), "action")
	fresh := func() url.Values {
		return url.Values{"once": {strings.ToLower(strings.ReplaceAll(uuid.NewString(), "-", ""))}, "role": {"key_viewer"}, "email": {"lena@nordvik.example"}, "from": {""}}
	}
	for account, want := range map[string]int{"kaisa@nordvik.example": 403, "lena@nordvik.example": 403, "dirk@nordvik.example": 403, "sofia@support.example": 403, "olli@operator.example": 403, "kevin@nordvik.example": 404} {
		c := p.SignIn(t, account)
		if got := c.Post("/licences/74120935/people", fresh()).StatusCode; got != want {
			t.Errorf("%s gives a right: got %d, want %d", account, got, want)
		}
		for _, path := range []string{change, change + "/end", leave} {
			if got := c.Post(path, fresh()).StatusCode; got != http.StatusForbidden {
				t.Errorf("%s posts to %s: got %d, want 403", account, path, got)
			}
		}
		if got := c.Get("/people").StatusCode; got != http.StatusForbidden {
			t.Errorf("%s lists people: got %d, want 403", account, got)
		}
		if want == http.StatusForbidden {
			if forms := all(dom(t, c.Get("/licences/74120935/people")), "details"); len(forms) > 2 { // language and account
				t.Errorf("%s is shown %d folds on the page of people", account, len(forms))
			}
		}
	}
	nobody := "/rights/" + uuid.NewString()
	alike(t, "another family", frode.Post(change, fresh()), frode.Post(nobody, fresh()))
	alike(t, "another family", frode.Post(change+"/end", fresh()), frode.Post(nobody+"/end", fresh()))
	alike(t, "another family", frode.Post(leave, fresh()), frode.Post("/people/"+uuid.NewString()+"/leave", fresh()))
	alike(t, "another family", frode.Post("/licences/74120935/people", fresh()), frode.Post("/licences/99999999/people", fresh()))
	if said := text(dom(t, frode.Get("/people"))); strings.Contains(said, "nordvik") {
		t.Error("frode's list of people holds somebody of Nordvik's")
	}
}

// Who administers a licence ID alone is warned on its page and on that of its people,
// and finds it in a list; who doesn't manage it is told nothing.
func TestOneAdministratorIsAWarning(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	anna, kevin := p.SignIn(t, "anna@nordvik.example"), p.SignIn(t, "kevin@nordvik.example")
	const warning = "is the only administrator here"
	for _, path := range []string{"/licences/V6380217", "/licences/V6380217/people"} {
		if said := text(dom(t, anna.Get(path))); !strings.Contains(said, warning) {
			t.Errorf("%s doesn't warn its only administrator: %s", path, said)
		}
		if said := text(dom(t, kevin.Get(path))); strings.Contains(said, warning) {
			t.Errorf("%s warns who doesn't manage it", path)
		}
	}
	if said := text(dom(t, anna.Get("/people/alone"))); !strings.Contains(said, "V6380217") {
		t.Errorf("the list has no V6380217: %s", said)
	}
}

// An administrator copies a licence ID's rights to another, and is told how many.
func TestRightsAreCopiedOnThePageOfPeople(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	anna, kevin := p.SignIn(t, "anna@nordvik.example"), p.SignIn(t, "kevin@nordvik.example")
	const path = "/licences/V6380217/people"
	form := formTo(t, dom(t, anna.Get(path)), path+"/copies")
	answer := sendWith(anna, form, "numbers", "74120935\r\n99999999")
	if page := dom(t, answer); answer.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(text(page), "on 99999999 in this group") || !strings.Contains(text(named(page, "textarea", "numbers")), "99999999") {
		t.Errorf("a number that is nobody's: got %d: %s", answer.StatusCode, text(page))
	}
	answer = sendWith(anna, form, "numbers", "74120935")
	if answer.StatusCode != http.StatusSeeOther {
		t.Fatalf("copying: got %d", answer.StatusCode)
	}
	if said := text(dom(t, anna.Get(answer.Header.Get("Location")))); !strings.Contains(said, "2 rights were given.") {
		t.Errorf("the page doesn't say how many were given: %s", said)
	}
	eventually(t, "kevin opens the licence ID", func() bool { return kevin.Get("/licences/74120935").StatusCode == http.StatusOK })
	for _, odd := range []string{"?given=x&kept=1", "?given=-1&kept=1", "?given=99999&kept=1", "?given=1&kept=%3Cb%3E"} {
		if said := text(dom(t, anna.Get(path+odd))); strings.Contains(said, "rights were given") {
			t.Errorf("%s is believed", odd)
		}
	}
}
