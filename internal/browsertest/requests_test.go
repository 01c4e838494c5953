package browsertest_test

import (
	"fmt"
	"testing"

	"github.com/keyhall/keyhall/internal/licensing"
)

// Two fields and one press, and on the other side one number: what is granted stands
// at once wherever the key's total stands, and whoever has to know of it does.
func TestARequestIsGrantedInPart(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.begin(200)
	s.finds(s.sofia)
	s.sofia.fill("approval-quantity", "50")
	s.sofia.until("the new total is told", fmt.Sprintf(`document.body.innerText.includes(%q)`, s.sofia.says("support.grant.sum", "Number", "50", "Total", "150")))
	s.sofia.pick("approval-reason_code", "growth")
	s.grants(s.sofia, 50, "Viisikymmentä ensin.")
	s.kaisa.visit(s.at, 200)
	s.kaisa.sees(s.kaisa.says("request.state.partly_granted"), s.kaisa.says("request.granted_of", "Granted", 50, "Asked", 200),
		s.kaisa.says("key.limit_change", "Old", 100, "New", 150), s.kaisa.says("meter.used", "Used", 98, "Total", 150),
		s.kaisa.says("request.code.growth"), "Viisikymmentä ensin.", s.kaisa.says("request.clock.on_time"))
	s.totals(150)
	s.told(licensing.EventPartlyGranted)
	anna := open(t, s.p, "en")
	anna.signIn("anna@nordvik.example")
	anna.visit("/audit?licence=74120935&action=request.partly_granted", 200)
	anna.follow(fmt.Sprintf(`//tr[contains(., "Sofia Lind")][contains(., "74120935")]//a[@href=%q]`, s.at))
	anna.sees(s.number(), anna.says("request.granted_of", "Granted", 50, "Asked", 200))
}

func TestAQuestionStopsTheClock(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.begin(200)
	due := ask[float64](s.kaisa, dueIn)
	s.finds(s.sofia)
	s.questions("Ovatko koneet uusia?")
	s.sofia.visit("/support", 200)
	row := fmt.Sprintf(`[...document.querySelectorAll("tr")].find((e) => e.innerText.includes(%q)).innerText`, s.number())
	if said := ask[string](s.sofia, row+`.includes(`+fmt.Sprintf("%q", s.sofia.says("support.due.stopped"))+`) ? "" : `+row); said != "" {
		t.Errorf("the queue does not say that the clock stands still: %s", said)
	}
	s.answers("Kaikki ovat uusia.")
	s.told(licensing.EventAsked)
	s.kaisa.visit(s.at, 200)
	if after := ask[float64](s.kaisa, dueIn); after > due+1 {
		t.Errorf("the answer was due in %.0f minutes, and after some seconds' pause is due in %.0f", due, after)
	}
}

func TestARejectionSaysWhy(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.begin(200)
	s.finds(s.sofia)
	s.rejects("no_licences", "Lisenssejä on ostettu sata.")
	s.totals(100)
	s.told(licensing.EventRejected)
	s.sofia.visit("/support", 200)
	s.sofia.seesNot(s.number())
}

// S-10: whoever presses Grant on a request that was withdrawn meanwhile is told so, and
// nothing happens but that.
func TestWhatWasWithdrawnIsNotGranted(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.begin(200)
	s.finds(s.sofia)
	s.kaisa.click(s.kaisa.labelled("summary", "request.withdraw"))
	s.kaisa.follow(s.kaisa.labelled("button", "request.withdraw_sure"))
	s.kaisa.sees(s.kaisa.says("request.state.withdrawn"))

	s.sofia.fill("approval-message", "Granted, of course.")
	s.sofia.fails(s.at + "/approval")
	s.sofia.send(s.at + "/approval")
	s.sofia.answered(409)
	s.sofia.sees(s.sofia.says("fault.changed"), s.sofia.says("request.state.withdrawn"))
	if got := s.sofia.typed("stranded"); got != "Granted, of course." {
		t.Errorf("the message that was typed: got %q", got)
	}
	s.sofia.inspect("request-changed")
	s.sofia.follow(s.sofia.labelled("a", "fault.changed_look"))
	s.sofia.answered(200)
	if n := s.sofia.count(`form[action$='/approval'], form[action$='/rejection'], form[action$='/question']`); n != 0 {
		t.Errorf("what was withdrawn can be decided by %d forms", n)
	}
	s.totals(100)
}

// Whoever files on behalf of a customer doesn't decide it: four eyes.
func TestSupportFilesForACustomer(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.kaisa.signIn("kaisa@nordvik.example")
	s.unread = s.kaisa.unread()
	s.sofia.signIn("sofia@support.example")
	s.sofia.follow(s.sofia.labelled("main//a", "support.file"))
	s.sofia.follow(s.sofia.labelled("main//a", "request.kind.mak_increase"))
	s.sofia.fill("licence", "74120935")
	s.sofia.fill("product", office24Pro)
	s.sofia.fill("last5", "x4t9b")
	s.sofia.follow(s.sofia.labelled("button", "request.check"))
	s.sofia.sees(s.sofia.says("meter.used", "Used", 98, "Total", 100), s.sofia.says("request.findings"))
	s.sofia.pick("requester", "kaisa@nordvik.example")
	s.sofia.fill("quantity", "20")
	s.sofia.fill("reason", "Asked by telephone: twenty laptops more.")
	s.sofia.send("/requests")
	s.sofia.answered(200)
	s.at = s.sofia.where()
	s.sofia.sees(s.sofia.says("request.filed_for", "Name", "Kaisa Virtanen"), s.sofia.says("request.barred.own"))
	if n := s.sofia.count(`form[action$='/approval'], form[action$='/rejection']`); n != 0 {
		t.Errorf("who filed it is offered %d ways to decide it", n)
	}
	s.lang = "en" // that it was filed in
	s.told(licensing.EventFiled)

	samuel := open(t, s.p, "en")
	samuel.signIn("samuel@support.example")
	s.finds(samuel)
	s.grants(samuel, 20, "")
	s.kaisa.visit(s.at, 200)
	s.kaisa.sees(s.kaisa.says("request.state.granted"), "Samuel Berg", "Sofia Lind")
	s.totals(120)
}
