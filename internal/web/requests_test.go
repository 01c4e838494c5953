package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"
	"golang.org/x/net/html"

	"github.com/keyhall/keyhall/internal/browsertest"
	"github.com/keyhall/keyhall/internal/i18n"
	"github.com/keyhall/keyhall/internal/licensing"
)

// makOf is the identifier of a MAK of a licence ID, by its last five characters.
func makOf(t *testing.T, c *browsertest.Client, number, last5 string) string {
	t.Helper()
	for _, row := range byClass(dom(t, c.Get("/licences/"+number+"/keys")), "div", "key") {
		if strings.Contains(text(row), last5) {
			return strings.TrimPrefix(attr(row, "id"), "key-")
		}
	}
	t.Fatalf("licence ID %s shows no key ending in %s", number, last5)
	return ""
}

const askMore = "/requests/new?kind=mak_increase&key="

// asking is the form of a key's row as somebody fills it in.
func asking(t *testing.T, c *browsertest.Client, key, quantity, reason string) url.Values {
	t.Helper()
	form := hidden(formTo(t, dom(t, c.Get(askMore+key)), "/requests"))
	form.Set("quantity", quantity)
	form.Set("reason", reason)
	return form
}

// formTo is the form of a page that posts to an address.
func formTo(t *testing.T, page *html.Node, action string) *html.Node {
	t.Helper()
	for _, f := range all(page, "form") {
		if attr(f, "action") == action {
			return f
		}
	}
	t.Fatalf("the page has no form to %s: %s", action, text(page))
	return nil
}

// hidden are the fields that a form carries by itself.
func hidden(form *html.Node) url.Values {
	fields := url.Values{}
	for _, i := range all(form, "input") {
		if attr(i, "type") == "hidden" {
			fields.Set(attr(i, "name"), attr(i, "value"))
		}
	}
	return fields
}

// fileAs files a request and returns its address.
func fileAs(t *testing.T, c *browsertest.Client, form url.Values) string {
	t.Helper()
	answer := c.Post("/requests", form)
	if answer.StatusCode != http.StatusSeeOther {
		t.Fatalf("filing %v: got %d, want 303: %s", form, answer.StatusCode, text(dom(t, answer)))
	}
	return answer.Header.Get("Location")
}

func named(page *html.Node, element, name string) *html.Node {
	for _, e := range all(page, element) {
		if attr(e, "name") == name {
			return e
		}
	}
	return nil
}

func TestAKeysRowAsksForANumberAndAReasonOnly(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	kaisa := p.SignIn(t, "kaisa@nordvik.example")
	key := makOf(t, kaisa, "74120935", "X4T9B")
	if row := text(dom(t, kaisa.Get("/licences/74120935/keys"))); !strings.Contains(row, "Ask for more X4T9B") {
		t.Error("the key's row offers no way to ask for more")
	}
	form := formTo(t, dom(t, kaisa.Get(askMore+key)), "/requests")
	for _, fact := range []string{"74120935", "Office LTSC 2024 Professional Plus", "X4T9B", "98 of 100 used"} {
		if !strings.Contains(text(form), fact) {
			t.Errorf("the form does not show %q", fact)
		}
	}
	var typed []string
	for _, name := range []string{"input", "textarea", "select"} {
		for _, e := range all(form, name) {
			if attr(e, "type") != "hidden" {
				typed = append(typed, attr(e, "name"))
			}
		}
	}
	if strings.Join(typed, " ") != "quantity reason" {
		t.Errorf("the form asks for %q, want the number and the reason", typed)
	}
	page := text(dom(t, kaisa.Get(fileAs(t, kaisa, asking(t, kaisa, key, "200", "First line.\nSecond line.")))))
	for _, said := range []string{"200 more activations for Office LTSC 2024 Professional Plus", "Kaisa", "Submitted", "Second line.", "Answer due"} {
		if !strings.Contains(page, said) {
			t.Errorf("the request's page does not say %q", said)
		}
	}
	if list := text(dom(t, kaisa.Get("/keys/"+key))); !strings.Contains(list, "200 more activations") {
		t.Error("the key's page does not list its request")
	}
}

