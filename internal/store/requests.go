package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
)

const (
	requestNames = requestColumns + `, r.findings, coalesce(l.number, ''), o.name, o.country, p.name,
	CASE WHEN r.filed_by <> r.requester_id THEN f.name ELSE '' END, coalesce(a.name, '')`
	requestSelect = requestNames + nothingFirst + requestFrom
	deskSelect    = requestNames + firstApproval + requestFrom
	requestFrom   = ` FROM requests r
LEFT JOIN licences l ON l.id = r.licence_id JOIN organisations o ON o.id = coalesce(l.organisation_id, r.root_id)
JOIN persons p ON p.id = r.requester_id JOIN persons f ON f.id = r.filed_by LEFT JOIN persons a ON a.id = r.assignee_id`

	// Bit 16 is FileRequests, of which somebody who asks before is a case too.
	maySeeRequest = `(r.requester_id = $1 OR r.filed_by = $1 OR EXISTS (SELECT FROM reach h
	WHERE h.person_id = $1 AND h.licence_id = r.licence_id AND h.rights & 16 <> 0 AND (h.until IS NULL OR h.until > now())))`

	ownRequestRow  = requestSelect + ` WHERE r.id = $2 AND ` + maySeeRequest
	deskRequestRow = deskSelect + ` WHERE r.id = $2 AND $1::uuid IS NOT NULL`

	eventsOfRequest = `SELECT seq, at, actor_id, actor, staff, kind, internal, detail FROM request_events
WHERE request_id = $1 AND ($2 OR NOT internal) ORDER BY seq`

	inStock = `SELECT count(*) FROM (SELECT FROM keys WHERE licence_id IS NULL AND product_id = $1 AND type = 'KMS' LIMIT 100) k`
)

// Request finds one request that the viewer may see. Customers get no internal events
// and not who it is assigned to. Key and LicenceRow are as the viewer may see them: of a
// request that somebody filed before losing their right, they are nil and zero.
func (s *Store) Request(ctx context.Context, v licensing.Viewer, id int64) (licensing.RequestDetail, error) {
	var d licensing.RequestDetail
	sql := ownRequestRow
	if v.SeesAllCustomers() {
		sql = deskRequestRow
	}
	row := query{sql, []any{v.PersonID, id}, func(rows pgx.Rows) error { return scanRequestRow(rows, v, &d.RequestRow) }}
	if err := s.read(ctx, v, row); err != nil {
		return licensing.RequestDetail{}, err
	}
	if d.ID == 0 {
		return licensing.RequestDetail{}, licensing.ErrNotFound
	}
	queries := append(aroundRequest(v, &d), eventsQuery(v, d.ID, &d.Events))
	if !v.SeesAllCustomers() {
		d.Findings, d.MayAct = d.Request.Findings, true
		return d, s.read(ctx, v, append(queries, knownTo(d.ID, &d.Version))...)
	}
	d.MayAct, d.TwoAbove = d.FiledBy == v.PersonID, s.promises.TwoAbove
	return d, s.readForSupport(ctx, v, &d, queries)
}

// aroundRequest asks for the licence ID and the key of a request, as the viewer may see them.
func aroundRequest(v licensing.Viewer, d *licensing.RequestDetail) (queries []query) {
	if d.Licence != "" {
		queries = append(queries, licenceQuery(v, d.Licence, &d.LicenceRow))
	}
	if d.KeyID != nil {
		q := keyQuery(v, *d.KeyID, &licensing.Key{}, new(string))
		q.row = func(rows pgx.Rows) error {
			d.Key = &licensing.Key{}
			return scanKey(rows, d.Key, new(string))
		}
		queries = append(queries, q)
	}
	return queries
}

