package views

import (
	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/licensing"
)

// Groups is the list of roles that groups have, and the form for one more.
type Groups struct {
	RightForms
	Page licensing.GroupPage
}

// GroupsPath is the address of that list.
const GroupsPath = "/people/groups"

// EndGroupForm names the form that ends the role of a group.
func EndGroupForm(id uuid.UUID) string { return "end-" + id.String() }