// S-07, S-14, S-30: what is no number, or stands twice, is a problem of its field, and
// nothing that was typed is lost.
func TestABadFormKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	kaisa := p.SignIn(t, "kaisa@nordvik.example")
	key := makOf(t, kaisa, "74120935", "X4T9B")
	for name, c := range map[string]struct {
		field  string
		values []string
		kept   string
	}{
		"scientific notation":         {"quantity", []string{"1e3"}, "1e3"},
		"a negative number":           {"quantity", []string{"-5"}, "-5"},
		"a number with a comma":       {"quantity", []string{"5,000"}, "5,000"},
		"a full-width digit":          {"quantity", []string{"１"}, "１"},
		"more than an integer holds":  {"quantity", []string{"2147483648"}, "2147483648"},
		"nothing":                     {"quantity", []string{""}, ""},
		"a number twice":              {"quantity", []string{"5", "500"}, "5"},
		"a reason twice":              {"reason", []string{"one", "two"}, "one"},
		"a reason with NUL":           {"reason", []string{"a\x00b"}, "ab"},
		"a reason that turns around":  {"reason", []string{"a\u202eb"}, "ab"},
		"a reason that is no UTF-8":   {"reason", []string{"a\xffb"}, "ab"},
		"a number with a second line": {"quantity", []string{"5\n6"}, "56"},
	} {
		form := asking(t, kaisa, key, "20", "because")
		form[c.field] = c.values
		once := form.Get("once")
		answer := kaisa.Post("/requests", form)
		page := dom(t, answer)
		if answer.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("%s: got %d, want 422", name, answer.StatusCode)
			continue
		}
		for field, kept := range map[string]string{"quantity": "20", "reason": "because", c.field: c.kept} {
			got := attr(named(page, "input", "quantity"), "value")
			if field == "reason" {
				got = text(named(page, "textarea", "reason"))
			}
			if got != kept {
				t.Errorf("%s: the field %s holds %q, want %q", name, field, got, kept)
			}
		}
		wrongs := byClass(page, "div", "errors")
		if len(wrongs) != 1 || attr(wrongs[0], "role") != "alert" || attr(all(wrongs[0], "a")[0], "href") != "#"+c.field {
			t.Errorf("%s: no summary leads to the field", name)
		}
		if e := named(page, map[bool]string{true: "textarea", false: "input"}[c.field == "reason"], c.field); attr(e, "aria-invalid") != "true" || !strings.HasPrefix(attr(e, "aria-describedby"), c.field+"-error") {
			t.Errorf("%s: the field is not tied to what is wrong with it", name)
		}
		if got := hidden(formTo(t, page, "/requests")).Get("once"); got != once {
			t.Errorf("%s: the form carries another once, so that a repeated press would file twice", name)
		}
	}
}

// S-17: the same press again is the same request; the same name for something else is refused.
func TestARepeatedPressFilesOnce(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	kaisa := p.SignIn(t, "kaisa@nordvik.example")
	form := asking(t, kaisa, makOf(t, kaisa, "74120935", "X4T9B"), "20", "because")
	first := fileAs(t, kaisa, form)
	if again := fileAs(t, kaisa, form); again != first {
		t.Errorf("the same form again: got %s, want %s", again, first)
	}
	form.Set("quantity", "21")
	if got := kaisa.Post("/requests", form).StatusCode; got != http.StatusUnprocessableEntity {
		t.Errorf("another body under the same once: got %d, want 422", got)
	}
	for name, once := range map[string]string{"none": "", "one too short": "short", "one that is no name": "../../../../etc"} {
		form.Set("once", once)
		answer := kaisa.Post("/requests", form)
		page := dom(t, answer)
		if answer.StatusCode != http.StatusUnprocessableEntity || len(hidden(formTo(t, page, "/requests")).Get("once")) < 22 {
			t.Errorf("%s: got %d, want 422 and a form with a once of its own", name, answer.StatusCode)
		}
	}
}

func TestASecondRequestForAKeyIsMeantOrNotFiled(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	kaisa := p.SignIn(t, "kaisa@nordvik.example")
	key := makOf(t, kaisa, "74120935", "X4T9B")
	first := fileAs(t, kaisa, asking(t, kaisa, key, "20", "because"))
	if link := text(dom(t, kaisa.Get(askMore+key))); !strings.Contains(link, "is not answered yet") {
		t.Error("the form does not point out the open request")
	}
	form := asking(t, kaisa, key, "30", "because")
	answer := kaisa.Post("/requests", form)
	if page := text(dom(t, answer)); answer.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(page, "R-"+strings.TrimPrefix(first, "/requests/")) {
		t.Errorf("a second request: got %d, want 422 that names the first", answer.StatusCode)
	}
	form.Set("confirm_duplicate", "1")
	if second := fileAs(t, kaisa, form); second == first {
		t.Error("a second request that is meant: got the first")
	}
}

