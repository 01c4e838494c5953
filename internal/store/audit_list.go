package store

import (
	"context"
	"encoding/json"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
)

// The audit log has a face for each kind of reader. A person sees their own acts, and
// those on licence IDs whose use they may see (bit 128 is SeeUse), without what support
// does behind its counter, or tried to; support sees its own acts, the operator every chain.
//
// A person's entries are found from two sides, each in the order of an index, and put
// together: whoever may see the use of a few licence IDs goes by those, whoever may of
// many by the chains of their families. Filters that aren't used cost nothing: PostgreSQL
// drops them when it plans, which it does anew each time.
const (
	auditWanted = `
AND ($2 = '' OR a.licence_id = (SELECT id FROM licences WHERE number = $2))
AND ($3 = '' OR a.action = $3) AND ($4 = '' OR a.outcome = $4) AND ($5::uuid IS NULL OR a.actor_id = $5)
AND ($6::uuid[] IS NULL OR a.actor_id = ANY ($6) OR a.actor_id IS NULL AND a.actor = ANY ($7))
AND ($8::text[] IS NULL OR a.actor ILIKE ALL ($8))
AND a.at >= $9 AND (a.at, a.root_id, a.seq) < ($10, $11, $12)`
	auditOrder = ` ORDER BY a.at DESC, a.root_id DESC, a.seq DESC LIMIT $13`

	auditColumns = `SELECT a.root_id, a.seq, a.at, a.actor_id, a.actor, a.address, a.request_id, a.action, a.licence_id, a.object,
	a.outcome, a.detail, a.hash, coalesce(l.number, ''), `
	auditNumber   = ` LEFT JOIN licences l ON l.id = a.licence_id`
	supportAudit  = auditColumns + `0 FROM audit a` + auditNumber + ` WHERE a.actor_id = $1` + auditWanted + auditOrder
	operatorAudit = auditColumns + `0 FROM audit a` + auditNumber + ` WHERE $1::uuid IS NOT NULL` + auditWanted + auditOrder

	ownActs     = auditColumns + `coalesce(r.rights, 0) FROM ((SELECT a.* FROM audit a WHERE a.actor_id = $1` + auditWanted + auditOrder + `)`
	ownActsOnly = ownActs + ownAuditEnd
	ownAuditEnd = `) a` + auditNumber + ` LEFT JOIN reach r ON r.person_id = $1 AND r.licence_id = a.licence_id AND (r.until IS NULL OR r.until > now())` + auditOrder

	useVisible = `r.person_id = $1 AND r.rights & 128 <> 0 AND (r.until IS NULL OR r.until > now())`
	othersActs = `a.actor_id IS DISTINCT FROM $1 AND a.action <> ALL ($14) AND NOT a.detail ? 'inner'`
	actsOnFew  = ownActs + ` UNION ALL (SELECT a.* FROM reach r
CROSS JOIN LATERAL (SELECT a.* FROM audit a WHERE a.licence_id = r.licence_id AND ` + othersActs + auditWanted + auditOrder + `) a
WHERE ` + useVisible + ` AND ($2 = '' OR r.number = $2))` + ownAuditEnd
	actsOnMany = ownActs + ` UNION ALL (SELECT a.* FROM unnest($15::uuid[]) root (id)
CROSS JOIN LATERAL (SELECT a.* FROM audit a WHERE a.root_id = root.id AND ` + othersActs + `
	AND EXISTS (SELECT FROM reach r WHERE r.licence_id = a.licence_id AND ` + useVisible + `)` + auditWanted + auditOrder + `) a)` + ownAuditEnd
)

// Audit lists what the viewer may see of the audit log, the latest first, and returns
// the next page's cursor.
func (s *Store) Audit(ctx context.Context, v licensing.Viewer, f licensing.AuditFilter) (lines []licensing.AuditLine, next string, err error) {
	return s.listAudit(ctx, v, f)
}

// oneReading is how long reading on in the audit log is one reading of it.
const oneReading = time.Hour

// ReadAudit is Audit for who reads the log itself. That they do is on record, once an hour
// (S-63). A log that takes no entry can be read all the same (R4): that it takes none is what
// somebody may want to find out.
func (s *Store) ReadAudit(ctx context.Context, v licensing.Viewer, f licensing.AuditFilter) ([]licensing.AuditLine, string, error) {
	act, told := licensing.Act{Action: "audit.read", Object: "audit", Outcome: licensing.Done}, false
	lines, next, err := s.listAudit(ctx, v, f, lately(v.PersonID, oneReading, act, &told))
	if err != nil || told {
		return lines, next, err
	}
	untold := s.inOwnChains(ctx, v, func(t *tx, roots []uuid.UUID) error { return t.tellOnce(oneReading, act, roots...) })
	if untold != nil {
		slog.WarnContext(ctx, "reading of the audit log not recorded", "person", v.PersonID, "error", untold)
	}
	return lines, next, nil
}

// listAudit is Audit with questions that go along.
func (s *Store) listAudit(ctx context.Context, v licensing.Viewer, f licensing.AuditFilter, more ...query) (lines []licensing.AuditLine, next string, err error) {
	limit := PageSize + 1
	q, err := s.auditQuery(ctx, v, f, &limit)
	if err != nil {
		return nil, "", err
	}
	q.row = func(rows pgx.Rows) error {
		lines = append(lines, licensing.AuditLine{})
		return scanAudit(rows, v, &lines[len(lines)-1])
	}
	err = s.readAnew(ctx, v, append(more, q)...)
	if len(lines) > PageSize {
		lines = lines[:PageSize]
		next = auditCursor(lines[PageSize-1].AuditEntry)
	}
	return lines, next, err
}

