package licensing

import (
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// A hand-over lasts for so many hours at most, and for so many unless it is said.
const (
	LongestHandover = 24
	UsualHandover   = 4
)

// Handover lets one person see one key once, by a link that was mailed to them.
type Handover struct {
	ID          uuid.UUID
	RootID      uuid.UUID
	LicenceID   uuid.UUID
	KeyID       uuid.UUID
	GiverID     uuid.UUID
	Giver       string // name at that time
	ReceiverID  uuid.UUID
	Receiver    string // name at that time
	CreatedAt   time.Time
	EndsAt      time.Time
	UsedAt      *time.Time
	WithdrawnAt *time.Time
}

// HandoverState says what has become of a hand-over.
type HandoverState string

// A hand-over is open until it is used or withdrawn, or its time is up.
const (
	HandoverOpen      HandoverState = "open"
	HandoverUsed      HandoverState = "used"
	HandoverWithdrawn HandoverState = "withdrawn"
	HandoverExpired   HandoverState = "expired"
)

// State says what has become of a hand-over up to now.
func (h Handover) State(now time.Time) HandoverState {
	switch {
	case h.UsedAt != nil:
		return HandoverUsed
	case h.WithdrawnAt != nil:
		return HandoverWithdrawn
	case !now.Before(h.EndsAt):
		return HandoverExpired
	}
	return HandoverOpen
}

// Handed is a hand-over with the key that it shows.
type Handed struct {
	Handover
	Number  string // licence ID
	Product string
	Type    KeyType
	Last5   string
}

// HandingOver is the form by which a key is handed over.
type HandingOver struct {
	Email string // business e-mail of somebody who has a right in the family
	Hours string // as it was typed
}

// Lasts reads for how long, the usual time where nothing was typed; what is wrong with it is Problems.
func (h HandingOver) Lasts() (time.Duration, Problems) {
	typed := strings.TrimSpace(h.Hours)
	if typed == "" {
		return UsualHandover * time.Hour, nil
	}
	n, err := strconv.Atoi(typed)
	if err != nil || n < 1 || n > LongestHandover {
		return 0, Problems{{Field: "hours", Message: "handover.problem.hours", Args: map[string]any{"Most": LongestHandover}}}
	}
	return time.Duration(n) * time.Hour, nil
}

// News of hand-overs.
const (
	HandoverOffered NewsKind = "handover_offered" // for whom the key is
	HandoverTaken   NewsKind = "handover_taken"   // for who gave it
	HandoverAlarm   NewsKind = "handover_alarm"   // for who gave it, and the administrators
)
