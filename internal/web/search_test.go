package web_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/keyhall/keyhall/internal/browsertest"
)

// S-57: however a key was typed or pasted, and a good part of one, no address holds it.
func TestNoWayOfTypingAKeyEndsInAnAddress(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	kaisa, dirk := p.SignIn(t, "kaisa@nordvik.example"), p.SignIn(t, "dirk@nordvik.example")
	id := firstKey(t, kaisa, "74120935")
	key := strings.TrimSpace(text(byClass(dom(t, kaisa.Post("/keys/"+id+"/reveal", nil)), "div", "secret")[0]))
	for name, typed := range map[string]string{
		"with spaces": strings.ReplaceAll(key, "-", " "), "without hyphens": strings.ReplaceAll(key, "-", ""),
		"with dashes": strings.ReplaceAll(key, "-", "–"), "with spaces around hyphens": strings.ReplaceAll(key, "-", " - "),
		"in small letters": strings.ToLower(strings.ReplaceAll(key, "-", "")),
	} {
		if got := kaisa.Post("/search", url.Values{"q": {typed}}).Header.Get("Location"); got != "/keys/"+id {
			t.Errorf("a key %s: got %q, want the key's page", name, got)
		}
	}
	for name, typed := range map[string]string{
		"three groups": key[:17], "a key in a sentence": "my key is " + key + ", thanks", "three groups with dashes": strings.ReplaceAll(key[6:23], "-", " – "),
	} {
		if got := kaisa.Post("/search", url.Values{"q": {typed}}).Header.Get("Location"); got != "/keys?found=no" {
			t.Errorf("%s: got %q, want an address without them", name, got)
		}
		if got := dirk.Post("/search", url.Values{"q": {typed}}).Header.Get("Location"); got != "/licences" {
			t.Errorf("%s, typed by who sees no key: got %q, want an address without them", name, got)
		}
	}
}

// What only looks a little like a key is still searched for.
func TestWordsThatAreNoKeyAreSearchedFor(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	kaisa := p.SignIn(t, "kaisa@nordvik.example")
	for typed, want := range map[string]string{
		"Windows Server 2025 Standard": "/keys?q=Windows+Server+2025+Standard", // 25 characters beside the spaces
		"Nordvik Suomi":                "/licences?status=all&q=Nordvik+Suomi",
		"north-south":                  "/licences?status=all&q=north-south",
		"abcdefghijklmnopqrstuvwxå":    "/licences?status=all&q=abcdefghijklmnopqrstuvwx%C3%A5",
	} {
		if got := kaisa.Post("/search", url.Values{"q": {typed}}).Header.Get("Location"); got != want {
			t.Errorf("search for %q: got %q, want %q", typed, got, want)
		}
	}
}

// A request is found by the number it is called by, if one may see it.
func TestARequestIsFoundByItsNumber(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	kaisa := p.SignIn(t, "kaisa@nordvik.example")
	filed := kaisa.Post("/requests", url.Values{"kind": {"general"}, "reason": {"Who is our contact?"}, "once": {"one-press-of-kaisa"}}).Header.Get("Location")
	number := strings.TrimPrefix(filed, "/requests/")
	for _, typed := range []string{"R-" + number, "r-" + number, " R – " + number} {
		if got := kaisa.Post("/search", url.Values{"q": {typed}}).Header.Get("Location"); got != filed {
			t.Errorf("search for %q: got %q, want %q", typed, got, filed)
		}
	}
	frode := p.SignIn(t, "frode@fjellheim.example")
	if got := frode.Post("/search", url.Values{"q": {"R-" + number}}).Header.Get("Location"); !strings.HasPrefix(got, "/licences?") {
		t.Errorf("a stranger searches for it: got %q, want a search for words", got)
	}
}
