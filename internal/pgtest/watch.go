package pgtest

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/localpg"
)

// watchVariable holds the folder to watch. A test binary that is run with it is the
// watcher and runs no test.
const watchVariable = "KEYHALL_PGTEST_WATCH"

const (
	round  = time.Second
	linger = 30 * time.Second // without a user, before the server is stopped
)

func init() {
	top := os.Getenv(watchVariable)
	if top == "" {
		return
	}
	if err := watch(top); err != nil {
		os.Exit(1)
	}
	os.Exit(0)
}

// watched starts a watcher if there is none. It must be called behind the gate. The
// watcher inherits the lock by which others see that it lives.
func watched(top string) error {
	held, ok, err := tryLock(filepath.Join(top, "watch"))
	if err != nil || !ok {
		return err
	}
	defer func() { _ = held.Close() }() // nothing was written
	binary, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.Command(binary)
	cmd.Args = []string{"pgtest-watch", top} // how it is listed
	cmd.Dir = "/"
	cmd.Env = []string{watchVariable + "=" + top, "PATH=" + os.Getenv("PATH"), "PGBIN=" + os.Getenv("PGBIN"), "TMPDIR=" + os.TempDir()}
	cmd.ExtraFiles = []*os.File{held}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // Ctrl-C is for the tests
	if err := cmd.Start(); err != nil {
		return err
	}
	go func() { _ = cmd.Wait() }() // it outlives us, as a rule
	return nil
}

// watch tidies up until nobody has used the server for a while, then ends it.
func watch(top string) error {
	held := os.NewFile(3, "watch") // the first of the inherited files
	syscall.CloseOnExec(3)
	ctx := context.Background()
	server, err := localpg.Start(ctx, options(top))
	if err != nil {
		return err
	}
	for idle := time.Now(); ; time.Sleep(round) {
		ended, anyLives, err := lookRound(ctx, top)
		if err != nil {
			return err
		}
		if anyLives {
			idle = time.Now()
		}
		for _, token := range ended {
			if err := dropAll(ctx, server, token); err == nil { // else the next round does
				_ = os.Remove(filepath.Join(top, "users", token))
			}
		}
		if time.Since(idle) > linger {
			if closed, err := closeDown(ctx, top, server, held); closed || err != nil {
				return err
			}
		}
	}
}

func lookRound(ctx context.Context, top string) (ended []string, anyLives bool, err error) {
	gate, err := lock(ctx, filepath.Join(top, "gate"))
	if err != nil {
		return nil, false, err
	}
	defer func() { _ = gate.Close() }() // nothing was written
	return gone(top)
}

// dropAll drops the databases that a process left behind.
func dropAll(ctx context.Context, server *localpg.Server, token string) error {
	var names []string
	err := super(ctx, server, func(c *pgx.Conn) error {
		rows, err := c.Query(ctx, "SELECT datname FROM pg_database WHERE starts_with(datname, $1)", databasesOf(token))
		if err != nil {
			return err
		}
		names, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	for _, name := range names {
		err = errors.Join(err, drop(ctx, server, name))
	}
	return err
}

// closeDown stops the server and removes its data, unless somebody has joined
// meanwhile. The watcher's lock goes before the gate opens: who comes next must see
// that nobody watches. The gate's file stays, as others may wait for its lock.
func closeDown(ctx context.Context, top string, server *localpg.Server, held *os.File) (closed bool, err error) {
	gate, err := lock(ctx, filepath.Join(top, "gate"))
	if err != nil {
		return false, err
	}
	defer func() { _ = gate.Close() }() // nothing was written
	_, anyLives, err := gone(top)
	if err != nil || anyLives {
		return false, err
	}
	defer func() { _ = held.Close() }() // nothing was written
	if err := server.Stop(ctx); err != nil {
		return false, err
	}
	return true, os.RemoveAll(filepath.Join(top, "server"))
}
