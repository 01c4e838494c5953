package store

import (
	"context"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
)

// PageSize is how many rows a list shows.
const PageSize = 50

// Each list has two faces: a person's own licence IDs, in the order reach has them
// ready, and the desk's, over all customers. Filters that aren't used cost nothing:
// PostgreSQL drops them when it plans, which it does anew each time.
const (
	licenceColumns = ` l.id, l.root_id, l.organisation_id, l.programme_id, l.number, l.kind, l.agreement_no,
	l.authorisation_no, l.starts, l.ends, l.products_n, l.keys_n, l.lowest_left, l.lowest_total,
	o.name, o.city, o.country`

	ownLicences = `SELECT` + licenceColumns + `, r.rights, `
	ownFrom     = ` FROM reach r JOIN licences l ON l.id = r.licence_id JOIN organisations o ON o.id = l.organisation_id
WHERE r.person_id = $1 AND (r.until IS NULL OR r.until > now())`

	deskLicences = `SELECT` + licenceColumns + `, $1::integer, `
	deskFrom     = ` FROM licences l JOIN organisations o ON o.id = l.organisation_id WHERE true`

	licenceFilters = `
AND ($2 = '' OR l.number >= $2 AND l.number < $2 || '~' OR l.agreement_no = $2 OR l.authorisation_no = $2 OR o.name ILIKE $3)
AND ($4 = '' OR l.programme_id = $4)
AND ($5::uuid IS NULL OR l.organisation_id IN (SELECT descendant_id FROM org_closure WHERE ancestor_id = $5))
AND ($6 = '' OR ($6 = 'active') = (l.ends IS NULL OR l.ends >= $7::date))`

	// The bound is repeated on reach, whose index drives the query.
	ownByNumber  = ownLicences + `''` + ownFrom + licenceFilters + ` AND r.number > $8 AND $9 = '' ORDER BY r.number LIMIT $10`
	deskByNumber = deskLicences + `''` + deskFrom + licenceFilters + ` AND l.number > $8 AND $9 = '' ORDER BY l.number LIMIT $10`

	byEnds     = `coalesce(l.ends, '9999-12-31')`
	endsTail   = licenceFilters + ` AND ($9 = '' OR (` + byEnds + `, l.number) > ($9::text::date, $8)) ORDER BY ` + byEnds + `, l.number LIMIT $10`
	ownByEnds  = ownLicences + byEnds + `::text` + ownFrom + endsTail
	deskByEnds = deskLicences + byEnds + `::text` + deskFrom + endsTail

	nameTail   = licenceFilters + ` AND ($9 = '' OR (o.name, l.number) > ($9, $8)) ORDER BY o.name, l.number LIMIT $10`
	ownByName  = ownLicences + `o.name` + ownFrom + nameTail
	deskByName = deskLicences + `o.name` + deskFrom + nameTail

	// What a person may not see must not show in the order either: bit 2 is SeeKeys.
	ownKeys    = `CASE WHEN r.rights & 2 = 0 THEN 0 ELSE -l.keys_n END`
	ownByKeys  = ownLicences + `(` + ownKeys + `)::text` + ownFrom + licenceFilters + ` AND ($9 = '' OR (` + ownKeys + `, l.number) > ($9::text::integer, $8)) ORDER BY ` + ownKeys + `, l.number LIMIT $10`
	deskByKeys = deskLicences + `(-l.keys_n)::text` + deskFrom + licenceFilters + ` AND ($9 = '' OR (-l.keys_n, l.number) > ($9::text::integer, $8)) ORDER BY -l.keys_n, l.number LIMIT $10`

	ownLeft    = `CASE WHEN r.rights & 2 = 0 THEN 2147483647 ELSE coalesce(l.lowest_left, 2147483647) END`
	deskLeft   = `coalesce(l.lowest_left, 2147483647)`
	ownByLeft  = ownLicences + `(` + ownLeft + `)::text` + ownFrom + licenceFilters + ` AND ($9 = '' OR (` + ownLeft + `, l.number) > ($9::text::integer, $8)) ORDER BY ` + ownLeft + `, l.number LIMIT $10`
	deskByLeft = deskLicences + deskLeft + `::text` + deskFrom + licenceFilters + ` AND ($9 = '' OR (` + deskLeft + `, l.number) > ($9::text::integer, $8)) ORDER BY ` + deskLeft + `, l.number LIMIT $10`
)

// What nearly every page is: the active licence IDs by number. One plan serves all: what
// is looked up row by row is written so that it can't be read whole and joined.
const (
	plainFilter = ` AND (l.ends IS NULL OR l.ends >= $2::date)`
	plainFrom   = ` FROM reach r
CROSS JOIN LATERAL (SELECT * FROM licences WHERE id = r.licence_id LIMIT 1) l
CROSS JOIN LATERAL (SELECT * FROM organisations WHERE id = l.organisation_id LIMIT 1) o
WHERE r.person_id = $1 AND (r.until IS NULL OR r.until > now())`
	ownPlain  = ownLicences + `''` + plainFrom + plainFilter + ` AND r.number > $3 ORDER BY r.number LIMIT 51`
	deskPlain = deskLicences + `''` + deskFrom + plainFilter + ` AND l.number > $3 ORDER BY l.number LIMIT 51`
)

