package licensing

import (
	"time"

	"github.com/google/uuid"
)

// RightLine is one right that someone has on a licence ID.
type RightLine struct {
	PersonID  uuid.UUID
	Name      string
	Email     string
	Role      Role
	Inherited string // organisation it comes from; "" if given on the licence ID itself
	ExpiresAt *time.Time
}
