package store

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// counted works out what the counters of licence IDs have to be. $1 narrows it to some
// of them, or is NULL for all. Of two MAKs with as few activations left, the one with
// the larger total stands worse.
const counted = `
WITH chosen AS (SELECT id FROM licences WHERE $1::uuid[] IS NULL OR id = ANY ($1)),
products AS (
	SELECT licence_id, count(*) AS n FROM (
		SELECT licence_id, product_id FROM keys WHERE licence_id IN (SELECT id FROM chosen)
		UNION SELECT licence_id, product_id FROM purchases WHERE licence_id IN (SELECT id FROM chosen)) p
	GROUP BY licence_id),
counts AS (SELECT licence_id, count(*) AS n FROM keys WHERE licence_id IN (SELECT id FROM chosen) GROUP BY licence_id),
lowest AS (
	SELECT DISTINCT ON (licence_id) licence_id, greatest(0, total - used) AS remain, total
	FROM keys WHERE licence_id IN (SELECT id FROM chosen) AND type = 'MAK' AND total > 0
	ORDER BY licence_id, greatest(0, total - used), total DESC),
truth AS (
	SELECT c.id, coalesce(p.n, 0) AS products_n, coalesce(k.n, 0) AS keys_n, m.remain, m.total
	FROM chosen c LEFT JOIN products p ON p.licence_id = c.id
	LEFT JOIN counts k ON k.licence_id = c.id LEFT JOIN lowest m ON m.licence_id = c.id)
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
