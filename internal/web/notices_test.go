package web_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"golang.org/x/net/html"

	"github.com/keyhall/keyhall/internal/browsertest"
	"github.com/keyhall/keyhall/internal/web"
)

// bellOf is what the bell on a page says.
func bellOf(t *testing.T, c *browsertest.Client, path string) string {
	t.Helper()
	for _, a := range all(dom(t, c.Get(path)), "a") {
		if attr(a, "href") == "/notices" {
			return text(a)
		}
	}
	t.Fatalf("%s has no bell", path)
	return ""
}

// line is the row of a page's table that holds a text.
func line(t *testing.T, page *html.Node, holds string) *html.Node {
	t.Helper()
	for _, row := range all(page, "tr") {
		if strings.Contains(text(row), holds) {
			return row
		}
	}
	t.Fatalf("no line with %s in %s", holds, text(all(page, "main")[0]))
	return nil
}

func TestAQuestionOfSupportReachesWhoAsked(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	kevin, sofia := p.SignIn(t, "kevin@nordvik.example"), p.SignIn(t, sofia)
	kevin.Post("/notices/read", nil) // whatever the demo has told him already
	request := file(t, kevin, anything())
	mustDecide(t, sofia, request, "question", "message", "Which museum?")

	got := ""
	for end := time.Now().Add(10 * time.Second); got != "1 unread notice 1" && time.Now().Before(end); { // counts may be a second old
		got = bellOf(t, kevin, "/help")
	}
	if got != "1 unread notice 1" {
		t.Errorf("the bell after a question: got %q, want 1", got)
	}
	row := line(t, dom(t, kevin.Get("/notices")), "R-"+request)
	if got := text(row); !strings.Contains(got, "Sofia") || !strings.Contains(got, "New") {
		t.Errorf("the notice: got %q, want that Sofia asks, and that it is new", got)
	}
	if to := attr(all(row, "a")[0], "href"); to != "/requests/"+request {
		t.Errorf("the notice leads to %s", to)
	}
	if answer := kevin.Post("/notices/read", nil); answer.StatusCode != http.StatusSeeOther || answer.Header.Get("Location") != "/notices" {
		t.Errorf("mark as read: got %d to %q, want 303 to /notices", answer.StatusCode, answer.Header.Get("Location"))
	}
	// At once, although who somebody is gets asked once a second only.
	if got := bellOf(t, kevin, "/notices"); got != "Notices" {
		t.Errorf("the bell, once read: got %q, want no number", got)
	}
	if got := text(line(t, dom(t, kevin.Get("/notices")), "R-"+request)); strings.Contains(got, "New") {
		t.Errorf("the notice, once read: got %q, want it no longer new", got)
	}
}

func TestTheDemoShowsItsMails(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	anna, sofia := p.SignIn(t, "anna@nordvik.example"), p.SignIn(t, sofia)
	request := file(t, anna, anything())
	mustDecide(t, sofia, request, "rejection", "reason", "unclear", "message", "We hold no key for a museum.")
	frode := p.SignIn(t, "frode@fjellheim.example") // anybody in the demo may look
	row := line(t, dom(t, frode.Get("/outbox")), "R-"+request)
	if got := text(row); !strings.Contains(got, "anna@nordvik.example") {
		t.Errorf("the mail's line: got %q, want it to anna", got)
	}
	link := attr(all(row, "a")[0], "href")
	for _, want := range []string{"R-" + request, "We hold no key for a museum.", p.URL + "/requests/" + request} {
		if got := text(all(dom(t, frode.Get(link)), "main")[0]); !strings.Contains(got, want) {
			t.Errorf("the mail: got %q, want %q in it", got, want)
		}
	}
	if got := frode.Get("/outbox/" + uuid.NewString()).StatusCode; got != http.StatusNotFound {
		t.Errorf("a mail that isn't there: got %d, want 404", got)
	}
	linked := false
	for _, a := range all(all(dom(t, frode.Get("/help")), "footer")[0], "a") {
		linked = linked || attr(a, "href") == "/outbox"
	}
	if !linked {
		t.Error("no page's foot leads to the outbox")
	}
}

// Everybody's mails for everybody: outside the demo there is no such address.
func TestOnlyTheDemoHasAnOutbox(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	c := p.Server.Config
	c.Demo = false
	h := web.New(c).Handler()
	for _, path := range []string{"/outbox", "/outbox/" + uuid.NewString()} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
		if w.Code != http.StatusNotFound {
			t.Errorf("%s: got %d, want 404 as for any unknown address", path, w.Code)
		}
	}
}
