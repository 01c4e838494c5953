package views

import (
	"context"
	"net/url"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/i18n"
	"github.com/keyhall/keyhall/internal/licensing"
)

// EmergencyPath is the address of the list of cases of emergency access.
const EmergencyPath = "/support/access"

// EmergencyCasePath is where something is done to a case: confirmation, withdrawal, objection.
func EmergencyCasePath(id uuid.UUID, below string) string {
	return EmergencyPath + "/" + id.String() + "/" + below
}

// Emergency is the list of cases, and what was typed into the form that came back.
type Emergency struct {
	Cases    []licensing.EmergencyLine
	Wait     int // hours
	Once     string
	Focus    string // "open", or the ID of the case whose form came back
	Form     url.Values
	Problems licensing.Problems
	Changed  bool // a case was no longer what the form was drawn for
}

func (a Emergency) typed(field string) string {
	if a.Focus != "open" {
		return ""
	}
	return a.Form.Get(field)
}

func (a Emergency) problemsOf(form string) licensing.Problems {
	if a.Focus == form {
		return a.Problems
	}
	return nil
}

// emergencyTag is how the state of a case looks.
func emergencyTag(s licensing.EmergencyState) string {
	switch s {
	case licensing.EmergencyOpened, licensing.EmergencyConfirmed:
		return "tag warn"
	case licensing.EmergencyGranted:
		return "tag ok"
	case licensing.EmergencyStopped:
		return "tag bad"
	}
	return "tag"
}

// emergencyWhat says of a case under way what will happen, and when.
func emergencyWhat(ctx context.Context, l licensing.EmergencyLine) string {
	if l.DueAt == nil {
		return i18n.T(ctx, "emergency.banner_opened", "Name", l.Person, "Place", l.Place(), "Opener", l.Opener)
	}
	return i18n.T(ctx, "emergency.banner_confirmed", "Name", l.Person, "Place", l.Place(), "When", i18n.DateTime(ctx, *l.DueAt))
}
