package store

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
)

// How an entry or a chain does not fit.
const (
	LinkChanged   = "changed"   // its hash is not that of what it says
	LinkUnlinked  = "unlinked"  // it lacks the entry before it
	ChainCut      = "cut"       // the chain ends elsewhere than its head says
	ChainHeadless = "headless"  // the chain's head is gone
	ChainShorter  = "shorter"   // it ends before an entry that a checkpoint knows
	ChainAnew     = "rewritten" // it has another entry than a checkpoint knows
	ChainLost     = "lost"      // it is gone, and a checkpoint knows it
)

// BrokenLink is where a chain stops being one.
type BrokenLink struct {
	RootID uuid.UUID
	Family string // the organisation's name; "" if that is gone too
	Seq    int64
	At     *time.Time // of the entry; nil where there is none
	What   string
}

// brokenFamily begins the question for a family's name.
const brokenFamily = `coalesce((SELECT o.name FROM organisations o WHERE o.id = `

const firstBadEntry = `SELECT a.root_id, ` + brokenFamily + `a.root_id), ''), a.seq, a.at,
CASE WHEN a.hash <> audit_hash(a) THEN 'changed' ELSE 'unlinked' END FROM audit a
LEFT JOIN audit b ON b.root_id = a.root_id AND b.seq = a.seq - 1
WHERE a.hash <> audit_hash(a) OR a.prev <> coalesce(b.hash, decode(repeat('00', 32), 'hex')) OR (a.seq > 1 AND b.seq IS NULL)
ORDER BY a.root_id, a.seq LIMIT 1`

const cutTail = `SELECT h.root_id, ` + brokenFamily + `h.root_id), ''), h.seq, a.at, 'cut'
FROM audit_heads h LEFT JOIN audit a ON a.root_id = h.root_id AND a.seq = h.seq
WHERE h.seq > 0 AND (a.hash IS DISTINCT FROM h.hash OR EXISTS (SELECT FROM audit m WHERE m.root_id = h.root_id AND m.seq > h.seq)) LIMIT 1`

const lostHead = `SELECT a.root_id, ` + brokenFamily + `a.root_id), ''), max(a.seq), max(a.at), 'headless' FROM audit a
WHERE NOT EXISTS (SELECT FROM audit_heads h WHERE h.root_id = a.root_id) GROUP BY a.root_id LIMIT 1`

// VerifyAudit recomputes every chain and returns the first entry that does not fit,
// or nil when all do.
func (s *Store) VerifyAudit(ctx context.Context) (bad *BrokenLink, err error) {
	return bad, known(readOn(ctx, s.exports, desk, []query{
		firstBroken(&bad, firstBadEntry), firstBroken(&bad, cutTail), firstBroken(&bad, lostHead),
	}))
}

// firstBroken asks for a broken link and keeps the first that is found.
func firstBroken(bad **BrokenLink, sql string, args ...any) query {
	return query{sql, args, func(rows pgx.Rows) error {
		var l BrokenLink
		err := rows.Scan(&l.RootID, &l.Family, &l.Seq, &l.At, &l.What)
		if *bad == nil {
			*bad = &l
		}
		return err
	}}
}

// The time is the checkpoint's: what it knew is not there any more.
const unlikeCheckpoint = `SELECT c.root_id, ` + brokenFamily + `c.root_id), ''), c.seq, c.at,
CASE WHEN NOT EXISTS (SELECT FROM audit x WHERE x.root_id = c.root_id) THEN 'lost' WHEN a.seq IS NULL THEN 'shorter' ELSE 'rewritten' END
FROM unnest($1::uuid[], $2::bigint[], $3::bytea[], $4::timestamptz[]) AS c (root_id, seq, hash, at)
LEFT JOIN audit a ON a.root_id = c.root_id AND a.seq = c.seq
WHERE a.hash IS DISTINCT FROM c.hash ORDER BY c.root_id, c.seq LIMIT 1`

// VerifyCheckpoints compares the chains with what was kept of them elsewhere, and returns
// the first head that a chain does not have any more, or nil when each is there. Chains
// that fit by themselves may be found out so: cut off together with their head, or made
// anew from the first entry on.
func (s *Store) VerifyCheckpoints(ctx context.Context, heads []licensing.ChainHead) (bad *BrokenLink, err error) {
	n := len(heads)
	roots, seqs, hashes, times := make([]uuid.UUID, n), make([]int64, n), make([][]byte, n), make([]time.Time, n)
	for i, h := range heads {
		roots[i], seqs[i], hashes[i], times[i] = h.RootID, h.Seq, h.Hash, h.At
	}
	return bad, known(readOn(ctx, s.exports, desk, []query{firstBroken(&bad, unlikeCheckpoint, roots, seqs, hashes, times)}))
}
