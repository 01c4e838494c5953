package store

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// counted works out what the counters of licence IDs have to be. $1 narrows it to some
// of them, or is NULL for all. Of two MAKs with as few activations left, the one with
// the larger total stands worse: worst holds both numbers, so that the least of them
// is found in one pass.
const counted = `
WITH chosen AS (SELECT id FROM licences WHERE $1::uuid[] IS NULL OR id = ANY ($1)),
lines AS (
	SELECT licence_id, product_id, 1 AS n, CASE WHEN type = 'MAK' AND total > 0
		THEN (greatest(0, total - used)::bigint << 31) + (2147483647 - total) END AS worst
	FROM keys WHERE licence_id IN (SELECT id FROM chosen)
	UNION ALL SELECT licence_id, product_id, 0, NULL FROM purchases WHERE licence_id IN (SELECT id FROM chosen)),
products AS (SELECT licence_id, product_id, sum(n) AS n, min(worst) AS worst FROM lines GROUP BY licence_id, product_id),
sums AS (SELECT licence_id, count(*) AS products_n, sum(n) AS keys_n, min(worst) AS worst FROM products GROUP BY licence_id),
truth AS (
	SELECT c.id, coalesce(s.products_n, 0) AS products_n, coalesce(s.keys_n, 0) AS keys_n,
		s.worst >> 31 AS remain, 2147483647 - (s.worst & 2147483647) AS total
	FROM chosen c LEFT JOIN sums s ON s.licence_id = c.id)
`

const differs = `(l.products_n, l.keys_n, l.lowest_left, l.lowest_total) IS DISTINCT FROM (t.products_n, t.keys_n, t.remain, t.total)`

const (
	recount = counted + `UPDATE licences l SET products_n = t.products_n, keys_n = t.keys_n, lowest_left = t.remain, lowest_total = t.total
FROM truth t WHERE t.id = l.id AND ` + differs
	miscounted = counted + `SELECT count(*) FROM licences l JOIN truth t ON t.id = l.id WHERE ` + differs
)

// recount puts the counters of licence IDs right; of all of them for nil.
func (t *tx) recount(licences []uuid.UUID) error {
	_, err := t.exec(recount, licences)
	return err
}

// VerifyCounters counts the licence IDs whose counters are not what their keys and
// purchases say: 0, if every change kept them.
func (s *Store) VerifyCounters(ctx context.Context) (wrong int64, err error) {
	err = readOn(ctx, s.exports, desk, []query{{miscounted, []any{nil}, func(rows pgx.Rows) error { return rows.Scan(&wrong) }}})
	return wrong, known(err)
}
