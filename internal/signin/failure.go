package signin

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/keyhall/keyhall/internal/licensing"
)

// Reason says why nobody was signed in, in as many words as a page needs.
type Reason string

// The reasons; each deserves words of its own on the page.
const (
	NoAccount    Reason = "no_account"    // the provider vouched for someone whom we don't know
	Ended        Reason = "ended"         // the account has ended
	ProviderDown Reason = "provider_down" // the provider gave no answer, or said that it can't
	Clock        Reason = "clock"         // the provider's clock and ours are too far apart
	Denied       Reason = "denied"        // the person or the provider said no
	Stale        Reason = "stale"         // too late, a second time, or not begun in this browser
	Invalid      Reason = "invalid"       // the provider's answer is not one to trust
	Taken        Reason = "taken"         // a sign-in account to be added is another account's
	Yours        Reason = "yours"         // a sign-in account to be added is there already
)

// Failure is why a sign-in signed nobody in.
type Failure struct {
	Reason   Reason
	Check    string             // the check that failed, such as "nonce"; for logs and the audit
	Identity licensing.Identity // whom the provider vouched for; empty unless its ID token held
	Email    string             // as the provider says, to be shown to that person and trusted for nothing; "" if unknown
	Next     string             // the local path the person was on the way to
	Err      error              // what happened underneath; nil if that is all
}

func (f *Failure) Error() string {
	if f.Err == nil {
		return fmt.Sprintf("sign-in refused (%s)", f.why())
	}
	return fmt.Sprintf("sign-in refused (%s): %v", f.why(), f.Err)
}

func (f *Failure) Unwrap() error { return f.Err }

func (f *Failure) why() string {
	if f.Check == "" {
		return string(f.Reason)
	}
	return string(f.Reason) + "/" + f.Check
}

// said shortens what a provider said to a line that a log can take: libraries put
// whole response bodies into their errors, and those are somebody else's text.
func said(text string) string {
	text = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
	if runes := []rune(text); len(runes) > 200 {
		return string(runes[:200]) + "…"
	}
	return text
}
