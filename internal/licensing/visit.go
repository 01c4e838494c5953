package licensing

import (
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
)

// Sight is by what reason support looks at a customer: an open request of the family, or
// a visit.
type Sight struct {
	Request int64     // number of the request; 0 where it is a visit
	Visit   uuid.UUID // zero where it is a request
	Reason  string    // of the visit
	Until   time.Time // when the visit ends; zero for as long as the request is open
}

// NeedsReason is ErrForbidden for support that looks at a customer's page without a
// reason. It says what support may know of every customer.
type NeedsReason struct {
	Number       string // licence ID
	Organisation string
}

func (NeedsReason) Error() string { return "support needs a reason to look" }

// Unwrap is ErrForbidden.
func (NeedsReason) Unwrap() error { return ErrForbidden }

// LooksForAReason reports whether the viewer is support, which looks at one customer for
// a reason alone.
func (v Viewer) LooksForAReason() bool { return v.SeesAllCustomers() && !v.May.Has(Operate) }

// Visit is a while in which an agent looks at the pages of a family.
type Visit struct {
	ID        uuid.UUID
	RootID    uuid.UUID
	LicenceID uuid.UUID // that it was opened for
	AgentID   uuid.UUID
	Agent     string // name at that time
	Reason    string // "" where the reader may not see the licence ID that it was opened for
	OpenedAt  time.Time
	EndsAt    time.Time
	EndedAt   *time.Time // when it was ended before its time
}

// Shortest and longest time that a visit can be set to last, and the usual one.
const (
	ShortestVisit = 15 * time.Minute
	LongestVisit  = 8 * time.Hour
	UsualVisit    = time.Hour
)

// A reason says more than "ok", and no novel.
const (
	leastReason = 10
	mostReason  = 500
)

// Visiting is the form by which an agent opens a visit.
type Visiting struct {
	Number string // licence ID of the customer
	Reason string
	At     time.Time
	For    time.Duration
}

// Why is the reason as it is kept, and what is wrong with it.
func (v Visiting) Why() (string, Problems) {
	text, wrong := CleanText(v.Reason, mostReason)
	if wrong == "" && utf8.RuneCountInString(text) < leastReason {
		wrong = "visit.problem.short"
	}
	if wrong == "" {
		return text, nil
	}
	return text, Problems{{Field: "reason", Message: wrong, Args: map[string]any{"Least": leastReason, "Most": mostReason}}}
}
