package localpg

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	tick     = 10 * time.Millisecond
	attempts = 3 // starts before giving up: children of a killed server take a moment to leave
)

// process is a server that we started.
type process struct {
	cmd    *exec.Cmd
	exited chan struct{} // closed when it has ended
}

// run returns when the server accepts connections: one that is there, else ours.
func (s *Server) run(ctx context.Context) error {
	for started := 0; ; {
		up, there := s.probe(ctx)
		if up {
			return nil
		}
		if s.process != nil && s.process.ended() {
			s.process = nil // perhaps it lost against one that is there
		}
		if s.process == nil && !there {
			if started == attempts {
				return fmt.Errorf("PostgreSQL in %s did not start: %s", s.dir, s.complaint())
			}
			if started++; started > 1 {
				_ = pause(ctx, 20*tick)
			}
			if err := s.launch(); err != nil {
				return err
			}
		}
		if err := pause(ctx, tick); err != nil {
			return s.abandon(fmt.Errorf("PostgreSQL in %s did not answer in time: %w", s.dir, err))
		}
	}
}

// probe asks whether the folder's server accepts connections and, if not, whether
// one is there at all: starting, recovering or on its way out.
func (s *Server) probe(ctx context.Context) (up, there bool) {
	c, err := pgx.Connect(ctx, s.URL(Superuser, "postgres"))
	if err != nil {
		var refusal *pgconn.PgError
		return false, errors.As(err, &refusal)
	}
	defer func() { _ = c.Close(ctx) }() // it only asked
	var data string
	err = c.QueryRow(ctx, "SELECT current_setting('data_directory')").Scan(&data)
	return err == nil && data == s.data(), true
}

// launch starts the server's process, which outlives the context and ourselves.
func (s *Server) launch() error {
	arguments := []string{"-D", s.data()}
	fixed := []string{"listen_addresses=", "port=" + port, "unix_socket_directories=" + s.socket, "unix_socket_permissions=0700"}
	for _, setting := range slices.Concat(s.settings, fixed) {
		arguments = append(arguments, "-c", setting)
	}
	cmd, done, err := s.command(context.Background(), "postgres", arguments...)
	if err != nil {
		return err
	}
	defer done()
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("PostgreSQL could not be started as the user %s: %w", s.account.name, err)
	}
	p := &process{cmd: cmd, exited: make(chan struct{})}
	go func() {
		_ = cmd.Wait() // why it ended is in the log
		close(p.exited)
	}()
	s.process = p
	return nil
}

func (p *process) ended() bool {
	select {
	case <-p.exited:
		return true
	default:
		return false
	}
}
