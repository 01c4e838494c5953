package localpg

import (
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// longLog is how many bytes a log may have before the next program begins a new one.
const longLog = 8 << 20

// settings are the server's, as name=value; of two with one name the later holds.
func settings(o Options) []string {
	list := []string{
		"timezone=UTC",
		"log_timezone=UTC",
		"log_checkpoints=off",
		// What was in a refused row or statement does not belong into a log.
		"log_error_verbosity=terse",
		"log_min_error_statement=panic",
	}
	if o.Throwaway {
		list = append(list, "fsync=off", "synchronous_commit=off", "full_page_writes=off")
	}
	for _, name := range slices.Sorted(maps.Keys(o.Settings)) {
		list = append(list, name+"="+o.Settings[name])
	}
	return list
}

// initialise makes the cluster if there is none: beside its place first, so that an
// interrupted one is never taken for whole.
func (s *Server) initialise(ctx context.Context, throwaway bool) error {
	if s.dataVersion() != 0 {
		return nil
	}
	fresh := s.data() + ".new"
	if err := os.RemoveAll(fresh); err != nil {
		return err
	}
	arguments := []string{
		"--pgdata=" + fresh, "--username=" + Superuser, "--encoding=UTF8", "--locale=C.UTF-8",
		"--auth-local=trust", "--auth-host=reject",
	}
	if throwaway {
		arguments = append(arguments, "--no-sync")
	}
	cmd, done, err := s.command(ctx, "initdb", arguments...)
	if err != nil {
		return err
	}
	defer done()
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("PostgreSQL could not make its data folder in %s: %s", s.dir, s.complaint())
	}
	return os.Rename(fresh, s.data())
}

// command makes ready one of PostgreSQL's programs, to run as the server's user and
// write to the log. done closes our end of the log. The variables that would
// change what PostgreSQL does (PGDATA, PGPORT, …) stay behind.
func (s *Server) command(ctx context.Context, name string, arguments ...string) (cmd *exec.Cmd, done func(), err error) {
	log, err := s.openLog()
	if err != nil {
		return nil, nil, err
	}
	cmd = exec.CommandContext(ctx, s.programs.path(name), arguments...)
	cmd.Dir = s.dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C.UTF-8"}
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = s.account.attributes()
	return cmd, func() { _ = log.Close() }, nil
}

// openLog opens the log to append to it, a new one if it has become long.
func (s *Server) openLog() (*os.File, error) {
	if info, err := os.Lstat(s.log()); err == nil && info.Size() > longLog {
		if err := os.Rename(s.log(), s.log()+".1"); err != nil {
			return nil, err
		}
	}
	return openOwn(s.log())
}

// complaint is the last thing that PostgreSQL's programs found wrong since Start.
func (s *Server) complaint() string {
	log, _ := os.ReadFile(s.log()) // without one, there is nothing to tell
	if s.logged < int64(len(log)) {
		log = log[s.logged:]
	}
	lines := strings.Split(string(log), "\n")
	for _, line := range slices.Backward(lines) {
		if strings.Contains(line, "the database system is") {
			continue // our own question whether it is up
		}
		for _, mark := range []string{"FATAL:", "PANIC:", "error:"} {
			if _, said, ok := strings.Cut(line, mark); ok {
				return strings.TrimSpace(said)
			}
		}
	}
	return "see " + s.log()
}
