package browsertest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/keyhall/keyhall/internal/browsertest"
)

// letter presses the key of a letter as a keyboard does: a page that takes the key keeps
// it from being typed.
func letter(key string) chromedp.Action[chromedp.Void] {
	capital := strings.ToUpper(key)
	down := input.DispatchKeyEventParams{
		Type: input.DispatchKeyEventTypeKeyDown, Key: key, Code: "Key" + capital, Text: key, WindowsVirtualKeyCode: int64(capital[0]),
	}
	up := down
	up.Type, up.Text = input.DispatchKeyEventTypeKeyUp, ""
	return chromedp.Steps(command(input.DispatchKeyEvent, down), command(input.DispatchKeyEvent, up))
}

func (b *tab) letter(key string) {
	b.t.Helper()
	b.do("press "+key, letter(key))
}

// step is which link of the queue has the focus, from 1 on.
const step = `[...document.querySelectorAll("[data-step]")].indexOf(document.activeElement) + 1`

func TestSupportWorksTheQueueByKeyboard(t *testing.T) {
	t.Parallel()
	b := open(t, browsertest.Start(t), "en")
	b.signIn("sofia@support.example")
	b.visit("/support", 200)
	for _, press := range []struct {
		key string
		at  int
	}{{"j", 1}, {"j", 2}, {"j", 3}, {"k", 2}, {"k", 1}, {"k", 1}} {
		b.letter(press.key)
		if got := ask[int](b, step); got != press.at {
			t.Errorf("after %s the focus is on line %d, want %d", press.key, got, press.at)
		}
	}
	b.letter("j")
	second := ask[string](b, `document.activeElement.getAttribute("href")`)
	b.leaveBy("open it", chromedp.KeyEvent(kb.Enter))
	if got := b.where(); got != second {
		t.Fatalf("Enter opens %s, want %s", got, second)
	}
	b.leaveBy("go back by k", letter("k"))
	first := b.where()
	b.leaveBy("go on by j", letter("j"))
	if got := b.where(); first == second || got != second {
		t.Errorf("from %s k leads to %s, and j from there to %s", second, first, got)
	}
	b.visit("/support", 200)
	b.click(`//input[@id="customer"]`)
	b.letter("j")
	if got := b.typed("customer"); got != "j" || ask[int](b, step) != 0 {
		t.Errorf("j while typing: the field holds %q, and the focus is on line %d", got, ask[int](b, step))
	}
}

func TestSupportDecidesByKeyboard(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.begin(200)
	b := s.sofia
	b.visit(s.at, 200)
	b.letter("g")
	b.until("g leads to the number", `document.activeElement.id === "approval-quantity"`)
	b.typesOnly("approval-quantity")
	b.letter("q")
	b.until("q leads to the question", `document.activeElement.id === "question-message"`)
	b.typesOnly("question-message")
	b.letter("x")
	b.until("x leads to the rejection", `document.activeElement.id === "rejection-reason"`)
	ask[bool](b, `document.activeElement.blur(); true`)
	b.leaveBy("take it on by a", letter("a"))
	b.sees(b.says("support.assigned_you"), b.says("support.release"))
	b.leaveBy("give it back by a", letter("a"))
	b.sees(b.says("support.assigned_nobody"))
}

// typesOnly types letters that are shortcuts elsewhere, then leaves the field.
func (b *tab) typesOnly(id string) {
	b.t.Helper()
	was := b.count("details[open]")
	b.fill(id, "")
	for _, key := range []string{"a", "g", "q", "x", "j", "k"} {
		b.letter(key)
	}
	if got := b.typed(id); got != "agqxjk" || b.count("details[open]") != was {
		b.t.Errorf("shortcuts typed into %s: it holds %q, and %d parts are open, were %d", id, got, b.count("details[open]"), was)
	}
	b.until("the field still has the focus", fmt.Sprintf(`document.activeElement.id === %q`, id))
	ask[bool](b, `document.activeElement.blur(); true`)
}
