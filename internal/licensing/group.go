package licensing

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"
)

// GroupRole says that whom a provider counts among a group has a role on an organisation.
// The right comes and goes with what the provider says at each sign-in.
type GroupRole struct {
	ID             uuid.UUID
	RootID         uuid.UUID
	OrganisationID uuid.UUID
	Issuer         string // the provider's address
	Group          string // as the provider calls it, to the letter
	Role           Role
	CreatedAt      time.Time
}

// GroupLine is a group's role as a list shows it.
type GroupLine struct {
	GroupRole
	Organisation string
	Provider     string // name of the issuer; its address if it is no longer configured
	By           string // who set it up; "" at the command line
	People       int    // who have the right now
}

// GroupPage is a page of them, and what a new one can be made of. Next is the cursor of
// the page after; "" at the end.
type GroupPage struct {
	Lines     []GroupLine
	Next      string
	Places    []Organisation // that the reader manages; none where there are too many to choose from
	Providers []Issuer       // that tell of groups, and speak for a family of the reader's
}

// GroupGiving is the form that gives a role to a group.
type GroupGiving struct {
	Organisation string // identifier, or the whole name
	Issuer       string
	Group        string
	Role         Role
}

// LongestGroup is how many characters a group's name has at most.
const LongestGroup = 200

// Problems is what is wrong with the form, whoever filled it in.
func (g GroupGiving) Problems() (p Problems) {
	wrong := func(field, message string) { p = append(p, Problem{Field: field, Message: message}) }
	if !slices.Contains(CustomerRoles(), g.Role) {
		wrong("role", "right.problem.role")
	}
	bad := func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }
	switch {
	case g.Group == "":
		wrong("group", "group.problem.group")
	case !utf8.ValidString(g.Group) || utf8.RuneCountInString(g.Group) > LongestGroup || strings.ContainsFunc(g.Group, bad):
		wrong("group", "group.problem.group_bad")
	case holdsKey(g.Group): // names of groups are in the audit log
		wrong("group", "request.problem.text_has_key")
	}
	return p
}

// MindIssuers is the job that ends the rights by group of providers that no server has in
// its settings any more.
type MindIssuers struct{}

// Kind names the job in the queue.
func (MindIssuers) Kind() string { return "mind_issuers" }
