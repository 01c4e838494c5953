package mail_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/i18n"
	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/views/mail"
)

const portal = "https://keys.example.com"

// letter is a mail about anna's request for more activations.
func letter(event licensing.EventKind, lang string) licensing.Mail {
	id := int64(20417)
	return licensing.Mail{
		ID: uuid.Nil, Language: lang, Event: event, RequestID: &id,
		Detail: licensing.MailDetail{
			Name: "Anna Nyberg", Kind: licensing.MAKIncrease, Product: "Office LTSC 2024 Professional Plus", Licence: "74120935",
			Organisation: "Nordvik Suomi Oy", Last5: "X4T9B", Asked: 1200, Actor: "Sofia Lind",
			DueAt: time.Date(2026, 11, 23, 8, 40, 0, 0, time.UTC),
		},
	}
}

func events() []licensing.EventKind {
	return []licensing.EventKind{
		licensing.EventFiled, licensing.EventAsked, licensing.EventAnswered, licensing.EventGranted, licensing.EventPartlyGranted,
		licensing.EventRejected, licensing.EventWithdrawn, licensing.EventConfirmed, licensing.EventHandedOn,
	}
}

func TestAMailSaysWhatSomebodyNeedsToKnow(t *testing.T) {
	t.Parallel()
	m := letter(licensing.EventPartlyGranted, "en")
	m.Detail.Event = licensing.EventDetail{
		Text:    "We can give you half of them today, since only 700 licences were bought under this licence ID.\n\nFile another once the order is through.",
		Granted: 600, Old: 100, New: 700, Code: "licences_cover", Reference: "V-1138",
	}
	subject, body := mail.Compose(t.Context(), m, portal)
	if want := "R-20417 is granted in part: Office LTSC 2024 Professional Plus"; subject != want {
		t.Errorf("subject: got %q, want %q", subject, want)
	}
	want := `Hello Anna Nyberg,

Sofia Lind has granted a part of request R-20417.

Licence ID: 74120935, Nordvik Suomi Oy
Kind: MAK increase
Product: Office LTSC 2024 Professional Plus
Last 5 characters: X4T9B
Asked: 1,200
Granted: 600
The key’s total: From 100 to 700
Reason: The licences bought cover it
Vendor’s reference: V-1138

Sofia Lind writes:

> We can give you half of them today, since only 700 licences were bought
> under this licence ID.
>
> File another once the order is through.

The request and everything that happened to it:
https://keys.example.com/requests/20417

-- 
Sent by Keyhall at keys.example.com. Nobody reads replies to this message.
Keyhall never sends a product key by mail and never asks for one.
`
	if body != want {
		t.Errorf("got\n%s\nwant\n%s", body, want)
	}
}

func TestWhenTheAnswerIsDueIsSaidInTheReadersZone(t *testing.T) {
	t.Parallel()
	for lang, want := range map[string]string{"en": "08:40 (UTC)", "fi": "10.40 (Europe/Helsinki)", "nb": "09:40 (Europe/Oslo)", "sv": "09:40 (Europe/Stockholm)", "nl": "09:40 (Europe/Amsterdam)"} {
		for _, event := range []licensing.EventKind{licensing.EventFiled, licensing.EventAnswered} {
			if _, body := mail.Compose(t.Context(), letter(event, lang), portal); !strings.Contains(body, want) {
				t.Errorf("%s, %s: got\n%s\nwant %s in it", event, lang, body, want)
			}
		}
	}
	if _, body := mail.Compose(t.Context(), letter(licensing.EventAsked, "en"), portal); strings.Contains(body, "08:40") {
		t.Errorf("a question, while which the clock stands still, says when the answer is due:\n%s", body)
	}
}

// Every mail in every language: whole, in lines that fit, about the right request.
func TestEveryMailIsWhole(t *testing.T) {
	t.Parallel()
	for _, lang := range i18n.Languages() {
		for _, event := range events() {
			for _, kind := range licensing.RequestKinds() {
				m := letter(event, lang)
				m.Detail.Kind, m.Detail.Staff = kind, event == licensing.EventAnswered
				m.Detail.Event.Text = strings.Repeat("Sana ja toinen sana. ", 30)
				if kind == licensing.General {
					m.Detail.Product, m.Detail.Licence, m.Detail.Last5, m.Detail.Asked = "", "", "", 0
				}
				whole(t, fmt.Sprint(lang, " ", event, " ", kind), m)
			}
		}
	}
}

