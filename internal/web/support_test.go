package web_test

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/keyhall/keyhall/internal/browsertest"
)

const sofia, samuel = "sofia@support.example", "samuel@support.example"

// The licence ID and the MAK that most of these requests are about, at 98 of 100.
const asked, askedKey = "74120935", "X4T9B"

// file files a request as somebody does and returns its number.
func file(t *testing.T, c *browsertest.Client, fields url.Values) string {
	t.Helper()
	fields.Set("once", rand.Text())
	fields.Set("confirm_duplicate", "1") // of whatever the demo has filed already
	answer := c.Post("/requests", fields)
	if answer.StatusCode != http.StatusSeeOther {
		t.Fatalf("file %v: got %d: %s", fields, answer.StatusCode, text(all(dom(t, answer), "main")[0]))
	}
	return strings.TrimPrefix(answer.Header.Get("Location"), "/requests/")
}

func moreActivations(quantity string) url.Values {
	return url.Values{
		"kind": {"mak_increase"}, "licence": {asked}, "agreement": {asked}, "product": {"Office LTSC 2024 Professional Plus"},
		"last5": {askedKey}, "quantity": {quantity}, "reason": {"Laptops for the schools."},
	}
}

func moreHosts() url.Values {
	return url.Values{
		"kind": {"kms_hosts"}, "licence": {asked}, "agreement": {asked}, "product": {"Office LTSC 2024 Professional Plus"},
		"last5": {"T6J2K"}, "quantity": {"25"}, "reason": {"A host for each school."},
	}
}

func firstKMS() url.Values {
	return url.Values{
		"kind": {"kms_exception"}, "licence": {"V6380217"}, "agreement": {"V6380217"}, "product": {"Windows Server 2025 Standard"},
		"no_key_yet": {"1"}, "quantity": {"25"}, "reason": {"Computers that never see the internet."},
	}
}

func anything() url.Values {
	return url.Values{"kind": {"general"}, "reason": {"Which of our keys is for the museum?"}}
}

// formOf finds the form on a page that posts to an address.
func formOf(page *html.Node, action string) *html.Node {
	for _, f := range all(page, "form") {
		if attr(f, "action") == action {
			return f
		}
	}
	return nil
}

// fill is what a form holds as it stands, with some fields filled in.
func fill(f *html.Node, with ...string) url.Values {
	fields := url.Values{}
	for _, name := range []string{"input", "textarea"} {
		for _, i := range all(f, name) {
			fields.Set(attr(i, "name"), attr(i, "value"))
		}
	}
	for i := 0; i+1 < len(with); i += 2 {
		fields.Set(with[i], with[i+1])
	}
	return fields
}

// decide opens a request, fills in one of its forms and presses it.
func decide(t *testing.T, c *browsertest.Client, request, how string, with ...string) *http.Response {
	t.Helper()
	path := "/requests/" + request
	f := formOf(dom(t, c.Get(path)), path+"/"+how)
	if f == nil {
		t.Fatalf("request %s has no form for its %s", request, how)
	}
	return c.Post(path+"/"+how, fill(f, with...))
}

// mustDecide is decide where it has to work.
func mustDecide(t *testing.T, c *browsertest.Client, request, how string, with ...string) {
	t.Helper()
	answer := decide(t, c, request, how, with...)
	if to := answer.Header.Get("Location"); answer.StatusCode != http.StatusSeeOther || to != "/requests/"+request {
		t.Fatalf("%s of request %s: got %d to %q: %s", how, request, answer.StatusCode, to, text(dom(t, answer)))
	}
}

