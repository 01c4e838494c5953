package web_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"golang.org/x/net/html"

	"github.com/keyhall/keyhall/internal/browsertest"
)

// wish asks for access as a person's form does.
func wish(t *testing.T, c *browsertest.Client, fields ...string) *http.Response {
	t.Helper()
	return sendWith(c, formTo(t, dom(t, c.Get("/access-requests")), "/access-requests"), append([]string{"role", "key_viewer", "reason", "For the laptops."}, fields...)...)
}

// delivered lets Keyhall tell of what was asked, as its worker does.
func delivered(t *testing.T, p *browsertest.Portal) {
	t.Helper()
	if err := p.Store.MindAccess(t.Context(), time.Now()); err != nil {
		t.Fatal(err)
	}
}

// formEnding is the form whose address ends so, beside somebody's name or a number.
func formEnding(t *testing.T, page *html.Node, beside, end string) *html.Node {
	t.Helper()
	for _, row := range all(page, "tr") {
		if !strings.Contains(text(row), beside) {
			continue
		}
		for _, f := range all(row, "form") {
			if strings.HasSuffix(attr(f, "action"), end) {
				return f
			}
		}
	}
	t.Fatalf("no form …%s beside %s: %s", end, beside, text(page))
	return nil
}

// Somebody asks, an administrator accepts with a lesser role and a message, and it opens.
func TestSomebodyAsksForAccessAndGetsIt(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	kevin, anna := p.SignIn(t, "kevin@nordvik.example"), p.SignIn(t, "anna@nordvik.example")
	if answer := wish(t, kevin, "number", " 7412 0935 ", "role", "key_administrator", "whole", "1"); answer.StatusCode != http.StatusSeeOther || answer.Header.Get("Location") != "/access-requests" {
		t.Fatalf("asking: got %d to %q: %s", answer.StatusCode, answer.Header.Get("Location"), text(dom(t, answer)))
	}
	if said := text(dom(t, kevin.Get("/access-requests"))); !strings.Contains(said, "74120935 its whole organisation Key administrator Waits for an answer") || strings.Contains(said, "Suomi Oy") {
		t.Errorf("kevin's page: %s", said)
	}
	delivered(t, p)
	if said := text(dom(t, anna.Get("/licences/74120935/people"))); !strings.Contains(said, "access request") {
		t.Errorf("the page of people doesn't say that somebody asks: %s", said)
	}
	page := dom(t, anna.Get("/access-requests"))
	if said := text(page); !strings.Contains(said, "Kevin Haugen kevin@nordvik.example signs in at 127.0.0.1") || !strings.Contains(said, "For the laptops.") {
		t.Errorf("anna's page: %s", said)
	}
	accept := formEnding(t, page, "For the laptops.", "/acceptance")
	wrong := sendWith(anna, accept, "role", "administrator", "message", "Welcome, Kevin.")
	if wrong.StatusCode != http.StatusUnprocessableEntity {
		t.Fatalf("more than was asked for: got %d, want 422", wrong.StatusCode)
	}
	if said := text(dom(t, wrong)); !strings.Contains(said, "more than was asked for") || !strings.Contains(said, "Welcome, Kevin.") {
		t.Errorf("the page doesn't say what is wrong, or loses what was typed: %s", said)
	}
	if answer := sendWith(anna, accept, "role", "key_viewer", "place", "licence", "message", "Welcome, Kevin."); answer.StatusCode != http.StatusSeeOther {
		t.Fatalf("accepting: got %d: %s", answer.StatusCode, text(dom(t, answer)))
	}
	eventually(t, "kevin opens the licence ID", func() bool { return kevin.Get("/licences/74120935").StatusCode == http.StatusOK })
	if said := text(dom(t, kevin.Get("/access-requests"))); !strings.Contains(said, "Key viewer Accepted") || !strings.Contains(said, "Welcome, Kevin. The administrators") || strings.Contains(said, "Anna") {
		t.Errorf("kevin's page says who decided, or not what: %s", said)
	}
	late := hidden(accept)
	late.Set("once", fresh())
	late.Set("role", "key_viewer")
	late.Set("message", "Welcome, once more.")
	for _, act := range []string{"/acceptance", "/denial"} {
		again := anna.Post(strings.TrimSuffix(attr(accept, "action"), "/acceptance")+act, late)
		said := text(dom(t, again))
		if again.StatusCode != http.StatusConflict || !strings.Contains(said, "Kevin Haugen 74120935 Accepted Anna") || !strings.Contains(said, "Welcome, once more.") {
			t.Errorf("%s, too late: got %d, want 409, what it is now and what was typed: %s", act, again.StatusCode, said)
		}
	}
	if said := text(dom(t, anna.Get("/audit?licence=74120935"))); !strings.Contains(said, "Access request accepted") || !strings.Contains(said, "Role given") {
		t.Errorf("the audit log doesn't say what happened: %s", said)
	}
}

func fresh() string { return strings.ToLower(strings.ReplaceAll(uuid.NewString(), "-", "")) }

// changing is what differs between two pages of anything: identifiers, hidden fields, and
// times of day, as a minute may end between them.
var changing = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f-]{27}|name="once" value="[A-Za-z0-9]+"|<time datetime="[^"]+">[^<]+`)