// auditQuery asks for a filter's entries; without a limit for all of them.
func (s *Store) auditQuery(ctx context.Context, v licensing.Viewer, f licensing.AuditFilter, limit *int) (query, error) {
	n, err := s.named(ctx, f.Name)
	if err != nil {
		return query{}, err
	}
	at, root, seq := readAuditCursor(f)
	q := query{args: []any{
		v.PersonID, f.Number, f.Action, string(f.Outcome), orNil(f.Person), n.ids, n.names, n.patterns, f.From, at, root, seq, limit,
	}}
	switch {
	case v.Staff == licensing.Operator:
		q.sql = operatorAudit
	case v.SeesAllCustomers():
		q.sql = supportAudit
	case !v.May.Has(licensing.SeeUse):
		q.sql = ownActsOnly
	default:
		q.sql, err = s.actsOnLicences(ctx, v, f.Number)
		q.args = append(q.args, licensing.InnerActions())
		if q.sql == actsOnMany {
			q.args = append(q.args, v.Roots)
		}
	}
	return q, err
}

const someInUse = `SELECT FROM reach r WHERE ` + useVisible + ` LIMIT $2`

// actsOnLicences picks the way that somebody goes to the acts of others. One licence ID
// is few whatever else they reach.
func (s *Store) actsOnLicences(ctx context.Context, v licensing.Viewer, number string) (string, error) {
	if number != "" || v.Licences <= FewLicences {
		return actsOnFew, nil
	}
	n := 0
	err := s.read(ctx, v, query{someInUse, []any{v.PersonID, FewLicences + 1}, func(pgx.Rows) error { n++; return nil }})
	if n > FewLicences {
		return actsOnMany, err
	}
	return actsOnFew, err
}

// scanAudit reads a line of auditColumns, and what stands behind them.
func scanAudit(rows pgx.Rows, v licensing.Viewer, l *licensing.AuditLine, others ...any) error {
	var detail []byte
	err := rows.Scan(append([]any{
		&l.RootID, &l.Seq, &l.At, &l.ActorID, &l.Actor, &l.Address, &l.RequestID, &l.Action, &l.LicenceID,
		&l.Object, &l.Outcome, &detail, &l.Hash, &l.Number, &l.Rights,
	}, others...)...)
	if err != nil {
		return err
	}
	if v.SeesAllCustomers() && l.Number != "" {
		l.Rights = v.May
	}
	if v.Staff != licensing.Operator {
		l.Address, l.RequestID = "", ""
	}
	return json.Unmarshal(detail, &l.Detail)
}

// named is who a filter's words may mean. Their acts have an index; the names in the
// log have none, and are looked through only for words that so many people have in
// their names that they are found all over it.
type named struct {
	ids      []uuid.UUID // people so called
	names    []string    // of who acted without an account
	patterns []string    // nil but where there are too many people
}

const (
	manyNamed   = 200
	peopleNamed = `SELECT id FROM persons WHERE name ILIKE ALL ($1) LIMIT $2`
	// Few names, each perhaps of millions of entries: from each the next is looked up.
	othersNamed = `WITH RECURSIVE n AS (
	(SELECT actor FROM audit WHERE actor_id IS NULL ORDER BY actor LIMIT 1)
	UNION ALL
	SELECT (SELECT a.actor FROM audit a WHERE a.actor_id IS NULL AND a.actor > n.actor ORDER BY a.actor LIMIT 1)
	FROM n WHERE n.actor IS NOT NULL)
SELECT actor FROM n WHERE actor ILIKE ALL ($1) LIMIT $2`
)

// named finds out whom words may mean. It asks as the desk: which names there are shows
// in nothing but the viewer's own lines.
func (s *Store) named(ctx context.Context, words string) (n named, err error) {
	patterns := containing(words)
	if patterns == nil {
		return n, nil
	}
	n.ids, n.names = []uuid.UUID{}, []string{}
	people := query{peopleNamed, []any{patterns, manyNamed + 1}, func(rows pgx.Rows) error {
		n.ids = append(n.ids, uuid.Nil)
		return rows.Scan(&n.ids[len(n.ids)-1])
	}}
	others := query{othersNamed, []any{patterns, manyNamed + 1}, func(rows pgx.Rows) error {
		n.names = append(n.names, "")
		return rows.Scan(&n.names[len(n.names)-1])
	}}
	err = s.readAnew(ctx, desk, people, others)
	if len(n.ids) > manyNamed || len(n.names) > manyNamed {
		n = named{patterns: patterns}
	}
	return n, err
}

// containing finds each word of a text anywhere; nil where there is none.
func containing(words string) []string {
	var all []string
	for _, w := range strings.Fields(words) {
		all = append(all, contains(w))
	}
	return all
}

// auditCursor names an entry. Two chains may have one at the same moment.
func auditCursor(e licensing.AuditEntry) string {
	return timeCursor(e.At, e.RootID.String()+"~"+strconv.FormatInt(e.Seq, 10))
}

// readAuditCursor returns the entry before which a page begins: that of the cursor, or
// the filter's end.
func readAuditCursor(f licensing.AuditFilter) (at time.Time, root uuid.UUID, seq int64) {
	at, rest := splitTimeCursor(f.After)
	rootText, seqText, _ := strings.Cut(rest, "~")
	root, err := uuid.Parse(rootText)
	if err == nil {
		seq, err = strconv.ParseInt(seqText, 10, 64)
	}
	if err != nil {
		at, root, seq = endOfTime, uuid.Max, 0
	}
	if !f.To.IsZero() && f.To.Before(at) {
		at, root, seq = f.To, uuid.Nil, 0
	}
	return at, root, seq
}
