package store

import (
	"context"
	"time"
)

// ClearOnce forgets the posts that were carried out before a time, and what the audit log
// was told then of support's looks: the same again would be carried out, and told, anew.
// The time must be more than an hour ago.
func (s *Store) ClearOnce(ctx context.Context, before time.Time) error {
	return s.transact(ctx, desk, func(t *tx) error {
		if _, err := t.exec(`DELETE FROM once WHERE at < $1`, before); err != nil {
			return err
		}
		_, err := t.exec(`DELETE FROM looks WHERE told_at < $1`, before)
		return err
	})
}

// clearEnded are what ends by itself or by somebody, and is nobody's matter afterwards: who
// was invited, handed a key or visited stands in the audit log.
var clearEnded = []string{
	`DELETE FROM invitations WHERE coalesce(accepted_at, withdrawn_at, ends_at) < $1`,
	`DELETE FROM handovers WHERE coalesce(used_at, withdrawn_at, ends_at) < $1`,
	`DELETE FROM email_changes WHERE ends_at < $1`,
	`DELETE FROM visits WHERE coalesce(ended_at, ends_at) < $1`,
	`DELETE FROM agreement_locks WHERE told AND until < $1`,
}

// ClearEnded removes invitations, hand-overs, addresses that were never confirmed, visits
// and locks after wrong pairs of numbers that ended before a time.
func (s *Store) ClearEnded(ctx context.Context, before time.Time) error {
	return s.transact(ctx, desk, func(t *tx) error {
		for _, statement := range clearEnded {
			if _, err := t.exec(statement, before); err != nil {
				return err
			}
		}
		return nil
	})
}
