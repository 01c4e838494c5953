package web_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/keyhall/keyhall/internal/browsertest"
	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/web"
)

const whyLook = "Frode called about a key that does not activate."

// answered leaves no request of a family open.
func answered(t *testing.T, p *browsertest.Portal, number string) {
	t.Helper()
	sql(t, p, `UPDATE requests SET state = 'withdrawn', paused_at = NULL, closed_at = now()
WHERE closed_at IS NULL AND root_id = (SELECT root_id FROM licences WHERE number = $1)`, number)
}

// S-54: every page of one customer asks an agent for the reason, and shows with it what is
// theirs, masked; what agents may not do they may not do with a reason either.
func TestEveryPageOfACustomerAsksForTheReason(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	frode, agent := p.SignIn(t, "frode@fjellheim.example"), p.SignIn(t, sofia)
	key := firstKey(t, frode, "84410026")
	answered(t, p, "84410026")
	may := licensing.SupportAgent.Permissions()
	each := func(reason bool) (wanted []string) {
		for _, r := range p.Server.Routes() {
			if r.Scope != web.OnLicence && r.Scope != web.OnKey {
				continue
			}
			path := strings.NewReplacer(":number", "84410026", ":id", key).Replace(r.Path)
			if r.Method == http.MethodPost {
				if got := agent.Post(path, nil); got.StatusCode != http.StatusForbidden && got.StatusCode != http.StatusUnprocessableEntity {
					t.Errorf("%s %s, reason %v: got %d, want 403", r.Method, path, reason, got.StatusCode)
				}
				continue
			}
			answer := agent.Get(path)
			page := dom(t, answer)
			asked := formOf(page, "/support/visits") != nil
			want := http.StatusForbidden
			if reason && r.Allows(may) {
				want = http.StatusOK
			}
			if answer.StatusCode != want || asked != (!reason && r.Allows(may)) {
				t.Errorf("%s %s, reason %v: got %d, asked for the reason: %v", r.Method, path, reason, answer.StatusCode, asked)
			}
			if said := text(page); want == http.StatusOK && !strings.Contains(said, whyLook) {
				t.Errorf("%s doesn't say by what reason it is shown", path)
			} else if asked {
				wanted = append(wanted, path)
				if !strings.Contains(said, "84410026") || !strings.Contains(said, "Fjellheim") {
					t.Errorf("%s asks for a reason, and doesn't say for whom: %s", path, said)
				}
			}
		}
		return wanted
	}
	wanted := each(false)
	if len(wanted) < 6 {
		t.Fatalf("pages that ask for the reason: got %q", wanted)
	}
	page := dom(t, agent.Get(wanted[0]))
	answer := sendWith(agent, formOf(page, "/support/visits"), "reason", whyLook)
	if answer.StatusCode != http.StatusSeeOther || answer.Header.Get("Location") != wanted[0] {
		t.Fatalf("stating the reason: got %d to %q, want on to %s", answer.StatusCode, answer.Header.Get("Location"), wanted[0])
	}
	each(true)
}

