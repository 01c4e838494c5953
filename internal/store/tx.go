package store

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"gorm.io/gorm"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/vault"
)

// asViewer puts the wall up for one transaction: the role, and the families it may
// see. Support and the operator read over all families under a role of their own.
const asViewer = `SELECT set_config('role', $1, true), set_config('keyhall.roots', $2, true)`

// asViewerAnew is asViewer for questions that PostgreSQL plans for the values at hand.
const asViewerAnew = asViewer + `, set_config('plan_cache_mode', 'force_custom_plan', true)`

func wallOf(v licensing.Viewer) (role, roots string) {
	if v.SeesAllCustomers() {
		return "keyhall_desk", ""
	}
	texts := make([]string, len(v.Roots))
	for i, r := range v.Roots {
		texts[i] = r.String()
	}
	return "keyhall_serve", "{" + strings.Join(texts, ",") + "}"
}

// query is one question of a read.
type query struct {
	sql  string
	args []any
	row  func(pgx.Rows) error // called for each row
}

// read asks in the viewer's name. Wall and questions travel together: one round
// trip, and one implicit transaction that the setting does not outlive.
func (s *Store) read(ctx context.Context, v licensing.Viewer, queries ...query) error {
	return borrow(ctx, s.pool, func(c *pgxpool.Conn) error { return readOn(ctx, c, v, queries) })
}

// readAnew is read for questions whose plan depends on their arguments, as it does where
// most of them stand for a filter that is not used. Otherwise PostgreSQL settles, after
// a few times, on one plan for all, and that reads a whole table for a page of it.
// Planning takes a millisecond or two.
func (s *Store) readAnew(ctx context.Context, v licensing.Viewer, queries ...query) error {
	return borrow(ctx, s.pool, func(c *pgxpool.Conn) error { return readBehind(ctx, c, asViewerAnew, v, queries) })
}

type batcher interface {
	SendBatch(context.Context, *pgx.Batch) pgx.BatchResults
}

func readOn(ctx context.Context, db batcher, v licensing.Viewer, queries []query) error {
	return readBehind(ctx, db, asViewer, v, queries)
}

func readBehind(ctx context.Context, db batcher, wall string, v licensing.Viewer, queries []query) error {
	role, roots := wallOf(v)
	var b pgx.Batch
	b.Queue(wall, role, roots)
	for _, q := range queries {
		b.Queue(q.sql, q.args...)
	}
	answers := db.SendBatch(ctx, &b)
	if _, err := answers.Exec(); err != nil {
		_ = answers.Close()
		return err
	}
	for _, q := range queries {
		if err := each(answers, q.row); err != nil {
			_ = answers.Close()
			return err
		}
	}
	return answers.Close()
}

