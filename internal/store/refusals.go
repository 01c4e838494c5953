package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/licensing"
)

// refusedLately asks whether a refusal is on record already. An act of the last minute
// is found by who did it.
const refusedLately = `SELECT EXISTS (SELECT FROM audit
WHERE actor_id = $1 AND at > clock_timestamp() - interval '1 minute' AND action = $2 AND object = $3 AND outcome = 'refused')`

// RecordRefusal tells the audit log that somebody asked for a route whose permission
// they have nowhere. Of one person and route it tells once a minute, so that whoever
// asks over and over doesn't fill the log (S-63).
func (s *Store) RecordRefusal(ctx context.Context, by licensing.Viewer, route string) error {
	roots := chainsOf(by)
	if !by.SeesAllCustomers() {
		by.Roots = roots // to see in the publisher's chain what was told there
	}
	return s.transact(ctx, by, func(t *tx) error {
		return t.tellRefusal(licensing.Act{Action: "access.refused", Object: "route/" + route}, roots...)
	})
}

// forReason lets support act on what is one customer's while it has a reason to look at
// it. Without one it is licensing.NeedsReason, and the attempt is on record, of one agent
// and thing once a minute.
func (s *Store) forReason(ctx context.Context, by licensing.Viewer, of theirs, a licensing.Act) error {
	_, err := s.readOf(ctx, by, of)
	if !errors.As(err, new(licensing.NeedsReason)) {
		return err
	}
	told := s.transact(ctx, by, func(t *tx) error {
		var k look
		if err := t.all(k.query(by, of)); err != nil {
			return err
		}
		a.LicenceID, a.Detail = &k.licence, map[string]any{"licence": k.number}
		return t.tellRefusal(a, k.root)
	})
	if told != nil {
		return fmt.Errorf("%w: refusal not recorded: %w", licensing.ErrUnavailable, told)
	}
	return err
}

// tellRefusal tells chains that an act was refused, unless the same was told of the same
// person within the minute.
func (t *tx) tellRefusal(a licensing.Act, roots ...uuid.UUID) error {
	if told, err := t.refusedLately(a); told || err != nil {
		return err
	}
	// Of several at once the first tells; the others see that it did.
	if _, err := t.exec(holdPerson, t.by.PersonID); err != nil {
		return err
	}
	if told, err := t.refusedLately(a); told || err != nil {
		return err
	}
	a.Outcome = licensing.Refused
	for _, root := range roots {
		a.RootID = root
		t.tell(a)
	}
	return nil
}

func (t *tx) refusedLately(a licensing.Act) (told bool, err error) {
	err = t.pgx.QueryRow(t.ctx, refusedLately, t.by.PersonID, a.Action, a.Object).Scan(&told)
	return told, err
}

// chainsOf are the chains that hear of what concerns a person alone: those of the
// person's families, or the publisher's for the staff and for who has none.
func chainsOf(v licensing.Viewer) []uuid.UUID {
	if v.SeesAllCustomers() || len(v.Roots) == 0 {
		return []uuid.UUID{licensing.PublisherRoot}
	}
	return v.Roots
}
