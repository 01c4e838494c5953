package web_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/keyhall/keyhall/internal/browsertest"
)

// S-14: what is no number to grant stays in its field, with what is wrong beside it, and
// nothing changes.
func TestABadNumberIsKeptAndSaid(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	kaisa, agent := p.SignIn(t, "kaisa@nordvik.example"), p.SignIn(t, sofia)
	request := file(t, kaisa, moreActivations("200"))
	path := "/requests/" + request
	for _, typed := range []string{"1e3", "-5", "5,000", "１", "2147483648", "99999999999999999999", "0", "00", "1.5", "0x10", "+5", "", "many", "201", "<b>"} {
		answer := decide(t, agent, request, "approval", "quantity", typed, "reason_code", "growth", "message", "Kept <as typed>.")
		badNumber(t, path, typed, answer)
	}
	page := dom(t, agent.Get(path))
	fields := fill(formOf(page, path+"/approval"), "message", "Kept <as typed>.", "reason_code", "growth")
	fields["quantity"] = []string{"50", "200"}
	badNumber(t, path, "50", agent.Post(path+"/approval", fields))
	if got := text(dom(t, kaisa.Get("/keys/"+makOf(t, kaisa, asked, askedKey)))); !strings.Contains(got, "98 of 100 used") {
		t.Errorf("after many bad numbers the key says %q", got)
	}
}

func badNumber(t *testing.T, path, typed string, answer *http.Response) {
	t.Helper()
	if answer.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("grant %q: got %d, want 422", typed, answer.StatusCode)
		return
	}
	page := dom(t, answer)
	f := formOf(page, path+"/approval")
	if f == nil {
		t.Errorf("grant %q: the form is gone", typed)
		return
	}
	for _, i := range all(f, "input") {
		if attr(i, "name") == "quantity" && (attr(i, "value") != typed || attr(i, "aria-invalid") != "true" || !strings.Contains(attr(i, "aria-describedby"), "approval-quantity-error")) {
			t.Errorf("grant %q: the field holds %q, and what is wrong is not tied to it", typed, attr(i, "value"))
		}
	}
	if got := text(all(f, "textarea")[0]); got != "Kept <as typed>." {
		t.Errorf("grant %q: the message became %q", typed, got)
	}
	for _, o := range all(f, "option") {
		if attr(o, "value") == "growth" && !hasAttr(o, "selected") {
			t.Errorf("grant %q: the reason was lost", typed)
		}
	}
	if len(byClass(f, "div", "error")) != 1 || len(byClass(page, "div", "errors")) != 1 {
		t.Errorf("grant %q: what is wrong is not said once at the field and once on top", typed)
	}
}

func TestARejectionAndAQuestionNeedTheirWords(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	agent := p.SignIn(t, sofia)
	request := file(t, p.SignIn(t, "kaisa@nordvik.example"), moreActivations("200"))
	path := "/requests/" + request
	for _, c := range []struct {
		name, how, wrong string
		with             []string
	}{
		{"a rejection without a reason", "rejection", "reason", []string{"message", "kept"}},
		{"a rejection for a reason that isn't one", "rejection", "reason", []string{"reason", "mood", "message", "kept"}},
		{"a rejection without a message", "rejection", "message", []string{"reason", "duplicate", "message", " \n "}},
		{"a question without words", "question", "message", nil},
		{"a note without words", "notes", "text", nil},
		{"a message too long", "question", "message", []string{"message", strings.Repeat("å", 4001)}},
		{"a reason that isn't one", "approval", "reason_code", []string{"reason_code", "mood", "message", "kept"}},
	} {
		answer := decide(t, agent, request, c.how, c.with...)
		if answer.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("%s: got %d, want 422", c.name, answer.StatusCode)
			continue
		}
		page := dom(t, answer)
		f := formOf(page, path+"/"+c.how)
		if at := byClass(f, "div", "wrong"); len(at) != 1 || len(byID(at[0], c.how+"-"+c.wrong)) != 1 {
			t.Errorf("%s: it isn't said at the field", c.name)
		}
		if slices.Contains(c.with, "kept") && text(all(f, "textarea")[0]) != "kept" {
			t.Errorf("%s: what was typed is lost", c.name)
		}
		if d := f.Parent; d.Data == "details" && !hasAttr(d, "open") {
			t.Errorf("%s: the form is folded away", c.name)
		}
	}
}

// byID returns the elements below n with an id.
func byID(n *html.Node, id string) []*html.Node {
	var found []*html.Node
	for d := range n.Descendants() {
		if d.Type == html.ElementNode && attr(d, "id") == id {
			found = append(found, d)
		}
	}
	return found
}