// A form of one's own says what is known so far without filing anything.
func TestAFormFromScratchIsCheckedAndFiled(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	kaisa := p.SignIn(t, "kaisa@nordvik.example")
	form := hidden(formTo(t, dom(t, kaisa.Get("/requests/new?kind=mak_increase")), "/requests"))
	form.Set("licence", "74120935")
	form.Set("product", "Office LTSC 2024 Professional Plus")
	form.Set("last5", "x4t9b")
	form.Set("check", "1")
	answer := kaisa.Post("/requests", form)
	page := dom(t, answer)
	if answer.StatusCode != http.StatusOK || len(byClass(page, "ul", "findings")) == 0 || len(byClass(page, "div", "errors")) > 0 {
		t.Errorf("checking: got %d, want 200 with findings and nothing wrong yet: %s", answer.StatusCode, text(page))
	}
	form.Del("check")
	form.Set("quantity", "20")
	form.Set("reason", "because")
	if said := text(dom(t, kaisa.Get(fileAs(t, kaisa, form)))); !strings.Contains(said, "20 more activations") {
		t.Errorf("the filed request says %q", said)
	}
}

// Support asks, the clock stands still, the customer answers; who was slower than
// somebody else learns that and keeps the text.
func TestAQuestionIsAnsweredOnItsRequest(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	kaisa, sofia := p.SignIn(t, "kaisa@nordvik.example"), p.SignIn(t, "sofia@support.example")
	at := fileAs(t, kaisa, asking(t, kaisa, makOf(t, kaisa, "74120935", "X4T9B"), "20", "because"))
	question := hidden(formTo(t, dom(t, sofia.Get(at)), at+"/question"))
	question.Set("message", "Which computers?")
	if got := sofia.Post(at+"/question", question).StatusCode; got != http.StatusSeeOther {
		t.Fatalf("asking: got %d, want 303", got)
	}
	page := dom(t, kaisa.Get(at))
	if said := text(page); !strings.Contains(said, "Which computers?") || !strings.Contains(said, "Stopped while you answer") {
		t.Errorf("the page says neither the question nor that the clock stands still: %s", said)
	}
	answer := hidden(formTo(t, page, at+"/answer"))
	if got := kaisa.Post(at+"/answer", answer).StatusCode; got != http.StatusUnprocessableEntity {
		t.Errorf("an empty answer: got %d, want 422", got)
	}
	answer.Set("version", "1")
	answer.Set("message", "Those of the schools.")
	late := kaisa.Post(at+"/answer", answer)
	shown := dom(t, late)
	if late.StatusCode != http.StatusConflict || text(named(shown, "textarea", "message")) != "Those of the schools." {
		t.Errorf("an answer to what has changed: got %d, want 409 with the text kept", late.StatusCode)
	}
	answer = hidden(formTo(t, shown, at+"/answer"))
	answer.Set("message", "Those of the schools.")
	if got := kaisa.Post(at+"/answer", answer); got.StatusCode != http.StatusSeeOther || got.Header.Get("Location") != at {
		t.Errorf("the answer: got %d to %q, want 303 to the request", got.StatusCode, got.Header.Get("Location"))
	}
	page = dom(t, kaisa.Get(at))
	if said := text(page); !strings.Contains(said, "Those of the schools.") || !strings.Contains(said, "Answer due") {
		t.Errorf("after the answer the page says %s", said)
	}
	for _, version := range []string{"", "two", "1.0"} {
		form := hidden(formTo(t, page, at+"/withdrawal"))
		form.Set("version", version)
		if got := kaisa.Post(at+"/withdrawal", form).StatusCode; got != http.StatusUnprocessableEntity {
			t.Errorf("withdrawing with the version %q: got %d, want 422", version, got)
		}
	}
	if got := kaisa.Post(at+"/withdrawal", hidden(formTo(t, page, at+"/withdrawal"))).StatusCode; got != http.StatusSeeOther {
		t.Errorf("withdrawing: got %d, want 303", got)
	}
	answer.Set("once", "answering-too-late")
	late = kaisa.Post(at+"/answer", answer)
	if said := text(dom(t, late)); late.StatusCode != http.StatusConflict || strings.Count(said, "Those of the schools.") != 2 {
		t.Errorf("an answer to what was withdrawn: got %d, want 409 with the text to copy", late.StatusCode)
	}
	if said := text(dom(t, kaisa.Get(at))); !strings.Contains(said, "withdrew it") {
		t.Errorf("after the withdrawal the page says %s", said)
	}
}

