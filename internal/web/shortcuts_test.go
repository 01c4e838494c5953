package web_test

import (
	"net/http"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/keyhall/keyhall/internal/browsertest"
)

// Who wants no single-letter shortcuts has none on any page, and no hint at one (WCAG
// 2.1.4); that letters do nothing then is the script's.
func TestShortcutsAreSwitchedOff(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	agent := p.SignIn(t, sofia)
	request := firstOpen(t, agent)
	hints := func(path string) (on string, keys int) {
		page := dom(t, agent.Get(path))
		for e := range page.Descendants() {
			if e.Type == html.ElementNode && hasAttr(e, "aria-keyshortcuts") {
				keys++
			}
		}
		return attr(all(page, "body")[0], "data-shortcuts"), keys + len(all(page, "kbd"))
	}
	choose := func(fields ...string) {
		t.Helper()
		answer := sendWith(agent, formTo(t, dom(t, agent.Get("/account")), "/account/shortcuts"), fields...)
		if answer.StatusCode != http.StatusSeeOther || answer.Header.Get("Location") != "/account" {
			t.Fatalf("choosing: got %d to %q", answer.StatusCode, answer.Header.Get("Location"))
		}
	}
	for _, path := range []string{request, "/support"} {
		if on, keys := hints(path); on != "on" || keys < 2 {
			t.Errorf("%s before: got %q and %d hints, want keys to press", path, on, keys)
		}
	}
	choose()
	for _, path := range []string{request, "/support", "/account"} {
		if on, keys := hints(path); on != "off" || keys != 0 {
			t.Errorf("%s without shortcuts: got %q and %d hints, want none", path, on, keys)
		}
	}
	if said := text(dom(t, agent.Get("/help"))); !strings.Contains(said, "Switch them off") || !strings.Contains(said, "Go to the search") {
		t.Error("the help doesn't list the shortcuts, or not how to switch them off")
	}
	choose("shortcuts", "1")
	if on, keys := hints(request); on != "on" || keys < 2 {
		t.Errorf("with shortcuts again: got %q and %d hints", on, keys)
	}
}

// firstOpen is the address of a request in the queue.
func firstOpen(t *testing.T, agent *browsertest.Client) string {
	t.Helper()
	for _, a := range all(dom(t, agent.Get("/support")), "a") {
		if hasAttr(a, "data-step") {
			return attr(a, "href")
		}
	}
	t.Fatal("the queue is empty")
	return ""
}
