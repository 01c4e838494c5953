package browsertest_test

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/keyhall/keyhall/internal/browsertest"
	"github.com/keyhall/keyhall/internal/i18n"
	"github.com/keyhall/keyhall/internal/licensing"
)

const office24Pro = "Office LTSC 2024 Professional Plus"

// story is what becomes of a request for more activations of the MAK X4T9B: Kaisa asks
// in Finnish, Sofia answers in English, each in a window of their own.
type story struct {
	t            *testing.T
	p            *browsertest.Portal
	kaisa, sofia *tab
	at           string // the request's path
	lang         string // that it was filed in
	unread       int    // of Kaisa's notices, when she asked
}

func newStory(t *testing.T) *story {
	t.Helper()
	s := &story{t: t, p: browsertest.Start(t), lang: "fi"}
	s.kaisa, s.sofia = open(t, s.p, "fi"), open(t, s.p, "en")
	return s
}

// begin signs both in, and lets Kaisa ask.
func (s *story) begin(quantity int) {
	s.t.Helper()
	s.kaisa.signIn("kaisa@nordvik.example")
	s.sofia.signIn("sofia@support.example")
	s.asks(quantity)
}

// number is how people name the request.
func (s *story) number() string { return "R-" + strings.TrimPrefix(s.at, "/requests/") }

// asks goes from the key's row to a request that is filed: two fields and one press.
func (s *story) asks(quantity int) {
	s.t.Helper()
	k := s.kaisa
	k.visit("/licences/74120935/keys", 200)
	s.unread = k.unread()
	k.follow(`//div[@class="key"][contains(., "X4T9B")]` + k.labelled("a", "requests.ask_mak"))
	k.sees("74120935", office24Pro, "X4T9B")
	const asked = `form[action='/requests'] :is(input:not([type=hidden]), select, textarea)`
	if got := ask[string](k, `[...document.querySelectorAll("`+asked+`")].map((e) => e.name).join(" ")`); got != "quantity reason" {
		s.t.Errorf("the form of a key's row asks for %q, want the number and the reason alone", got)
	}
	if n := k.count(`form[action='/requests'] button`); n != 1 {
		s.t.Errorf("the form of a key's row has %d buttons, want one", n)
	}
	k.fill("quantity", fmt.Sprint(quantity))
	k.fill("reason", "Kaksisataa kannettavaa kouluille.")
	k.send("/requests")
	k.answered(200)
	s.at = k.where()
	k.sees(s.number(), k.says("request.state.submitted"), k.says("request.clock.due"), "Kaksisataa kannettavaa kouluille.")
	if in := ask[float64](k, dueIn); in <= 0 || in > 10*24*60 {
		s.t.Errorf("the answer is due in %.0f minutes", in)
	}
}

// dueIn is in how many minutes the clock on a request's page says that the answer is due.
const dueIn = `(Date.parse(document.querySelector(".clock time")?.dateTime) - Date.now()) / 60000`

// finds goes from the queue to the request.
func (s *story) finds(agent *tab) {
	s.t.Helper()
	agent.visit("/support", 200)
	agent.follow(fmt.Sprintf(`//tr[contains(., "X4T9B")]//a[contains(., %q)]`, s.number()))
	agent.sees(s.number(), "Kaisa Virtanen", office24Pro)
}

// grants gives so many, of those that were asked.
func (s *story) grants(agent *tab, quantity int, message string) {
	s.t.Helper()
	agent.fill("approval-quantity", fmt.Sprint(quantity))
	agent.fill("approval-message", message)
	agent.send(s.at + "/approval")
	agent.answered(200)
	if n := agent.count(`form[action$='/approval']`); n != 0 {
		s.t.Error("what was granted can be granted again")
	}
}

// questions asks Kaisa something; the clock stands still.
func (s *story) questions(question string) {
	s.t.Helper()
	s.sofia.click(s.sofia.labelled("summary", "support.question"))
	s.sofia.fill("question-message", question)
	s.sofia.send(s.at + "/question")
	s.sofia.answered(200)
	s.sofia.sees(question, s.sofia.says("request.state.waiting"), s.sofia.says("request.clock.stopped_customer"))
	s.kaisa.visit(s.at, 200)
	s.kaisa.sees(question, s.kaisa.says("request.waits_for_you"), s.kaisa.says("request.clock.stopped_you"))
	s.kaisa.seesNot(s.kaisa.says("request.clock.due"))
}