func isPlain(f licensing.LicenceFilter) bool {
	return f.Query == "" && f.Programme == "" && f.Organisation == uuid.Nil && f.Status == "active" &&
		(f.Sort == "" || f.Sort == "number") && (f.Limit == 0 || f.Limit == PageSize)
}

func plainSQL(desk bool) string {
	if desk {
		return deskPlain
	}
	return ownPlain
}

func licencesSQL(sort string, desk bool) string {
	pick := func(own, over string) string {
		if desk {
			return over
		}
		return own
	}
	switch sort {
	case "ends":
		return pick(ownByEnds, deskByEnds)
	case "organisation":
		return pick(ownByName, deskByName)
	case "keys":
		return pick(ownByKeys, deskByKeys)
	case "left":
		return pick(ownByLeft, deskByLeft)
	}
	return pick(ownByNumber, deskByNumber)
}

// Licences lists the licence IDs the viewer has a right on; the desk's viewers see
// every customer's, support without what is counted there. A cursor that can't be read gives the first page.
func (s *Store) Licences(ctx context.Context, v licensing.Viewer, f licensing.LicenceFilter) (licensing.LicencePage, error) {
	var page licensing.LicencePage
	err := s.readLicences(f)(ctx, v, licencesQuery(v, f, &page))
	return page, err
}

// Summary is Licences with the organisations that the viewer may narrow it to, in the
// same round trip.
func (s *Store) Summary(ctx context.Context, v licensing.Viewer, f licensing.LicenceFilter) (licensing.LicencePage, []licensing.Organisation, error) {
	var page licensing.LicencePage
	var organisations []licensing.Organisation
	queries := []query{licencesQuery(v, f, &page)}
	if !v.SeesAllCustomers() {
		queries = append(queries, organisationsQuery(v, &organisations))
	}
	err := s.readLicences(f)(ctx, v, queries...)
	return page, organisations, err
}

// readLicences is how a filter's query is read.
func (s *Store) readLicences(f licensing.LicenceFilter) func(context.Context, licensing.Viewer, ...query) error {
	if isPlain(f) {
		return s.read
	}
	return s.readAnew
}

// The organisations above a person's licence IDs that bundle several are found by
// their grants; a list of thousands would help nobody.
const ownOrganisations = `WITH live AS (
	SELECT organisation_id, licence_id FROM grants
	WHERE person_id = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now()))
SELECT o.id, o.name FROM organisations o WHERE o.id IN (
	SELECT c.descendant_id FROM live g JOIN org_closure c ON c.ancestor_id = g.organisation_id
	UNION ALL SELECT l.organisation_id FROM live g JOIN licences l ON l.id = g.licence_id)
ORDER BY o.name LIMIT 200`

func organisationsQuery(v licensing.Viewer, into *[]licensing.Organisation) query {
	return query{ownOrganisations, []any{v.PersonID}, func(rows pgx.Rows) error {
		var o licensing.Organisation
		if err := rows.Scan(&o.ID, &o.Name); err != nil {
			return err
		}
		*into = append(*into, o)
		return nil
	}}
}

func licencesQuery(v licensing.Viewer, f licensing.LicenceFilter, page *licensing.LicencePage) query {
	if f.Limit == 0 {
		f.Limit = PageSize
	}
	if v.LooksForAReason() && (f.Sort == "keys" || f.Sort == "left") {
		f.Sort = "number" // what isn't shown must not show in the order either
	}
	var last string // sort value of the last row on the page
	value, number := readCursor(f.Sort, f.After)
	q := query{sql: licencesSQL(f.Sort, v.SeesAllCustomers()), args: []any{
		who(v), f.Query, contains(f.Query), f.Programme, orNil(f.Organisation), f.Status, f.Today, number, value, f.Limit + 1,
	}}
	if isPlain(f) {
		q = query{sql: plainSQL(v.SeesAllCustomers()), args: []any{who(v), f.Today, number}}
	}
	q.row = func(rows pgx.Rows) error {
		var row licensing.LicenceRow
		var value string
		if err := scanLicence(rows, &row, &value); err != nil {
			return err
		}
		if len(page.Rows) == f.Limit {
			page.Next = last + "~" + page.Rows[f.Limit-1].Number
			return nil
		}
		last = value
		if v.LooksForAReason() {
			row.KeysN, row.ProductsN, row.LowestLeft, row.LowestTotal = 0, 0, nil, nil
		}
		page.Rows = append(page.Rows, row)
		return nil
	}
	return q
}

