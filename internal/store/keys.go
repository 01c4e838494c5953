package store

import (
	"cmp"
	"context"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
)

// KeysPerPage is how many keys of one licence ID stand on a page: more than nearly
// every licence ID has, so that a page is the whole of it.
const KeysPerPage = 300

const (
	keyColumns = ` k.id, k.root_id, k.licence_id, k.product_id, k.type, k.last5, k.used, k.total, k.as_of, k.source,
	k.seats, k.osa_status, k.usable_from, k.created_at, k.compromised_at`
	keyFilters = ` AND ($3 = '' OR k.type = $3) AND ($4::integer[] IS NULL OR k.product_id = ANY ($4))
AND k.id > $5 ORDER BY k.id LIMIT $6`

	ownKeysOf = `SELECT` + keyColumns + ` FROM reach r JOIN keys k ON k.licence_id = r.licence_id
WHERE r.person_id = $1 AND r.number = $2 AND r.rights & 2 <> 0 AND (r.until IS NULL OR r.until > now())` + keyFilters
	deskKeysOf = `SELECT` + keyColumns + ` FROM licences l JOIN keys k ON k.licence_id = l.id
WHERE l.number = $2 AND $1::integer <> 0` + keyFilters
)

// Keys lists the keys of one licence ID. A viewer who may see the licence ID but not
// its keys gets ErrForbidden.
func (s *Store) Keys(ctx context.Context, v licensing.Viewer, number string, f licensing.KeyFilter) (licensing.LicenceKeys, error) {
	c, err := s.Catalogue(ctx)
	if err != nil {
		return licensing.LicenceKeys{}, err
	}
	var all licensing.LicenceKeys
	sql := ownKeysOf
	if v.SeesAllCustomers() {
		sql = deskKeysOf
	}
	after, _ := uuid.Parse(f.After)
	keys := query{sql, []any{who(v), number, string(f.Type), f.Products(c), after, KeysPerPage + 1}, func(rows pgx.Rows) error {
		all.Keys = append(all.Keys, licensing.Key{})
		return scanKey(rows, &all.Keys[len(all.Keys)-1])
	}}
	sight, err := s.readOf(ctx, v, ofLicence(number), licenceQuery(v, number, &all.Licence), keys, purchasesQuery(v, number, &all.Purchases), withheldQuery(v, number, &all.Withheld))
	if err != nil {
		return licensing.LicenceKeys{}, err
	}
	all.Licence.Sight = sight
	if err := mayKeys(all.Licence); err != nil {
		return licensing.LicenceKeys{}, err
	}
	if len(all.Keys) > KeysPerPage {
		all.Keys = all.Keys[:KeysPerPage]
		all.Next = all.Keys[KeysPerPage-1].ID.String()
	}
	sortKeys(all.Keys, c)
	return all, nil
}

func mayKeys(l licensing.LicenceRow) error {
	if l.ID == uuid.Nil {
		return licensing.ErrNotFound
	}
	if !l.Rights.Has(licensing.SeeKeys) {
		return licensing.ErrForbidden
	}
	return nil
}

func scanKey(rows pgx.Rows, k *licensing.Key, more ...any) error {
	return rows.Scan(append([]any{
		&k.ID, &k.RootID, &k.LicenceID, &k.ProductID, &k.Type, &k.Last5, &k.Used, &k.Total, &k.AsOf, &k.Source,
		&k.Seats, &k.OSAStatus, &k.UsableFrom, &k.CreatedAt, &k.CompromisedAt,
	}, more...)...)
}

func sortKeys(keys []licensing.Key, c *licensing.Catalogue) {
	slices.SortFunc(keys, func(a, b licensing.Key) int {
		if a.ProductID != b.ProductID {
			return cmp.Compare(c.Rank(a.ProductID), c.Rank(b.ProductID))
		}
		return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.Last5, b.Last5))
	})
}

const (
	ownKey = `SELECT` + keyColumns + `, l.number FROM keys k JOIN reach r ON r.licence_id = k.licence_id AND r.person_id = $1
JOIN licences l ON l.id = k.licence_id
WHERE k.id = $2 AND r.rights & 2 <> 0 AND (r.until IS NULL OR r.until > now())`
	deskKey = `SELECT` + keyColumns + `, coalesce(l.number, '') FROM keys k LEFT JOIN licences l ON l.id = k.licence_id
WHERE k.id = $2 AND $1::integer <> 0`
)

// Key finds one key whose metadata the viewer may see.
func (s *Store) Key(ctx context.Context, v licensing.Viewer, id uuid.UUID) (licensing.KeyDetail, error) {
	var d licensing.KeyDetail
	var number string
	sql := ownKey
	if v.SeesAllCustomers() {
		sql = deskKey
	}
	leak := query{latestLeak, []any{id}, func(rows pgx.Rows) error { return rows.Scan(&d.LeakID) }}
	_, err := s.readOf(ctx, v, ofKey(id), query{sql, []any{who(v), id}, func(rows pgx.Rows) error { return scanKey(rows, &d.Key, &number) }}, leak, handoversQuery(v, id, &d.Handovers))
	if err != nil {
		return licensing.KeyDetail{}, err
	}
	if d.ID == uuid.Nil {
		return licensing.KeyDetail{}, licensing.ErrNotFound
	}
	if number != "" {
		d.Licence, err = s.Licence(ctx, v, number)
	}
	return d, err
}

const usesOfKey = `
SELECT at, actor, action, '00000000-0000-0000-0000-000000000000'::uuid, '' FROM audit
WHERE object = $1 AND action IN ('key.revealed', 'key.copied') AND outcome = 'done'
UNION ALL
SELECT started_at, person_name, 'file.' || state, file_id, name FROM downloads
WHERE licences @> ARRAY[$2::uuid] AND started_at >= $3 AND started_at < coalesce($4::timestamptz, 'infinity')
ORDER BY 1 DESC LIMIT 100`

// KeyUses tells who took a key in clear, the latest first; files leave out a key that is frozen. Only a viewer who may see
// the use of the licence ID's keys is told; the others get none.
func (s *Store) KeyUses(ctx context.Context, v licensing.Viewer, k licensing.KeyDetail) ([]licensing.KeyUse, error) {
	if k.LicenceID == nil || !k.Licence.Rights.Has(licensing.SeeUse) {
		return nil, nil
	}
	var uses []licensing.KeyUse
	args := []any{"key/" + k.ID.String(), *k.LicenceID, k.CreatedAt, k.CompromisedAt}
	err := s.read(ctx, v, query{usesOfKey, args, func(rows pgx.Rows) error {
		var u licensing.KeyUse
		if err := rows.Scan(&u.At, &u.Person, &u.Action, &u.FileID, &u.Name); err != nil {
			return err
		}
		uses = append(uses, u)
		return nil
	}})
	return uses, err
}

const limitsOfKey = `SELECT seq, old, new, reason, at FROM limit_entries WHERE key_id = $1 ORDER BY seq`

// KeyLimits returns the ledger of a key's total, the oldest entry first.
func (s *Store) KeyLimits(ctx context.Context, v licensing.Viewer, k licensing.KeyDetail) ([]licensing.LimitEntry, error) {
	var entries []licensing.LimitEntry
	_, err := s.readOf(ctx, v, ofKey(k.ID), query{limitsOfKey, []any{k.ID}, func(rows pgx.Rows) error {
		var e licensing.LimitEntry
		if err := rows.Scan(&e.Seq, &e.Old, &e.New, &e.Reason, &e.At); err != nil {
			return err
		}
		entries = append(entries, e)
		return nil
	}})
	if err != nil {
		return nil, err
	}
	return entries, nil
}
