package licensing

import (
	"encoding/json"
	"time"

	"github.com/google/uuid"
)

// ChainHead is the last entry of an audit chain at some time: whoever keeps it elsewhere
// sees later whether the chain still has that entry.
type ChainHead struct {
	RootID uuid.UUID
	Seq    int64
	Hash   []byte // of the entry, 32 bytes
	At     time.Time
}

// Link is an entry as it leaves the portal for another program: every field, with the
// detail as JSON.
type Link struct {
	AuditEntry
	Detail json.RawMessage
}

// TargetKind says what a target is sent.
type TargetKind string

// A target gets signed checkpoints of the chains, or each of their entries.
const (
	Checkpoints TargetKind = "checkpoint"
	Entries     TargetKind = "stream"
)

// AuditTarget is a place outside the database that the audit log is delivered to.
type AuditTarget struct {
	ID    string // one for each address and kind
	Kind  TargetKind
	Label string // the address as far as it may be shown
}

// AuditDelivery is how it goes with a target.
type AuditDelivery struct {
	AuditTarget
	DeliveredAt *time.Time // the last time that it took what it was given; nil for never
	FailingAt   *time.Time // since when it does not; nil if it does
}
