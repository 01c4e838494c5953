package licensing

import (
	"time"

	"github.com/google/uuid"
)

// KeyFilter says which keys are wanted.
type KeyFilter struct {
	Type    KeyType // "" for all
	Query   string  // words of the product's name
	Pool    Pool    // "" for all
	Product int32   // 0 for all
	Last5   string  // last five characters; "" for all
	After   string  // cursor of the page before; "" for the first
}

// Products returns the IDs a filter lets through, in the order of their names; nil if
// it lets all through.
func (f KeyFilter) Products(c *Catalogue) []int32 {
	if f.Product != 0 {
		return []int32{f.Product}
	}
	if f.Query == "" && f.Pool == "" {
		return nil
	}
	return c.Find(f.Query, f.Pool)
}

// LicenceKeys is a licence ID with its keys and what was bought.
type LicenceKeys struct {
	Licence   LicenceRow
	Keys      []Key // by product name, type and last five
	Purchases []Purchase
	Next      string // cursor of the next page; "" when this is the last
	Withheld  int    // keys that the viewer's key file leaves out, being compromised
}

// KeyDetail is one key and the licence ID it belongs to. A key of the publisher's
// stock has a licence without number.
type KeyDetail struct {
	Key
	Licence LicenceRow
	LeakID  uuid.UUID // its latest case; zero for none

	Handovers []Handover // the latest first, of those that the viewer may see
}

// KeyUse is one time a key was taken in clear.
type KeyUse struct {
	At     time.Time
	Person string
	Action string    // an audit action: key.revealed, key.copied, file.finished …
	FileID uuid.UUID // of a key file
	Name   string    // of a key file
}

// ProfileKey is a key among all that a viewer may see, with where it belongs.
type ProfileKey struct {
	Key
	Number       string // licence ID
	Organisation string
	Rights       Permission
}

// ProfilePage is a page of a profile's keys, by product name.
type ProfilePage struct {
	Keys     []ProfileKey
	Next     string // cursor of the next page; "" when this is the last
	Withheld int    // keys that the profile's key file leaves out, being compromised
}
