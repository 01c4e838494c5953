package store

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
)

// Who may mark a key sees its cases: bit 32 is EditKeys. Who took the key in clear is told
// to those alone who may see its use.
const (
	latestLeak = `SELECT id FROM leaks WHERE key_id = $1 ORDER BY opened_at DESC, id LIMIT 1`

	leakColumns = `SELECT e.id, e.root_id, e.licence_id, e.key_id, e.reason, e.opened_by, e.opener, e.opened_at, e.state, e.version,
	e.replaced_by, e.resolved_by, e.resolver, e.resolution, e.resolved_at, l.number, o.name, k.product_id, k.type, k.last5, `
	leakFrom = ` FROM leaks e JOIN licences l ON l.id = e.licence_id JOIN organisations o ON o.id = l.organisation_id JOIN keys k ON k.id = e.key_id`
	ownLeaks = leakColumns + `r.rights` + leakFrom + ` JOIN reach r ON r.licence_id = e.licence_id
WHERE r.person_id = $1 AND r.rights & 32 <> 0 AND (r.until IS NULL OR r.until > now())`
	deskLeaks = leakColumns + `$1::integer` + leakFrom + ` WHERE true`
	// What support may know of every customer: that there is a case, whose, since when and
	// whether it goes on. The rest stands on its page, which asks for the reason.
	bareLeaks = `SELECT e.id, e.root_id, e.licence_id, '00000000-0000-0000-0000-000000000000'::uuid, '', '00000000-0000-0000-0000-000000000000'::uuid,
	'', e.opened_at, e.state, 0, NULL::uuid, NULL::uuid, '', '', NULL::timestamptz, l.number, o.name, 0, '', '', $1::integer` + leakFrom + ` WHERE true`
	leakPage = ` AND (e.opened_at, e.id) < ($2, $3) ORDER BY e.opened_at DESC, e.id DESC LIMIT $4`
	leakByID = ` AND e.id = $2`

	ownLeakPage  = ownLeaks + leakPage
	deskLeakPage = deskLeaks + leakPage
	bareLeakPage = bareLeaks + leakPage
	ownLeak      = ownLeaks + leakByID
	deskLeak     = deskLeaks + leakByID

	// A file that left nothing out may have begun while the mark was under way and had the
	// key's row: it was broken off, but is listed.
	usesBeforeLeak = `
SELECT a.at, a.actor, a.action, '00000000-0000-0000-0000-000000000000'::uuid, '', a.address, 0, NULL FROM audit a
WHERE a.object = $1 AND a.action IN ('key.revealed', 'key.copied') AND a.outcome = 'done'
UNION ALL
SELECT d.started_at, d.person_name, 'file.' || d.state, d.file_id, d.name,
	coalesce((SELECT address FROM audit WHERE object = 'file/' || d.file_id AND action = 'file.started' LIMIT 1), ''), d.row_count, d.sha256
FROM downloads d WHERE d.licences @> ARRAY[$2::uuid] AND d.started_at >= (SELECT created_at FROM keys WHERE id = $3)
	AND (d.started_at < $4 OR d.withheld = 0 AND d.started_at < $4::timestamptz + interval '10 seconds')
ORDER BY 1 DESC LIMIT 1000`

	copiesColumns = `SELECT` + keyColumns + `, l.number, o.name, `
	copiesFrom    = ` FROM keys k JOIN licences l ON l.id = k.licence_id JOIN organisations o ON o.id = l.organisation_id`
	copiesWhere   = ` k.fingerprint = (SELECT fingerprint FROM keys WHERE id = $2) AND k.id <> $2 ORDER BY l.number, k.id LIMIT 100`
	ownCopies     = copiesColumns + `r.rights` + copiesFrom + ` JOIN reach r ON r.licence_id = k.licence_id
WHERE r.person_id = $1 AND r.rights & 2 <> 0 AND (r.until IS NULL OR r.until > now()) AND` + copiesWhere
	deskCopies = copiesColumns + `$1::integer` + copiesFrom + ` WHERE` + copiesWhere

	// The newest first: the key in another's place was mostly added after it.
	candidates = `SELECT` + keyColumns + ` FROM keys k WHERE k.licence_id = $1 AND k.id <> $2 AND k.compromised_at IS NULL
AND k.product_id = (SELECT product_id FROM keys WHERE id = $2) ORDER BY k.id DESC LIMIT 100`

	notesOfLeak = `SELECT id, root_id, leak_id, actor_id, actor, text, at FROM leak_notes WHERE leak_id = $1 ORDER BY at, id`
	last5OfKey  = `SELECT last5 FROM keys WHERE id = $1`
)

