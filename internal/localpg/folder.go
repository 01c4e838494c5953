package localpg

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

const (
	port       = "5432" // part of the socket's file name; nothing listens on the network
	socketFile = ".s.PGSQL." + port

	longestSocket = 107 // bytes: the address of a Unix socket has room for no more
)

// ownFolder makes sure of the server's folder. It returns the path without symbolic
// links and the user that owns the folder and runs the server.
func ownFolder(dir string) (string, account, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", account{}, err
	}
	if err := makeParents(filepath.Dir(dir)); err != nil {
		return "", account{}, err
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !os.IsExist(err) {
		return "", account{}, err
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return "", account{}, err
	}
	who, err := accountFor(dir)
	if err != nil {
		return "", account{}, err
	}
	if err := who.mayEnter(filepath.Dir(dir)); err != nil {
		return "", account{}, err
	}
	return dir, who, who.take(dir)
}

// makeParents makes missing folders: closed, but for root open to pass through, as
// the server is another user.
func makeParents(dir string) error {
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	if err := makeParents(filepath.Dir(dir)); err != nil {
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

// take makes the account the owner of a folder that is new or empty, and refuses one
// in which somebody else keeps something.
func (a account) take(dir string) error {
	uid, _, err := owner(dir)
	if err != nil || uid == a.uid {
		return err
	}
	inside, err := os.ReadDir(dir)
	if err != nil || len(inside) > 0 || !a.switched {
		return fmt.Errorf("%s belongs to another user than %s, who runs PostgreSQL; give PostgreSQL a folder of its own", dir, a.name)
	}
	if err := os.Lchown(dir, a.uid, a.gid); err != nil {
		return err
	}
	return os.Chmod(dir, 0o700)
}

// socketFolder makes the folder of the socket: run in the server's folder or, when
// that address would be too long, a short one in the temporary folder, named after
// it. A server that runs already stays where it is, whatever TMPDIR says now.
func (s *Server) socketFolder() (string, error) {
	if written, err := s.postmaster(); err == nil && s.account.closed(written.socket) == nil {
		return written.socket, nil
	}
	sum := sha256.Sum256([]byte(s.dir))
	short := "keyhall-" + hex.EncodeToString(sum[:8])
	for _, folder := range []string{
		filepath.Join(s.dir, "run"),
		filepath.Join(os.TempDir(), short),
		filepath.Join("/tmp", short),
	} {
		// A comma separates addresses, for the server and in connection strings.
		if len(folder)+1+len(socketFile) <= longestSocket && !strings.ContainsAny(folder, `,"`) {
			return folder, s.account.makeClosed(folder)
		}
	}
	return "", fmt.Errorf("the path of the temporary folder %s is too long for PostgreSQL's socket", os.TempDir())
}

// makeClosed makes a folder that only the account, and root, can enter.
func (a account) makeClosed(dir string) error {
	if err := a.mayEnter(filepath.Dir(dir)); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !os.IsExist(err) {
		return err
	}
	// Root's own was made a moment ago, or just before a crash.
	if uid, _, err := owner(dir); err == nil && uid == 0 && a.switched {
		if err := os.Lchown(dir, a.uid, a.gid); err != nil {
			return err
		}
	}
	return a.closed(dir)
}

// closed checks such a folder. In the temporary folder anybody could have made it
// first, with the address of a server of theirs in it.
func (a account) closed(dir string) error {
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	uid := int(info.Sys().(*syscall.Stat_t).Uid)
	if !info.IsDir() || uid != a.uid || info.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("%s should be a folder that only the user %s can enter, but is not; remove it", dir, a.name)
	}
	return nil
}

// openOwn opens a file in the server's folder to append to it. The server's user
// could have put a link there that leads root elsewhere: links are not followed.
func openOwn(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_CREATE|os.O_RDWR|os.O_APPEND|syscall.O_NOFOLLOW, 0o600)
}

// lock waits for the file's lock, so that of two programs that start at once one
// starts the server and the other adopts it. It is gone when the process is.
func lock(ctx context.Context, path string) (unlock func(), err error) {
	f, err := openOwn(path)
	if err != nil {
		return nil, err
	}
	for syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil {
		if err := pause(ctx, 10*time.Millisecond); err != nil {
			_ = f.Close()
			return nil, fmt.Errorf("another program has been starting the PostgreSQL in %s for too long: %w", filepath.Dir(path), err)
		}
	}
	return func() { _ = f.Close() }, nil
}

// pause waits, or returns the context's error when that ends first.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
