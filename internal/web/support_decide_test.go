package web_test

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/keyhall/keyhall/internal/browsertest"
)

func TestAGrantInPartRaisesTheKeysTotal(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	kaisa, agent := p.SignIn(t, "kaisa@nordvik.example"), p.SignIn(t, sofia)
	request := file(t, kaisa, moreActivations("200"))
	page := dom(t, agent.Get("/requests/"+request))
	panel := formOf(page, "/requests/"+request+"/approval")
	if panel == nil {
		t.Fatalf("support sees no form to grant: %s", text(page))
	}
	if got := fill(panel).Get("quantity"); got != "200" {
		t.Errorf("number to grant: begins with %q, want what was asked", got)
	}
	if got := text(panel); !strings.Contains(got, "becomes 100 + this number") || !strings.Contains(got, "new total 300") {
		t.Errorf("without script the form doesn't say what the total becomes: %q", got)
	}
	mustDecide(t, agent, request, "approval", "quantity", "50", "reason_code", "growth", "message", "Fifty for now.")

	for _, c := range []*browsertest.Client{agent, kaisa} {
		got := text(all(dom(t, c.Get("/requests/"+request)), "main")[0])
		for _, want := range []string{"50 of 200", "From 100 to 150", "Fifty for now."} {
			if !strings.Contains(got, want) {
				t.Errorf("granted in part: got %q, want it to say %q", got, want)
			}
		}
		if strings.Contains(got, "Decide") {
			t.Error("what is decided can be decided again")
		}
	}
	if got := text(dom(t, kaisa.Get("/keys/"+makOf(t, kaisa, asked, askedKey)))); !strings.Contains(got, "52 left") || !strings.Contains(got, "98 of 150 used") {
		t.Errorf("the key's page: got %q, want the new total", got)
	}
}

// S-17: a grant pressed twice is carried out once, and both presses are told so.
func TestAGrantPressedTwiceIsCarriedOutOnce(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	kaisa, agent := p.SignIn(t, "kaisa@nordvik.example"), p.SignIn(t, sofia)
	request := file(t, kaisa, moreActivations("200"))
	path := "/requests/" + request
	fields := fill(formOf(dom(t, agent.Get(path)), path+"/approval"))
	for i := range 2 {
		if got := agent.Post(path+"/approval", fields).StatusCode; got != http.StatusSeeOther {
			t.Errorf("press %d: got %d, want 303", i+1, got)
		}
	}
	if got := text(dom(t, kaisa.Get("/keys/"+makOf(t, kaisa, asked, askedKey)))); !strings.Contains(got, "98 of 300 used") {
		t.Errorf("after two presses: got %q, want 200 more", got)
	}
	other := newCensus(t, p).texts(`SELECT id::text FROM requests WHERE closed_at IS NULL AND licence_id IS NOT NULL ORDER BY id LIMIT 1`)[0]
	if got := agent.Post("/requests/"+other+"/approval", fields).StatusCode; got != http.StatusUnprocessableEntity {
		t.Errorf("the same press for request %s: got %d, want 422", other, got)
	}
	fields.Set("message", "something else")
	if got := agent.Post(path+"/approval", fields).StatusCode; got != http.StatusUnprocessableEntity {
		t.Errorf("the same press with another text: got %d, want 422", got)
	}
}

func TestSupportRejectsAsksAssignsAndNotes(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	kaisa, agent, other := p.SignIn(t, "kaisa@nordvik.example"), p.SignIn(t, sofia), p.SignIn(t, samuel)
	request := file(t, kaisa, moreActivations("200"))
	shows := func(when string, c *browsertest.Client, want, never string) {
		t.Helper()
		got := text(all(dom(t, c.Get("/requests/"+request)), "main")[0])
		if !strings.Contains(got, want) || never != "" && strings.Contains(got, never) {
			t.Errorf("%s: got %q, want it to say %q and not %q", when, got, want, never)
		}
	}
	mustDecide(t, agent, request, "assignment")
	shows("taken on", other, "Assigned to Sofia Lind.", "")
	shows("taken on, to the customer", kaisa, "200 more", "Sofia")
	mustDecide(t, other, request, "assignment")
	shows("taken over", other, "Assigned to you.", "")
	mustDecide(t, other, request, "assignment")
	shows("released", other, "Assigned to nobody yet.", "")

	mustDecide(t, agent, request, "question", "message", "Instead of others,\nor in addition?")
	shows("asked", kaisa, "or in addition?", "")
	if f := formOf(dom(t, agent.Get("/requests/"+request)), "/requests/"+request+"/question"); f != nil {
		t.Error("what waits for an answer can be asked again")
	}
	mustDecide(t, agent, request, "notes", "text", "The reseller confirms 200 pieces.")
	shows("noted", other, "The reseller confirms 200 pieces.", "")
	shows("noted, to the customer", kaisa, "or in addition?", "reseller")
	mustDecide(t, other, request, "rejection", "reason", "enough_left", "message", "Two are left, and hosts too.")
	shows("rejected", kaisa, "Two are left, and hosts too.", "reseller")
	mustDecide(t, agent, request, "notes", "text", "They called.")
	shows("noted after the end", agent, "They called.", "Decide")
}