func whole(t *testing.T, name string, m licensing.Mail) {
	t.Helper()
	subject, body := mail.Compose(t.Context(), m, portal)
	if !strings.Contains(subject, "R-20417") || strings.ContainsFunc(subject, unicode.IsControl) {
		t.Errorf("%s: got subject %q", name, subject)
	}
	if !strings.Contains(body, "\n"+portal+"/requests/20417\n") {
		t.Errorf("%s: no link on a line of its own in\n%s", name, body)
	}
	for _, key := range []string{"mail.", "request.kind", "{{", "%!"} {
		if strings.Contains(subject+body, key) {
			t.Errorf("%s: %q stands in\n%s\n%s", name, key, subject, body)
		}
	}
	for line := range strings.Lines(body) {
		if utf8.RuneCountInString(strings.TrimSuffix(line, "\n")) > 76 {
			t.Errorf("%s: a line of more than 76 characters: %s", name, line)
		}
	}
}

func TestEveryReasonIsSaid(t *testing.T) {
	t.Parallel()
	for event, codes := range map[licensing.EventKind][]string{
		licensing.EventGranted: licensing.ReasonCodes(), licensing.EventRejected: licensing.RejectionReasons(),
	} {
		for _, code := range codes {
			m := letter(event, "en")
			m.Detail.Event.Code = code
			if _, body := mail.Compose(t.Context(), m, portal); strings.Contains(body, "request.") || !strings.Contains(body, "Reason: ") {
				t.Errorf("%s for %s: got\n%s", event, code, body)
			}
		}
	}
}

// S-59: whatever somebody typed, a mail shows of a product key the last five.
func TestNoMailHoldsAKey(t *testing.T) {
	t.Parallel()
	shape := regexp.MustCompile(`(?i)DEMO1`)
	for _, typed := range []string{
		"DEMO1-7QK2M-HV3CR-9PWXT-X4T9B", "demo1-7qk2m-hv3cr-9pwxt-x4t9b", "DEMO17QK2MHV3CR9PWXTX4T9B", "DEMO1 7QK2M HV3CR 9PWXT X4T9B",
		"DEMO1 – 7QK2M – HV3CR – 9PWXT – X4T9B", "DEMO1-\n7QK2M-\nHV3CR-\n9PWXT-\nX4T9B", "DEMO1-7QK2M-HV3CR-9PWXT-X4T9B.", "(DEMO1‑7QK2M‑HV3CR‑9PWXT‑X4T9B)",
	} {
		m := letter(licensing.EventAsked, "en")
		m.Detail.Event.Text = "Is it " + typed + " that you mean?"
		m.Detail.Event.Reference, m.Detail.Actor, m.Detail.Name, m.Detail.Product = typed, typed, typed, typed
		subject, body := mail.Compose(t.Context(), m, portal)
		if shape.MatchString(subject + body) {
			t.Errorf("typed as %q, it stands in\n%s\n%s", typed, subject, body)
		}
		if !strings.Contains(strings.ToUpper(body), "…-X4T9B") {
			t.Errorf("typed as %q, its last five are gone from\n%s", typed, body)
		}
	}
	m := letter(licensing.EventAsked, "en")
	for _, words := range []string{"Might those seven hosts begin again?", "Is it for activation deployment 10250?"} {
		m.Detail.Event.Text = words
		if _, body := mail.Compose(t.Context(), m, portal); !strings.Contains(body, words) {
			t.Errorf("words were taken for a key:\n%s", body)
		}
	}
}

// S-08: no name makes another line of the subject, or of the text.
func TestNamesStayOnTheirLine(t *testing.T) {
	t.Parallel()
	m := letter(licensing.EventGranted, "en")
	const attack = "Anna\r\nBcc: thief@elsewhere.example\u2028\u202e"
	m.Detail.Name, m.Detail.Actor, m.Detail.Product, m.Detail.Organisation, m.Detail.Event.Reference = attack, attack, attack, attack, attack
	subject, body := mail.Compose(t.Context(), m, portal)
	for line := range strings.Lines(subject + "\n" + body) {
		if strings.HasPrefix(line, "Bcc") || strings.ContainsAny(line, "\r\u2028\u202e") {
			t.Errorf("got a line of its own: %q", line)
		}
	}
}
