package views

import (
	"context"
	"net/url"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/i18n"
	"github.com/keyhall/keyhall/internal/licensing"
)

// KeyForms is what the forms on the page of a key, or of its case, share, and what was
// typed into the one that came back.
type KeyForms struct {
	Once     string
	Focus    string // the last part of the address of the form that came back
	Form     url.Values
	Problems licensing.Problems
}

func (f KeyForms) typed(form, field, otherwise string) string {
	if f.Focus == form && f.Form.Has(field) {
		return f.Form.Get(field)
	}
	return otherwise
}

func (f KeyForms) problemsOf(form string) licensing.Problems {
	if f.Focus == form {
		return f.Problems
	}
	return nil
}

// Leak is the case of a compromised key with all that is known of it.
type Leak struct {
	licensing.LeakDetail
	KeyForms
	Ends      []licensing.LeakState  // how the reader may end it
	Requests  []licensing.RequestRow // the latest about the key that the reader may see
	Catalogue *licensing.Catalogue
}

// LeakPath is the address of the case of a compromised key.
func LeakPath(id uuid.UUID) string { return "/leaks/" + id.String() }

// mayLookAfter reports whether the reader marks keys as compromised, given their rights on
// a licence ID, and sees the cases.
func mayLookAfter(ctx context.Context, rights licensing.Permission) bool {
	return rights.Has(licensing.EditKeys) || ChromeOf(ctx).Viewer.SeesAllCustomers()
}

// leakMarked heads the column of who marked a key, and when; support reads only when.
func leakMarked(ctx context.Context) string {
	if ChromeOf(ctx).Viewer.LooksForAReason() {
		return i18n.T(ctx, "leaks.opened_at")
	}
	return i18n.T(ctx, "leaks.opened")
}

// leakTag is the class of a case's state.
func leakTag(s licensing.LeakState) string {
	switch s {
	case licensing.LeakOpen:
		return "tag bad"
	case licensing.LeakFalseAlarm:
		return "tag"
	}
	return "tag ok"
}

// usedBy is who took a key, for those who may know.
func usedBy(ctx context.Context, u licensing.LeakUse) string {
	if u.Person == "" {
		return i18n.T(ctx, "leak.somebody")
	}
	return u.Person
}

// leakEndHint says to whoever sounded the alarm why they can't call it off.
func leakEndHint(ctx context.Context, l Leak) string {
	if l.OpenedBy == ChromeOf(ctx).Viewer.PersonID {
		return i18n.T(ctx, "leak.end_own")
	}
	return ""
}