// S-15: what was decided upon has changed meanwhile, so it is looked at again; what was
// typed is still there.
func TestADecisionUponAnOldPageIsAConflict(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	kaisa, agent, other := p.SignIn(t, "kaisa@nordvik.example"), p.SignIn(t, sofia), p.SignIn(t, samuel)
	request := file(t, kaisa, moreActivations("200"))
	path := "/requests/" + request
	old := fill(formOf(dom(t, agent.Get(path)), path+"/approval"), "quantity", "120", "message", "Typed with care.")
	mustDecide(t, other, request, "question", "message", "Which schools?")

	answer := agent.Post(path+"/approval", old)
	page := dom(t, answer)
	if answer.StatusCode != http.StatusConflict || len(byClass(page, "div", "warn")) == 0 {
		t.Fatalf("got %d, want 409 and a warning", answer.StatusCode)
	}
	again := fill(formOf(page, path+"/approval"))
	if again.Get("quantity") != "120" || !strings.Contains(text(page), "Typed with care.") || !strings.Contains(text(page), "Which schools?") {
		t.Errorf("what was typed, or the request as it is now, is missing: %s", text(page))
	}
	again.Set("message", "Typed with care.")
	if got := agent.Post(path+"/approval", again).StatusCode; got != http.StatusSeeOther {
		t.Errorf("decided upon the page as it is now: got %d, want 303", got)
	}
	late := agent.Post(path+"/rejection", url.Values{"once": {rand.Text()}, "version": {old.Get("version")}, "reason": {"duplicate"}, "message": {"too late"}})
	if late.StatusCode != http.StatusConflict {
		t.Errorf("decided a second time: got %d, want 409", late.StatusCode)
	}
	for _, field := range []string{"once", "version"} {
		lacking := url.Values{"once": {rand.Text()}, "version": {"1"}, "message": {"hm"}}
		lacking.Set(field, "1e3")
		if got := agent.Post(path+"/question", lacking).StatusCode; got != http.StatusUnprocessableEntity {
			t.Errorf("a bad %s: got %d, want 422", field, got)
		}
	}
}

func TestAKMSKeyComesOutOfTheStock(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	kevin, agent := p.SignIn(t, "kevin@nordvik.example"), p.SignIn(t, sofia)
	request := file(t, kevin, firstKMS())
	if got := text(dom(t, agent.Get("/requests/"+request))); !strings.Contains(got, "5 keys of this product are in stock") || !strings.Contains(got, "With 25, hosts in all: 3") {
		t.Errorf("support isn't told what a grant does: %s", got)
	}
	mustDecide(t, agent, request, "approval")
	keys := byClass(dom(t, kevin.Get("/licences/V6380217/keys?type=KMS")), "div", "key")
	if len(keys) != 1 || !strings.Contains(text(keys[0]), "0 of 3 hosts") {
		t.Fatalf("after the grant: got %d KMS keys, want one for three hosts", len(keys))
	}
	second := firstKMS()
	second.Set("product", "Visio LTSC 2024 Professional")
	page := dom(t, agent.Get("/requests/"+file(t, kevin, second)))
	grants := byClass(page, "button", "primary")
	if len(grants) != 1 || !hasAttr(grants[0], "disabled") || !strings.Contains(text(page), "No key of Visio LTSC 2024 Professional is in stock") {
		t.Errorf("with an empty stock there is a grant to press, or no word why not: %s", text(page))
	}
}
