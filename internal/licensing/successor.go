package licensing

import (
	"time"

	"github.com/google/uuid"
)

// SuccessorState says what has become of a successor.
type SuccessorState string

// A successor is named, and that ends once: the administrator takes it back (or loses the
// right that it hung on), the successor declines, or takes over.
const (
	SuccessorNamed     SuccessorState = "named"
	SuccessorWithdrawn SuccessorState = "withdrawn"
	SuccessorDeclined  SuccessorState = "declined"
	SuccessorSteppedIn SuccessorState = "stepped_in"
)

// Successor is whom an administrator has named to get their right on a licence ID or an
// organisation when nobody else administers it any more.
type Successor struct {
	ID             uuid.UUID
	RootID         uuid.UUID
	PersonID       uuid.UUID // the administrator
	SuccessorID    uuid.UUID
	OrganisationID *uuid.UUID // exactly one of these two is set
	LicenceID      *uuid.UUID
	State          SuccessorState
	NamedAt        time.Time
	ClosedAt       *time.Time
}

// SuccessorLine is a successor as the two whom it concerns are shown it.
type SuccessorLine struct {
	Successor
	Administrator string // name
	Name          string // of the successor
	Number        string // of the licence ID; "" for an organisation
	Organisation  string // the licence ID's, or the one itself
}

// Place is what the right is on, in a word.
func (l SuccessorLine) Place() string {
	if l.Number != "" {
		return l.Number
	}
	return l.Organisation
}

// EndedBy is how it ends when one of the two ends it; "" for anybody else.
func (s Successor) EndedBy(person uuid.UUID) SuccessorState {
	switch person {
	case s.PersonID:
		return SuccessorWithdrawn
	case s.SuccessorID:
		return SuccessorDeclined
	}
	return ""
}
