// Package store keeps what licensing describes in PostgreSQL. Reads take the viewer
// and return what that viewer may see; writes are business verbs, each one
// transaction that ends with its entry in the audit log.
//
// It is not where rules live (licensing) or where words are chosen (web, api).
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/multitracer"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/vault"
)

// Store is the one way to the database. It is safe for concurrent use.
type Store struct {
	pool          *pgxpool.Pool // pages, sessions, jobs
	exports       *pgxpool.Pool // key files and imports, which hold a connection for long
	sql           *sql.DB       // the same connections as pool, for gorm
	orm           *gorm.DB
	vault         *vault.Vault
	queue         *river.Client[pgx.Tx] // adds jobs, works none
	promises      Promises
	rates         Rates
	issuers       []licensing.Issuer // nil: every one speaks for all
	emergencyWait time.Duration      // between confirming emergency access and the right
	catalogueCache
}

// Sizes of the two pools. Few connections: PostgreSQL does more work with eight busy
// ones than with eighty.
const (
	poolSize   = 8
	exportSize = 3 // two key files and an import
)

// Open connects as the serving role. It refuses a role that would see through the
// wall between families: a superuser, one with BYPASSRLS, or the tables' owner.
//
// A tracer is told of everything that the database is asked, values and all: it is for
// measuring and for tests.
func Open(ctx context.Context, url string, v *vault.Vault, tracers ...pgx.QueryTracer) (*Store, error) {
	pool, err := connect(ctx, url, nameOf(v), poolSize, tracers, map[string]string{
		"statement_timeout":                   "10s",
		"lock_timeout":                        "5s",
		"idle_in_transaction_session_timeout": "30s",
	})
	if err != nil {
		return nil, err
	}
	exports, err := connect(ctx, url, nameOf(v), exportSize, tracers, map[string]string{"lock_timeout": "5s"})
	if err != nil {
		pool.Close()
		return nil, err
	}
	s := &Store{pool: pool, exports: exports, vault: v, sql: overPool(pool), promises: usualPromises, rates: usualRates, emergencyWait: usualWait}
	if err := s.prepare(ctx); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func (s *Store) prepare(ctx context.Context) error {
	if err := s.refuseOwner(ctx); err != nil {
		return err
	}
	var err error
	s.orm, err = gorm.Open(postgres.New(postgres.Config{Conn: s.sql}), &gorm.Config{
		// A query's error goes up to whoever asked; a log line here would hold values.
		Logger:                 logger.Discard,
		SkipDefaultTransaction: true,
		QueryFields:            true,
		DisableAutomaticPing:   true,
	})
	if err != nil {
		return fmt.Errorf("open gorm: %w", err)
	}
	s.queue, err = river.NewClient(riverpgxv5.New(s.pool), &river.Config{Logger: slog.Default()})
	return err
}

func connect(ctx context.Context, url, name string, size int32, tracers []pgx.QueryTracer, settings map[string]string) (*pgxpool.Pool, error) {
	c, err := pgxpool.ParseConfig(url)
	if err != nil {
		// pgx's own text quotes the address, password and all.
		return nil, errors.New("the database address can't be read")
	}
	c.MaxConns = size
	c.MaxConnIdleTime = 30 * time.Minute
	c.ConnConfig.ConnectTimeout = 5 * time.Second
	if len(tracers) > 0 {
		c.ConnConfig.Tracer = multitracer.New(tracers...)
	}
	for name, value := range settings {
		c.ConnConfig.RuntimeParams[name] = value
	}
	c.AfterConnect = func(_ context.Context, conn *pgx.Conn) error { registerUUIDs(conn); return nil }
	c.ConnConfig.RuntimeParams["timezone"] = "UTC"
	// Machine code for a query takes longer to make than any of ours takes to run.
	c.ConnConfig.RuntimeParams["jit"] = "off"
	c.ConnConfig.RuntimeParams["application_name"] = name
	pool, err := pgxpool.NewWithConfig(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("connect to the database: %w", err)
	}
	return pool, nil
}

const whoServes = `SELECT r.rolsuper OR r.rolbypassrls OR EXISTS (
	SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
	WHERE n.nspname = 'public' AND c.relname = 'keys' AND pg_has_role(current_user, c.relowner, 'USAGE'))
FROM pg_roles r WHERE r.rolname = current_user`

func (s *Store) refuseOwner(ctx context.Context) error {
	var unsafe bool
	if err := s.pool.QueryRow(ctx, whoServes).Scan(&unsafe); err != nil {
		return fmt.Errorf("ask the database who serves: %w", err)
	}
	if unsafe {
		return errors.New("the database role that serves requests owns the tables or is a superuser: use keyhall_serve, and give the owner's address as KEYHALL_MIGRATE_URL")
	}
	return nil
}

// Pool is the connections that jobs are worked on.
func (s *Store) Pool() *pgxpool.Pool { return s.pool }

// Ready reports whether the database answers; the context bounds how long it may take.
func (s *Store) Ready(ctx context.Context) error {
	_, err := s.pool.Exec(ctx, "SELECT 1")
	return known(err)
}

// Close gives the connections back. Call it when nothing uses the store any more.
func (s *Store) Close() {
	_ = s.sql.Close()
	s.exports.Close()
	s.pool.Close()
}
