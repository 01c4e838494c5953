package licensing

import (
	"regexp"
	"time"

	"github.com/google/uuid"
)

// KeyType says what a product key does.
type KeyType string

// The five types of product key.
const (
	VLK      KeyType = "VLK"   // volume licence key
	KMS      KeyType = "KMS"   // key of a KMS host
	MAK      KeyType = "MAK"   // multiple activation key, with a counter
	OSA      KeyType = "OSA"   // online service activation, single-use
	SetupKey KeyType = "SETUP" // unlocks an installation, activates nothing
)

// KeyTypes lists the types in the order of key files.
func KeyTypes() []KeyType { return []KeyType{VLK, KMS, MAK, OSA, SetupKey} }

// InFile is how key files write a type, in every language.
func (t KeyType) InFile() string {
	switch t {
	case VLK:
		return "VL Key"
	case SetupKey:
		return "Setup Key"
	}
	return string(t)
}

// A KMS host key works on this many hosts until support grants more, and each host
// can be activated with it this often.
const (
	KMSHosts              = 6
	KMSActivationsPerHost = 10
)

// OSAStatus says whether a single-use key was used.
type OSAStatus string

// States of an OSA key.
const (
	OSAAvailable OSAStatus = "available"
	OSARedeemed  OSAStatus = "redeemed"
)

// Key is a product key of a licence ID, or of the publisher's stock. It holds no
// secret: the key in clear comes only from store.RevealKey and store.ExportKeys.
type Key struct {
	ID          uuid.UUID
	RootID      uuid.UUID
	LicenceID   *uuid.UUID // nil: the publisher's stock
	ProductID   int32
	Type        KeyType
	Last5       string     `gorm:"column:last5"`
	Fingerprint []byte     // keyed hash of the key, 32 bytes; equal for equal keys
	Used        int        // activations of a MAK, hosts of a KMS key
	Total       int        // the same unit; 0 where nothing is counted
	AsOf        *time.Time // when Used was true; nil if it never was told
	Source      string     // where Used and Total come from: import, grant
	Seats       int
	OSAStatus   *OSAStatus `gorm:"column:osa_status"`
	UsableFrom  *time.Time // first day the key works; nil for at once
	Version     int        // of the sealing, from 1
	CreatedAt   time.Time

	CompromisedAt *time.Time // since when nobody takes it in clear; nil for a key in order
}

// Frozen reports whether the key is marked as compromised: nobody takes it in clear.
func (k Key) Frozen() bool { return k.CompromisedAt != nil }

// Left is what remains of a counter: activations or hosts, never negative.
func (k Key) Left() int { return max(0, k.Total-k.Used) }

// Counted reports whether the key has a counter.
func (k Key) Counted() bool { return k.Total > 0 && (k.Type == MAK || k.Type == KMS) }

// Level says how a counter stands.
type Level int

// Fine until a fifth of a counter is left, low until a twentieth, then nearly out.
const (
	LevelFine Level = iota
	LevelLow
	LevelOut
)

// LevelOf says how a counter with left of total remaining stands.
func LevelOf(left, total int) Level {
	switch {
	case left*20 <= total:
		return LevelOut
	case left*5 <= total:
		return LevelLow
	}
	return LevelFine
}

// Level says how the key's counter stands.
func (k Key) Level() Level { return LevelOf(k.Left(), k.Total) }

// Usable reports whether the key works on the day of now.
func (k Key) Usable(now time.Time) bool { return k.UsableFrom == nil || days(*k.UsableFrom, now) >= 0 }

var keyShape = regexp.MustCompile(`^[A-Z0-9]{5}(-[A-Z0-9]{5}){4}$`)

// ValidKey reports whether s has the shape of a product key: five groups of five
// capital letters and digits, joined by hyphens.
func ValidKey(s string) bool { return keyShape.MatchString(s) }

// LimitEntry is one line of the ledger of a key's total, which changes in no other way.
type LimitEntry struct {
	KeyID     uuid.UUID `gorm:"primaryKey"`
	Seq       int       `gorm:"primaryKey"` // from 1, without gaps
	RootID    uuid.UUID
	Old       int
	New       int
	Reason    string // import, grant, consent
	RequestID *int64
	Undoes    *int
	At        time.Time
}

// TableName says that limit_entries is not the plural gorm would guess.
func (LimitEntry) TableName() string { return "limit_entries" }
