package pgtest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/keyhall/keyhall/internal/localpg"
)

// member is this process as a user of the shared server.
type member struct {
	server   *localpg.Server
	token    string   // names its databases and its lock file
	alive    *os.File // locked as long as the process lives
	template string
	strategy string // how to copy it, as SQL
}

func (m *member) prefix() string { return databasesOf(m.token) }

// databasesOf is what the names of a process's databases begin with.
func databasesOf(token string) string { return "test_" + token + "_" }

// options are the shared server's, below a folder.
func options(top string) localpg.Options {
	return localpg.Options{
		Dir:       filepath.Join(top, "server"),
		Throwaway: true,
		Settings: map[string]string{
			"autovacuum":      "off", // hundreds of small, short-lived databases
			"jit":             "off",
			"max_connections": "500",
			"max_wal_senders": "0",
			"max_wal_size":    "256MB", // in memory
			"wal_level":       "minimal",
		},
	}
}

// join makes this process a user of the shared server, and starts what isn't there.
func join(ctx context.Context) (*member, error) {
	top, err := topFolder()
	if err != nil {
		return nil, err
	}
	m := &member{token: strings.ToLower(rand.Text())}
	if err := m.enter(ctx, top); err != nil {
		return nil, err
	}
	return m, m.makeTemplate(ctx)
}

// enter goes through the gate. It registers first: the watcher closes down as soon
// as it finds nobody.
func (m *member) enter(ctx context.Context, top string) error {
	gate, err := lock(ctx, filepath.Join(top, "gate"))
	if err != nil {
		return err
	}
	defer func() { _ = gate.Close() }() // nothing was written
	if m.alive, err = lock(ctx, filepath.Join(top, "users", m.token)); err != nil {
		return err
	}
	if m.server, err = localpg.Start(ctx, options(top)); err != nil {
		return err
	}
	return watched(top)
}

// topFolder is where the shared server and its locks are: in memory, if there is
// room for some hundred databases. Other settings make another server.
func topFolder() (string, error) {
	sum := sha256.Sum256(fmt.Append(nil, options("")))
	top := fmt.Sprintf("keyhall-pgtest-%d-%s", os.Geteuid(), hex.EncodeToString(sum[:4]))
	top = filepath.Join(base(), top)
	if err := os.Mkdir(top, 0o700); err != nil && !os.IsExist(err) {
		return "", err
	}
	info, err := os.Lstat(top)
	if err != nil {
		return "", err
	}
	if !info.IsDir() || int(info.Sys().(*syscall.Stat_t).Uid) != os.Geteuid() {
		return "", fmt.Errorf("%s is somebody else's; remove it", top)
	}
	if err := os.Chmod(top, 0o711); err != nil { // the server's user must get through
		return "", err
	}
	if err := os.Mkdir(filepath.Join(top, "users"), 0o700); err != nil && !os.IsExist(err) {
		return "", err
	}
	return top, nil
}

// base is /dev/shm where one can write and it holds 2 GiB (in containers it is often
// 64 MiB), else the temporary folder.
func base() string {
	const memory, writable, enough = "/dev/shm", 2, 2 << 30
	var size syscall.Statfs_t
	if syscall.Statfs(memory, &size) == nil && size.Blocks*uint64(size.Bsize) >= enough &&
		syscall.Access(memory, writable) == nil {
		return memory
	}
	return os.TempDir()
}

// lock waits for a file's lock. Closing the file, or the end of the process, frees it.
func lock(ctx context.Context, path string) (*os.File, error) {
	for {
		f, ok, err := tryLock(path)
		if ok || err != nil {
			return f, err
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("wait for %s: %w", path, ctx.Err())
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// tryLock takes a file's lock if it is free.
func tryLock(path string) (f *os.File, ok bool, err error) {
	f, err = os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, false, err
	}
	if syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil {
		return nil, false, f.Close()
	}
	return f, true, nil
}

// gone lists the tokens of processes that have ended, and reports whether any lives.
// It must be called behind the gate: a process creates its file before it locks it.
func gone(top string) (ended []string, anyLives bool, err error) {
	users, err := os.ReadDir(filepath.Join(top, "users"))
	if err != nil {
		return nil, false, err
	}
	for _, user := range users {
		f, ok, err := tryLock(filepath.Join(top, "users", user.Name()))
		if err != nil {
			return nil, false, err
		}
		if !ok {
			anyLives = true
			continue
		}
		_ = f.Close() // nothing was written
		ended = append(ended, user.Name())
	}
	slices.Sort(ended)
	return ended, anyLives, nil
}
