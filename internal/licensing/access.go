package licensing

import (
	"slices"
	"time"

	"github.com/google/uuid"
)

// AccessState says what became of a request for access.
type AccessState string

// A request for access is open until it ends in one of the other four, for good.
const (
	AccessOpen       AccessState = "open"
	AccessAccepted   AccessState = "accepted"
	AccessDenied     AccessState = "denied"
	AccessWithdrawn  AccessState = "withdrawn"
	AccessUnanswered AccessState = "unanswered" // nobody said anything for AccessDays
)

// What people are told of requests for access.
const (
	AccessAskedNews      NewsKind = "access_asked"    // to administrators
	AccessReminderNews   NewsKind = "access_reminder" // to administrators
	AccessAcceptedNews   NewsKind = "access_accepted" // to who asked, as the next two
	AccessDeniedNews     NewsKind = "access_denied"
	AccessUnansweredNews NewsKind = "access_unanswered"
	AccessLonelyNews     NewsKind = "access_lonely"  // to the operator: nobody administers it
	AccessIgnoredNews    NewsKind = "access_ignored" // to the staff: nobody answered
)

// How much one person may ask, and for how long a request for access waits.
const (
	AccessMost  = 10 // open at once
	AccessADay  = 20 // asked within 24 hours
	AccessDays  = 30 // days until an open one ends by itself
	AccessFirst = 2  // working days until the administrators are reminded
	AccessAgain = 5  // working days until they are reminded again
	AccessSteps = 3  // told, and reminded twice
)

// AccessRequest is somebody's wish for a role on a licence ID, by its number. Whether there
// is such a licence ID is not theirs to learn.
type AccessRequest struct {
	ID             uuid.UUID
	RootID         uuid.UUID // the publisher's while nobody is found whom it is for
	PersonID       uuid.UUID
	Issuer         string // provider that the person was signed in with
	Number         string // as asked
	Whole          bool   // for the whole organisation of the licence ID
	Role           Role
	Reason         string
	AskedAt        time.Time
	LicenceID      *uuid.UUID // nil where no licence ID has the number
	OrganisationID *uuid.UUID // what it is for if Whole
	Lonely         bool       // nobody administers it, when it was last looked
	Step           int        // 0: nobody has been told; 1: told; then one more for each reminder
	DueAt          *time.Time // when something happens by itself; nil for never
	State          AccessState
	Version        int
	ClosedAt       *time.Time
	DecidedBy      *uuid.UUID
	Given          Role   // "" if not accepted
	Authorisation  string // of an open agreement that was added; "" where access was asked for
	Wrong          bool   // its two numbers don't go together
	Message        string // of who decided
}

// Open reports whether a request for access waits for an answer.
func (r AccessRequest) Open() bool { return r.State == AccessOpen }

// Waited is how long it waited for an answer, or how long it has by now.
func (r AccessRequest) Waited(now time.Time) time.Duration {
	if r.ClosedAt != nil {
		now = *r.ClosedAt
	}
	return now.Sub(r.AskedAt)
}

// AccessLine is a request for access as it is shown. Who asked see no names of the place,
// and not who answered.
type AccessLine struct {
	AccessRequest
	Name         string // of who asked
	Email        string
	Organisation string // of the licence ID
	Decider      string // "" for who asked
}

// AccessForm is the form by which somebody asks for access, each field as it was typed.
type AccessForm struct {
	Number string
	Whole  bool
	Role   Role
	Reason string
	At     time.Time
}

// Request is what a form amounts to, or what is wrong with it. Of a number it only says
// that it can't be one.
func (f AccessForm) Request() (r AccessRequest, problems Problems) {
	r = AccessRequest{Whole: f.Whole, Role: f.Role, AskedAt: f.At, State: AccessOpen, Version: 1}
	if r.Number = typedNumber(f.Number); !numberShape.MatchString(r.Number) {
		problems = append(problems, Problem{Field: "number", Message: "access.problem.number"})
	}
	if !slices.Contains(CustomerRoles(), f.Role) {
		problems = append(problems, Problem{Field: "role", Message: "right.problem.role"})
	}
	var wrong string
	if r.Reason, wrong = CleanText(f.Reason, LongText); wrong == "" && r.Reason == "" {
		wrong = "access.problem.reason"
	}
	if wrong != "" {
		problems = append(problems, Problem{Field: "reason", Message: wrong, Args: map[string]any{"Most": LongText}})
	}
	return r, problems
}

// AccessAnswer is how an administrator answers a request for access.
type AccessAnswer struct {
	Version int
	Narrow  bool // give it on the licence ID alone, though the organisation was asked for
	Message string
	Terms   // role and end, of an acceptance
}

// Problems is what is wrong with accepting a request for a role.
func (a AccessAnswer) Problems(asked Role) Problems {
	p := a.Terms.Problems()
	if len(p) == 0 && !slices.Contains(asked.Within(), a.Role) {
		p = Problems{{Field: "role", Message: "access.problem.more"}}
	}
	return p
}

// Within lists the customers' roles that a role's permissions cover, itself first.
func (r Role) Within() []Role {
	return slices.DeleteFunc(CustomerRoles(), func(other Role) bool { return !r.Permissions().Has(other.Permissions()) })
}

// Covering lists the customers' roles whose permissions cover those of a role.
func (r Role) Covering() []Role {
	return slices.DeleteFunc(CustomerRoles(), func(other Role) bool { return !other.Permissions().Has(r.Permissions()) })
}

// MindAccess is the job that tells of requests for access, reminds of them and ends them.
type MindAccess struct{}

// Kind names the job in the queue.
func (MindAccess) Kind() string { return "mind_access" }