// readForSupport asks, beside the rest, for what helps to decide.
func (s *Store) readForSupport(ctx context.Context, v licensing.Viewer, d *licensing.RequestDetail, queries []query) error {
	c, err := s.Catalogue(ctx)
	if err != nil {
		return err
	}
	var (
		holds   holding
		earlier licensing.EarlierRequests
		other   *licensing.RequestRow
		right   bool
		now     = time.Now()
	)
	if d.LicenceID != nil && d.ProductID != nil {
		queries = append(queries, holdingQuery(*d.LicenceID, *d.ProductID, &holds),
			earlierQuery(d.KeyID, d.RootID, now, d.ID, &earlier), otherQuery(v, d.Request, &other))
	}
	if d.Rules().Effect() == licensing.AssignsKey && d.KeyID == nil {
		queries = append(queries, query{inStock, []any{d.ProductID}, func(rows pgx.Rows) error { return rows.Scan(&d.Stock) }})
	}
	if v.May.Has(licensing.DecideRequests) {
		queries = append(queries, rightQuery(v.PersonID, d.Request, &right))
	}
	var k look
	if v.LooksForAReason() && d.ClosedAt != nil && d.Licence != "" {
		queries = append(queries, k.query(v, ofLicence(d.Licence)))
	}
	if err := s.read(ctx, v, queries...); err != nil {
		return err
	}
	if v.May.Has(licensing.DecideRequests) {
		d.Barred = barredBy(v.PersonID, d.Request, right)
	}
	if other != nil {
		d.Other = other.ID
	}
	d.Findings = weigh(c, d, holds, earlier, now)
	return s.veilClosed(ctx, v, d, k)
}

// veilClosed leaves of a closed request, which is no reason to look at the customer, what
// was asked and answered: how things are there now is for agents who have another.
func (s *Store) veilClosed(ctx context.Context, v licensing.Viewer, d *licensing.RequestDetail, k look) error {
	if k.licence == uuid.Nil || k.told {
		return nil
	}
	if k.needs() == nil {
		return s.transact(ctx, v, func(t *tx) error { return t.tellLook(k) })
	}
	d.Findings = d.Request.Findings
	row := &d.LicenceRow
	row.KeysN, row.ProductsN, row.LowestLeft, row.LowestTotal = 0, 0, nil, nil
	if d.Key != nil {
		withoutState(d.Key)
	}
	return nil
}

// weigh finds what speaks for and against a request as things are now.
func weigh(c *licensing.Catalogue, d *licensing.RequestDetail, holds holding, earlier licensing.EarlierRequests, now time.Time) []licensing.Finding {
	if d.LicenceID == nil || d.ProductID == nil {
		return nil
	}
	facts := licensing.RequestFacts{
		Key: d.Key, Product: c.Product(*d.ProductID), Programme: c.Programme(d.LicenceRow.ProgrammeID),
		Bought: holds.bought, HasKMS: holds.kms, Earlier: earlier, Now: now,
	}
	if d.Quantity != nil {
		facts.Asked = *d.Quantity
	}
	return d.Rules().Weigh(facts)
}

func eventsQuery(v licensing.Viewer, id int64, into *[]licensing.RequestEvent) query {
	return query{eventsOfRequest, []any{id, v.SeesAllCustomers()}, func(rows pgx.Rows) error {
		e := licensing.RequestEvent{RequestID: id}
		var detail []byte
		if err := rows.Scan(&e.Seq, &e.At, &e.ActorID, &e.Actor, &e.Staff, &e.Kind, &e.Internal, &detail); err != nil {
			return err
		}
		if !v.SeesAllCustomers() {
			e.Seq = len(*into) + 1 // gaps would tell how much support keeps to itself
		}
		*into = append(*into, e)
		return json.Unmarshal(detail, &(*into)[len(*into)-1].Detail)
	}}
}

// keyQuery asks for a key whose metadata the viewer may see, and its licence ID's number:
// "" in the publisher's stock.
func keyQuery(v licensing.Viewer, id uuid.UUID, into *licensing.Key, number *string) query {
	sql := ownKey
	if v.SeesAllCustomers() {
		sql = deskKey
	}
	return query{sql, []any{who(v), id}, func(rows pgx.Rows) error { return scanKey(rows, into, number) }}
}

func scanRequestRow(rows pgx.Rows, v licensing.Viewer, r *licensing.RequestRow) error {
	var findings []byte
	err := scanRequest(rows, &r.Request, &findings, &r.Licence, &r.Organisation, &r.Country, &r.Requester, &r.Filer, &r.Assignee, &r.First)
	if err != nil {
		return err
	}
	if !v.SeesAllCustomers() {
		r.Assignee, r.AssigneeID = "", nil
	}
	return json.Unmarshal(findings, &r.Request.Findings)
}
