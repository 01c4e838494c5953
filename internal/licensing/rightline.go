package licensing

import (
	"time"

	"github.com/google/uuid"
)

// RightLine is one right that someone has, on a licence ID or from above it.
type RightLine struct {
	ID             uuid.UUID
	PersonID       uuid.UUID
	Name           string
	Email          string
	Role           Role
	Number         string     // licence ID that it was given on; "" where the page says which
	OrganisationID *uuid.UUID // organisation that it was given on
	Inherited      string     // name of that organisation; "" if given on a licence ID
	ExpiresAt      *time.Time
	Managed        bool // the viewer manages the people of what it was given on
}

// ChangeableBy reports whether somebody may change and end a right: what they manage,
// but never their own.
func (r RightLine) ChangeableBy(v Viewer) bool { return r.Managed && r.PersonID != v.PersonID }

// PersonRights is somebody with the rights that a viewer manages.
type PersonRights struct {
	ID     uuid.UUID
	Name   string
	Email  string
	Rights []RightLine // organisations first
}

// PeoplePage is a page of people. Next is the cursor of the page after; "" at the end.
type PeoplePage struct {
	People []PersonRights
	Next   string
}

// PeopleFilter narrows a list of people.
type PeopleFilter struct {
	Query string // part of a name or an address
	After string
}
