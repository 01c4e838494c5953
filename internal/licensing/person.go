package licensing

import (
	"time"

	"github.com/google/uuid"
)

// Person is somebody with an account: one human, however many sign-in identities.
type Person struct {
	ID            uuid.UUID
	Name          string
	BusinessEmail string // where mail goes; never what identifies the person
	Locale        string // one of i18n's languages, or "" for the browser's wish
	StaffRole     Role   // SupportAgent, Operator, or "" for customers
	NoShortcuts   bool   // on pages no single letter does anything
	EndedAt       *time.Time
}

// TableName says that persons is not the plural gorm would guess.
func (Person) TableName() string { return "persons" }

// Identity binds a subject at an OpenID provider to a person.
type Identity struct {
	Issuer   string `gorm:"primaryKey"` // exact, as in the ID token
	Subject  string `gorm:"primaryKey"` // 1–255 printable ASCII characters, case-sensitive
	PersonID uuid.UUID
}

// TableName says that identities is not the plural gorm would guess.
func (Identity) TableName() string { return "identities" }

// Viewer is a person as of one request: who reads or acts, and from where.
type Viewer struct {
	PersonID uuid.UUID
	Name     string
	Email    string
	Locale   string
	Plain    bool        // no single letter does anything on the pages
	Staff    Role        // SupportAgent, Operator, or "" for customers
	Roots    []uuid.UUID // families that hold a licence ID the person has a right on
	Licences int         // how many licence IDs the person reaches
	Unread   int         // notices
	Queue    int         // requests that wait for support, for its agents
	May      Permission  // everything the person may do anywhere; what a thing allows is asked of the thing
	Issuer   string      // the identity signed in with
	Subject  string
	Bound    bool // the issuer speaks for Roots alone, whatever else the person reaches
	From     Origin
}

// Origin is where a request came from, for the audit log.
type Origin struct {
	Address   string // client's IP address
	RequestID string
}

// SeesAllCustomers reports whether the viewer reads over every family (masked).
func (v Viewer) SeesAllCustomers() bool { return v.May.Has(SeeCustomers) }

// Session is a signed-in browser. The browser holds a random token; only its hash is kept.
type Session struct {
	Hash     []byte `gorm:"primaryKey"` // SHA-256 of the token, 32 bytes
	PersonID uuid.UUID
	Issuer   string
	Subject  string
	SID      string    `gorm:"column:sid"` // the provider's session id; "" if it gives none
	IDToken  []byte    // sealed; the hint for signing out at the provider
	AuthTime time.Time // when the person proved who they are; zero if the provider doesn't say
	ACR      string    `gorm:"column:acr"` // how, in the provider's words; "" if it doesn't say
	LastSeen time.Time
	EndsAt   time.Time

	ID        uuid.UUID // what the person calls it by; the database gives it, and StartedAt
	StartedAt time.Time
	Address   string // client's IP address at sign-in
	Agent     string // what the browser said of itself at sign-in, at most 200 characters
}
