package views

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/url"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/i18n"
	"github.com/keyhall/keyhall/internal/licensing"
)

// Account is what people are shown of themselves.
type Account struct {
	Sessions  []SessionLine
	Language  string                // the account's: one of i18n's, or "" for what the browser wishes
	Unwanted  []licensing.MailGroup // mail that the person refused
	Uses      []licensing.UseLine
	Catalogue *licensing.Catalogue
	Problems  licensing.Problems // of the form that was sent
	Form      url.Values         // what was typed into it

	EmailAsked string // address that waits to be confirmed; "" for none
	EmailOnce  string

	Identities []IdentityLine
	Doors      []Door // providers at which the person may add a sign-in account, by ID

	LanguageOnce string // hidden fields of the forms: each post is one of its own
	MailOnce     string
	OthersOnce   string

	ShortcutsOnce string
}

// SessionLine is a session with its hidden field.
type SessionLine struct {
	licensing.Session
	This bool // the one that the page is asked for in
	Once string
}

// MailField names the field of a form that says whether mail of a group is wanted.
func MailField(g licensing.MailGroup) string { return "mail_" + string(g) }

// IdentityLine is a sign-in account with its hidden field.
type IdentityLine struct {
	licensing.Identity
	Provider string // its name; "" if it has none
	Used     bool   // the one that the session began with
	Kept     bool   // not the reader's to remove, signed in as they are
	Once     string
}

// IdentityName names a sign-in account in a form, without saying what it is.
func IdentityName(id licensing.Identity) string {
	sum := sha256.Sum256([]byte(id.Issuer + "\x00" + id.Subject))
	return hex.EncodeToString(sum[:16])
}

// providerName is what people know a provider by: its name, or where it has none, its
// server's.
func providerName(issuer, name string) string {
	if u, err := url.Parse(issuer); name == "" && err == nil {
		name = u.Host
	}
	return cmp.Or(name, issuer)
}

// subjectStart is enough of a subject to tell it from another.
func subjectStart(subject string) string {
	if len(subject) <= 12 {
		return subject
	}
	return subject[:6] + "…" + subject[len(subject)-4:]
}

// doorName is the name of a provider; with one alone there may be none.
func doorName(ctx context.Context, d Door) string {
	if d.Name == "" {
		return i18n.T(ctx, "account.identity_add")
	}
	return i18n.T(ctx, "account.identity_add_at", "Provider", d.Name)
}

// SessionEndPath is where a session's end is posted.
func SessionEndPath(id uuid.UUID) string { return "/account/sessions/" + id.String() + "/end" }

// browserOf says in a few words which browser a session is of.
func browserOf(ctx context.Context, s licensing.Session) string {
	name, system := s.Browser()
	switch {
	case name == "" && system == "":
		return i18n.T(ctx, "account.browser_unknown")
	case name == "" || system == "":
		return name + system
	}
	return i18n.T(ctx, "account.browser", "Browser", name, "System", system)
}

// ownActsPath leads to all that the reader did.
func ownActsPath(ctx context.Context) string {
	return with("/audit", nil, "person", ChromeOf(ctx).Viewer.PersonID.String())
}
