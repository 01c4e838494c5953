package browsertest_test

import (
	"crypto/rand"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/keyhall/keyhall/internal/browsertest"
)

// paths are those of pages that begin with a link in a mail.
type paths struct{ invitation, email, handover string }

// peoplePlays is the pages about people, what they may do, and keys that got about. key is
// the path of a counted key of licence ID 74120935.
func peoplePlays(key string, at paths) []play {
	return []play{
		{"", []scene{
			{"invitation-over", "/invitation", 404, nil},
			{"invitation", at.invitation, 200, nil},
		}},
		{"anna@nordvik.example", []scene{
			{"invitation-signed-in", at.invitation, 200, nil},
			{"people-invited", "/licences/V6380217/people", 200, opening},
			{"people-alone", "/people/alone", 200, nil},
			{"successors-none", "/successors", 200, nil},
			{"access-requests", "/access-requests", 200, opening},
			{"why", "/why", 200, nil},
			{"why-answered", "/why?number=74120935&product=Windows", 200, nil},
			{"leaks", "/leaks", 200, nil},
			{"leak", "/leaks", 200, then(going(firstLeak), opening)},
			{"key-compromised", "/leaks", 200, then(going(firstLeak), going(`//main//p/a[starts-with(@href, "/keys/")]`))},
			{"key-forms", key, 200, opening},
			{"confirm", "/confirm?next=/keys", 200, nil},
			{"account-email-wrong", "/account", 200, askWrongEmail},
		}},
		{"kevin@nordvik.example", []scene{{"account-email", at.email, 200, nil}}},
		{"lena@nordvik.example", []scene{{"access-asked", "/access-requests", 200, nil}}},
		{"dirk@nordvik.example", []scene{
			{"handover-over", "/handover", 404, nil},
			{"handover", at.handover, 200, nil},
		}},
		{"sofia@support.example", []scene{
			{"access-unheard", "/access-requests", 200, nil},
			{"emergency", "/support/access", 200, nil},
		}},
		{"olli@operator.example", []scene{{"sessions", "/sessions", 200, nil}}},
	}
}

const firstLeak = `(//main//tbody//a[starts-with(@href, "/leaks/")])[1]`

func askWrongEmail(b *tab) {
	b.t.Helper()
	b.fails("/account/email")
	b.fill("email", "anna@nowhere")
	b.send("/account/email")
}

// makePaths does what those pages need: an invitation, another business e-mail, a key
// handed over, and one marked as compromised. key is handed over, known got about.
func makePaths(t *testing.T, p *browsertest.Portal, key, known string) paths {
	t.Helper()
	anna, kaisa, kevin := p.SignIn(t, "anna@nordvik.example"), p.SignIn(t, "kaisa@nordvik.example"), p.SignIn(t, "kevin@nordvik.example")
	post := func(c *browsertest.Client, path string, fields ...string) {
		t.Helper()
		form := url.Values{"once": {rand.Text()}}
		for i := 0; i < len(fields); i += 2 {
			form.Set(fields[i], fields[i+1])
		}
		if answer := c.Post(path, form); answer.StatusCode != http.StatusSeeOther || strings.HasPrefix(answer.Header.Get("Location"), "/signin") {
			t.Fatalf("%s: got %d to %q, want 303 to a page", path, answer.StatusCode, answer.Header.Get("Location"))
		}
	}
	post(anna, "/licences/V6380217/people", "email", "lotte.bakker@elsewhere.example", "name", "Lotte Bakker", "role", "key_viewer")
	post(kevin, "/account/email", "email", "kevin.haugen@nordvik.example")
	post(kaisa, key+"/handover", "email", "dirk@nordvik.example", "hours", "4")
	post(kaisa, known+"/compromise", "reason", "It stood on a public forum.")
	return paths{mailed(t, anna, "/invitation/"), mailed(t, anna, "/account/email/"), mailed(t, anna, "/handover/")}
}

// mailed is the link in the latest mail with one of a kind. Once the mail has gone nobody
// can read it any more: that is before the portal works its jobs.
func mailed(t *testing.T, c *browsertest.Client, kind string) string {
	t.Helper()
	link := regexp.MustCompile(kind + `[\w-]{20,}`)
	for _, mail := range regexp.MustCompile(`/outbox/[0-9a-f-]{36}`).FindAllString(read(t, c, "/outbox"), -1) {
		if found := link.FindString(read(t, c, mail)); found != "" {
			return found
		}
	}
	t.Fatalf("no mail has a link to %s", kind)
	return ""
}

func read(t *testing.T, c *browsertest.Client, path string) string {
	t.Helper()
	text, err := io.ReadAll(c.Get(path).Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
