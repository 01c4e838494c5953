package views

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/i18n"
	"github.com/keyhall/keyhall/internal/licensing"
)

// Access is who asks for access: what the reader asked for, what others ask of the reader,
// and for the staff where nobody answers.
type Access struct {
	RightForms
	Own      []licensing.AccessLine
	Waiting  []licensing.AccessLine
	Answered []licensing.AccessLine
	Unheard  []licensing.AccessLine
	Number   string // that the form asks for at first; "" for none
	Changed  bool   // what the form was about has been answered or withdrawn since

	Providers map[string]string // names, by issuer, of those that have one
}

// now is what the form that came back is about, as it is now; false where it is not among
// what was answered lately.
func (a Access) now() (licensing.AccessLine, bool) {
	i := slices.IndexFunc(a.Answered, func(l licensing.AccessLine) bool {
		return a.Focus == AcceptForm(l.ID) || a.Focus == DenyForm(l.ID)
	})
	if i < 0 {
		return licensing.AccessLine{}, false
	}
	return a.Answered[i], true
}

// AccessHome is where people ask for access, and answer others.
const AccessHome = "/access-requests"

// askPath is the form that asks for access by a number.
func askPath(number string) string { return with(AccessHome, nil, "number", number) + "#ask" }

// AgreementsPath is where people add an open agreement.
const AgreementsPath = AccessHome + "/agreements"

// AgreementForm names the form that adds an open agreement.
const AgreementForm = "agreement"

// ObjectionPath is where somebody objects to an open agreement that was added.
func ObjectionPath(id uuid.UUID) string { return AgreementsPath + "/" + id.String() + "/objection" }

// AskForm names the form that asks for access.
const AskForm = "ask"

// AcceptForm names the form that gives what somebody asks for.
func AcceptForm(id uuid.UUID) string { return "accept-" + id.String() }

// DenyForm names the form that says no to it.
func DenyForm(id uuid.UUID) string { return "deny-" + id.String() }

// WithdrawForm names the form that takes it back.
func WithdrawForm(id uuid.UUID) string { return "withdraw-" + id.String() }

// AccessPath is where something is done to a request for access.
func AccessPath(id uuid.UUID, below string) string { return AccessHome + "/" + id.String() + below }

// accessClass is how the tag of a state looks.
func accessClass(s licensing.AccessState) string {
	switch s {
	case licensing.AccessAccepted:
		return "tag ok"
	case licensing.AccessDenied:
		return "tag bad"
	case licensing.AccessOpen:
		return "tag info"
	}
	return "tag"
}

// accessPlace says what is asked for, as far as the reader knows it.
func accessPlace(ctx context.Context, l licensing.AccessLine) string {
	switch {
	case l.Adds():
		return i18n.T(ctx, "agreement.open")
	case !l.Whole:
		return i18n.T(ctx, "people.place_here")
	case l.Organisation == "":
		return i18n.T(ctx, "access.whole")
	}
	return i18n.T(ctx, "people.place_below", "Organisation", l.Organisation)
}

// waitedText is how long a request for access waits, or waited for its answer.
func waitedText(ctx context.Context, l licensing.AccessLine) string {
	return i18n.Duration(ctx, l.Waited(ChromeOf(ctx).Now))
}
