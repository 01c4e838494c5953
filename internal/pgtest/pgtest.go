// Package pgtest gives each test a database of its own: real, migrated and empty,
// copied from a template in some tens of milliseconds.
//
// It is not for programs, only for tests, and it fakes nothing. The roles belong to
// the server, and so to all tests at once: a test must not alter them. As this
// package imports store, tests of store that use it stand in package store_test.
//
// All test processes of a person share one throwaway server, in memory where there
// is room. Nobody owns it, as any process may be the first to go, or be killed. So:
//
//   - A process holds a lock on a file of its own for as long as it lives; the kernel
//     lets go of it, however the process ends.
//   - Who finds nobody watching starts a watcher: the same test binary, run again for
//     that alone. It drops the databases that processes left behind and, when there
//     has been no process for half a minute, stops the server and removes its data.
//   - Joining and closing down happen behind one gate, so that nobody joins a server
//     that is about to go.
//
// If the watcher is killed too, the server stays, and the next run adopts it: there
// is never more than one.
package pgtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/localpg"
)

// DB is a migrated database that only one test uses, by the connection strings of
// the roles that may enter it.
type DB struct {
	OwnerURL string // owns every table; migrates
	ServeURL string // what the portal works with; held by row-level security
	SuperURL string // PostgreSQL's superuser; nothing holds it back
}

// joined is the server, joined once for all tests of this process.
var joined = sync.OnceValues(func() (*member, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	return join(ctx)
})

// made counts the databases of this process.
var made atomic.Int64

// New makes a database for the test. Without PostgreSQL on this machine it skips the
// test, but fails it when CI=true; anything else that goes wrong fails it. The
// database is dropped after the test, and connections that are still open with it.
func New(tb testing.TB) *DB {
	tb.Helper()
	m, err := joined()
	if errors.Is(err, localpg.ErrNotInstalled) && os.Getenv("CI") != "true" {
		tb.Skip(err)
	}
	if err != nil {
		tb.Fatal(err)
	}
	name := fmt.Sprintf("%s%d", m.prefix(), made.Add(1))
	if err := m.copyTemplate(tb.Context(), name); err != nil {
		tb.Fatalf("make a database: %v", err)
	}
	// In memory, some hundreds would be felt. What this leaves, the watcher drops.
	tb.Cleanup(func() { _ = drop(context.Background(), m.server, name) })
	return &DB{
		OwnerURL: m.server.URL(localpg.Owner, name),
		ServeURL: m.server.URL(localpg.Serve, name),
		SuperURL: m.server.URL(localpg.Superuser, name),
	}
}

// copyTemplate copies the template's files, which beats the log of every page that
// is the default from PostgreSQL 15.
func (m *member) copyTemplate(ctx context.Context, name string) error {
	return super(ctx, m.server, func(c *pgx.Conn) error {
		_, err := c.Exec(ctx, "CREATE DATABASE "+name+" TEMPLATE "+m.template+" OWNER "+localpg.Owner+m.strategy)
		return err
	})
}

// drop drops a database, whoever is still connected to it.
func drop(ctx context.Context, s *localpg.Server, name string) error {
	return super(ctx, s, func(c *pgx.Conn) error {
		_, err := c.Exec(ctx, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)")
		return err
	})
}

// super lends a superuser's connection to the database postgres.
func super(ctx context.Context, s *localpg.Server, do func(*pgx.Conn) error) error {
	c, err := pgx.Connect(ctx, s.URL(localpg.Superuser, "postgres"))
	if err != nil {
		return err
	}
	defer func() { _ = c.Close(context.WithoutCancel(ctx)) }() // what was asked has been answered
	return do(c)
}