// S-13: who filed a request for a customer does not answer it, and is told why.
func TestWhoFiledARequestCannotDecideIt(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	agent, other := p.SignIn(t, sofia), p.SignIn(t, samuel)
	fields := moreActivations("200")
	fields.Set("requester", "kaisa@nordvik.example")
	path := "/requests/" + file(t, agent, fields)
	page := dom(t, agent.Get(path))
	if formOf(page, path+"/approval") != nil || formOf(page, path+"/rejection") != nil || formOf(page, path+"/notes") == nil {
		t.Error("who filed it is offered to decide it, or may not even note")
	}
	version := fill(formOf(page, path+"/question")).Get("version")
	if got := agent.Post(path+"/approval", url.Values{"once": {rand.Text()}, "version": {version}, "quantity": {"5"}}).StatusCode; got != http.StatusForbidden {
		t.Errorf("their grant: got %d, want 403", got)
	}
	mustDecide(t, other, strings.TrimPrefix(path, "/requests/"), "approval")
}

// S-50: nobody but support decides; what doesn't exist is not found.
func TestOnlySupportDecides(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	kaisa, agent := p.SignIn(t, "kaisa@nordvik.example"), p.SignIn(t, sofia)
	path := "/requests/" + file(t, kaisa, moreActivations("200"))
	fields := url.Values{"once": {rand.Text()}, "version": {"1"}, "quantity": {"200"}, "message": {"yes"}, "reason": {"other"}, "text": {"x"}, "mine": {"1"}}
	posts := []string{"/approval", "/retraction", "/rejection", "/question", "/assignment", "/notes"}
	for _, account := range []string{"kaisa@nordvik.example", "anna@nordvik.example", "lena@nordvik.example", "frode@fjellheim.example", "olli@operator.example"} {
		c := p.SignIn(t, account)
		for _, below := range posts {
			if got := c.Post(path+below, fields).StatusCode; got != http.StatusForbidden {
				t.Errorf("%s posts %s: got %d, want 403", account, below, got)
			}
		}
		if got := c.Get("/support").StatusCode; got != http.StatusForbidden {
			t.Errorf("%s opens the queue: got %d, want 403", account, got)
		}
	}
	if got := p.SignIn(t, "frode@fjellheim.example").Get(path).StatusCode; got != http.StatusNotFound {
		t.Errorf("another family opens the request: got %d, want 404", got)
	}
	for _, id := range []string{"999999", "R-20401", "1e3", "020401", "-1", "99999999999999999999"} {
		for _, below := range posts {
			if got := agent.Post("/requests/"+id+below, fields).StatusCode; got != http.StatusNotFound {
				t.Errorf("%s of request %s: got %d, want 404", below, id, got)
			}
		}
	}
}

// Support decides by the last five; no page of its shows more of a key.
func TestSupportsPagesHoldNoKey(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	kaisa, kevin, agent := p.SignIn(t, "kaisa@nordvik.example"), p.SignIn(t, "kevin@nordvik.example"), p.SignIn(t, sofia)
	mak, kms := file(t, kaisa, moreActivations("200")), file(t, kevin, firstKMS())
	pages := ""
	for _, request := range []string{mak, kms} {
		pages += body(t, agent.Get("/support")) + body(t, agent.Get("/requests/"+request))
		pages += body(t, decide(t, agent, request, "approval", "quantity", "none"))
		mustDecide(t, agent, request, "approval")
		pages += body(t, agent.Get("/requests/"+request))
	}
	pages = onceField.ReplaceAllString(pages, "") // random letters: any five may be in them
	assigned := strings.TrimPrefix(attr(byClass(dom(t, kevin.Get("/licences/V6380217/keys?type=KMS")), "div", "key")[0], "id"), "key-")
	for id, c := range map[string]*browsertest.Client{makOf(t, kaisa, asked, askedKey): kaisa, assigned: kevin} {
		key := strings.TrimSpace(text(byClass(dom(t, c.Post("/keys/"+id+"/reveal", nil)), "div", "secret")[0]))
		groups := strings.Split(key, "-")
		for _, group := range groups[:4] {
			if strings.Contains(pages, group) {
				t.Errorf("support's pages hold %q of the key that ends in %s", group, groups[4])
			}
		}
		if !strings.Contains(pages, groups[4]) {
			t.Errorf("support's pages don't say the last five, %s", groups[4])
		}
	}
}
