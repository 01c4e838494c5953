package web_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"golang.org/x/net/html"

	"github.com/keyhall/keyhall/internal/browsertest"
)

// queue lists those of some requests that the queue shows, in its order.
func queue(t *testing.T, c *browsertest.Client, query string, among ...string) []string {
	t.Helper()
	var shown []string
	for path := "/support?" + query; path != ""; {
		page := dom(t, c.Get(path))
		for _, a := range all(page, "a") {
			if n := strings.TrimPrefix(attr(a, "href"), "/requests/"); hasAttr(a, "data-step") && slices.Contains(among, n) {
				shown = append(shown, n)
			}
		}
		path = ""
		for _, a := range all(page, "a") {
			if attr(a, "rel") == "next" {
				path = attr(a, "href")
			}
		}
	}
	return shown
}

func hasAttr(n *html.Node, name string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == name })
}

func TestTheQueueIsByDueTimeAndCanBeNarrowed(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	kaisa, frode, agent := p.SignIn(t, "kaisa@nordvik.example"), p.SignIn(t, "frode@fjellheim.example"), p.SignIn(t, sofia)
	mak, hosts, museum := file(t, kaisa, moreActivations("200")), file(t, kaisa, moreHosts()), file(t, frode, anything())
	mine := []string{mak, hosts, museum}
	abroad(t, p, hosts)
	mustDecide(t, agent, mak, "question", "message", "Instead of others, or in addition?")
	mustDecide(t, agent, hosts, "assignment")

	for query, want := range map[string][]string{
		"":                      {hosts, museum, mak}, // who waits for the customer comes last
		"kind=mak_increase":     {mak},
		"kind=nonsense":         {hosts, museum, mak},
		"state=waiting":         {mak},
		"state=submitted":       {hosts, museum},
		"state=granted":         {hosts, museum, mak}, // the queue is of open ones
		"assignee=mine":         {hosts},
		"assignee=nobody":       {museum, mak},
		"customer=fjellheim":    {museum},
		"customer=nordv+suomi":  {hosts, mak},
		"region=us_canada":      {hosts},
		"region=world":          {museum, mak},
		"kind=general&q=ignore": {museum},
	} {
		if got := queue(t, agent, query, mine...); !slices.Equal(got, want) {
			t.Errorf("queue with %q: got %v, want %v", query, got, want)
		}
	}
	rows := map[string]string{}
	for _, tr := range all(dom(t, agent.Get("/")), "tr") {
		rows[strings.Fields(text(tr))[0]] = text(tr)
	}
	for number, want := range map[string][]string{
		"R-" + hosts:  {"25 more host activations", "Nordvik Suomi Oy", asked, "T6J2K", "US and Canada", "In time", "Sofia Lind"},
		"R-" + mak:    {"200 more activations", "Office LTSC 2024 Professional Plus", askedKey, "Stopped", "Nobody"},
		"R-" + museum: {"Fjellheim Kommune", "Frode Myklebust", "Nobody"},
	} {
		for _, w := range want {
			if !strings.Contains(rows[number], w) {
				t.Errorf("row of %s: got %q, want it to say %q", number, rows[number], w)
			}
		}
	}
	nothing := byClass(dom(t, agent.Get("/support?customer=nobody+at+all")), "div", "empty")
	if len(nothing) != 1 || len(all(nothing[0], "a")) != 1 {
		t.Errorf("a queue narrowed to nothing: got %d empty states, want one with a way out", len(nothing))
	}
}

// abroad puts a request into the queue of the United States and Canada, where the demo
// has no customer.
func abroad(t *testing.T, p *browsertest.Portal, request string) {
	t.Helper()
	c, err := pgx.Connect(t.Context(), p.DB.SuperURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close(t.Context()) }()
	if _, err := c.Exec(t.Context(), "UPDATE requests SET region = 'us_canada' WHERE id = "+request); err != nil {
		t.Fatal(err)
	}
}

func TestOneGoesFromRequestToRequestInTheQueue(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	kaisa, agent := p.SignIn(t, "kaisa@nordvik.example"), p.SignIn(t, sofia)
	mine := []string{file(t, kaisa, moreActivations("200")), file(t, kaisa, moreHosts()), file(t, kaisa, anything())}
	order := queue(t, agent, "", mine...)
	if !slices.Equal(order, mine) {
		t.Fatalf("queue: got %v, want %v", order, mine)
	}
	mustDecide(t, agent, mine[1], "rejection", "reason", "duplicate", "message", "There is one already.")
	for way, want := range map[string]string{
		"next=" + mine[0]: "/requests/" + mine[2], "next=" + mine[1]: "/requests/" + mine[2], // also from one that is answered
		"previous=" + mine[1]: "/requests/" + mine[0], "previous=" + mine[2]: "/requests/" + mine[0],
	} {
		if got := agent.Get("/support?" + way).Header.Get("Location"); got != want {
			t.Errorf("%s: got %q, want %q", way, got, want)
		}
	}
	for _, way := range []string{"next=999999", "next=abc", "previous=1e3"} {
		if got := agent.Get("/support?" + way).StatusCode; got != http.StatusNotFound {
			t.Errorf("%s: got %d, want 404", way, got)
		}
	}
}

func TestAnotherOpenRequestForTheKeyIsPointedOut(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	kaisa, agent := p.SignIn(t, "kaisa@nordvik.example"), p.SignIn(t, sofia)
	first, second := file(t, kaisa, moreHosts()), file(t, kaisa, moreHosts())
	for request, other := range map[string]string{first: second, second: first} {
		links := all(byID(dom(t, agent.Get("/requests/"+request)), "decide")[0].Parent, "a")
		if len(links) != 1 || attr(links[0], "href") != "/requests/"+other {
			t.Errorf("beside request %s: got %d links, want one to %s", request, len(links), other)
		}
	}
}
