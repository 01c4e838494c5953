package store

import (
	"context"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/licensing"
)

// refusedLately asks whether a refusal is on record already. An act of the last minute
// is found by who did it.
const refusedLately = `SELECT EXISTS (SELECT FROM audit
WHERE actor_id = $1 AND at > clock_timestamp() - interval '1 minute' AND action = 'access.refused' AND object = $2)`

// RecordRefusal tells the audit log that somebody asked for a route whose permission
// they have nowhere. Of one person and route it tells once a minute, so that whoever
// asks over and over doesn't fill the log (S-63).
func (s *Store) RecordRefusal(ctx context.Context, by licensing.Viewer, route string) error {
	roots := chainsOf(by)
	if !by.SeesAllCustomers() {
		by.Roots = roots // to see in the publisher's chain what was told there
	}
	return s.transact(ctx, by, func(t *tx) error {
		if told, err := t.refusedLately(route); told || err != nil {
			return err
		}
		// Of several at once the first tells; the others see that it did.
		if _, err := t.exec(holdPerson, by.PersonID); err != nil {
			return err
		}
		if told, err := t.refusedLately(route); told || err != nil {
			return err
		}
		for _, root := range roots {
			t.tell(licensing.Act{RootID: root, Action: "access.refused", Object: "route/" + route, Outcome: licensing.Refused})
		}
		return nil
	})
}

func (t *tx) refusedLately(route string) (told bool, err error) {
	err = t.pgx.QueryRow(t.ctx, refusedLately, t.by.PersonID, "route/"+route).Scan(&told)
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
