package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/keyhall/keyhall/internal/config"
	"github.com/keyhall/keyhall/internal/localpg"
	"github.com/keyhall/keyhall/internal/store"
)

// database is where a command works: a PostgreSQL that somebody else runs, or a
// private one.
type database struct {
	serve string // address for the serving role
	owner string // address for the owner, "" if it was not given
	leave func() error
}

// dataDir is the folder of the private database, the demo's keyset, and nothing else.
func dataDir(c config.Config) string { return cmp.Or(c.DataDir, localpg.DefaultDir()) }

// openDatabase finds the database of the settings, and starts a private one where they
// name none. Leave it when nothing is connected any more.
func openDatabase(ctx context.Context, c config.Config) (*database, error) {
	if c.DatabaseURL.Set() {
		return &database{c.DatabaseURL.Value(), c.MigrateURL.Value(), func() error { return nil }}, nil
	}
	return joinPrivate(ctx, dataDir(c))
}

// joinPrivate starts the private database of a data folder, or joins the programs that
// use it already. Whoever leaves last stops it, also after a crash of the others: each
// holds the file "users" locked for as long as it lives.
func joinPrivate(ctx context.Context, dir string) (*database, error) {
	if err := makeFolder(dir); err != nil {
		return nil, err
	}
	users, err := os.OpenFile(filepath.Join(dir, "users"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	// Waits while somebody is stopping it.
	if err := syscall.Flock(int(users.Fd()), syscall.LOCK_SH); err != nil {
		return nil, fmt.Errorf("lock %s: %w", users.Name(), err)
	}
	server, err := localpg.Start(ctx, localpg.Options{Dir: filepath.Join(dir, "localpg")})
	if err != nil {
		_ = users.Close()
		return nil, err
	}
	return &database{
		serve: server.URL(localpg.Serve, localpg.Database),
		owner: server.URL(localpg.Owner, localpg.Database),
		leave: func() error { return leavePrivate(users, server) },
	}, nil
}

func leavePrivate(users *os.File, server *localpg.Server) error {
	defer users.Close() //nolint:errcheck // nothing was written
	if syscall.Flock(int(users.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil {
		return nil // somebody still works there
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	return server.Stop(ctx)
}

// makeFolder makes the data folder. PostgreSQL's user, who is not root, passes through
// it to a folder of its own; what lies here is readable by its owner alone.
func makeFolder(dir string) error {
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !os.IsExist(err) {
		return err
	}
	if os.Geteuid() == 0 {
		return os.Chmod(dir, 0o711)
	}
	return nil
}

// migrate brings the database up to date where its owner's address is known. Without
// it `keyhall migrate` has done so, or the store finds that nobody has.
func (d *database) migrate(ctx context.Context) error {
	if d.owner == "" {
		return nil
	}
	return store.Migrate(ctx, d.owner)
}
