package localpg

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// abandon stops a server that we started and could not make ready, and returns why.
func (s *Server) abandon(why error) error {
	if s.process == nil {
		return why
	}
	// The context may be what ended; the stop bounds itself.
	return errors.Join(why, s.Stop(context.Background()))
}

// Stop shuts the server down, whoever started it: open transactions are rolled back,
// connections closed, the data written. It returns when the server is gone, nil if it
// was already, and an error when that takes longer than the context or a minute.
func (s *Server) Stop(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	written, err := s.postmaster()
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if s.stale(written.pid) {
		return nil
	}
	if err := syscall.Kill(written.pid, syscall.SIGINT); err != nil {
		return err
	}
	for !s.gone(written.pid) {
		if err := pause(ctx, tick); err != nil {
			return fmt.Errorf("PostgreSQL in %s did not stop in time: %w", s.dir, err)
		}
	}
	return nil
}

// stale reports that a server crashed and left its file, the pid being nobody's, or
// meanwhile another program's: a server works in the cluster's folder.
func (s *Server) stale(pid int) bool {
	if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return true
	}
	where, err := os.Readlink("/proc/" + strconv.Itoa(pid) + "/cwd")
	return err == nil && where != s.data()
}

// gone reports whether the server with this pid has ended. A child of ours must be
// reaped; of another's we see only that it took its file away.
func (s *Server) gone(pid int) bool {
	if s.process != nil && s.process.cmd.Process.Pid == pid {
		return s.process.ended()
	}
	now, err := s.postmaster()
	return err != nil || now.pid != pid
}

// postmaster is what a running server says of itself in postmaster.pid.
type postmaster struct {
	pid    int
	socket string // folder; "" while it is starting
}

// postmaster reads the file, in which pid, cluster, start, port and socket's folder
// stand on the first five lines. fs.ErrNotExist says that no server runs.
func (s *Server) postmaster() (postmaster, error) {
	path := filepath.Join(s.data(), "postmaster.pid")
	written, err := os.ReadFile(path)
	if err != nil {
		return postmaster{}, err
	}
	lines := append(strings.Split(string(written), "\n"), "", "", "", "")
	pid, err := strconv.Atoi(strings.TrimSpace(lines[0]))
	if err != nil || pid < 2 || lines[1] != s.data() {
		return postmaster{}, fmt.Errorf("%s does not name a server of %s", path, s.data())
	}
	return postmaster{pid: pid, socket: lines[4]}, nil
}
