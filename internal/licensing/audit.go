package licensing

import (
	"time"

	"github.com/google/uuid"
)

// Outcome says how an audited act ended.
type Outcome string

// An act was done, or refused.
const (
	Done    Outcome = "done"
	Refused Outcome = "refused"
)

// Act is what is told to the audit log: noun and past, as in "key.revealed". Actions
// are message keys below "audit.".
type Act struct {
	RootID    uuid.UUID // the chain it goes to
	Action    string
	LicenceID *uuid.UUID     // the licence ID it concerns, if one
	Object    string         // what it was done to: "key/<id>", "licence/<number>", "file/<id>"
	Outcome   Outcome        // "" means Done
	Detail    map[string]any // never a key; at most its last five
}

// AuditEntry is a link of a family's audit chain.
type AuditEntry struct {
	RootID    uuid.UUID `gorm:"primaryKey"`
	Seq       int64     `gorm:"primaryKey"` // from 1, without gaps
	At        time.Time // the database's clock
	ActorID   *uuid.UUID
	Actor     string // name at that time
	Identity  string // issuer and subject signed in with
	Address   string
	RequestID string
	Action    string
	LicenceID *uuid.UUID
	Object    string
	Outcome   Outcome
	Detail    map[string]any `gorm:"serializer:json;type:jsonb"`
	Prev      []byte         // hash of the entry before; 32 zero bytes for the first
	Hash      []byte         // SHA-256 over Prev and everything above
}

// TableName says that the table is called audit.
func (AuditEntry) TableName() string { return "audit" }
