package views

import (
	"context"
	"net/url"
	"time"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/i18n"
	"github.com/keyhall/keyhall/internal/licensing"
)

// VisitForm is the form in which an agent states why they look at a customer, and what
// was typed into it.
type VisitForm struct {
	licensing.NeedsReason
	Next     string // address of the page that was wanted
	Once     string
	For      time.Duration
	Form     url.Values
	Problems licensing.Problems
}

// VisitPath is the address at which a visit is ended.
func VisitPath(id uuid.UUID) string { return "/support/visits/" + id.String() + "/end" }

// visitLine tells a customer that support looks at them.
func visitLine(ctx context.Context, v licensing.Visit) string {
	until := i18n.Time(ctx, v.EndsAt)
	if v.Reason == "" {
		return i18n.T(ctx, "visit.line", "Name", v.Agent, "When", until)
	}
	return i18n.T(ctx, "visit.line_why", "Name", v.Agent, "When", until, "Reason", v.Reason)
}

// The end of a visit is the same post however often its page is drawn.
func visitOnce(id uuid.UUID) string { return id.String() }
