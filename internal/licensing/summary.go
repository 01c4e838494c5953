package licensing

import (
	"time"

	"github.com/google/uuid"
)

// LicenceRow is a line of the relationship summary.
type LicenceRow struct {
	Licence
	Organisation  string
	City, Country string
	Rights        Permission      // the viewer's own
	Cases         []EmergencyLine // of emergency access, under way; none in lists
	Sight         *Sight          // by what support sees its page; nil for everybody else, and in lists
}

// Role names the viewer's rights.
func (r LicenceRow) Role() Role { return RoleOf(r.Rights) }

// LicenceFilter says which licence IDs are wanted, and in which order.
type LicenceFilter struct {
	Query        string    // start of a number, an agreement number, part of an organisation's name
	Programme    string    // programme ID
	Organisation uuid.UUID // with everything below it
	Status       string    // active, inactive, or "" for both
	Sort         string    // number, ends, organisation, keys, left; "" is number
	After        string    // cursor of the page before; "" for the first
	Limit        int       // rows of a page; 0 is PageSize
	Today        time.Time
}

// LicencePage is a page of the relationship summary.
type LicencePage struct {
	Rows []LicenceRow
	Next string // cursor of the next page; "" when this is the last
}

// LicenceSorts names the orders a list of licence IDs can have, the usual one first.
func LicenceSorts() []string { return []string{"number", "ends", "organisation", "keys", "left"} }