// S-51: a request of others is answered like one that doesn't exist, to the last byte.
func TestAStrangersRequestLooksLikeNothing(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	kaisa, frode, lena := p.SignIn(t, "kaisa@nordvik.example"), p.SignIn(t, "frode@fjellheim.example"), p.SignIn(t, "lena@nordvik.example")
	key := makOf(t, kaisa, "74120935", "X4T9B")
	at := fileAs(t, kaisa, asking(t, kaisa, key, "20", "because"))
	page := dom(t, kaisa.Get(at))
	for name, c := range map[string]*browsertest.Client{"another family": frode, "a licence reader": lena} {
		alike(t, name, c.Get(at), c.Get("/requests/99999999"))
		for _, what := range []string{"/answer", "/withdrawal"} {
			form := hidden(formTo(t, page, at+"/withdrawal"))
			form.Set("message", "Mine.")
			alike(t, name, c.Post(at+what, form), c.Post("/requests/99999999"+what, form))
			alike(t, name, c.Post(at+what, nil), c.Post("/requests/99999999"+what, nil))
		}
		if said := text(dom(t, c.Get("/requests"))); strings.Contains(said, strings.TrimPrefix(at, "/requests/")) {
			t.Errorf("%s: the list shows the request", name)
		}
	}
	alike(t, "another family", frode.Get(askMore+key), frode.Get(askMore+uuid.NewString()))
	for _, number := range []string{"R-20401", "0", "-1", "020401", "1e3", "99999999999999999999"} {
		alike(t, "a number that is none", kaisa.Get("/requests/"+number), kaisa.Get("/requests/99999999"))
	}
}

func TestWhoMayNotFileIsToldSo(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	for _, c := range []struct {
		name, account string
		want          int
	}{
		{"a licence reader", "lena@nordvik.example", http.StatusForbidden},
		{"a download manager", "dirk@nordvik.example", http.StatusForbidden},
		{"the operator", "olli@operator.example", http.StatusForbidden},
		{"a key viewer", "kevin@nordvik.example", http.StatusOK},
		{"support", "sofia@support.example", http.StatusOK},
	} {
		client := p.SignIn(t, c.account)
		if got := client.Get("/requests/new").StatusCode; got != c.want {
			t.Errorf("%s opens the form: got %d, want %d", c.name, got, c.want)
		}
		want := map[int]int{http.StatusForbidden: http.StatusForbidden, http.StatusOK: http.StatusUnprocessableEntity}[c.want]
		if got := client.Post("/requests", url.Values{"kind": {"mak_increase"}}).StatusCode; got != want {
			t.Errorf("%s files an empty form: got %d, want %d", c.name, got, want)
		}
	}
}

// A kind of request has its form, its words and its message on every page, or it is
// not one yet: the recipe's list, checked.
func TestEveryKindHasItsPagesAndWords(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	kaisa := p.SignIn(t, "kaisa@nordvik.example")
	chooser := dom(t, kaisa.Get("/requests/new"))
	for _, k := range licensing.RequestKinds() {
		path := "/requests/new?kind=" + string(k)
		if !strings.Contains(linksOf(chooser), path+" ") {
			t.Errorf("%s is not among the kinds to choose from", k)
		}
		page := dom(t, kaisa.Get(path))
		form := formTo(t, page, "/requests")
		if named(form, "textarea", "reason") == nil || hidden(form).Get("kind") != string(k) {
			t.Errorf("%s has no form of its own", k)
		}
		if asks := named(form, "input", "quantity") != nil; asks != licensing.RulesOf(k).Counts() {
			t.Errorf("%s asks for a number: %v", k, asks)
		}
		if list := named(dom(t, kaisa.Get("/requests?kind="+string(k))), "select", "kind"); !strings.Contains(text(list), i18n.T(t.Context(), "request.kind."+string(k))) {
			t.Errorf("%s can't be chosen in the list", k)
		}
		said := []string{"request.kind.", "request.kind_what.", "request.reason_hint."}
		if licensing.RulesOf(k).Counts() {
			said = append(said, "request.asks.", "request.quantity.", "request.quantity_hint.")
		}
		for _, lang := range i18n.Languages() {
			for _, prefix := range said {
				if key := prefix + string(k); i18n.Parts(i18n.With(t.Context(), lang), key)[0].Text == key {
					t.Errorf("%s: nothing says %s in %s", k, key, lang)
				}
			}
		}
	}
}

// linksOf are the addresses that a page links, each followed by a blank.
func linksOf(page *html.Node) string {
	var b strings.Builder
	for _, a := range all(page, "a") {
		b.WriteString(attr(a, "href") + " ")
	}
	return b.String()
}
