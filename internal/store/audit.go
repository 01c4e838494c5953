package store

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
)

// A person sees their own acts, and those on licence IDs whose use they may see (bit
// 128 is SeeUse). The operator sees every chain, support its own acts.
const (
	auditColumns = `SELECT a.root_id, a.seq, a.at, a.actor_id, a.actor, a.action, a.licence_id, a.object, a.outcome, a.detail, coalesce(l.number, '')
FROM audit a LEFT JOIN licences l ON l.id = a.licence_id `
	auditTail = ` AND ($2::text IS NULL OR l.number = $2) AND (a.at, a.seq) < ($3, $4) ORDER BY a.at DESC, a.seq DESC LIMIT $5`

	ownAudit = auditColumns + `WHERE (a.actor_id = $1 OR EXISTS (
	SELECT FROM reach r WHERE r.person_id = $1 AND r.licence_id = a.licence_id AND r.rights & 128 <> 0 AND (r.until IS NULL OR r.until > now())))` + auditTail
	supportAudit  = auditColumns + `WHERE a.actor_id = $1` + auditTail
	operatorAudit = auditColumns + `WHERE $1::uuid IS NOT NULL` + auditTail
)

// Audit lists what the viewer may see of the audit log, the latest first, and returns
// the next page's cursor. A number narrows it to one licence ID.
func (s *Store) Audit(ctx context.Context, v licensing.Viewer, number, after string) (lines []licensing.AuditLine, next string, err error) {
	sql := ownAudit
	switch v.Staff {
	case licensing.SupportAgent:
		sql = supportAudit
	case licensing.Operator:
		sql = operatorAudit
	}
	at, seqText := splitTimeCursor(after)
	seq, err := strconv.ParseInt(seqText, 10, 64)
	if err != nil {
		at, seq = endOfTime, 0
	}
	var only *string
	if number != "" {
		only = &number
	}
	err = s.read(ctx, v, query{sql, []any{v.PersonID, only, at, seq, PageSize + 1}, func(rows pgx.Rows) error {
		var l licensing.AuditLine
		if err := scanAudit(rows, &l); err != nil {
			return err
		}
		lines = append(lines, l)
		return nil
	}})
	if len(lines) > PageSize {
		lines = lines[:PageSize]
		last := lines[PageSize-1]
		next = timeCursor(last.At, strconv.FormatInt(last.Seq, 10))
	}
	return lines, next, err
}

func scanAudit(rows pgx.Rows, l *licensing.AuditLine) error {
	var detail []byte
	if err := rows.Scan(&l.RootID, &l.Seq, &l.At, &l.ActorID, &l.Actor, &l.Action, &l.LicenceID, &l.Object, &l.Outcome, &detail, &l.Number); err != nil {
		return err
	}
	return json.Unmarshal(detail, &l.Detail)
}

// endOfTime is past every entry: where a list that runs backwards begins.
var endOfTime = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

func timeCursor(at time.Time, id string) string {
	return strconv.FormatInt(at.UnixMicro(), 10) + "~" + id
}

func splitTimeCursor(cursor string) (at time.Time, id string) {
	micro, id, _ := strings.Cut(cursor, "~")
	n, err := strconv.ParseInt(micro, 10, 64)
	if err != nil || n < 0 || n > endOfTime.UnixMicro() {
		return endOfTime, ""
	}
	return time.UnixMicro(n).UTC(), id
}

func readTimeCursor(cursor string) (time.Time, uuid.UUID) {
	at, id := splitTimeCursor(cursor)
	parsed, err := uuid.Parse(id)
	if err != nil {
		return endOfTime, uuid.Max
	}
	return at, parsed
}

const firstBadEntry = `SELECT a.root_id, a.seq FROM audit a
LEFT JOIN audit b ON b.root_id = a.root_id AND b.seq = a.seq - 1
WHERE a.hash <> audit_hash(a) OR a.prev <> coalesce(b.hash, decode(repeat('00', 32), 'hex')) OR (a.seq > 1 AND b.seq IS NULL)
ORDER BY a.root_id, a.seq LIMIT 1`

const cutTail = `SELECT h.root_id, h.seq FROM audit_heads h LEFT JOIN audit a ON a.root_id = h.root_id AND a.seq = h.seq
WHERE h.seq > 0 AND (a.hash IS DISTINCT FROM h.hash OR EXISTS (SELECT FROM audit m WHERE m.root_id = h.root_id AND m.seq > h.seq)) LIMIT 1`

const lostHead = `SELECT a.root_id, max(a.seq) FROM audit a
WHERE NOT EXISTS (SELECT FROM audit_heads h WHERE h.root_id = a.root_id) GROUP BY a.root_id LIMIT 1`

// BrokenLink is where a chain stops being one.
type BrokenLink struct {
	RootID uuid.UUID
	Seq    int64
}

// VerifyAudit recomputes every chain and returns the first entry that does not fit,
// or nil when all do.
func (s *Store) VerifyAudit(ctx context.Context) (*BrokenLink, error) {
	var bad *BrokenLink
	find := func(rows pgx.Rows) error {
		var l BrokenLink
		if err := rows.Scan(&l.RootID, &l.Seq); err != nil {
			return err
		}
		if bad == nil {
			bad = &l
		}
		return nil
	}
	err := known(readOn(ctx, s.exports, desk, []query{{sql: firstBadEntry, row: find}, {sql: cutTail, row: find}, {sql: lostHead, row: find}}))
	return bad, err
}