// S-51: a number that a licence ID of others has, one of one's own family, and one that
// nobody has get the same answers, to the last byte, before and after Keyhall has looked.
func TestAskingForAccessIsNoOracle(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	numbers := map[string]string{"kevin@nordvik.example": "74120935", "lena@nordvik.example": "50912277", "frode@fjellheim.example": "74120935"}
	sql(t, p, `DELETE FROM access_requests`)
	for account, exists := range numbers {
		c := p.SignIn(t, account)
		pages := map[string][]string{}
		for _, number := range []string{exists, "99999999"} {
			bare := func(r *http.Response) string {
				return strings.ReplaceAll(changing.ReplaceAllString(body(t, r), ""), number, "N")
			}
			pages[number] = append(pages[number], bare(c.Get("/access-requests?number="+number)))
			answer := wish(t, c, "number", number)
			pages[number] = append(pages[number], answer.Header.Get("Location"), bare(answer), bare(c.Get("/access-requests")))
			again := wish(t, c, "number", number)
			pages[number] = append(pages[number], bare(again))
			delivered(t, p)
			page := c.Get("/access-requests")
			pages[number] = append(pages[number], bare(page))
			back := formEnding(t, dom(t, c.Get("/access-requests")), number, "/withdrawal")
			for _, act := range []string{"/acceptance", "/denial"} {
				fields := hidden(back)
				fields.Set("once", fresh())
				fields.Set("role", "key_viewer")
				r := c.Post(strings.TrimSuffix(attr(back, "action"), "/withdrawal")+act, fields)
				pages[number] = append(pages[number], r.Status, bare(r))
			}
			if got := sendWith(c, back).StatusCode; got != http.StatusSeeOther {
				t.Fatalf("%s withdraws: got %d", account, got)
			}
			delivered(t, p)
			pages[number] = append(pages[number], bare(c.Get("/access-requests")), bare(c.Get("/licences/"+number)))
			sql(t, p, `DELETE FROM access_requests`) // so that both begin alike
		}
		for i := range pages[exists] {
			if pages[exists][i] != pages["99999999"][i] {
				t.Errorf("%s, answer %d: it tells a number that a licence ID has from one that none has", account, i)
			}
		}
	}
}

// From where somebody learns that they have no right, the form asks for that number.
func TestTheFormAsksForTheNumberOfTheLink(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	kevin := p.SignIn(t, "kevin@nordvik.example")
	link := ""
	for _, a := range all(dom(t, kevin.Get("/why?number=74120935")), "a") {
		if strings.HasPrefix(attr(a, "href"), "/access-requests?") {
			link = attr(a, "href")
		}
	}
	if link != "/access-requests?number=74120935#ask" {
		t.Fatalf("why not: got the link %q", link)
	}
	for path, want := range map[string]string{
		strings.TrimSuffix(link, "#ask"): "74120935", "/access-requests": "",
		"/access-requests?number=%22%3E%3Cb%3E": `"><b>`, "/access-requests?number=" + strings.Repeat("1", 21): "",
	} {
		form := formTo(t, dom(t, kevin.Get(path)), "/access-requests")
		got := ""
		for _, field := range all(form, "input") {
			if attr(field, "name") == "number" {
				got = attr(field, "value")
			}
		}
		if got != want {
			t.Errorf("%s: the form asks for %q, want %q", path, got, want)
		}
	}
}

// S-50: who asks and who answers; the staff see where nobody does.
func TestWhoMayAskAndAnswer(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	kevin := p.SignIn(t, "kevin@nordvik.example")
	wish(t, kevin, "number", "74120935")
	delivered(t, p)
	path := strings.TrimSuffix(attr(formEnding(t, dom(t, kevin.Get("/access-requests")), "74120935", "/withdrawal"), "action"), "/withdrawal")
	for account, want := range map[string][4]int{
		"anna@nordvik.example":    {303, 404, 422, 303}, // only who asked withdraws; she is the one who answers
		"kaisa@nordvik.example":   {303, 404, 403, 403},
		"lena@nordvik.example":    {303, 404, 403, 403},
		"dirk@nordvik.example":    {303, 404, 403, 403},
		"frode@fjellheim.example": {303, 404, 404, 404},
		"sofia@support.example":   {403, 404, 403, 403},
		"olli@operator.example":   {403, 404, 403, 403},
	} {
		if account == "anna@nordvik.example" {
			continue // last: her denial ends it
		}
		whoMay(t, p.SignIn(t, account), account, path, want)
	}
	whoMay(t, p.SignIn(t, "anna@nordvik.example"), "anna@nordvik.example", path, [4]int{303, 404, 422, 303})
	if said := text(dom(t, p.SignIn(t, "olli@operator.example").Get("/access-requests"))); !strings.Contains(said, "nobody answers") {
		t.Errorf("the operator's page: %s", said)
	}
}

func whoMay(t *testing.T, c *browsertest.Client, account, path string, want [4]int) {
	t.Helper()
	form := func(pairs ...string) url.Values {
		v := url.Values{"once": {fresh()}, "version": {"1"}}
		for i := 0; i < len(pairs); i += 2 {
			v.Set(pairs[i], pairs[i+1])
		}
		return v
	}
	if got := c.Get("/access-requests").StatusCode; got != http.StatusOK {
		t.Errorf("%s opens the page: got %d", account, got)
	}
	for i, r := range []*http.Response{
		c.Post("/access-requests", form("number", "88888888", "role", "key_viewer", "reason", "x")),
		c.Post(path+"/withdrawal", form()),
		c.Post(path+"/acceptance", form("role", "administrator")), // more than was asked
		c.Post(path+"/denial", form("message", "No.")),
	} {
		if r.StatusCode != want[i] {
			t.Errorf("%s, act %d: got %d, want %d", account, i, r.StatusCode, want[i])
		}
	}
}
