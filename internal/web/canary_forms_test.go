package web_test

import (
	"crypto/rand"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/keyhall/keyhall/internal/browsertest"
	"github.com/keyhall/keyhall/internal/canary"
)

// scribbled has everybody write a key into every field for text of every form that they
// are shown, those to come among them, and sees that enough fields were met to prove a thing.
func scribbled(t *testing.T, p *browsertest.Portal, people map[string]*browsertest.Client, key string) {
	t.Helper()
	s := scribbler{t: t, p: p, key: key, answers: map[string][]int{}}
	for _, who := range slices.Sorted(maps.Keys(people)) { // what one fills in, the next is shown
		c := people[who]
		walk(t, p, c, func(_ string, page *html.Node) {
			for _, f := range all(page, "form") {
				s.write(c, f)
			}
		})
	}
	home := familyOf(t, p, "anna@nordvik.example").String()
	s.direct(people["anna@nordvik.example"], "/people/groups", "group", "of "+key, "role", "viewer", "issuer", p.URL+"/demo-idp", "organisation", home)
	s.direct(people[sofia], "/support/visits", "reason", "Of "+key, "number", "74150113", "next", "/licences/74150113")
	t.Logf("answers by form and field: %v", s.answers)
	for _, field := range []string{
		"/access-requests reason", "/access-requests/:id/denial message", "/access-requests/agreements licence", "/account/email email",
		"/keys/:id/compromise reason", "/keys/:id/handover email", "/leaks/:id/notes text", "/leaks/:id/end text",
		"/licences/:number/people email", "/licences/:number/people name", "/licences/:number/people/copies numbers", "/people/:id/leave colleague",
		"/people/groups group", "/people/reviews number", "/requests reason", "/requests/:id/notes text", "/requests/:id/question message",
		"/rights/:id/successor email", "/support/access reason", "/support/visits reason",
	} {
		if len(s.answers[field]) == 0 {
			t.Errorf("no key was written into the field %s: the sweep proves less than it says", field)
		}
	}
}

// direct sends a form that no page shows in the demo's world.
func (s *scribbler) direct(c *browsertest.Client, action, field, typed string, with ...string) {
	s.t.Helper()
	form := url.Values{"once": {strings.ToLower(rand.Text())}, field: {typed}}
	for i := 0; i+1 < len(with); i += 2 {
		form.Set(with[i], with[i+1])
	}
	s.answers[action+" "+field] = append(s.answers[action+" "+field], c.Post(action, form).StatusCode)
}

// walk shows each page that somebody is shown and that is linked from one without an id in
// its address, even if only to state a reason there; of those that are much alike a few.
func walk(t *testing.T, p *browsertest.Portal, c *browsertest.Client, look func(path string, page *html.Node)) {
	t.Helper()
	const each = 2
	seen, alike := map[string]bool{}, map[string]int{}
	var todo []string
	for _, r := range p.Server.Routes() {
		if path := strings.ReplaceAll(r.Path, ":number", "74120935"); r.Method == http.MethodGet && !strings.ContainsAny(path, ":.") {
			todo = append(todo, path)
		}
	}
	for ; len(todo) > 0; todo = todo[1:] {
		path, query, _ := strings.Cut(todo[0], "?")
		sort := routeOf(p, http.MethodGet, path)
		if asked, err := url.ParseQuery(query); err == nil {
			sort += strings.Join(slices.Sorted(maps.Keys(asked)), "&")
		}
		if seen[todo[0]] || alike[sort] >= each || !strings.HasPrefix(sort, "/") || strings.HasPrefix(path, "/sign") || strings.Contains(path, ".") {
			continue
		}
		seen[todo[0]] = true
		answer := c.Get(todo[0])
		if answer.StatusCode != http.StatusOK && answer.StatusCode != http.StatusForbidden || !strings.HasPrefix(answer.Header.Get("Content-Type"), "text/html") {
			continue
		}
		alike[sort]++
		page := dom(t, answer)
		for _, a := range all(page, "a") {
			to, _, _ := strings.Cut(attr(a, "href"), "#")
			todo = append(todo, to)
		}
		look(todo[0], page)
	}
}

