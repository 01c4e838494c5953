package browsertest_test

import (
	"fmt"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// fill types into a field, in place of what stands there.
func (b *tab) fill(id, text string) {
	b.t.Helper()
	b.do("go to the field "+id, chromedp.Focus(chromedp.CSS("#"+id)))
	if !ask[bool](b, fmt.Sprintf(`(() => { const e = document.getElementById(%q); e.select(); return e === document.activeElement; })()`, id)) {
		b.t.Fatalf("the field %s takes no focus", id)
	}
	b.do("type into "+id, command(input.InsertText, input.InsertTextParams{Text: text}))
}

// pick chooses from a list of choices.
func (b *tab) pick(id, value string) {
	b.t.Helper()
	if !ask[bool](b, fmt.Sprintf(`(() => { const e = document.getElementById(%q); e.value = %q; return e.value === %[2]q; })()`, id, value)) {
		b.t.Fatalf("%s offers no %s", id, value)
	}
}

// typed is what stands in a field.
func (b *tab) typed(id string) string {
	b.t.Helper()
	return ask[string](b, fmt.Sprintf(`document.getElementById(%q)?.value ?? "there is no such field"`, id))
}

// count is how many elements a selector finds.
func (b *tab) count(selector string) int {
	b.t.Helper()
	return ask[int](b, fmt.Sprintf(`document.querySelectorAll(%q).length`, selector))
}

// send presses the button of a form that posts to an address.
func (b *tab) send(action string) {
	b.t.Helper()
	b.follow(fmt.Sprintf(`//form[@action=%q]//button[not(@name)]`, action))
}

// seesNot checks that the page doesn't show texts.
func (b *tab) seesNot(texts ...string) {
	b.t.Helper()
	for _, text := range texts {
		if ask[bool](b, fmt.Sprintf(`document.body.innerText.includes(%q)`, text)) {
			b.t.Errorf("%s shows %q", b.where(), text)
		}
	}
}

// withoutScript has the browser run no script from now on.
func (b *tab) withoutScript() {
	b.t.Helper()
	b.do("disable scripts", command(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}))
}
