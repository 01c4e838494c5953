package store

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
)

const (
	holdTarget = `SELECT pg_try_advisory_xact_lock(hashtextextended($1, 4))`
	// A target that was not delivered to keeps what it had.
	noteTarget = `INSERT INTO audit_targets AS t (id, kind, label, tried_at, delivered_at, failing_at)
VALUES ($1, $2, $3, clock_timestamp(), CASE WHEN $4 THEN clock_timestamp() END, CASE WHEN NOT $4 THEN clock_timestamp() END)
ON CONFLICT (id) DO UPDATE SET label = excluded.label, tried_at = excluded.tried_at,
delivered_at = coalesce(excluded.delivered_at, t.delivered_at), failing_at = CASE WHEN NOT $4 THEN coalesce(t.failing_at, excluded.failing_at) END`
	moveCursors = `INSERT INTO audit_cursors (target, root_id, seq, hash)
SELECT $1, c.* FROM unnest($2::uuid[], $3::bigint[], $4::bytea[]) AS c ON CONFLICT (target, root_id) DO UPDATE SET seq = excluded.seq, hash = excluded.hash`

	allHeads = `SELECT h.root_id, h.seq, h.hash, clock_timestamp() FROM audit_heads h WHERE h.seq > 0 ORDER BY h.root_id`
	// A head that went back is news too: what a target has of it then contradicts. The
	// publisher's is a sign of life.
	newHeads = `SELECT h.root_id, h.seq, h.hash, clock_timestamp() FROM audit_heads h
LEFT JOIN audit_cursors c ON c.target = $1 AND c.root_id = h.root_id
WHERE h.seq > 0 AND (h.root_id = $2 OR c.seq IS DISTINCT FROM h.seq OR c.hash IS DISTINCT FROM h.hash) ORDER BY h.root_id`

	cursorsOf = `SELECT c.root_id, c.seq FROM audit_cursors c WHERE c.target = $1`
	// A chain's numbers are given under its lock, held until the commit: an entry that can
	// be seen has no earlier one to come.
	linksAfter = `SELECT a.root_id, a.seq, a.at, a.actor_id, a.actor, a.identity, a.address, a.request_id, a.action, a.licence_id, a.object, a.outcome,
a.detail::text, a.prev, a.hash
FROM audit_heads h LEFT JOIN unnest($1::uuid[], $2::bigint[]) AS c (root_id, seq) ON c.root_id = h.root_id
JOIN audit a ON a.root_id = h.root_id AND a.seq > coalesce(c.seq, 0)
WHERE h.seq > coalesce(c.seq, 0) ORDER BY a.root_id, a.seq LIMIT $3`
)

// Heads lists the last entry of every chain.
func (s *Store) Heads(ctx context.Context) (heads []licensing.ChainHead, err error) {
	return heads, s.read(ctx, desk, headsInto(&heads, allHeads))
}

func headsInto(heads *[]licensing.ChainHead, sql string, args ...any) query {
	return query{sql, args, func(rows pgx.Rows) error {
		var h licensing.ChainHead
		err := rows.Scan(&h.RootID, &h.Seq, &h.Hash, &h.At)
		*heads = append(*heads, h)
		return err
	}}
}

// DeliverCheckpoints has the heads sent that a target does not have yet, and keeps in mind
// that it does once send returns without an error. Of two servers at once one does it. A
// head may be sent more than once, one in between never: the later one covers it.
func (s *Store) DeliverCheckpoints(ctx context.Context, to licensing.AuditTarget, send func(context.Context, []licensing.ChainHead) error) error {
	return s.deliver(ctx, to, func(t *tx) (heads []licensing.ChainHead, err error) {
		if err := t.all(headsInto(&heads, newHeads, to.ID, licensing.PublisherRoot)); err != nil {
			return nil, err
		}
		return heads, send(ctx, heads)
	})
}

// linksAtOnce is how many entries go to a target at once.
const linksAtOnce = 500