// routeOf is the route of an address, "" for none.
func routeOf(p *browsertest.Portal, method, path string) string {
	parts := strings.Split(path, "/")
	best := ""
	for _, r := range p.Server.Routes() {
		pattern := strings.Split(r.Path, "/")
		fits := r.Method == method && len(pattern) == len(parts)
		for i := 0; fits && i < len(parts); i++ {
			fits = pattern[i] == parts[i] || strings.HasPrefix(pattern[i], ":")
		}
		if fits && (best == "" || !strings.Contains(r.Path, ":")) {
			best = r.Path
		}
	}
	return best
}

// scribbler writes a key into forms.
type scribbler struct {
	t       *testing.T
	p       *browsertest.Portal
	key     string
	answers map[string][]int // statuses, by route and field: "/people/groups group"
}

// enough is how often one field is written into, by different people and on other pages.
const enough = 4

// write sends a form once for each of its fields for text, with a key in that one and
// something fit in the others.
func (s *scribbler) write(c *browsertest.Client, f *html.Node) {
	s.t.Helper()
	action := attr(f, "action")
	if !strings.EqualFold(attr(f, "method"), "post") || attr(f, "enctype") != "" || action == "/search" {
		return
	}
	for _, field := range slices.Concat(all(f, "input"), all(f, "textarea")) {
		kind, name := attr(field, "type"), attr(field, "name")
		at := routeOf(s.p, http.MethodPost, action) + " " + name
		if !slices.Contains([]string{"", "text", "search", "email", "tel", "url"}, kind) || name == "" || len(s.answers[at]) >= enough {
			continue
		}
		fields := filledIn(f, len(s.answers[at])%2 == 0)
		typed := []string{"It is " + s.key + ".", strings.ReplaceAll(s.key, "-", ""), strings.ToLower(s.key), "key_" + s.key}[len(s.answers[at])%4]
		if kind == "email" || name == "email" {
			typed = s.key + "@nordvik.example"
		}
		fields.Set(name, typed)
		answer := c.Post(action, fields)
		s.answers[at] = append(s.answers[at], answer.StatusCode)
		if answer.StatusCode >= 500 {
			s.t.Errorf("a key in the field %s: got %d", at, answer.StatusCode)
		}
		if to := answer.Header.Get("Location"); len(canary.Leaks([]byte(to), s.key)) > 0 {
			s.t.Errorf("a key in the field %s is in the address that comes after: %s", at, to)
		}
	}
}

// filledIn is a form with something fit in each field; the first or the last of what is to
// be chosen.
func filledIn(f *html.Node, first bool) url.Values {
	fields := fill(f)
	for _, s := range all(f, "select") {
		for _, o := range all(s, "option") {
			if attr(o, "value") != "" && (!first || fields.Get(attr(s, "name")) == "") {
				fields.Set(attr(s, "name"), attr(o, "value"))
			}
		}
	}
	chosen := map[string]bool{}
	for _, i := range slices.Concat(all(f, "input"), all(f, "textarea")) {
		name := attr(i, "name")
		switch kind := attr(i, "type"); {
		case kind == "radio" && (!first || !chosen[name]):
			fields.Set(name, attr(i, "value"))
			chosen[name] = true
		case kind == "radio", kind == "hidden", attr(i, "value") != "" && kind != "checkbox":
		case kind == "email" || name == "email":
			fields.Set(name, "lotte@nordvik.example")
		case kind == "number":
			fields.Set(name, max(attr(i, "min"), "1"))
		case kind == "", kind == "text":
			fields.Set(name, "Needed in the office.")
		}
	}
	if fields.Has("once") {
		fields.Set("once", strings.ToLower(rand.Text()))
	}
	return fields
}
