package store

import (
	"context"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
)

// A profile's keys are listed by product. For each product the first keys are probed
// in its index, so a page costs the same with a hundred keys and with a million;
// someone who reaches few licence IDs of a large family goes by those instead.
const (
	profileColumns = keyColumns + `, r.number, o.name, r.rights`

	profileMany = `SELECT` + profileColumns + ` FROM unnest($2::integer[]) WITH ORDINALITY AS p (id, ord)
CROSS JOIN unnest($7::uuid[]) AS root (id)
CROSS JOIN LATERAL (
	SELECT k.* FROM keys k WHERE k.root_id = root.id AND k.product_id = p.id AND ($3 = '' OR k.type = $3)
	AND (p.id <> $4 OR k.id > $5)
	AND EXISTS (SELECT FROM reach r WHERE r.person_id = $1 AND r.licence_id = k.licence_id AND r.rights & 2 <> 0 AND (r.until IS NULL OR r.until > now()))
	ORDER BY k.id LIMIT $6) k
JOIN reach r ON r.person_id = $1 AND r.licence_id = k.licence_id
JOIN licences l ON l.id = k.licence_id JOIN organisations o ON o.id = l.organisation_id
ORDER BY p.ord, k.id LIMIT $6`

	profileFew = `SELECT` + profileColumns + ` FROM reach r JOIN keys k ON k.licence_id = r.licence_id
JOIN unnest($2::integer[]) WITH ORDINALITY AS p (id, ord) ON p.id = k.product_id
JOIN licences l ON l.id = k.licence_id JOIN organisations o ON o.id = l.organisation_id
WHERE r.person_id = $1 AND r.rights & 2 <> 0 AND (r.until IS NULL OR r.until > now())
AND ($3 = '' OR k.type = $3) AND (p.id <> $4 OR k.id > $5) AND $7::uuid[] IS NOT NULL
ORDER BY p.ord, k.id LIMIT $6`

	profileByLast5 = `SELECT` + profileColumns + ` FROM keys k JOIN reach r ON r.licence_id = k.licence_id
JOIN licences l ON l.id = k.licence_id JOIN organisations o ON o.id = l.organisation_id
WHERE k.last5 = $2 AND r.person_id = $1 AND r.rights & 2 <> 0 AND (r.until IS NULL OR r.until > now()) ORDER BY k.id LIMIT $3`
	deskByLast5 = `SELECT` + keyColumns + `, coalesce(l.number, ''), coalesce(o.name, ''), $1::integer FROM keys k
LEFT JOIN licences l ON l.id = k.licence_id LEFT JOIN organisations o ON o.id = l.organisation_id
WHERE k.last5 = $2 ORDER BY k.id LIMIT $3`
)

// FewLicences is up to how many licence IDs a profile's keys are found through them.
const FewLicences = 200

// ProfileKeys lists the keys of every licence ID the viewer may see keys of. The
// desk has no profile: it finds keys by their last five only.
func (s *Store) ProfileKeys(ctx context.Context, v licensing.Viewer, f licensing.KeyFilter) (licensing.ProfilePage, error) {
	if f.Last5 != "" {
		return s.keysByLast5(ctx, v, f.Last5)
	}
	if v.SeesAllCustomers() {
		return licensing.ProfilePage{}, nil
	}
	c, err := s.Catalogue(ctx)
	if err != nil {
		return licensing.ProfilePage{}, err
	}
	ids := f.Products(c)
	if ids == nil {
		ids = c.Find("", "")
	}
	product, after, ids := profileCursor(f.After, ids, c)
	sql := profileFew
	if v.Licences > FewLicences {
		sql = profileMany
	}
	args := []any{v.PersonID, ids, string(f.Type), product, after, PageSize + 1, v.Roots}
	return s.profilePage(ctx, v, query{sql: sql, args: args})
}

// profileCursor takes a cursor apart and drops the products that came before it.
func profileCursor(cursor string, ids []int32, c *licensing.Catalogue) (product int32, after uuid.UUID, rest []int32) {
	number, key, _ := strings.Cut(cursor, "~")
	after, err := uuid.Parse(key)
	if err != nil {
		return 0, uuid.Nil, ids
	}
	for i, id := range ids {
		if id32(number) == id {
			return id, after, ids[i:]
		}
	}
	return 0, uuid.Nil, ids
}

func (s *Store) profilePage(ctx context.Context, v licensing.Viewer, q query) (licensing.ProfilePage, error) {
	var page licensing.ProfilePage
	q.row = func(rows pgx.Rows) error {
		var k licensing.ProfileKey
		if err := scanKey(rows, &k.Key, &k.Number, &k.Organisation, &k.Rights); err != nil {
			return err
		}
		if len(page.Keys) == PageSize {
			last := page.Keys[PageSize-1]
			page.Next = cursorOf(last)
			return nil
		}
		page.Keys = append(page.Keys, k)
		return nil
	}
	err := s.read(ctx, v, q, withheldQuery(v, "", &page.Withheld))
	return page, err
}

func (s *Store) keysByLast5(ctx context.Context, v licensing.Viewer, last5 string) (licensing.ProfilePage, error) {
	sql := profileByLast5
	if v.SeesAllCustomers() {
		sql = deskByLast5
	}
	page, err := s.profilePage(ctx, v, query{sql: sql, args: []any{who(v), strings.ToUpper(last5), PageSize}})
	for i := range page.Keys {
		if v.LooksForAReason() {
			withoutState(&page.Keys[i].Key) // its page asks for the reason
		}
	}
	page.Next = ""
	return page, err
}

// withoutState leaves of a key what finds it: product, type and last five.
func withoutState(k *licensing.Key) {
	k.Used, k.Total, k.AsOf, k.Source, k.Seats, k.OSAStatus, k.UsableFrom = 0, 0, nil, "", 0, nil, nil
}

const (
	ownByFingerprint = `SELECT k.id FROM keys k JOIN reach r ON r.licence_id = k.licence_id
WHERE k.fingerprint = $2 AND r.person_id = $1 AND r.rights & 2 <> 0 AND (r.until IS NULL OR r.until > now()) LIMIT 1`
	deskByFingerprint = `SELECT k.id FROM keys k WHERE k.fingerprint = $2 AND $1::integer <> 0 LIMIT 1`
)

// FindKey finds a key among the viewer's by the whole of it; ErrNotFound if it is not there.
func (s *Store) FindKey(ctx context.Context, v licensing.Viewer, key licensing.Secret) (uuid.UUID, error) {
	sql := ownByFingerprint
	if v.SeesAllCustomers() {
		sql = deskByFingerprint
	}
	var id uuid.UUID
	args := []any{who(v), s.vault.Fingerprint(key.Reveal())}
	err := s.read(ctx, v, query{sql, args, func(rows pgx.Rows) error { return rows.Scan(&id) }})
	if err == nil && id == uuid.Nil {
		err = licensing.ErrNotFound
	}
	return id, err
}

func cursorOf(k licensing.ProfileKey) string {
	return strconv.Itoa(int(k.ProductID)) + "~" + k.ID.String()
}

// id32 reads the number of a row; 0 is no row's.
func id32(s string) int32 {
	n, err := strconv.ParseInt(s, 10, 32)
	if err != nil {
		return 0
	}
	return int32(n)
}
