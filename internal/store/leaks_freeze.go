package store

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
)

// A reveal holds its key's lock, and a file that ends those of its families, beside the
// others; a mark holds both alone. So one of them is first: no reveal commits after the
// mark that didn't see it, and no file ends that was begun before.
const (
	holdKey     = `SELECT pg_advisory_xact_lock_shared(hashtextextended('key ' || $1::uuid::text, 2))`
	holdKeyOnly = `SELECT pg_advisory_xact_lock(hashtextextended('key ' || $1::uuid::text, 2))`

	holdFilesOf   = `SELECT pg_advisory_xact_lock_shared(hashtextextended('files ' || root_id::text, 2)) FROM (SELECT root_id FROM downloads WHERE file_id = $1 ORDER BY root_id) d`
	holdFilesOnly = `SELECT pg_advisory_xact_lock(hashtextextended('files ' || $1::uuid::text, 2))`

	// How often keys were frozen and released, of licence ID $1 or of all that are seen: it
	// only ever grows.
	freezes = `SELECT count(*) + count(*) FILTER (WHERE state = 'false_alarm') FROM leaks WHERE $1::uuid IS NULL OR licence_id = $1`

	// withheldOf is how many keys of licence IDs a key file leaves out.
	withheldOf = `SELECT cardinality(ARRAY(SELECT 1 FROM keys k JOIN reach r ON r.licence_id = k.licence_id
WHERE k.compromised_at IS NOT NULL AND r.person_id = $1 AND r.rights & 4 <> 0 AND (r.until IS NULL OR r.until > now())
AND ($2 = '' OR r.number = $2)))`
)

// errFrozen says that a key is marked as compromised.
var errFrozen = fmt.Errorf("%w: the key is marked as compromised", licensing.ErrFrozen)

func freezesQuery(d licensing.Download, into *int64) query {
	return query{freezes, []any{d.LicenceID}, func(rows pgx.Rows) error { return rows.Scan(into) }}
}

// sameKeys reports as ErrFrozen that keys were frozen or released since a file began.
func sameKeys(d licensing.Download, now int64) error {
	if now != d.Freezes {
		return fmt.Errorf("%w while the key file was on its way", errFrozen)
	}
	return nil
}

// StillWhole is to be asked before each part of a key file leaves: ErrFrozen says that a
// key that may be in it has been marked as compromised, or released, since it began, and
// that it must be cut.
func (s *Store) StillWhole(ctx context.Context, by licensing.Viewer, d licensing.Download) error {
	var now int64
	if err := s.read(ctx, by, freezesQuery(d, &now)); err != nil {
		return err
	}
	return sameKeys(d, now)
}

// withheldQuery asks how many keys the viewer's key file leaves out: that of one licence
// ID, or of the whole profile.
func withheldQuery(v licensing.Viewer, number string, into *int) query {
	return query{withheldOf, []any{v.PersonID, number}, func(rows pgx.Rows) error { return rows.Scan(into) }}
}

// heldAlone finds something while nobody takes a key in clear, nor ends a file of its
// family.
func (t *tx) heldAlone(key uuid.UUID, find query, root *uuid.UUID) error {
	if err := t.all(query{holdKeyOnly, []any{key}, nothing}, find); err != nil || *root == uuid.Nil {
		return err
	}
	return t.all(query{holdFilesOnly, []any{*root}, nothing})
}

// overAll does within a transaction what only the desk's role may, whoever acts.
func (t *tx) overAll(do func() error) error {
	if t.by.SeesAllCustomers() {
		return do()
	}
	return t.atDesk(do)
}