// answers tells what Sofia wants to know; the clock goes on.
func (s *story) answers(answer string) {
	s.t.Helper()
	s.kaisa.fill("answer-message", answer)
	s.kaisa.send(s.at + "/answer")
	s.kaisa.answered(200)
	s.kaisa.sees(answer, s.kaisa.says("request.state.submitted"), s.kaisa.says("request.clock.due"))
	s.kaisa.seesNot(s.kaisa.says("request.clock.stopped_you"))
	s.sofia.visit(s.at, 200)
	s.sofia.sees(answer, s.sofia.says("request.clock.due"))
	s.sofia.seesNot(s.sofia.says("request.clock.stopped_customer"))
}

// rejects says no, and why.
func (s *story) rejects(reason, message string) {
	s.t.Helper()
	s.sofia.click(s.sofia.labelled("summary", "support.rejection"))
	s.sofia.pick("rejection-reason", reason)
	s.sofia.fill("rejection-message", message)
	s.sofia.send(s.at + "/rejection")
	s.sofia.answered(200)
	s.kaisa.visit(s.at, 200)
	s.kaisa.sees(s.kaisa.says("request.state.rejected"), s.kaisa.says("request.refusal."+reason), message, "Sofia Lind")
}

// totals checks the key's counter wherever it stands: on its page, in its row, in the file.
func (s *story) totals(total int) {
	s.t.Helper()
	k := s.kaisa
	use := k.says("meter.used", "Used", 98, "Total", total)
	k.visit(keyAddress(s.t, s.p, "X4T9B"), 200)
	k.sees(use)
	k.visit("/licences/74120935/keys", 200)
	if row := ask[string](k, `[...document.querySelectorAll(".key")].find((e) => e.innerText.includes("X4T9B")).innerText`); !strings.Contains(row, use) {
		s.t.Errorf("the key's row says %q, want %q", row, use)
	}
	file, err := io.ReadAll(s.p.SignIn(s.t, "kaisa@nordvik.example").Get("/licences/74120935/keys.tsv").Body)
	if err != nil {
		s.t.Fatal(err)
	}
	end := fmt.Sprintf("-X4T9B\tMAK\t 98/%d", total)
	if !slices.ContainsFunc(strings.Split(string(file), "\r\n"), func(row string) bool { return strings.HasSuffix(row, end) }) {
		s.t.Errorf("no row of the key file ends in %q", end)
	}
}

// told checks that Kaisa has notices of these events, and a mail of the last in the
// language that the request was filed in, without any key.
func (s *story) told(events ...licensing.EventKind) {
	s.t.Helper()
	k, last := s.kaisa, string(events[len(events)-1])
	k.rings(s.unread + len(events))
	k.follow(`//a[@href="/notices"]`)
	k.sees(s.number(), k.says("notices.event."+last, "Actor", "Sofia Lind"))
	o, written := s.sofia, i18n.With(s.t.Context(), s.lang)
	o.visit("/outbox", 200)
	subject := i18n.T(written, "mail.subject."+last, "Number", s.number(), "About", office24Pro)
	o.follow(fmt.Sprintf(`//tr[contains(., "kaisa@nordvik.example")]//a[@lang=%q][.=%q]`, s.lang, subject))
	o.sees("kaisa@nordvik.example", i18n.Name(s.lang), i18n.T(written, "mail.hello", "Name", "Kaisa Virtanen"), "X4T9B", s.p.URL+s.at)
	if found := o.shown(); len(found) != 0 {
		s.t.Errorf("the mail holds %d keys", len(found))
	}
}

// rings checks that the bell counts so many notices, at once or nearly: what waits for
// somebody is asked for once a second.
func (b *tab) rings(want int) {
	b.t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(300 * time.Millisecond) {
		b.visit("/", 200)
		got := b.unread()
		if got == want {
			return
		}
		if time.Now().After(end) {
			b.t.Fatalf("the bell counts %d notices, want %d", got, want)
		}
	}
}

// unread is how many notices the bell counts.
func (b *tab) unread() int {
	b.t.Helper()
	return ask[int](b, `Number(document.querySelector("a[href='/notices'] .count")?.innerText ?? 0)`)
}
