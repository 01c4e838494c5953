package store

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/vault"
)

// COPY refuses tables with policies, so new keys go into a table of the transaction's
// own first.
const (
	stageKeys = `CREATE TEMP TABLE new_keys (
	id uuid, root_id uuid, licence_id uuid, product_id integer, type text, last5 text, fingerprint bytea,
	used integer, total integer, as_of timestamptz, source text, seats integer, osa_status text,
	usable_from date, sealed bytea) ON COMMIT DROP`
	addKeys = `INSERT INTO keys (id, root_id, licence_id, product_id, type, last5, fingerprint,
	used, total, as_of, source, seats, osa_status, usable_from, sealed)
SELECT id, root_id, licence_id, product_id, type, last5, fingerprint,
	used, total, as_of, source, seats, osa_status, usable_from, sealed FROM new_keys`
	firstLimits = `INSERT INTO limit_entries (key_id, seq, root_id, old, new, reason)
SELECT id, 1, root_id, 0, total, source FROM new_keys WHERE total > 0`
	// Pages wait no longer than ten seconds for the database; this is no page.
	takeTime = `SET LOCAL statement_timeout = '10min'`
)

var stagedColumns = []string{
	"id", "root_id", "licence_id", "product_id", "type", "last5", "fingerprint", "used", "total", "as_of", "source",
	"seats", "osa_status", "usable_from", "sealed",
}

// AddKeys seals keys and adds them to their licence IDs, or to the publisher's stock
// where LicenceID is nil, all or none. The caller gives RootID; a key without ID or
// Source gets one. Last5, Fingerprint and Version come from the secret. A key that
// its licence ID and product have already is ErrConflict.
func (s *Store) AddKeys(ctx context.Context, by licensing.Viewer, keys []licensing.NewKey) error {
	if len(keys) == 0 {
		return nil
	}
	for i := range keys {
		if !licensing.ValidKey(keys[i].Secret.Reveal()) {
			return fmt.Errorf("key %d of %d is not a product key", i+1, len(keys))
		}
	}
	return s.operate(ctx, by, func(t *tx) error { return s.addKeys(t, keys) })
}

func (s *Store) addKeys(t *tx, keys []licensing.NewKey) error {
	var roots, licences []uuid.UUID
	for _, k := range keys {
		roots = append(roots, k.RootID)
		if k.LicenceID != nil {
			licences = append(licences, *k.LicenceID)
		}
	}
	if err := t.hold(distinct(roots)...); err != nil {
		return err
	}
	for _, sql := range []string{takeTime, stageKeys} {
		if _, err := t.exec(sql); err != nil {
			return err
		}
	}
	if _, err := t.pgx.CopyFrom(t.ctx, pgx.Identifier{"new_keys"}, stagedColumns, s.stagedKeys(keys)); err != nil {
		return err
	}
	for _, sql := range []string{addKeys, firstLimits, `DROP TABLE new_keys`} {
		if _, err := t.exec(sql); err != nil {
			return err
		}
	}
	t.tellKeys(keys)
	return t.recount(distinct(licences))
}

// stagedKeys seals each key as its turn comes.
func (s *Store) stagedKeys(keys []licensing.NewKey) pgx.CopyFromSource {
	return pgx.CopyFromSlice(len(keys), func(i int) ([]any, error) {
		k := keys[i]
		if k.ID == uuid.Nil {
			k.ID = uuid.Must(uuid.NewV7())
		}
		if k.Source == "" {
			k.Source = "import"
		}
		clear := k.Secret.Reveal()
		sealed, err := s.vault.Seal(clear, vault.Place{Root: k.RootID, Key: k.ID, Version: 1})
		if err != nil {
			return nil, err
		}
		var licence pgtype.UUID
		if k.LicenceID != nil {
			licence = asUUID(*k.LicenceID)
		}
		return []any{
			asUUID(k.ID), asUUID(k.RootID), licence, k.ProductID, string(k.Type), clear[len(clear)-5:], s.vault.Fingerprint(clear),
			k.Used, k.Total, k.AsOf, k.Source, k.Seats, k.OSAStatus, k.UsableFrom, sealed,
		}, nil
	})
}

// tellKeys leaves one entry in the chain of each family, however many keys it got.
func (t *tx) tellKeys(keys []licensing.NewKey) {
	type share struct {
		keys     int
		licences map[uuid.UUID]bool
	}
	of := map[uuid.UUID]*share{}
	for _, k := range keys {
		f := of[k.RootID]
		if f == nil {
			f = &share{licences: map[uuid.UUID]bool{}}
			of[k.RootID] = f
		}
		f.keys++
		if k.LicenceID != nil {
			f.licences[*k.LicenceID] = true
		}
	}
	for root, f := range of {
		a := licensing.Act{RootID: root, Action: "keys.added", Object: "keys", Detail: map[string]any{"keys": f.keys, "licences": len(f.licences)}}
		for id := range f.licences {
			if len(f.licences) == 1 {
				a.LicenceID = &id
			}
		}
		t.tell(a)
	}
}
