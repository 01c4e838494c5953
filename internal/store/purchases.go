package store

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
)

const (
	familiesOf   = `SELECT DISTINCT root_id FROM licences WHERE id = ANY ($1)`
	setPurchases = `INSERT INTO purchases (licence_id, product_id, root_id, quantity, effective)
SELECT p.licence_id, p.product_id, l.root_id, p.quantity, p.effective
FROM unnest($1::uuid[], $2::integer[], $3::integer[], $4::integer[]) AS p (licence_id, product_id, quantity, effective)
JOIN licences l ON l.id = p.licence_id
ON CONFLICT (licence_id, product_id) DO UPDATE SET quantity = excluded.quantity, effective = excluded.effective`
	toldOf = `SELECT id, root_id, number FROM licences WHERE id = ANY ($1) ORDER BY number`
)

// SetPurchases says what was bought under licence IDs: each line replaces the one of
// the same licence ID and product; others stay. A licence ID that does not exist is
// ErrNotFound, the same line twice ErrConflict.
func (s *Store) SetPurchases(ctx context.Context, by licensing.Viewer, bought []licensing.Purchase) error {
	if len(bought) == 0 {
		return nil
	}
	return s.operate(ctx, by, func(t *tx) error { return t.setPurchases(bought) })
}

func (t *tx) setPurchases(bought []licensing.Purchase) error {
	var (
		licences            []uuid.UUID
		products            []int32
		quantity, effective []int
		seen                = map[licensing.Purchase]bool{}
		lines               = map[uuid.UUID]int{}
	)
	for _, p := range bought {
		line := licensing.Purchase{LicenceID: p.LicenceID, ProductID: p.ProductID}
		if seen[line] {
			return fmt.Errorf("%w: the same purchase twice", licensing.ErrConflict)
		}
		seen[line] = true
		lines[p.LicenceID]++
		licences, products = append(licences, p.LicenceID), append(products, p.ProductID)
		quantity, effective = append(quantity, p.Quantity), append(effective, p.Effective)
	}
	if err := t.holdFamiliesOf(licences); err != nil {
		return err
	}
	n, err := t.exec(setPurchases, licences, products, quantity, effective)
	if err != nil {
		return err
	}
	if int(n) != len(bought) {
		return licensing.ErrNotFound
	}
	licences = distinct(licences)
	if err := t.recount(licences); err != nil {
		return err
	}
	return t.tellPurchases(licences, lines)
}

func (t *tx) holdFamiliesOf(licences []uuid.UUID) error {
	rows, err := t.pgx.Query(t.ctx, familiesOf, licences)
	if err != nil {
		return err
	}
	roots, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil {
		return err
	}
	return t.hold(roots...)
}

func (t *tx) tellPurchases(licences []uuid.UUID, lines map[uuid.UUID]int) error {
	rows, err := t.pgx.Query(t.ctx, toldOf, licences)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		a := licensing.Act{Action: "purchases.set"}
		var id uuid.UUID
		var number string
		if err := rows.Scan(&id, &a.RootID, &number); err != nil {
			return err
		}
		a.LicenceID, a.Object = &id, "licence/"+number
		a.Detail = map[string]any{"products": lines[id]}
		t.tell(a)
	}
	return rows.Err()
}
