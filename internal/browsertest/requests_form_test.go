package browsertest_test

import (
	"fmt"
	"testing"

	"github.com/keyhall/keyhall/internal/browsertest"
	"github.com/keyhall/keyhall/internal/licensing"
)

// What is wrong with a form stands above it, leads to each field, and costs nobody a
// word that was typed.
func TestAFormFromScratchSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	b := open(t, browsertest.Start(t), "fi")
	b.signIn("kaisa@nordvik.example")
	b.visit("/requests", 200)
	b.follow(b.labelled("main//a", "request.new"))
	b.follow(b.labelled("main//a", "request.kind.mak_increase"))
	typed := map[string]string{
		"licence": "74120935", "product": "Office 1897", "last5": "X4T", "quantity": "1e3", "reason": "Kaksi riviä,\njoita ei tarvitse kirjoittaa uudelleen.",
	}
	for id, text := range typed {
		b.fill(id, text)
	}
	b.fails("/requests")
	b.send("/requests")
	b.answered(422)
	for id, text := range typed {
		if got := b.typed(id); got != text {
			t.Errorf("%s: got %q, want %q as it was typed", id, got, text)
		}
	}
	if heard := ask[string](b, `document.querySelector("[role=alert] h2")?.innerText ?? ""`); heard != b.says("form.errors") {
		t.Errorf("a screen reader hears %q", heard)
	}
	for i, id := range []string{"product", "last5", "quantity"} {
		b.leads(i+1, id)
	}
	if n := b.count(`[role=alert] li`); n != 3 {
		t.Errorf("%d things are said to be wrong, want three", n)
	}
	b.fill("product", office24Pro)
	b.fill("last5", "X4T9B")
	b.fill("quantity", "20")
	b.send("/requests")
	b.answered(200)
	b.sees(b.says("request.state.submitted"), typed["reason"])
}

// leads checks that the n-th line of the summary leads to a field, which says the same.
func (b *tab) leads(n int, id string) {
	b.t.Helper()
	b.click(fmt.Sprintf(`(//*[@role="alert"]//li/a)[%d]`, n))
	b.until("the focus is in the field "+id, fmt.Sprintf(`document.activeElement.id === %q`, id))
	const tied = `(() => { const e = document.activeElement, said = document.getElementById(e.getAttribute("aria-describedby").split(" ")[0])?.innerText;
		return e.getAttribute("aria-invalid") === "true" && said === document.querySelector("[role=alert] a[href='#" + e.id + "']").innerText; })()`
	if !ask[bool](b, tied) {
		b.t.Errorf("the field %s doesn't say what the summary says", id)
	}
}

// Every step from the question to the answer works without script: granted in part,
// asked and answered, rejected.
func TestARequestIsAnsweredWithoutScript(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.kaisa.withoutScript()
	s.sofia.withoutScript()
	s.begin(200)
	s.finds(s.sofia)
	s.grants(s.sofia, 50, "Viisikymmentä ensin.")
	s.kaisa.visit(s.at, 200)
	s.kaisa.sees(s.kaisa.says("request.state.partly_granted"), "Viisikymmentä ensin.")
	s.totals(150)
	s.told(licensing.EventPartlyGranted)

	s.asks(150)
	s.finds(s.sofia)
	s.questions("Tarvitaanko loputkin?")
	s.answers("Kyllä, kaikki.")
	s.rejects("enough_left", "Viisikymmentä on jäljellä.")
	s.totals(150)
	s.told(licensing.EventAsked, licensing.EventRejected)
}
