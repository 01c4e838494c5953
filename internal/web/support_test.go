package web_test

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
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
	posts := []string{"/approval", "/rejection", "/question", "/assignment", "/notes"}
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