func scanLeak(rows pgx.Row, l *licensing.LeakRow) error {
	return rows.Scan(&l.ID, &l.RootID, &l.LicenceID, &l.KeyID, &l.Reason, &l.OpenedBy, &l.Opener, &l.OpenedAt, &l.State, &l.Version,
		&l.ReplacedBy, &l.ResolvedBy, &l.Resolver, &l.Resolution, &l.ResolvedAt, &l.Number, &l.Organisation, &l.ProductID, &l.Type, &l.Last5, &l.Rights)
}

// Leaks lists the cases of compromised keys on the licence IDs whose keys the viewer
// looks after, for the staff on all, the latest first, and returns the next page's cursor.
// Support is told of each case whose it is, its state and its age alone.
func (s *Store) Leaks(ctx context.Context, v licensing.Viewer, after string) (list []licensing.LeakRow, next string, err error) {
	sql := ownLeakPage
	switch {
	case v.LooksForAReason():
		sql = bareLeakPage
	case v.SeesAllCustomers():
		sql = deskLeakPage
	}
	at, id := readTimeCursor(after)
	err = s.read(ctx, v, query{sql, []any{who(v), at, id, PageSize + 1}, func(rows pgx.Rows) error {
		var l licensing.LeakRow
		err := scanLeak(rows, &l)
		list = append(list, l)
		return err
	}})
	if len(list) > PageSize {
		list = list[:PageSize]
		next = timeCursor(list[PageSize-1].OpenedAt, list[PageSize-1].ID.String())
	}
	return list, next, err
}

// Leak finds the case of a compromised key. Who took the key, and from where, is told to
// who may see its use; to the others, when it was taken. Support needs a reason to look at the customer.
func (s *Store) Leak(ctx context.Context, v licensing.Viewer, id uuid.UUID) (licensing.LeakDetail, error) {
	var d licensing.LeakDetail
	sql := ownLeak
	if v.SeesAllCustomers() {
		sql = deskLeak
	}
	_, err := s.readOf(ctx, v, ofLeak(id), query{sql, []any{who(v), id}, func(rows pgx.Rows) error { return scanLeak(rows, &d.LeakRow) }})
	if err == nil && d.ID == uuid.Nil {
		err = licensing.ErrNotFound
	}
	if err != nil {
		return licensing.LeakDetail{}, err
	}
	return d, s.read(ctx, v, aroundLeak(v, &d)...)
}

// aroundLeak asks for what is known of a case's key.
func aroundLeak(v licensing.Viewer, d *licensing.LeakDetail) []query {
	uses := []any{"key/" + d.KeyID.String(), d.LicenceID, d.KeyID, d.OpenedAt}
	queries := []query{
		{usesBeforeLeak, uses, func(rows pgx.Rows) error { return scanLeakUse(rows, d) }},
		copiesQuery(v, d),
		{notesOfLeak, []any{d.ID}, func(rows pgx.Rows) error {
			var n licensing.LeakNote
			err := rows.Scan(&n.ID, &n.RootID, &n.LeakID, &n.ActorID, &n.Actor, &n.Text, &n.At)
			d.Notes = append(d.Notes, n)
			return err
		}},
	}
	if d.ReplacedBy != nil {
		queries = append(queries, query{last5OfKey, []any{*d.ReplacedBy}, func(rows pgx.Rows) error { return rows.Scan(&d.Replacer) }})
	}
	if len(d.Ends(v, d.Rights)) > 0 {
		queries = append(queries, query{candidates, []any{d.LicenceID, d.KeyID}, func(rows pgx.Rows) error {
			d.Candidates = append(d.Candidates, licensing.Key{})
			return scanKey(rows, &d.Candidates[len(d.Candidates)-1])
		}})
	}
	return queries
}

func scanLeakUse(rows pgx.Rows, d *licensing.LeakDetail) error {
	var u licensing.LeakUse
	err := rows.Scan(&u.At, &u.Person, &u.Action, &u.FileID, &u.Name, &u.Address, &u.Rows, &u.SHA256)
	if !d.Rights.Has(licensing.SeeUse) {
		u.Person, u.Address = "", ""
	}
	d.Uses = append(d.Uses, u)
	return err
}

// copiesQuery finds the same key under other licence IDs: a setup key is shared by many.
func copiesQuery(v licensing.Viewer, d *licensing.LeakDetail) query {
	sql := ownCopies
	if v.SeesAllCustomers() {
		sql = deskCopies
	}
	return query{sql, []any{who(v), d.KeyID}, func(rows pgx.Rows) error {
		var k licensing.ProfileKey
		err := scanKey(rows, &k.Key, &k.Number, &k.Organisation, &k.Rights)
		d.Copies = append(d.Copies, k)
		return err
	}}
}
