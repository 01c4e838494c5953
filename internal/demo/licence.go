package demo

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/licensing"
)

// licences are those of both families.
var licences = slices.Concat(groupLicences, suomiLicences, norgeLicences, sverigeLicences, nederlandLicences, canadaLicences, fjellheimLicences)

// licence is a licence ID with everything under it.
type licence struct {
	number        string
	organisation  string
	programme     string
	kind          licensing.LicenceKind
	agreement     string // see licensing.Licence.AgreementNo
	authorisation string
	term          term
	holds         []holding
}

// term says from when to when a licence ID runs, as seen from a day; ends is nil for
// no end.
type term func(now time.Time) (starts, ends *time.Time)

// until is a term of whole years that ends with a month, so many months from now.
func until(months, years int) term {
	return func(now time.Time) (starts, ends *time.Time) {
		after := time.Date(now.Year(), now.Month()+time.Month(months)+1, 1, 0, 0, 0, 0, time.UTC)
		first, last := after.AddDate(-years, 0, 0), after.AddDate(0, 0, -1)
		return &first, &last
	}
}

// inDays is a term of whole years that ends so many days from now.
func inDays(days, years int) term {
	return func(now time.Time) (starts, ends *time.Time) {
		last := time.Date(now.Year(), now.Month(), now.Day()+days, 0, 0, 0, 0, time.UTC)
		first := last.AddDate(-years, 0, 1)
		return &first, &last
	}
}

// since is a term without end, which began with a month.
func since(months int) term {
	return func(now time.Time) (starts, ends *time.Time) {
		first := time.Date(now.Year(), now.Month()-time.Month(months), 1, 0, 0, 0, 0, time.UTC)
		return &first, nil
	}
}

// holding is a product under a licence ID: how many were bought, and its keys.
type holding struct {
	product string
	bought  int // 0: a key of the product pool, nothing bought
	keys    []key
	gone    int // of those bought, upgraded or transferred since
}

// key is a product key as the tables write it.
type key struct {
	kind        licensing.KeyType
	last5       string // "" for any
	used, total int
	seats       int
	status      licensing.OSAStatus
	usableIn    int // days until it works; 0 for at once
}

func keys(list ...key) []key { return list }

func mak(used, total int) key { return key{kind: licensing.MAK, used: used, total: total} }

func kms(hosts int) key { return key{kind: licensing.KMS, used: hosts, total: licensing.KMSHosts} }

func vlk() key { return key{kind: licensing.VLK} }

func setup() key { return key{kind: licensing.SetupKey} }

func osa(seats int, status licensing.OSAStatus) key {
	return key{kind: licensing.OSA, seats: seats, status: status}
}

// ending says what a key's last five are.
func (k key) ending(last5 string) key {
	k.last5 = last5
	return k
}

// in says after how many days a key works.
func (k key) in(days int) key {
	k.usableIn = days
	return k
}

// counted reports whether somebody told how often a key was used.
func (k key) counted() bool { return k.kind == licensing.MAK || k.kind == licensing.KMS }

func licenceID(number string) uuid.UUID { return id("licence", number) }

// familyOf returns the family of a licence ID of the tables.
func familyOf(number string) uuid.UUID {
	for _, l := range licences {
		if l.number == number {
			return rootOf(l.organisation)
		}
	}
	return uuid.Nil
}
