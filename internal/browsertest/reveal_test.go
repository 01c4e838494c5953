package browsertest_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/keyhall/keyhall/internal/browsertest"
)

// fullKey is a product key of the demo world in clear; inClear finds one in a text.
var (
	fullKey = regexp.MustCompile(`^DEMO[A-Z0-9](-[A-Z0-9]{5}){4}$`)
	inClear = regexp.MustCompile(`DEMO[A-Z0-9](-[A-Z0-9]{5}){4}`)
)

// handClock lets the time of a page stand still, but for what turn(ms) turns it on: what
// is due by then happens, in its order. However slow the machine is, no minute passes by itself.
const handClock = `(() => {
	let now = Date.now(), last = 0;
	const due = new Map();
	Date.now = () => now;
	window.setTimeout = (what, ms = 0, ...rest) => (due.set(++last, { at: now + ms, what: () => what(...rest) }), last);
	window.clearTimeout = (id) => due.delete(id);
	window.turn = (ms) => {
		const end = now + ms;
		for (;;) {
			const [id, next] = [...due].sort(([, a], [, b]) => a.at - b.at)[0] ?? [];
			if (!next || next.at > end) break;
			due.delete(id);
			now = next.at;
			next.what();
		}
		now = end;
	};
})()`

func (b *tab) stopClock() {
	b.t.Helper()
	b.do("stop the clock", command(page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: handClock}))
}

func (b *tab) turnClock(on time.Duration) {
	b.t.Helper()
	ask[bool](b, fmt.Sprintf(`turn(%d); true`, on.Milliseconds()))
}

// showsOne checks that one key is in clear.
func (b *tab) showsOne(when string) {
	b.t.Helper()
	if found := b.shown(); len(found) != 1 {
		b.t.Fatalf("%s: %d keys in clear, want one", when, len(found))
	}
}

// shown lists the keys in clear on the page, also where only a screen reader finds them.
func (b *tab) shown() []string {
	b.t.Helper()
	return inClear.FindAllString(ask[string](b, `document.documentElement.outerHTML`), -1)
}

const anyShown = `/DEMO[A-Z0-9](-[A-Z0-9]{5}){4}/.test(document.documentElement.outerHTML)`

func TestARevealedKeyHidesInItsRowAfterAMinute(t *testing.T) {
	t.Parallel()
	b := open(t, browsertest.Start(t), "en")
	b.stopClock()
	b.signIn("kevin@nordvik.example")
	b.visit("/licences/V6380217/keys", 200)
	before := ask[string](b, `document.querySelector(".key .code").innerText`)
	if found := b.shown(); len(found) != 0 {
		t.Fatalf("a list shows keys unasked: %d", len(found))
	}
	b.click(`(//form[@data-reveal]/button)[1]`)
	b.until("the key shows", anyShown)
	b.showsOne("a reveal")
	const told = `document.querySelector(".key .hides").innerText`
	if got := ask[string](b, told); !strings.Contains(got, "60") {
		t.Errorf("at once its reader is told %q, want 60 seconds", got)
	}
	b.turnClock(59 * time.Second)
	b.showsOne("after 59 seconds")
	if got := ask[string](b, told); !strings.Contains(got, "1") {
		t.Errorf("after 59 seconds its reader is told %q, want one more", got)
	}
	b.turnClock(time.Second)
	if found := b.shown(); len(found) != 0 {
		t.Errorf("after a minute: %d keys in clear", len(found))
	}
	if after := ask[string](b, `document.querySelector(".key .code").innerText`); after != before {
		t.Errorf("the row after hiding: got %q, want %q", after, before)
	}
	b.until("it can be revealed again", `!document.querySelector("[data-reveal] button").hidden`)
}

func TestARevealedKeyHidesOnItsOwnPage(t *testing.T) {
	t.Parallel()
	b := open(t, browsertest.Start(t), "en")
	b.stopClock()
	b.signIn("kevin@nordvik.example")
	b.visit("/licences/V6380217/keys", 200)
	b.follow(`(//div[@class="acts"]/a)[1]`)
	key := b.where()
	b.follow(b.labelled("button", "key.reveal"))
	b.showsOne("a reveal")
	b.turnClock(59 * time.Second)
	b.showsOne("after 59 seconds")
	b.turnClock(2 * time.Second) // its seconds are those of the clock
	b.until("the key hides", `!`+anyShown+` && location.pathname === "`+key+`"`)
}

// Without script the server's Refresh header hides the key. The browser is told a
// second where the server said sixty: time passes faster, nothing else is different.
func TestARevealedKeyHidesWithoutScript(t *testing.T) {
	t.Parallel()
	b := open(t, browsertest.Start(t), "en")
	b.withoutScript()
	b.signIn("kevin@nordvik.example")
	b.visit("/licences/V6380217/keys", 200)
	b.follow(`(//div[@class="acts"]/a)[1]`)
	key := b.where()
	told, seen := b.shortenRefresh(key)
	b.follow(b.labelled("button", "key.reveal"))
	b.showsOne("a reveal")
	close(seen)
	if got, want := <-told, "60; url="+key; got != want {
		t.Errorf("Refresh: got %q, want %q", got, want)
	}
	b.until("the key hides", `!`+anyShown+` && location.pathname === "`+key+`"`)
}

