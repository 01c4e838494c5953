package store

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
)

// Rights that have ended are behind no wall of the person's any more, so that the desk
// asks for them: of whoever reads and of nobody else. What they are about is asked as the
// reader, once there is a right.
const (
	heldColumns = `SELECT l.number, g.role, coalesce(o.name, ''), g.expires_at,
	CASE WHEN g.revoked_at IS NOT NULL OR g.expires_at <= now() THEN least(g.revoked_at, g.expires_at) END`
	heldFrom = ` JOIN grants g ON g.person_id = p.id AND (g.licence_id = l.id OR g.organisation_id IN (
	SELECT ancestor_id FROM org_closure WHERE descendant_id = l.organisation_id))
LEFT JOIN organisations o ON o.id = g.organisation_id`
	heldOrder = `
ORDER BY (g.revoked_at IS NOT NULL OR g.expires_at <= now()) IS TRUE, least(g.revoked_at, g.expires_at) DESC,
	array_position(ARRAY['administrator', 'key_administrator', 'key_viewer', 'licence_reader', 'download_manager'], g.role) LIMIT 20`
	whichLicence = `(l.number = $2 OR $2 = '' AND l.id = (SELECT licence_id FROM keys WHERE id = $3))`

	heldByReader = heldColumns + ` FROM persons p JOIN licences l ON ` + whichLicence + heldFrom + ` WHERE p.id = $1 AND ($4 OR l.root_id = ANY ($5))` + heldOrder

	// Bit 64 is ManagePeople.
	managesLicence = `SELECT l.number FROM reach r JOIN licences l ON l.id = r.licence_id
WHERE r.person_id = $1 AND r.rights & 64 <> 0 AND (r.until IS NULL OR r.until > now()) AND ` + whichLicence
	heldByColleague = heldColumns + `, p.id FROM persons p JOIN licences l ON ` + whichLicence + `
JOIN reach r ON r.person_id = $1 AND r.licence_id = l.id AND r.rights & 64 <> 0 AND (r.until IS NULL OR r.until > now())` + heldFrom + `
WHERE lower(p.business_email) = lower($4) AND p.ended_at IS NULL` + heldOrder

	// Of keys both have to see what is said: bit 2 is SeeKeys.
	bothSee = ` JOIN reach r ON r.person_id = $1 AND r.licence_id = l.id AND r.rights & 2 <> 0 AND (r.until IS NULL OR r.until > now())
JOIN reach w ON w.person_id = $2 AND w.licence_id = l.id AND w.rights & 2 <> 0 AND (w.until IS NULL OR w.until > now())`
	whyKeys = `SELECT` + keyColumns + ` FROM licences l` + bothSee + `
JOIN keys k ON k.licence_id = l.id AND k.product_id = $4 WHERE l.number = $3 ORDER BY k.id LIMIT 20`
	whyElsewhere = `SELECT l.number, o.name FROM licences l JOIN organisations o ON o.id = l.organisation_id` + bothSee + `
WHERE l.root_id = (SELECT root_id FROM licences WHERE number = $3) AND l.number <> $3
AND EXISTS (SELECT FROM keys k WHERE k.licence_id = l.id AND k.product_id = $4) ORDER BY l.number LIMIT 3`
	whyKey = `SELECT` + keyColumns + `, l.number, o.name FROM keys k JOIN licences l ON l.id = k.licence_id
JOIN organisations o ON o.id = l.organisation_id` + bothSee + `
WHERE k.id = $4 OR $4::uuid IS NULL AND k.last5 = $5 ORDER BY l.number = $3 DESC, k.id LIMIT 1`
)

