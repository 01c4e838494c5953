package licensing

import (
	"slices"
	"time"

	"github.com/google/uuid"
)

// Terms is what a right comes to: a role, and until when.
type Terms struct {
	Role  Role
	Until *time.Time // nil: without end
	At    time.Time  // when it is asked for
}

// Problems is what is wrong with terms: a role that customers don't give, an end that
// has passed.
func (t Terms) Problems() (p Problems) {
	if !slices.Contains(CustomerRoles(), t.Role) {
		p = append(p, Problem{Field: "role", Message: "right.problem.role"})
	}
	if t.Until != nil && !t.Until.After(t.At) {
		p = append(p, Problem{Field: "until", Message: "right.problem.past"})
	}
	return p
}

// Same reports whether terms are those of a right already.
func (t Terms) Same(g Grant) bool {
	if t.Role != g.Role || (t.Until == nil) != (g.ExpiresAt == nil) {
		return false
	}
	return t.Until == nil || t.Until.Equal(*g.ExpiresAt)
}

// Giving is the form by which an administrator gives somebody a right.
type Giving struct {
	Number       string    // licence ID on whose page it was filled in
	Organisation uuid.UUID // gives it on this organisation above the licence ID; zero: on the licence ID
	Invitee                // who has a right in the family by this business e-mail is given it at once; anybody else is invited
	Language     string    // of the mail to who is invited: one of i18n's
	Terms
}

// Problems is what is wrong with the form.
func (g Giving) Problems() Problems { return append(g.Invitee.Problems(), g.Terms.Problems()...) }

// Leaving is the form by which an administrator ends every right of somebody who leaves.
type Leaving struct {
	Person    uuid.UUID
	Colleague string // business e-mail of who goes on with their open requests; "" for who acts
	At        time.Time
}

// CustomerRoles are the roles that customers give each other, the strongest first.
func CustomerRoles() []Role {
	return slices.DeleteFunc(Roles(), Role.Staff)
}

// ManagingRoles are the customers' roles that give, change and end rights.
func ManagingRoles() []Role {
	return slices.DeleteFunc(CustomerRoles(), func(r Role) bool { return !r.Permissions().Has(ManagePeople) })
}