func scanLicence(rows pgx.Rows, l *licensing.LicenceRow, more ...any) error {
	into := append([]any{
		&l.ID, &l.RootID, &l.OrganisationID, &l.ProgrammeID, &l.Number, &l.Kind, &l.AgreementNo,
		&l.AuthorisationNo, &l.Starts, &l.Ends, &l.ProductsN, &l.KeysN, &l.LowestLeft, &l.LowestTotal,
		&l.Organisation, &l.City, &l.Country, &l.Rights,
	}, more...)
	if err := rows.Scan(into...); err != nil {
		return err
	}
	if !l.Rights.Has(licensing.SeeKeys) {
		l.KeysN, l.LowestLeft, l.LowestTotal = 0, nil, nil
	}
	return nil
}

// readCursor takes a cursor apart, and empties one that does not fit the order.
func readCursor(sort, cursor string) (value, number string) {
	i := strings.LastIndexByte(cursor, '~')
	if i < 0 {
		return "", ""
	}
	value, number = cursor[:i], cursor[i+1:]
	ok := true
	switch sort {
	case "ends":
		day, err := time.Parse(time.DateOnly, value)
		ok = err == nil && day.Year() > 0 // PostgreSQL knows no year 0
	case "keys", "left":
		n, err := strconv.Atoi(value)
		ok = err == nil && n <= math.MaxInt32 && n >= math.MinInt32
	case "organisation":
		ok = value != ""
	default:
		ok = value == ""
	}
	if !ok {
		return "", ""
	}
	return value, number
}

// who is the first argument of every list: the person, or the desk's permissions.
func who(v licensing.Viewer) any {
	if v.SeesAllCustomers() {
		return int32(v.May)
	}
	return v.PersonID
}

// contains makes a pattern that finds q anywhere.
func contains(q string) string {
	return "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(q) + "%"
}

func orNil(id uuid.UUID) *uuid.UUID {
	if id == uuid.Nil {
		return nil
	}
	return &id
}

const (
	ownLicence = `SELECT` + licenceColumns + `, r.rights FROM reach r JOIN licences l ON l.id = r.licence_id
JOIN organisations o ON o.id = l.organisation_id
WHERE r.person_id = $1 AND r.number = $2 AND (r.until IS NULL OR r.until > now())`
	deskLicence = `SELECT` + licenceColumns + `, $1::integer FROM licences l
JOIN organisations o ON o.id = l.organisation_id WHERE l.number = $2`
)

func licenceQuery(v licensing.Viewer, number string, into *licensing.LicenceRow) query {
	sql := ownLicence
	if v.SeesAllCustomers() {
		sql = deskLicence
	}
	return query{sql, []any{who(v), number}, func(rows pgx.Rows) error { return scanLicence(rows, into) }}
}

// Licence finds one licence ID by its number.
func (s *Store) Licence(ctx context.Context, v licensing.Viewer, number string) (licensing.LicenceRow, error) {
	var l licensing.LicenceRow
	sight, err := s.readOf(ctx, v, ofLicence(number), licenceQuery(v, number, &l))
	if err != nil {
		return licensing.LicenceRow{}, err
	}
	if l.ID == uuid.Nil {
		return licensing.LicenceRow{}, licensing.ErrNotFound
	}
	l.Sight = sight
	return l, nil
}

const (
	ownPurchases = `SELECT p.product_id, p.quantity, p.effective FROM reach r JOIN purchases p ON p.licence_id = r.licence_id
WHERE r.person_id = $1 AND r.number = $2 AND (r.until IS NULL OR r.until > now())`
	deskPurchases = `SELECT p.product_id, p.quantity, p.effective FROM licences l JOIN purchases p ON p.licence_id = l.id
WHERE l.number = $2 AND $1::integer <> 0`
)

func purchasesQuery(v licensing.Viewer, number string, into *[]licensing.Purchase) query {
	sql := ownPurchases
	if v.SeesAllCustomers() {
		sql = deskPurchases
	}
	return query{sql, []any{who(v), number}, func(rows pgx.Rows) error {
		var p licensing.Purchase
		if err := rows.Scan(&p.ProductID, &p.Quantity, &p.Effective); err != nil {
			return err
		}
		*into = append(*into, p)
		return nil
	}}
}

// Purchases returns a licence ID and what was bought under it, in no order.
func (s *Store) Purchases(ctx context.Context, v licensing.Viewer, number string) (licensing.LicenceRow, []licensing.Purchase, error) {
	var l licensing.LicenceRow
	var bought []licensing.Purchase
	sight, err := s.readOf(ctx, v, ofLicence(number), licenceQuery(v, number, &l), purchasesQuery(v, number, &bought))
	if err != nil {
		return licensing.LicenceRow{}, nil, err
	}
	if l.ID == uuid.Nil {
		return licensing.LicenceRow{}, nil, licensing.ErrNotFound
	}
	l.Sight = sight
	return l, bought, nil
}
