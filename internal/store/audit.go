package store

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

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
