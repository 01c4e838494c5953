package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
)

// toldLately asks whether an act is on record already. One of a while ago is found by who
// did it.
const toldLately = `SELECT EXISTS (SELECT FROM audit
WHERE actor_id = $1 AND at > clock_timestamp() - $2::interval AND action = $3 AND object = $4 AND outcome = $5)`

// RecordRefusal tells the audit log that somebody asked for a route whose permission
// they have nowhere. Of one person and route it tells once a minute, so that whoever
// asks over and over doesn't fill the log (S-63).
func (s *Store) RecordRefusal(ctx context.Context, by licensing.Viewer, route string) error {
	return s.inOwnChains(ctx, by, func(t *tx, roots []uuid.UUID) error {
		return t.tellRefusal(licensing.Act{Action: "access.refused", Object: "route/" + route}, roots...)
	})
}

// inOwnChains is for what concerns a person alone, with the chains that hear of it.
func (s *Store) inOwnChains(ctx context.Context, by licensing.Viewer, do func(*tx, []uuid.UUID) error) error {
	roots := chainsOf(by)
	if !by.SeesAllCustomers() {
		by.Roots = roots // to see in the publisher's chain what was told there
	}
	return s.transact(ctx, by, func(t *tx) error { return do(t, roots) })
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

// tellRefusal tells chains that an act was refused, of one person once a minute.
func (t *tx) tellRefusal(a licensing.Act, roots ...uuid.UUID) error {
	a.Outcome = licensing.Refused
	return t.tellOnce(time.Minute, a, roots...)
}

// tellOnce tells chains of an act, unless the same was told of the same person within a time.
func (t *tx) tellOnce(within time.Duration, a licensing.Act, roots ...uuid.UUID) error {
	if told, err := t.toldLately(within, a); told || err != nil {
		return err
	}
	// Of several at once the first tells; the others see that it did.
	if _, err := t.exec(holdPerson, t.by.PersonID); err != nil {
		return err
	}
	if told, err := t.toldLately(within, a); told || err != nil {
		return err
	}
	for _, root := range roots {
		a.RootID = root
		t.tell(a)
	}
	return nil
}

func (t *tx) toldLately(within time.Duration, a licensing.Act) (told bool, err error) {
	err = t.all(lately(t.by.PersonID, within, a, &told))
	return told, err
}

// lately asks whether an act of somebody's was told within a time.
func lately(person uuid.UUID, within time.Duration, a licensing.Act, told *bool) query {
	return query{
		toldLately,
		[]any{person, within, a.Action, a.Object, string(a.Outcome)},
		func(rows pgx.Rows) error { return rows.Scan(told) },
	}
}

// chainsOf are the chains that hear of what concerns a person alone: those of the
// person's families, or the publisher's for the staff and for who has none.
func chainsOf(v licensing.Viewer) []uuid.UUID {
	if v.SeesAllCustomers() || len(v.Roots) == 0 {
		return []uuid.UUID{licensing.PublisherRoot}
	}
	return v.Roots
}
