package web_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/keyhall/keyhall/internal/browsertest"
)

// handoverLink is the path in the mail that hands a key over.
func handoverLink(t *testing.T, p *browsertest.Portal) string {
	t.Helper()
	list, _, err := p.Store.Outbox(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range list {
		if m.Detail.News != nil && strings.HasPrefix(m.Detail.News.Secret, "/handover/") {
			return m.Detail.News.Secret
		}
	}
	t.Fatal("no mail hands a key over")
	return ""
}

// S-57, S-58, S-61: a key goes to a colleague by a link that shows it once; its token is
// in no address after the first, and in no page.
func TestAKeyIsHandedToAColleagueOnce(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	kaisa, kevin, lena := p.SignIn(t, "kaisa@nordvik.example"), p.SignIn(t, "kevin@nordvik.example"), p.SignIn(t, "lena@nordvik.example")
	path := "/keys/" + firstKey(t, kaisa, "74120935")
	wrong := sendWith(kaisa, formTo(t, dom(t, kaisa.Get(path)), path+"/handover"), "email", "frode@fjellheim.example", "hours", "99")
	if said := text(dom(t, wrong)); wrong.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(said, "Nobody with a right") || !strings.Contains(said, "from 1 to 24") {
		t.Errorf("to nobody for too long: got %d, %s", wrong.StatusCode, said)
	}
	give := sendWith(kaisa, formTo(t, dom(t, kaisa.Get(path)), path+"/handover"), "email", "kevin@nordvik.example")
	if give.StatusCode != http.StatusSeeOther || give.Header.Get("Location") != path {
		t.Fatalf("handing over: got %d to %q", give.StatusCode, give.Header.Get("Location"))
	}
	link := handoverLink(t, p)
	token := strings.TrimPrefix(link, "/handover/")

	nobody := p.SignIn(t, "")
	first := nobody.Get(link)
	if first.StatusCode != http.StatusSeeOther || first.Header.Get("Location") != "/handover" || strings.Contains(first.Header.Get("Set-Cookie"), token) {
		t.Errorf("following the link: got %d to %q with %q", first.StatusCode, first.Header.Get("Location"), first.Header.Get("Set-Cookie"))
	}
	if got := nobody.Get("/handover").Header.Get("Location"); got != "/signin?next=%2Fhandover" {
		t.Errorf("without being signed in: got to %q", got)
	}
	lena.Get(link)
	unknown := p.SignIn(t, "lena@nordvik.example")
	unknown.Get("/handover/nothing-of-ours")
	alike(t, "somebody else's link", lena.Get("/handover"), unknown.Get("/handover"))

	kevin.Get(link)
	look := kevin.Get("/handover")
	if said := body(t, look); look.StatusCode != http.StatusOK || strings.Contains(said, token) || inClear.MatchString(said) {
		t.Fatalf("kevin's page: got %d, %s", look.StatusCode, said)
	}
	shown := kevin.Post("/handover/reveal", nil)
	page := body(t, shown)
	if shown.StatusCode != http.StatusOK || !strings.Contains(page, "data-secret>DEMO") || strings.Contains(page, token) {
		t.Fatalf("kevin's reveal: got %d, %s", shown.StatusCode, page)
	}
	if cache, refresh := shown.Header.Get("Cache-Control"), shown.Header.Get("Refresh"); !strings.Contains(cache, "no-store") || refresh != "60; url=/" {
		t.Errorf("kevin's reveal: got Cache-Control %q, Refresh %q", cache, refresh)
	}
	if got := kevin.Post("/handover/reveal", nil).StatusCode; got != http.StatusNotFound {
		t.Errorf("without the token: got %d, want 404", got)
	}
	kevin.Get(link)
	if again := kevin.Post("/handover/reveal", nil); again.StatusCode != http.StatusNotFound || inClear.MatchString(body(t, again)) {
		t.Errorf("a second use: got %d, want 404 and no key", again.StatusCode)
	}
	if said := text(dom(t, kaisa.Get("/notices"))); !strings.Contains(said, "Alarm: Lena") || !strings.Contains(said, "Alarm: Kevin") || !strings.Contains(said, "has read the key") {
		t.Errorf("kaisa isn't told of what happened: %s", said)
	}
	if said := text(dom(t, kaisa.Get(path))); !strings.Contains(said, "to Kevin") || !strings.Contains(said, "Used") {
		t.Errorf("the key's page doesn't say what became of the link: %s", said)
	}
}

// A link that was not used is taken back on the key's page.
func TestALinkIsTakenBack(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	kaisa, kevin := p.SignIn(t, "kaisa@nordvik.example"), p.SignIn(t, "kevin@nordvik.example")
	path := "/keys/" + firstKey(t, kaisa, "74120935")
	sendWith(kaisa, formTo(t, dom(t, kaisa.Get(path)), path+"/handover"), "email", "kevin@nordvik.example", "hours", "24")
	back := sendWith(kaisa, formTo(t, dom(t, kaisa.Get(path)), path+"/handover/withdrawal"))
	if back.StatusCode != http.StatusSeeOther || back.Header.Get("Location") != path {
		t.Fatalf("withdrawing: got %d to %q", back.StatusCode, back.Header.Get("Location"))
	}
	kevin.Get(handoverLink(t, p))
	if got := kevin.Get("/handover").StatusCode; got != http.StatusNotFound {
		t.Errorf("a withdrawn link: got %d, want 404", got)
	}
}
