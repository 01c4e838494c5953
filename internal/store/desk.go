package store

import (
	"context"

	"github.com/keyhall/keyhall/internal/licensing"
)

// desk is Keyhall itself at work over all customers: the timetable's jobs, imports by
// command.
var desk = licensing.Viewer{Name: "Keyhall", May: licensing.SeeCustomers | licensing.Operate}

// asDesk is a write by Keyhall itself; one that found nothing to do tells nothing.
func (s *Store) asDesk(ctx context.Context, do func(*tx) error) error {
	return s.transact(ctx, desk, do)
}
