package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
)

// desk is Keyhall itself at work over all customers: the timetable's jobs, imports by
// command.
var desk = licensing.Viewer{Name: "Keyhall", May: licensing.SeeCustomers | licensing.Operate}

// asDesk is a write by Keyhall itself; one that found nothing to do tells nothing.
func (s *Store) asDesk(ctx context.Context, do func(*tx) error) error {
	return s.transact(ctx, desk, do)
}

// due is a row that a job of the timetable has something to do about, and its family.
type due struct{ id, root uuid.UUID }

// eachDue does something about every row that a query finds, by identifier and family.
// Each is a transaction of its own, which is to look again: other servers may be at it too.
func (s *Store) eachDue(ctx context.Context, found query, do func(*tx, due) error) error {
	var all []due
	found.row = func(rows pgx.Rows) error {
		all = append(all, due{})
		return rows.Scan(&all[len(all)-1].id, &all[len(all)-1].root)
	}
	if err := s.read(ctx, desk, found); err != nil {
		return err
	}
	return apart(ctx, all, func(d due) error {
		if err := s.asDesk(ctx, func(t *tx) error { return do(t, d) }); err != nil {
			return fmt.Errorf("%s: %w", d.id, err)
		}
		return nil
	})
}

// failuresShown is how many of a job's failures its error spells out.
const failuresShown = 5

// apart does something about each of several, so that one that fails holds up no other. Its
// error counts those that failed, for the queue to show and to try again.
func apart[T any](ctx context.Context, all []T, do func(T) error) error {
	var failed []error
	for _, one := range all {
		if ctx.Err() != nil { // the rest would fail with it
			failed = append(failed, ctx.Err())
			break
		}
		if err := do(one); err != nil {
			failed = append(failed, err)
		}
	}
	if len(failed) == 0 {
		return nil
	}
	return fmt.Errorf("%d of %d failed: %w", len(failed), len(all), errors.Join(failed[:min(len(failed), failuresShown)]...))
}
