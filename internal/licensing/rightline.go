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
	Managed        bool      // the viewer manages the people of what it was given on
	SuccessorID    uuid.UUID // who takes over when nobody else administers; zero for none
	Successor      string    // name
	Group          string    // by which the person has it, as the provider says; "" where it was given by hand
}

// ChangeableBy reports whether somebody may change and end a right: what they manage,
// but never their own, nor one by group.
func (r RightLine) ChangeableBy(v Viewer) bool {
	return r.Managed && r.PersonID != v.PersonID && r.Group == ""
}

// Succeeded reports whether somebody may name who takes over a right from them: one of
// their own by which they manage people, unless it is by group: that one is the provider's
// to give.
func (r RightLine) Succeeded(v Viewer) bool {
	return r.Managed && r.PersonID == v.PersonID && r.Group == "" && r.Role.Permissions().Has(ManagePeople)
}

// LicencePeople is who has which right on a licence ID.
type LicencePeople struct {
	Licence     LicenceRow
	Rights      []RightLine      // the strongest first
	Invitations []InvitationLine // that nobody accepted, the latest first; for who manages people
	Asking      int              // how many wait for a right that the viewer may give
	Places      []Organisation   // above it, on which the viewer may give rights too, the nearest first
	Visits      []Visit          // of support, under way
}

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

// OnlyAdministrator names the one person among the holders of rights on a licence ID who
// manages its people; "" where several do, or nobody.
func OnlyAdministrator(rights []RightLine) string {
	name, id := "", uuid.Nil
	for _, r := range rights {
		switch {
		case !r.Role.Permissions().Has(ManagePeople) || r.PersonID == id:
		case id != uuid.Nil:
			return ""
		default:
			name, id = r.Name, r.PersonID
		}
	}
	return name
}

// LoneLicence is a licence ID that one person administers.
type LoneLicence struct {
	Number        string
	Organisation  string
	PersonID      uuid.UUID
	Administrator string
	ExpiresAt     *time.Time // when the last of their rights there ends; nil: without end
}

// LonePage is a page of them. Next is the cursor of the page after; "" at the end.
type LonePage struct {
	Licences []LoneLicence
	Next     string
}
