package store

import (
	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/licensing"
)

// under construction
func (t *tx) inform(person uuid.UUID, r licensing.Request, e licensing.RequestEvent) error {
	return nil
}
