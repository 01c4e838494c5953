package licensing

import (
	"time"

	"github.com/google/uuid"
)

// Grant gives a person a role on one licence ID, or on an organisation with
// everything below it, now and in future.
type Grant struct {
	ID             uuid.UUID
	PersonID       uuid.UUID
	RootID         uuid.UUID
	Role           Role
	OrganisationID *uuid.UUID // exactly one of these two is set
	LicenceID      *uuid.UUID
	ExpiresAt      *time.Time
	RevokedAt      *time.Time
	CreatedAt      time.Time
}