// shortenRefresh changes what the browser is told in a Refresh header to a second, and
// passes on what the server said. The page that it leads to doesn't come before the key was
// seen, however long that takes.
func (b *tab) shortenRefresh(key string) (told <-chan string, seen chan<- struct{}) {
	b.t.Helper()
	said, looked := make(chan string, 1), make(chan struct{})
	held := chromedp.Events(b.ctx, fetch.RequestPaused)
	b.do("hold what comes", command(fetch.Enable, fetch.EnableParams{
		Patterns: []*fetch.RequestPattern{
			{URLPattern: "*/reveal", RequestStage: fetch.RequestStageResponse}, {URLPattern: "*" + key, RequestStage: fetch.RequestStageRequest},
		},
	}))
	go func() {
		for e, err := range held {
			if err != nil {
				return
			}
			if !strings.HasSuffix(e.Request.URL, "/reveal") {
				select {
				case <-looked:
				case <-b.ctx.Done():
				}
				_, _ = chromedp.Call(b.ctx, fetch.ContinueRequest, fetch.ContinueRequestParams{RequestID: e.RequestID})
				return
			}
			for _, h := range e.ResponseHeaders {
				if strings.EqualFold(h.Name, "Refresh") {
					said <- h.Value
					_, after, _ := strings.Cut(h.Value, ";")
					h.Value = "1;" + after
				}
			}
			_, _ = chromedp.Call(b.ctx, fetch.ContinueResponse, fetch.ContinueResponseParams{
				RequestID: e.RequestID, ResponseCode: e.ResponseStatusCode, ResponseHeaders: e.ResponseHeaders,
			})
		}
	}()
	return said, looked
}

func TestACopiedKeyIsOnTheClipboardAndNotOnThePage(t *testing.T) {
	t.Parallel()
	b := open(t, browsertest.Start(t), "en")
	b.signIn("kevin@nordvik.example")
	b.allowClipboard()
	b.visit("/licences/V6380217/keys", 200)
	last5 := ask[string](b, `document.querySelector("[data-copy-key] .sr").innerText.trim()`)
	b.click(`(//button[@data-copy-key])[1]`)
	b.until("the button says so", fmt.Sprintf(`document.querySelector("[data-copy-key] span").innerText === %q`, b.says("copy.done")))
	b.until("a screen reader hears so", fmt.Sprintf(`document.getElementById("live").textContent === %q`, b.says("copy.done")))
	if found := b.shown(); len(found) != 0 {
		t.Errorf("copying shows %d keys", len(found))
	}
	if got := ask[string](b, `navigator.clipboard.readText()`); !fullKey.MatchString(got) || !strings.HasSuffix(got, "-"+last5) {
		t.Errorf("the clipboard holds no key ending in %s", last5)
	}
}

func (b *tab) allowClipboard() {
	b.t.Helper()
	for _, name := range []string{"clipboard-read", "clipboard-write"} {
		_, err := chromedp.CallBrowser(b.ctx, browser.SetPermission, browser.SetPermissionParams{
			Permission: &browser.PermissionDescriptor{Name: name}, Setting: browser.PermissionSettingGranted,
			Origin: b.base, BrowserContextID: chromedp.FromContext(b.ctx).BrowserContextID,
		})
		if err != nil {
			b.t.Fatal(err)
		}
	}
}

// S-51: who may not reveal isn't offered to, on any page of a licence ID or key.
func TestALicenceReaderSeesNoWayToReveal(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	b := open(t, p, "sv")
	b.signIn("lena@nordvik.example")
	key := keyAddress(t, p, "X4T9B")
	for _, path := range []string{"/", "/licences/74120935", "/licences/74120935/keys", "/keys", key, "/audit"} {
		b.visit(path, 200)
		if n := ask[int](b, `document.querySelectorAll("form[action$='/reveal'], [data-reveal], [data-copy-key], a[href*='/keys.tsv'], a[href*='/keys.xlsx']").length`); n != 0 {
			t.Errorf("%s offers %d ways to a key", path, n)
		}
		if found := b.shown(); len(found) != 0 {
			t.Errorf("%s shows %d keys", path, len(found))
		}
	}
	b.visit(key, 200)
	b.sees("X4T9B", b.says("key.no_reveal"))
	b.visit("/licences/74120935/keys.tsv", 403)
	b.sees(b.says("fault.forbidden"))
}

// keyAddress is the path of the one key of the Nordvik family with these last five.
func keyAddress(t *testing.T, p *browsertest.Portal, last5 string) string {
	t.Helper()
	answer := p.SignIn(t, "anna@nordvik.example").Post("/search", map[string][]string{"q": {last5}})
	path := answer.Header.Get("Location")
	if !strings.HasPrefix(path, "/keys/") {
		t.Fatalf("search for %s: got %q", last5, path)
	}
	return path
}
