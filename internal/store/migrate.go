package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"

	"github.com/keyhall/keyhall/migrations"
)

// Migrate brings the database to this program's version, as its owner. Several
// programs may call it at once: one works, the others wait for it.
func Migrate(ctx context.Context, ownerURL string) error {
	c, err := pgxpool.ParseConfig(ownerURL)
	if err != nil {
		return errors.New("the owner's database address can't be read")
	}
	c.MaxConns = 3 // goose's lock holds one; goose and river work on another
	pool, err := pgxpool.NewWithConfig(ctx, c)
	if err != nil {
		return fmt.Errorf("connect as owner: %w", err)
	}
	defer pool.Close()
	db := stdlib.OpenDBFromPool(pool)
	defer func() { _ = db.Close() }()
	if err := migrateOurs(ctx, db); err != nil {
		return err
	}
	return migrateQueue(ctx, pool)
}

func migrateOurs(ctx context.Context, db *sql.DB) error {
	one, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectPostgres, db, migrations.FS, goose.WithSessionLocker(one))
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

// queueRights lets both roles add jobs and the serving one work them. Repeating it
// changes nothing.
const queueRights = `
GRANT SELECT, INSERT, UPDATE, DELETE ON river_job, river_leader, river_queue, river_notification TO keyhall_serve;
GRANT SELECT, INSERT, UPDATE ON river_job TO keyhall_desk;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO keyhall_serve, keyhall_desk;
GRANT SELECT ON goose_db_version TO keyhall_serve`

// queueLock keeps two programs from migrating the job queue at once.
const queueLock = 0x6b657968616c6c // "keyhall"

func migrateQueue(ctx context.Context, pool *pgxpool.Pool) error {
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock($1)", queueLock); err != nil {
		return err
	}
	defer func() {
		_, _ = conn.Exec(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock($1)", queueLock)
	}()
	m, err := rivermigrate.New(riverpgxv5.New(pool), nil)
	if err != nil {
		return err
	}
	if _, err := m.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("migrate the job queue: %w", err)
	}
	_, err = conn.Exec(ctx, queueRights)
	return err
}