// DeliverEntries has the entries sent that a target does not have yet, those of a chain in
// their order, and keeps in mind that it does once send returns without an error: an entry
// is sent at least once. Of two servers at once one does it.
func (s *Store) DeliverEntries(ctx context.Context, to licensing.AuditTarget, send func(context.Context, []licensing.Link) error) error {
	for more := true; more; {
		more = false
		err := s.deliver(ctx, to, func(t *tx) ([]licensing.ChainHead, error) {
			after := map[uuid.UUID]int64{}
			links, err := t.linksAfter(to.ID, after)
			more = len(links) == linksAtOnce
			if err != nil || len(links) == 0 {
				return nil, err
			}
			return lastOf(links), send(ctx, links)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// deliver has something sent to a target that nobody else sends to meanwhile, and moves
// its cursors. What a target does not take is noted, and returned.
func (s *Store) deliver(ctx context.Context, to licensing.AuditTarget, send func(*tx) ([]licensing.ChainHead, error)) error {
	err := s.asDesk(ctx, func(t *tx) error {
		var mine bool
		if err := t.pgx.QueryRow(ctx, holdTarget, to.ID).Scan(&mine); err != nil || !mine {
			return err
		}
		if _, err := t.exec(noteTarget, to.ID, string(to.Kind), to.Label, true); err != nil {
			return err
		}
		sent, err := send(t)
		if err != nil || len(sent) == 0 {
			return err
		}
		return t.moveCursors(to.ID, sent)
	})
	if err == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), connWait)
	defer cancel()
	return errors.Join(err, s.asDesk(ctx, func(t *tx) error {
		_, err := t.exec(noteTarget, to.ID, string(to.Kind), to.Label, false)
		return err
	}))
}

func (t *tx) moveCursors(target string, to []licensing.ChainHead) error {
	n := len(to)
	roots, seqs, hashes := make([]uuid.UUID, n), make([]int64, n), make([][]byte, n)
	for i, h := range to {
		roots[i], seqs[i], hashes[i] = h.RootID, h.Seq, h.Hash
	}
	_, err := t.exec(moveCursors, target, roots, seqs, hashes)
	return err
}

func (t *tx) linksAfter(target string, after map[uuid.UUID]int64) (links []licensing.Link, err error) {
	err = t.all(query{cursorsOf, []any{target}, func(rows pgx.Rows) error {
		var root uuid.UUID
		var seq int64
		err := rows.Scan(&root, &seq)
		after[root] = seq
		return err
	}})
	if err == nil {
		err = t.all(linksInto(&links, after))
	}
	return links, err
}

func linksInto(links *[]licensing.Link, after map[uuid.UUID]int64) query {
	roots, seqs := make([]uuid.UUID, 0, len(after)), make([]int64, 0, len(after))
	for root, seq := range after {
		roots, seqs = append(roots, root), append(seqs, seq)
	}
	return query{linksAfter, []any{roots, seqs, linksAtOnce}, func(rows pgx.Rows) error {
		var l licensing.Link
		err := rows.Scan(&l.RootID, &l.Seq, &l.At, &l.ActorID, &l.Actor, &l.Identity, &l.Address, &l.RequestID,
			&l.Action, &l.LicenceID, &l.Object, &l.Outcome, &l.Detail, &l.Prev, &l.Hash)
		*links = append(*links, l)
		return err
	}}
}

// lastOf are the last entries of the chains among some that are in the order of chains.
func lastOf(links []licensing.Link) (last []licensing.ChainHead) {
	for i, l := range links {
		if i+1 == len(links) || links[i+1].RootID != l.RootID {
			last = append(last, licensing.ChainHead{RootID: l.RootID, Seq: l.Seq, Hash: l.Hash, At: l.At})
		}
	}
	return last
}

// A chain that has nothing since then begins at its head.
const (
	headSeqs  = `SELECT h.root_id, h.seq FROM audit_heads h`
	firstSeqs = `SELECT a.root_id, min(a.seq) - 1 FROM audit a WHERE a.at > $1 GROUP BY a.root_id`
)

// Stream gives entries to each, chain by chain and those of a chain in their order: those
// since a time, all if it is zero. Then it returns, or, if it is to follow, goes on with
// what is new until the context ends. An error of each ends it and is returned.
func (s *Store) Stream(ctx context.Context, since time.Time, follow bool, each func(licensing.Link) error) error {
	after := map[uuid.UUID]int64{}
	if !since.IsZero() {
		into := func(rows pgx.Rows) error {
			var root uuid.UUID
			var seq int64
			err := rows.Scan(&root, &seq)
			after[root] = seq
			return err
		}
		if err := s.read(ctx, desk, query{headSeqs, nil, into}, query{firstSeqs, []any{since}, into}); err != nil {
			return err
		}
	}
	for {
		n, err := s.streamSome(ctx, after, each)
		if err != nil || n < linksAtOnce && !follow {
			return err
		}
		if n == linksAtOnce {
			continue
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(time.Second):
		}
	}
}

func (s *Store) streamSome(ctx context.Context, after map[uuid.UUID]int64, each func(licensing.Link) error) (int, error) {
	var links []licensing.Link
	if err := s.read(ctx, desk, linksInto(&links, after)); err != nil {
		if ctx.Err() != nil {
			return 0, nil
		}
		return 0, err
	}
	for _, l := range links {
		if err := each(l); err != nil {
			return 0, err
		}
		after[l.RootID] = l.Seq
	}
	return len(links), nil
}

// A target that is not tried any more is no longer configured.
const deliveries = `SELECT t.kind, t.label, t.delivered_at, t.failing_at FROM audit_targets t
WHERE t.tried_at > now() - interval '30 days' ORDER BY t.kind, t.label`

// AuditDeliveries says how it goes with each place outside that has the audit log; it is
// for the operator, and others get none.
func (s *Store) AuditDeliveries(ctx context.Context, v licensing.Viewer) (list []licensing.AuditDelivery, err error) {
	if !mayOperate(v) {
		return nil, nil
	}
	return list, s.read(ctx, v, query{deliveries, nil, func(rows pgx.Rows) error {
		var d licensing.AuditDelivery
		err := rows.Scan(&d.Kind, &d.Label, &d.DeliveredAt, &d.FailingAt)
		list = append(list, d)
		return err
	}})
}