func each(answers pgx.BatchResults, row func(pgx.Rows) error) error {
	rows, err := answers.Query()
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// tx is a transaction under way: gorm, plain pgx and the audit log in one.
type tx struct {
	ctx   context.Context
	by    licensing.Viewer
	db    *gorm.DB
	pgx   pgx.Tx
	vault *vault.Vault
	queue *river.Client[pgx.Tx] // jobs added by it within pgx are there if the transaction commits
	told  []licensing.Act
	tail  []query // statements that nobody waits for: they go with the audit entries
}

// last runs a statement at the end of the transaction, in the round trip of the audit
// entries. What it changes is not to be asked for before.
func (t *tx) last(sql string, args ...any) { t.tail = append(t.tail, query{sql: sql, args: args}) }

// tell notes what the audit log is to say when the transaction commits.
func (t *tx) tell(a licensing.Act) { t.told = append(t.told, a) }

// exec runs a statement that is not worth a method.
func (t *tx) exec(sql string, args ...any) (int64, error) {
	tag, err := t.pgx.Exec(t.ctx, sql, args...)
	return tag.RowsAffected(), err
}

// all puts questions in one round trip.
func (t *tx) all(queries ...query) error {
	var b pgx.Batch
	for _, q := range queries {
		b.Queue(q.sql, q.args...)
	}
	answers := t.pgx.SendBatch(t.ctx, &b)
	for _, q := range queries {
		if err := each(answers, q.row); err != nil {
			_ = answers.Close()
			return err
		}
	}
	return answers.Close()
}

// nothing is the answer of a statement that is run for what it does.
func nothing(pgx.Rows) error { return nil }

var errUntold = errors.New("a write told the audit log nothing")

// write is the only door to a transaction that changes something: what do changes is
// there if and only if its audit entries are.
func (s *Store) write(ctx context.Context, by licensing.Viewer, do func(*tx) error) error {
	return s.transact(ctx, by, func(t *tx) error {
		if err := do(t); err != nil {
			return err
		}
		if len(t.told) == 0 {
			return errUntold
		}
		return nil
	})
}

func (s *Store) transact(ctx context.Context, by licensing.Viewer, do func(*tx) error) error {
	conn, err := s.borrowSQL(ctx)
	if err != nil {
		return err
	}
	raw, giveBack, err := keep(conn)
	defer giveBack()
	if err != nil {
		return err
	}
	begun, err := raw.BeginTx(ctx, pgx.TxOptions{BeginQuery: beginAs(by)})
	if err != nil {
		return known(err)
	}
	return known(s.within(ctx, by, conn, begun, do))
}

// beginAs begins a transaction and puts the wall up, in one round trip. What it is made
// of is two constants and UUIDs.
func beginAs(by licensing.Viewer) string {
	role, roots := wallOf(by)
	return "BEGIN; SELECT set_config('role', '" + role + "', true), set_config('keyhall.roots', '" + roots + "', true)"
}

func (s *Store) within(ctx context.Context, by licensing.Viewer, conn *sql.Conn, begun pgx.Tx, do func(*tx) error) error {
	// Without the caller's context: the transaction ends even when the caller has gone.
	defer func() { _ = begun.Rollback(context.WithoutCancel(ctx)) }()
	db := s.orm.Session(&gorm.Session{NewDB: true, Context: ctx})
	db.Statement.ConnPool = conn
	t := &tx{ctx: ctx, by: by, db: db, pgx: begun, vault: s.vault, queue: s.queue}
	if err := do(t); err != nil {
		return err
	}
	if err := t.append(); err != nil {
		return err
	}
	return committed(begun.Commit(ctx))
}

// committed reads what came of a commit. What the schema puts off until then and refuses
// is an error of ours; anything else is the database's trouble, and may yet have happened.
func committed(err error) error {
	var pg *pgconn.PgError
	if err == nil || errors.As(err, &pg) && strings.HasPrefix(pg.Code, "23") {
		return err
	}
	return fmt.Errorf("%w: commit: %w", licensing.ErrUnavailable, err)
}

const auditAppend = `SELECT audit_append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`

// append runs what was left for the end, and writes the entries, chains in the order of
// their families, so that two transactions never wait for each other.
func (t *tx) append() error {
	slices.SortStableFunc(t.told, func(a, b licensing.Act) int { return bytes.Compare(a.RootID[:], b.RootID[:]) })
	if len(t.tail)+len(t.told) == 0 {
		return nil
	}
	var b pgx.Batch
	for _, q := range t.tail {
		b.Queue(q.sql, q.args...)
	}
	for _, a := range t.told {
		if err := t.queueEntry(&b, a); err != nil {
			return fmt.Errorf("audit: %w", err)
		}
	}
	answers := t.pgx.SendBatch(t.ctx, &b)
	for range t.tail {
		if _, err := answers.Exec(); err != nil {
			_ = answers.Close() // and says the same
			return err
		}
	}
	for range t.told {
		if _, err := answers.Exec(); err != nil {
			_ = answers.Close()
			return untold(err)
		}
	}
	return answers.Close()
}

// untold is what a transaction ends with whose entry the audit log does not take, for
// whatever reason: no entry, no act, and whoever asked is to come back (R6).
func untold(err error) error { return fmt.Errorf("%w: audit: %w", licensing.ErrUnavailable, err) }

func (t *tx) queueEntry(b *pgx.Batch, a licensing.Act) error {
	detail := []byte("{}")
	if len(a.Detail) > 0 {
		var err error
		if detail, err = json.Marshal(a.Detail); err != nil {
			return err
		}
	}
	var actor *uuid.UUID
	if t.by.PersonID != uuid.Nil {
		actor = &t.by.PersonID
	}
	if a.Outcome == "" {
		a.Outcome = licensing.Done
	}
	identity := t.by.Subject
	if t.by.Issuer != "" {
		identity = t.by.Issuer + " " + t.by.Subject
	}
	b.Queue(auditAppend, a.RootID, actor, t.by.Name, identity, t.by.From.Address,
		t.by.From.RequestID, a.Action, a.LicenceID, a.Object, string(a.Outcome), string(detail))
	return nil
}
