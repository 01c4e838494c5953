package store

import (
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
)

// holding is what a licence ID has of a product.
type holding struct {
	bought int // units in force
	kms    bool
}

const (
	holdingOf = `SELECT coalesce((SELECT effective FROM purchases WHERE licence_id = $1 AND product_id = $2), 0),
	EXISTS (SELECT FROM keys WHERE licence_id = $1 AND product_id = $2 AND type = 'KMS')`

	// Nobody reads a count of thousands.
	earlierOf = `SELECT (SELECT count(*) FROM (SELECT FROM requests WHERE key_id = $1 AND state IN ('granted', 'partly_granted', 'rejected')
	AND filed_at > $3 AND id <> $4 LIMIT 1000) a),
(SELECT count(*) FROM (SELECT FROM requests WHERE key_id = $1 AND state IN ('granted', 'partly_granted')
	AND filed_at > $3 AND id <> $4 LIMIT 1000) b),
(SELECT count(*) FROM (SELECT FROM requests WHERE root_id = $2 AND key_id IS NOT NULL AND state IN ('granted', 'partly_granted')
	AND filed_at > $3 AND id <> $4 LIMIT 1000) c)`
	yearBefore = -365 * 24 * time.Hour

	openOther = requestSelect + `
WHERE r.id IN (SELECT id FROM requests WHERE key_id = $2 UNION ALL
	SELECT id FROM requests WHERE $2::uuid IS NULL AND key_id IS NULL AND licence_id = $3 AND product_id = $4 AND kind = $5)
AND r.closed_at IS NULL AND r.id <> $6 AND `
	ownOther  = openOther + maySeeRequest + ` ORDER BY r.id LIMIT 1`
	deskOther = openOther + `$1::uuid IS NOT NULL ORDER BY r.id LIMIT 1`
)

func holdingQuery(licence uuid.UUID, product int32, into *holding) query {
	return query{holdingOf, []any{licence, product}, func(rows pgx.Rows) error { return rows.Scan(&into.bought, &into.kms) }}
}

// earlierQuery counts what was asked in the year before a moment, but for one request.
func earlierQuery(key *uuid.UUID, root uuid.UUID, at time.Time, but int64, into *licensing.EarlierRequests) query {
	return query{earlierOf, []any{key, root, at.Add(yearBefore), but}, func(rows pgx.Rows) error {
		return rows.Scan(&into.OfKey, &into.GrantedKey, &into.OfFamily)
	}}
}

// otherQuery finds the oldest open request about what a request is about that the viewer
// may see, but for the request itself.
func otherQuery(v licensing.Viewer, r licensing.Request, into **licensing.RequestRow) query {
	sql := ownOther
	if v.SeesAllCustomers() {
		sql = deskOther
	}
	args := []any{v.PersonID, r.KeyID, r.LicenceID, r.ProductID, string(r.Kind), r.ID}
	return query{sql, args, func(rows pgx.Rows) error {
		*into = &licensing.RequestRow{}
		return scanRequestRow(rows, v, *into)
	}}
}

func (a *asking) findHolding() error {
	if a.Licence.ID == uuid.Nil || a.Product.ID == 0 {
		return nil
	}
	return a.each(holdingQuery(a.Licence.ID, a.Product.ID, &a.holds))
}

// findings weighs what is asked, once it is known of which licence ID and product.
func (a *asking) findings() error {
	if a.Rules == nil || a.Licence.ID == uuid.Nil || a.Product.ID == 0 {
		return nil
	}
	var key *uuid.UUID
	if a.Key != nil {
		key = &a.Key.ID
	}
	facts := licensing.RequestFacts{
		Asked: a.Quantity, Key: a.Key, Product: a.Product, Programme: a.catalogue.Programme(a.Licence.ProgrammeID),
		Bought: a.holds.bought, HasKMS: a.holds.kms, Now: a.f.At,
	}
	if a.earlier == nil {
		a.earlier = &licensing.EarlierRequests{}
		if err := a.each(earlierQuery(key, a.Licence.RootID, a.f.At, 0, a.earlier)); err != nil {
			return err
		}
	}
	facts.Earlier = *a.earlier
	a.Findings = a.Rules.Weigh(facts)
	return nil
}

// open finds an open request about the same.
func (a *asking) open() error {
	if a.Rules == nil || a.Licence.ID == uuid.Nil || a.Product.ID == 0 {
		return nil
	}
	same := licensing.Request{LicenceID: &a.Licence.ID, ProductID: &a.Product.ID, Kind: a.Rules.Kind()}
	if a.Key != nil {
		same.KeyID = &a.Key.ID
	}
	return a.each(otherQuery(a.v, same, &a.Open))
}
