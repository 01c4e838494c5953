package views

import (
	"context"
	"net/url"
	"time"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/i18n"
	"github.com/keyhall/keyhall/internal/licensing"
)

// RightForms is what the forms about rights on a page share, and what was typed into the
// one that came back.
type RightForms struct {
	From     string // number of the licence ID whose page this is; "" on the list of people
	Once     string
	Focus    string // the form that came back: GiveForm, or what ChangeForm, EndForm or LeaveForm say
	Form     url.Values
	Problems licensing.Problems
	Changed  bool // a case of emergency access was no longer what the form was drawn for
}

// GiveForm names the form that gives a right.
const GiveForm = "give"

// ChangeForm names the form that changes a right.
func ChangeForm(id uuid.UUID) string { return "change-" + id.String() }

// EndForm names the form that ends a right.
func EndForm(id uuid.UUID) string { return "end-" + id.String() }

// LeaveForm names the form that ends all rights of a person.
func LeaveForm(id uuid.UUID) string { return "leave-" + id.String() }

// SignOutForm names the form that ends all sessions of a person.
func SignOutForm(id uuid.UUID) string { return "signout-" + id.String() }

// PersonSignOutPath is where the end of all sessions of a person is posted.
func PersonSignOutPath(id uuid.UUID) string { return "/people/" + id.String() + "/sessions/end" }

// SuccessorForm names the form that names who takes over a right.
func SuccessorForm(id uuid.UUID) string { return "successor-" + id.String() }

// SuccessorsPath is the address of the page of successors.
const SuccessorsPath = "/successors"

// Successors are whom the reader has named to take over, and whom the reader was named by.
type Successors struct {
	Lines    []licensing.SuccessorLine
	Once     string
	Problems licensing.Problems
}

func (f RightForms) typed(form, field, otherwise string) string {
	if f.Focus == form && f.Form.Has(field) {
		return f.Form.Get(field)
	}
	return otherwise
}

func (f RightForms) problemsOf(form string) licensing.Problems {
	if f.Focus == form {
		return f.Problems
	}
	return nil
}

// People is who has which right on a licence ID.
type People struct {
	LicenceHead
	RightForms
	People      []licensing.RightLine
	Invitations []licensing.InvitationLine
	Places      []licensing.Organisation // above the licence ID, on which the reader may give rights
	Visits      []licensing.Visit        // of support, under way
	Copied      *licensing.Copied        // what came of copying rights; nil if none were
	Asking      int                      // how many wait for a right that the reader may give
}

// manages reports whether the reader gives rights here.
func (p People) manages() bool { return p.Rights.Has(licensing.ManagePeople) }

// LonePath is the address of the list of licence IDs that one person administers.
const LonePath = "/people/alone"

// revealers counts the people who can reveal keys here.
func (p People) revealers() int {
	who := map[uuid.UUID]bool{}
	for _, r := range p.People {
		if r.Role.Permissions().Has(licensing.RevealKeys) {
			who[r.PersonID] = true
		}
	}
	return len(who)
}

// AllPeople is the list of people and their rights, and what was asked of it.
type AllPeople struct {
	RightForms
	Page        licensing.PeoplePage
	Invitations []licensing.InvitationLine
	Query       string
	Asking      int // how many wait for a right that the reader may give
}

// PeoplePath is the address of the list of people, narrowed to some.
func PeoplePath(query string) string { return with("/people", nil, "q", query) }

// RightPath is the address of a right, or of what is done to it.
func RightPath(id uuid.UUID, below string) string { return "/rights/" + id.String() + below }

// rightsLastDay is the day on which a right ends, as a form writes it; "" for none.
func rightsLastDay(ctx context.Context, until *time.Time) string {
	if until == nil {
		return ""
	}
	return until.In(ChromeOf(ctx).Now.Location()).Format(time.DateOnly)
}

// endsText says when a right ends.
func endsText(ctx context.Context, until *time.Time) string {
	if until == nil {
		return i18n.T(ctx, "people.never")
	}
	return i18n.ShortDate(ctx, *until)
}
