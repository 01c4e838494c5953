package browsertest_test

import (
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/keyhall/keyhall/internal/browsertest"
)

//go:embed testdata/axe.min.js
var axe string

// shotsVariable names a folder for pictures of every page. Without it none are taken.
const shotsVariable = "KEYHALL_SHOTS"

// Every type of page, as someone with a disability meets it: axe finds nothing in either
// colour scheme, on a desk or a phone, where words are short and where they are long;
// and nothing sticks out of a phone's screen.
func TestNoPageKeepsAnybodyOut(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	key := keyAddress(t, p, "X4T9B")
	at := makePaths(t, p, key, keyAddress(t, p, "TVWFD"))
	p.Work(t)
	for _, lang := range languages() {
		for _, play := range slices.Concat(plays(key), requestPlays(key), accessPlays(), importPlays(), peoplePlays(key, at)) {
			t.Run(lang+" "+play.account+" "+play.scenes[0].name, func(t *testing.T) {
				t.Parallel()
				b := open(t, p, lang)
				if play.account != "" {
					b.signIn(play.account)
				}
				for _, s := range play.scenes {
					b.enter(s)
					b.inspect(s.name)
				}
			})
		}
	}
}

// languages are those that pages are looked at in: the shortest words and the longest;
// for pictures others too.
func languages() []string {
	if os.Getenv(shotsVariable) != "" {
		return []string{"en", "fi", "nl", "sv"}
	}
	return []string{"en", "fi"}
}

// inspect looks at a page in every light and width. The scheme that a tab is left in is
// the one that the next page begins with: each change takes its time.
func (b *tab) inspect(name string) {
	b.t.Helper()
	for _, dark := range []bool{b.dark, !b.dark} {
		b.paint(dark)
		for _, width := range []int64{1280, 390} {
			b.do("resize", chromedp.EmulateViewport(width, 900))
			b.inspectOnce(fmt.Sprintf("%s at %d, dark %t", name, width, dark))
			b.shoot(name, width)
		}
	}
	b.do("resize", chromedp.EmulateViewport(1280, 900))
}

// paint switches the colour scheme, and waits for the page to have it.
func (b *tab) paint(dark bool) {
	b.t.Helper()
	scheme := map[bool]string{false: "light", true: "dark"}[dark]
	b.do("paint "+scheme, command(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
	}))
	b.until("the page is "+scheme, fmt.Sprintf(`matchMedia("(prefers-color-scheme: %s)").matches && document.getAnimations().length === 0`, scheme))
	b.dark = dark
}

func (b *tab) inspectOnce(what string) {
	b.t.Helper()
	if wide := ask[string](b, tooWide); wide != "" {
		b.t.Errorf("%s is wider than the screen: %s", what, wide)
	}
	// What axe tries, the policy stops, and the console says so: that is not the page's.
	b.deafen(true)
	defer b.deafen(false)
	if !ask[bool](b, `"axe" in window`) {
		ask[bool](b, axe+"; true")
	}
	for _, v := range ask[[]string](b, runAxe) {
		b.t.Errorf("%s: axe: %s", what, v)
	}
}

const tooWide = `document.documentElement.scrollWidth <= innerWidth ? "" : [...document.querySelectorAll("body *")]
	.filter((e) => e.getBoundingClientRect().right > innerWidth).slice(0, 5).map((e) => e.outerHTML.slice(0, 80)).join(" | ")`

// A page on which axe finds hardly anything right is one that it did not see.
const runAxe = `axe.run(document, { resultTypes: ["violations"] }).then((found) => found.passes.length < 8 ? ["it saw nothing"] : found.violations.map((v) =>
	v.id + ": " + v.nodes.slice(0, 4).map((n) => n.target.join(" ") + " (" + (n.any[0] ?? n.all[0] ?? n.none[0])?.message + ")").join("; ")))`

// shoot takes the pictures that people look at: one per language, light and width.
func (b *tab) shoot(name string, width int64) {
	b.t.Helper()
	folder := os.Getenv(shotsVariable)
	view := fmt.Sprintf("%s %d %t", b.lang, width, b.dark)
	if folder == "" || !strings.Contains("en 1280 false, fi 390 true, nl 390 false, sv 1280 true", view) {
		return
	}
	picture, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("%s-%s-%d.png", name, b.lang, width)), picture, 0o600); err != nil {
		b.t.Fatal(err)
	}
}
