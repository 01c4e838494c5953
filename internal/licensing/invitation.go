package licensing

import (
	"net/mail"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"
)

const (
	// InvitationLasts is how long an invitation can be accepted after its mail.
	InvitationLasts = 7 * 24 * time.Hour
	// InvitationRests is how long an invitation is not sent again.
	InvitationRests = time.Minute
	longestEmail    = 254
	longestName     = 100
)

// Invitation is a right that waits for whoever holds the token that was mailed. Only the
// token's SHA-256 is kept, and that nowhere but in the table.
type Invitation struct {
	ID             uuid.UUID
	RootID         uuid.UUID
	Email          string // where the mail went; never what identifies who accepts
	Name           string // of the account that accepting opens, if it opens one
	Language       string // of the mail: one of i18n's
	Role           Role
	OrganisationID *uuid.UUID // exactly one of these two is set
	LicenceID      *uuid.UUID
	ExpiresAt      *time.Time // of the right
	InvitedBy      uuid.UUID  // who sent it last, and must still manage the place for it to count
	SentAt         time.Time
	EndsAt         time.Time
	AcceptedAt     *time.Time
	AcceptedBy     *uuid.UUID
	WithdrawnAt    *time.Time
	FailedAt       *time.Time // when its last mail was given up
}

// InvitationState says how far an invitation is. Those accepted or withdrawn are listed nowhere.
type InvitationState string

// An invitation waits, its mail could not be delivered, or it can't be accepted any more.
const (
	InvitationSent    InvitationState = "sent"
	InvitationFailed  InvitationState = "failed"
	InvitationExpired InvitationState = "expired"
)

// InvitationLine is an invitation that was neither accepted nor withdrawn, as it is shown.
type InvitationLine struct {
	Invitation
	Organisation string // name of the organisation it is on, or of the licence ID's
	Number       string // licence ID it is on; "" if on an organisation
	State        InvitationState
}

// Fits reports whether a text stands in the name or the address of who is invited, as in
// those of people who are listed.
func (l InvitationLine) Fits(text string) bool {
	text = strings.ToLower(text)
	return strings.Contains(strings.ToLower(l.Name), text) || strings.Contains(strings.ToLower(l.Email), text)
}

// Invitee is whom an administrator types into the form that gives a right.
type Invitee struct {
	Email string
	Name  string // "" takes the address's local part
}

// Problems is what is wrong with whom somebody wants to invite.
func (i Invitee) Problems() (p Problems) {
	switch {
	case !GoodEmail(i.Email):
		p = append(p, Problem{Field: "email", Message: "form.email"})
	case holdsKey(i.Email): // in front of the @; names are in the audit log
		p = append(p, Problem{Field: "email", Message: "request.problem.text_has_key"})
	}
	switch {
	case utf8.RuneCountInString(i.Name) > longestName:
		p = append(p, Problem{Field: "name", Message: "form.name_long"})
	case holdsKey(i.Name):
		p = append(p, Problem{Field: "name", Message: "request.problem.text_has_key"})
	}
	return p
}

// Called is the name that whoever is invited goes by.
func (i Invitee) Called() string {
	if i.Name != "" {
		return i.Name
	}
	local, _, _ := strings.Cut(i.Email, "@")
	return local
}

// GoodEmail reports whether mail can be sent to an address: one mailbox, without a name,
// in a line (S-08).
func GoodEmail(address string) bool {
	if len(address) > longestEmail || !utf8.ValidString(address) || strings.ContainsFunc(address, unfit) {
		return false
	}
	parsed, err := mail.ParseAddress(address)
	return err == nil && parsed.Name == "" && parsed.Address == address
}

func unfit(r rune) bool {
	return unicode.IsControl(r) || unicode.IsSpace(r) || unicode.Is(unicode.Cf, r)
}
