package licensing

import (
	"time"

	"github.com/google/uuid"
)

// PublisherRoot is the family of whoever runs the installation: its chain of audit
// entries and its stock of keys that no customer has yet.
var PublisherRoot = uuid.MustParse("00000000-0000-7000-8000-000000000001")

// Organisation is a customer's company, or a part of one. A root organisation with
// everything below it is a family.
type Organisation struct {
	ID        uuid.UUID
	RootID    uuid.UUID  // the family; its own ID for a root
	ParentID  *uuid.UUID // nil for a root
	Name      string
	City      string
	Country   string // ISO 3166-1 alpha-2
	CreatedAt time.Time
}