// S-54: the customer reads that support looks, why and until when, and the agent can end
// it.
func TestACustomerReadsThatSupportLooks(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	frode, agent := p.SignIn(t, "frode@fjellheim.example"), p.SignIn(t, sofia)
	answered(t, p, "84410026")
	const path = "/licences/84410026"
	form := formOf(dom(t, agent.Get(path+"/keys?type=MAK")), "/support/visits")
	if got := hidden(form).Get("next"); got != path+"/keys?type=MAK" {
		t.Errorf("the way on: got %q", got)
	}
	short := sendWith(agent, form, "reason", "ok")
	if said := text(dom(t, short)); short.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(said, "at least 10 characters") || !strings.Contains(said, "Fjellheim") {
		t.Errorf("a reason that says nothing: got %d: %s", short.StatusCode, said)
	}
	if answer := sendWith(agent, form, "reason", whyLook, "next", "https://example.com/"); answer.Header.Get("Location") != "/" {
		t.Errorf("on to another site (S-23): got %q", answer.Header.Get("Location"))
	}
	page := dom(t, agent.Get(path+"/keys"))
	if said := text(page); !strings.Contains(said, whyLook) || !strings.Contains(said, "masked, and can change nothing") || inClear.MatchString(said) {
		t.Errorf("the banner: %s", said)
	}
	if said := text(dom(t, frode.Get(path+"/people"))); !strings.Contains(said, "Support ("+"Sofia") || !strings.Contains(said, whyLook) {
		t.Errorf("the customer's page of people doesn't tell of the visit: %s", said)
	}
	for _, where := range []string{"/audit?licence=84410026", path + "/history"} {
		if said := text(dom(t, frode.Get(where))); !strings.Contains(said, "Support opened a visit") || !strings.Contains(said, "Support looked at the customer") {
			t.Errorf("%s doesn't tell of the visit: %s", where, said)
		}
	}
	end := slices.IndexFunc(all(page, "form"), func(f *html.Node) bool { return strings.HasSuffix(attr(f, "action"), "/end") })
	if answer := sendWith(agent, all(page, "form")[end]); answer.StatusCode != http.StatusSeeOther {
		t.Fatalf("ending the visit: got %d", answer.StatusCode)
	}
	if got := agent.Get(path).StatusCode; got != http.StatusForbidden {
		t.Errorf("after its end: got %d, want 403", got)
	}
	if said := text(dom(t, frode.Get(path+"/people"))); strings.Contains(said, whyLook) {
		t.Error("the customer's page of people tells of a visit that has ended")
	}
}

// A request that is open leads to the customer's pages at once, and says so there.
func TestAnOpenRequestLeadsToTheCustomersPages(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	agent, anna := p.SignIn(t, sofia), p.SignIn(t, "anna@nordvik.example")
	answer := agent.Get("/licences/74120935/keys")
	if said := text(dom(t, answer)); answer.StatusCode != http.StatusOK || !strings.Contains(said, "because R-") || strings.Contains(said, "End the visit") {
		t.Errorf("support looks at Nordvik: got %d: %s", answer.StatusCode, said)
	}
	if said := text(dom(t, anna.Get("/licences/74120935/history"))); !strings.Contains(said, "Support looked at the customer") || !strings.Contains(said, "R-") {
		t.Errorf("anna isn't told: %s", said)
	}
	if to := searched(agent, "84410026"); to != "/licences/84410026" {
		t.Errorf("searching a customer's number: got %q", to)
	}
	answered(t, p, "84410026")
	if to := searched(agent, "84410026"); to != "/licences/84410026" {
		t.Errorf("searching a customer's number without a reason: got %q", to)
	}
}

// searched is where a search leads.
func searched(c *browsertest.Client, q string) string {
	return c.Post("/search", url.Values{"q": {q}}).Header.Get("Location")
}

// S-54: the form by which support files names people with a reason to look alone; else it
// takes their address.
func TestSupportTypesWhomItFilesFor(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	frode, agent := p.SignIn(t, "frode@fjellheim.example"), p.SignIn(t, sofia)
	path := "/requests/new?kind=general&licence=84410026"
	answered(t, p, "84410026")
	before := dom(t, agent.Get(path))
	if said := text(before); strings.Contains(said, "frode@fjellheim.example") || len(byID(before, "requester")) != 1 {
		t.Errorf("without a reason: %s, want a field and no name", said)
	}
	answer := agent.Post("/requests", fill(formTo(t, before, "/requests"), "requester", "frode@fjellheim.example", "reason", "He asked by telephone."))
	if answer.StatusCode != http.StatusSeeOther {
		t.Fatalf("filing for an address: got %d, %s", answer.StatusCode, text(dom(t, answer)))
	}
	if said := text(dom(t, frode.Get(answer.Header.Get("Location")))); !strings.Contains(said, "He asked by telephone.") {
		t.Errorf("frode's request: %s", said)
	}
	if said := text(dom(t, agent.Get(path))); !strings.Contains(said, "frode@fjellheim.example") {
		t.Errorf("with an open request: %s, want names", said)
	}
}
