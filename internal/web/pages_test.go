package web_test

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/keyhall/keyhall/internal/browsertest"
	"github.com/keyhall/keyhall/internal/demo"
)

// body reads an answer to its end.
func body(t *testing.T, r *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatalf("read %s: %v", r.Request.URL, err)
	}
	return string(b)
}

// inClear finds a product key of the demo's world. Forms and requests are named by random
// letters, in which DEMO comes about by itself, but no hyphen.
var inClear = regexp.MustCompile(`DEMO[0-9A-Z]-`)

// dom reads an answer as a page.
func dom(t *testing.T, r *http.Response) *html.Node {
	t.Helper()
	root, err := html.Parse(bytes.NewReader([]byte(body(t, r))))
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// all returns the elements of a name below n, in the order of the page.
func all(n *html.Node, name string) []*html.Node {
	var found []*html.Node
	for d := range n.Descendants() {
		if d.Type == html.ElementNode && d.Data == name {
			found = append(found, d)
		}
	}
	return found
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// text is what an element says, white space folded.
func text(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data + " ")
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// byClass returns the elements of a name that have a class.
func byClass(n *html.Node, name, class string) []*html.Node {
	var found []*html.Node
	for _, e := range all(n, name) {
		for _, c := range strings.Fields(attr(e, "class")) {
			if c == class {
				found = append(found, e)
			}
		}
	}
	return found
}

// Every link and form that an account is shown works: none leads to something it may
// not do or that isn't there, and the first page has something for everybody.
func TestWhatIsShownWorks(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	file(t, p.SignIn(t, "kaisa@nordvik.example"), moreActivations("200"))
	for _, account := range demo.Accounts() {
		if account.Email == "gast@nordvik.example" {
			continue // has no account in the portal
		}
		t.Run(account.Email, func(t *testing.T) {
			t.Parallel()
			c := crawler{t: t, client: p.SignIn(t, account.Email), base: p.URL, seen: map[string]bool{}}
			c.visit("/", "start")
			for len(c.todo) > 0 {
				next := c.todo[0]
				c.todo = c.todo[1:]
				c.visit(next.path, next.from)
			}
			if c.rows == 0 {
				t.Error("the first page shows no row to anybody like that")
			}
			if len(c.seen) < 15 {
				t.Errorf("only %d addresses are linked", len(c.seen))
			}
		})
	}
}

type link struct{ path, from string }

type crawler struct {
	t      *testing.T
	client *browsertest.Client
	base   string
	seen   map[string]bool
	todo   []link
	rows   int
}

// visit asks for an address and notes what it leads to.
func (c *crawler) visit(path, from string) {
	if c.seen[path] || len(c.seen) > 400 {
		return
	}
	c.seen[path] = true
	answer := c.client.Get(path)
	if answer.StatusCode == http.StatusSeeOther { // as to the next request in the queue
		c.note(answer.Header.Get("Location"), path)
		return
	}
	if answer.StatusCode != http.StatusOK {
		c.t.Errorf("%s, linked on %s: got %d", path, from, answer.StatusCode)
		return
	}
	if !strings.HasPrefix(answer.Header.Get("Content-Type"), "text/html") {
		body(c.t, answer)
		return
	}
	page := dom(c.t, answer)
	if path == "/" {
		c.rows = len(all(page, "tbody"))
	}
	for _, a := range all(page, "a") {
		c.note(attr(a, "href"), path)
	}
	for _, f := range all(page, "form") {
		c.submit(f, path)
	}
}

func (c *crawler) note(href, from string) {
	u, err := url.Parse(href)
	if err != nil || u.Host != "" || u.Scheme != "" || !strings.HasPrefix(u.Path, "/") || u.Query().Has("lang") {
		return
	}
	u.Fragment = ""
	c.todo = append(c.todo, link{u.String(), from})
}

// submit sends a form as it stands; only a few reveals, as each is much the same.
func (c *crawler) submit(f *html.Node, from string) {
	fields := url.Values{}
	for _, i := range all(f, "input") {
		fields.Set(attr(i, "name"), attr(i, "value"))
	}
	for _, i := range all(f, "textarea") {
		fields.Set(attr(i, "name"), "A few words.")
	}
	action := attr(f, "action")
	switch {
	case action == "/signout", action == "/requests", action == "/imports", strings.HasPrefix(action, "/access-requests"): // as it stands there is nothing to send
	case strings.HasPrefix(action, "/rights/"), strings.HasSuffix(action, "/leave"), strings.HasPrefix(action, "/people/reviews"), strings.HasSuffix(action, "/sessions/end"), strings.HasSuffix(action, "/people") && attr(f, "method") == "post": // nobody's rights change here
	case strings.HasPrefix(action, "/invitations/"): // one that was sent just now rests for a minute
	case strings.HasSuffix(action, "/withdrawal"): // others still want to see it
	case strings.HasSuffix(action, "/copies"), strings.HasSuffix(action, "/handover"): // as they stand they name nobody
	case strings.HasSuffix(action, "/compromise"), strings.HasPrefix(action, "/leaks/"): // no key is frozen for the others
	case strings.EqualFold(attr(f, "method"), "get"):
		c.todo = append(c.todo, link{action + "?" + fields.Encode(), from})
	case action == "/search":
		fields.Set("q", "office")
		c.post(action, fields, from)
	case !c.seen["POST "+from]:
		c.seen["POST "+from] = true
		c.post(action, fields, from)
	}
}

func (c *crawler) post(action string, fields url.Values, from string) {
	if c.seen["POST "+action] {
		return
	}
	c.seen["POST "+action] = true
	answer := c.client.Post(action, fields)
	if answer.StatusCode == http.StatusSeeOther {
		c.note(answer.Header.Get("Location"), "POST "+action)
	} else if answer.StatusCode != http.StatusOK {
		c.t.Errorf("POST %s, a form on %s: got %d", action, from, answer.StatusCode)
	}
}
