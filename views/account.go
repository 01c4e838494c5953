package views

import (
	"context"
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

	LanguageOnce string // hidden fields of the forms: each post is one of its own
	MailOnce     string
	OthersOnce   string
}

// SessionLine is a session with its hidden field.
type SessionLine struct {
	licensing.Session
	This bool // the one that the page is asked for in
	Once string
}

// MailField names the field of a form that says whether mail of a group is wanted.
func MailField(g licensing.MailGroup) string { return "mail_" + string(g) }

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
