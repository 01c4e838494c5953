package browsertest_test

import (
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/keyhall/keyhall/internal/browsertest"
)

// press types on the keyboard, wherever the focus is.
func (b *tab) press(keys string) {
	b.t.Helper()
	b.do("press "+keys, chromedp.KeyEvent(keys))
}

// slash presses "/" as a keyboard does: a page that takes the key keeps it from being
// typed, where press would type it still.
func slash() chromedp.Action[chromedp.Void] {
	key := input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyDown, Key: "/", Code: "Slash", Text: "/", WindowsVirtualKeyCode: 191}
	up := key
	up.Type, up.Text = input.DispatchKeyEventTypeKeyUp, ""
	return chromedp.Steps(command(input.DispatchKeyEvent, key), command(input.DispatchKeyEvent, up))
}

// search goes to the search field by its key, and looks for words.
func (b *tab) search(words string) {
	b.t.Helper()
	b.do("press /", slash())
	b.until("the search field has the focus", `document.activeElement.matches(".find input")`)
	b.press(words)
	b.leaveBy("search for "+words, chromedp.KeyEvent(kb.Enter))
}

// focused says how what has the focus looks: its name, whether it is within the
// window, and how thick its outline is.
const focused = `(() => {
	const e = document.activeElement, at = e.getBoundingClientRect(), style = getComputedStyle(e);
	return {
		Name: e.tagName + " " + (e.getAttribute("aria-label") ?? e.innerText).trim().slice(0, 40),
		Seen: at.width > 1 && at.height > 1 && at.left >= 0 && at.top >= 0 && at.right <= innerWidth && at.bottom <= innerHeight,
		Outline: style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth),
	};
})()`

type focus struct {
	Name    string
	Seen    bool
	Outline float64
}

func TestTheKeyboardIsEnough(t *testing.T) {
	t.Parallel()
	b := open(t, browsertest.Start(t), "en")
	b.signIn("anna@nordvik.example")
	b.visit("/licences/74120935/keys", 200)

	b.press(kb.Tab)
	if at := ask[focus](b, focused); at.Name != "A "+b.says("app.skip") || !at.Seen {
		t.Errorf("the first stop: got %+v, want the way past the menu", at)
	}
	b.press(kb.Enter)
	b.press(kb.Tab)
	b.until("the next stop is in the content", `document.activeElement.closest("main") !== null`)
	b.walk(40)

	b.search("x4t9b")
	b.sees("X4T9B", "Office LTSC 2024 Professional Plus")
	b.until("the key is open", `location.pathname.startsWith("/keys/")`)
}

// walk follows the focus over some stops: each is seen, and different from the last.
func (b *tab) walk(stops int) {
	b.t.Helper()
	last := ""
	for i := range stops {
		at := ask[focus](b, focused)
		if !at.Seen || at.Outline < 2 {
			b.t.Errorf("stop %d can't be seen: %+v", i, at)
		}
		if where := fmt.Sprint(at); where == last && at.Name == "BODY" {
			b.t.Errorf("stop %d: the focus is lost", i)
		} else {
			last = where
		}
		b.press(kb.Tab)
	}
}