// Why gathers what decides whether the viewer, or a colleague whose rights the viewer
// manages, sees what a question names, in two round trips. Where there is no right there
// are no facts, whether or not it exists; the staff are told nothing here.
func (s *Store) Why(ctx context.Context, v licensing.Viewer, q licensing.WhyAsked, at time.Time) (licensing.WhyFacts, error) {
	f := licensing.WhyFacts{WhyAsked: q, Staff: v.Staff, Now: at}
	if v.SeesAllCustomers() || q.Number == "" && q.Key == uuid.Nil {
		return f, nil
	}
	c, err := s.Catalogue(ctx)
	if err != nil {
		return f, err
	}
	person, number := v.PersonID, ""
	if q.Email == "" {
		number, err = s.heldByReader(ctx, v, &f)
	} else {
		person, number, err = s.heldByColleague(ctx, v, &f)
	}
	if err != nil || !f.May().Has(licensing.SeeLicence) {
		return f, err
	}
	err = s.whyThere(ctx, v, person, number, c, &f)
	return f, err
}

func (s *Store) heldByReader(ctx context.Context, v licensing.Viewer, f *licensing.WhyFacts) (number string, err error) {
	issuer := s.issuer(v.Issuer)
	err = s.read(ctx, desk, query{heldByReader, []any{v.PersonID, f.Number, orNil(f.Key), issuer.All, issuer.Roots}, func(rows pgx.Rows) error {
		var r licensing.HeldRight
		err := rows.Scan(&number, &r.Role, &r.Organisation, &r.Until, &r.EndedAt)
		f.Rights = append(f.Rights, r)
		return err
	}})
	return number, err
}

func (s *Store) heldByColleague(ctx context.Context, v licensing.Viewer, f *licensing.WhyFacts) (person uuid.UUID, number string, err error) {
	managed := query{managesLicence, []any{v.PersonID, f.Number, orNil(f.Key)}, func(rows pgx.Rows) error {
		f.Managed = true
		return rows.Scan(&number)
	}}
	held := query{heldByColleague, []any{v.PersonID, f.Number, orNil(f.Key), f.Email}, func(rows pgx.Rows) error {
		var r licensing.HeldRight
		err := rows.Scan(&number, &r.Role, &r.Organisation, &r.Until, &r.EndedAt, &person)
		f.Rights = append(f.Rights, r)
		return err
	}}
	err = s.read(ctx, v, managed, held)
	return person, number, err
}

// whyThere adds what is there for somebody with a right: what their role hides is not in it.
func (s *Store) whyThere(ctx context.Context, v licensing.Viewer, person uuid.UUID, number string, c *licensing.Catalogue, f *licensing.WhyFacts) error {
	var bought []licensing.Purchase
	queries := []query{licenceQuery(v, number, &f.Licence), purchasesQuery(v, number, &bought)}
	if f.Product.ID != 0 {
		args := []any{v.PersonID, person, number, f.Product.ID}
		queries = append(queries, query{whyKeys, args, func(rows pgx.Rows) error {
			f.Keys = append(f.Keys, licensing.Key{})
			return scanKey(rows, &f.Keys[len(f.Keys)-1])
		}}, query{whyElsewhere, args, func(rows pgx.Rows) error {
			var l licensing.LicenceName
			err := rows.Scan(&l.Number, &l.Organisation)
			f.Elsewhere = append(f.Elsewhere, l)
			return err
		}})
	}
	if f.AsksForKey() {
		queries = append(queries, query{whyKey, []any{v.PersonID, person, number, orNil(f.Key), f.Last5}, func(rows pgx.Rows) error {
			f.Found = &licensing.Key{}
			return scanKey(rows, f.Found, &f.FoundAt.Number, &f.FoundAt.Organisation)
		}})
	}
	if err := s.readAnew(ctx, v, queries...); err != nil {
		return err
	}
	if f.Licence.ID == uuid.Nil { // the last right ran out just now
		f.Rights = nil
	}
	f.Programme = c.Programme(f.Licence.ProgrammeID)
	for _, p := range bought {
		if p.ProductID == f.Product.ID {
			f.Bought = p.Effective
		}
		f.PoolBought = f.PoolBought || p.Effective > 0 && c.Product(p.ProductID).Pool == f.Product.Pool
	}
	return nil
}
