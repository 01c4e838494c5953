package licensing

import (
	"regexp"
	"strings"
	"time"
)

// How open agreements are added.
const (
	ObjectionWindow = 24 * time.Hour // in which administrators may object
	WrongPairs      = 5              // within a day, until a person is locked out for a day
	WrongOfNumber   = 20             // within a day against one licence number, until that is locked
	LockTime        = 24 * time.Hour
)

// AgreementForm is the form by which somebody adds an open agreement, as it was typed.
type AgreementForm struct {
	Number        string // licence number
	Authorisation string
	At            time.Time
}

// What people are told of open agreements that are added.
const (
	AgreementAddedNews    NewsKind = "agreement_added"  // to administrators, who may object
	AgreementLonelyNews   NewsKind = "agreement_lonely" // to the operator: nobody may
	AgreementGivenNews    NewsKind = "agreement_given"  // to who added it, as the next two
	AgreementObjectedNews NewsKind = "agreement_objected"
	AgreementEndedNews    NewsKind = "agreement_ended"
	AgreementLockedNews   NewsKind = "agreement_locked" // to administrators and the operator: too many wrong pairs
)

var authorisationShape = regexp.MustCompile(`^[A-Z0-9]{6,20}$`)

// Request is what a form amounts to, or what is wrong with it. Whether the two numbers go
// together it doesn't say.
func (f AgreementForm) Request() (r AccessRequest, problems Problems) {
	r = AccessRequest{Role: KeyViewer, AskedAt: f.At, State: AccessOpen, Version: 1}
	if r.Authorisation = typedNumber(f.Authorisation); !authorisationShape.MatchString(r.Authorisation) {
		problems = append(problems, Problem{Field: "authorisation", Message: "agreement.problem.authorisation"})
	}
	if r.Number = typedNumber(f.Number); !numberShape.MatchString(r.Number) {
		problems = append(problems, Problem{Field: "licence", Message: "access.problem.number"})
	}
	return r, problems
}

// typedNumber is a number as it is kept, however it was typed.
func typedNumber(s string) string { return strings.ToUpper(strings.Join(strings.Fields(s), "")) }

// Adds reports whether a request for access is an open agreement that was added.
func (r AccessRequest) Adds() bool { return r.Authorisation != "" }

// RoleAdded is the role that adding an open agreement gives, also where nobody administers
// it: the two numbers stand on paper, and who knows them need not speak for the customer.
const RoleAdded = KeyViewer
