package mail_test

import (
	"strings"
	"testing"

	"github.com/keyhall/keyhall/internal/i18n"
	"github.com/keyhall/keyhall/internal/licensing"
	text "github.com/keyhall/keyhall/views/mail"
)

// Every kind of news has a line and a mail in each language.
func TestNewsHaveWords(t *testing.T) {
	t.Parallel()
	for _, kind := range licensing.NewsKinds() {
		for _, lang := range []string{"en", "fi", "nb", "sv", "nl"} {
			ctx := i18n.With(t.Context(), lang)
			for _, key := range []string{"news." + string(kind), "news_mail." + string(kind)} {
				if got := i18n.T(ctx, key); got == key || got == "" {
					t.Errorf("%s: nothing says %s", lang, key)
				}
			}
		}
	}
}

// S-08, S-57, S-59: what people wrote stays in its line, a key in it is veiled, and what
// opens something once stands in the mail's text alone.
func TestNewsAreWordedForTheirReader(t *testing.T) {
	t.Parallel()
	n := licensing.News{
		Kind: licensing.RightGiven, Path: "/people", Secret: "/invitation/once-only",
		Args: map[string]string{"Role": "key_viewer", "Actor": "Anna\r\nBcc: x@example.com", "Place": "74120935"},
		Text: "Try DEMO1-7QK2M-HV3CR-9PWXT-T6J2K",
	}
	m := licensing.Mail{Language: "sv", Detail: licensing.MailDetail{Name: "Kevin", News: &n}}
	subject, body := text.Compose(t.Context(), m, "https://keyhall.example")
	if strings.ContainsAny(subject, "\r\n") || !strings.Contains(subject, i18n.T(i18n.With(t.Context(), "sv"), "role.key_viewer")) {
		t.Errorf("subject: got %q", subject)
	}
	if strings.Contains(body, "\nBcc:") || strings.Contains(body, "HV3CR") {
		t.Errorf("the text holds a line of its own or a key: %q", body)
	}
	if !strings.Contains(body, "https://keyhall.example/invitation/once-only\n") || strings.Contains(body, "/people") || strings.Contains(subject, "once-only") {
		t.Errorf("the link is not where it belongs: %q, %q", subject, body)
	}
}
