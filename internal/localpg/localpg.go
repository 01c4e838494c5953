// Package localpg runs a private PostgreSQL for the zero-setup run and for tests: it
// finds the server's programs on this machine, makes a cluster in a folder of its
// own, starts it, and finds it again after a crash of the program that started it.
//
// It is not a way to reach a PostgreSQL that someone else runs (that is a connection
// string in the settings), it downloads nothing, and it knows no table of Keyhall:
// it stops at the roles and an empty database, which the migrations then fill.
//
// The server listens on a socket in a folder that only its own user, and root, can
// enter; whoever can enter it may be any role, so there are no passwords.
package localpg

import (
	"context"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// The roles that Start makes sure of, and the database that Owner owns. Superuser is
// for Start and for tests; row-level security does not hold it.
const (
	Superuser = "postgres"
	Owner     = "keyhall_owner" // owns and migrates
	Serve     = "keyhall_serve" // serves requests, held by row-level security
	Desk      = "keyhall_desk"  // what Serve becomes for support's reads; no login
	Database  = "keyhall"
)

// ErrNotInstalled says that this machine has no PostgreSQL, and how to get one.
var ErrNotInstalled = errors.New("PostgreSQL's server programs were not found; install them with: apt-get install postgresql")

// patience bounds how long a start or a stop may take, whatever the context says.
const patience = time.Minute

// Options says which private PostgreSQL to run.
type Options struct {
	// Dir is the server's own folder: created 0700 and given to the user that the
	// server runs as, so nothing else should be kept in it. Missing parents are
	// made so that this user can pass through them. "" means DefaultDir().
	Dir string

	// Throwaway trades the safety of the data for speed, for tests and benchmarks.
	Throwaway bool

	// Settings are extra server settings by name, as in postgresql.conf. An adopted
	// server keeps those that it was started with.
	Settings map[string]string
}

// DefaultDir is where the zero-setup run keeps its data: /var/lib/keyhall for root,
// whose home PostgreSQL's user could not enter, else keyhall in the user's data folder.
func DefaultDir() string {
	if os.Geteuid() == 0 {
		return "/var/lib/keyhall"
	}
	if data := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(data) {
		return filepath.Join(data, "keyhall")
	}
	if home, err := os.UserHomeDir(); err == nil {
		return filepath.Join(home, ".local", "share", "keyhall")
	}
	return filepath.Join(os.TempDir(), "keyhall-"+strconv.Itoa(os.Geteuid()))
}

// Server is a private PostgreSQL that accepts connections.
type Server struct {
	dir      string // absolute, without symbolic links
	socket   string // folder of the socket
	account  account
	programs programs
	settings []string // name=value
	process  *process // nil when adopted
	logged   int64    // bytes in the log before Start
}

// Start returns the private PostgreSQL of a folder: adopted if it runs already, else
// started, with a new cluster if the folder has none. It returns when connections
// are accepted and the roles and the database are there, within a minute. Errors are
// one plain sentence; errors.Is(err, ErrNotInstalled) when there are no programs.
//
// The server outlives the program: only Stop stops it.
func Start(ctx context.Context, o Options) (*Server, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	s, err := prepare(ctx, o)
	if err != nil {
		return nil, err
	}
	unlock, err := lock(ctx, filepath.Join(s.dir, "lock"))
	if err != nil {
		return nil, err
	}
	defer unlock()
	if err := s.initialise(ctx, o.Throwaway); err != nil {
		return nil, err
	}
	if err := s.run(ctx); err != nil {
		return nil, err
	}
	if err := s.makeRoles(ctx); err != nil {
		return nil, s.abandon(err)
	}
	return s, nil
}

// prepare finds everything that must be known before the first program runs.
func prepare(ctx context.Context, o Options) (*Server, error) {
	dir := o.Dir
	if dir == "" {
		dir = DefaultDir()
	}
	dir, who, err := ownFolder(dir)
	if err != nil {
		return nil, err
	}
	s := &Server{dir: dir, account: who, settings: settings(o)}
	if info, err := os.Lstat(s.log()); err == nil {
		s.logged = info.Size()
	}
	if s.programs, err = find(ctx, searchPath(), s.dataVersion()); err != nil {
		return nil, err
	}
	if err := who.mayEnter(s.programs.dir); err != nil {
		return nil, err
	}
	s.socket, err = s.socketFolder()
	return s, err
}

// URL is a connection string for a role and a database, over the server's socket. It
// holds no secret.
func (s *Server) URL(role, database string) string {
	query := url.Values{"host": {s.socket}, "port": {port}, "sslmode": {"disable"}}.Encode()
	u := url.URL{
		Scheme: "postgres",
		User:   url.User(role),
		Path:   "/" + database,
		// libpq, unlike net/url, takes a plus sign for a plus sign.
		RawQuery: strings.ReplaceAll(query, "+", "%20"),
	}
	return u.String()
}

// Adopted reports whether the server ran already when Start found it.
func (s *Server) Adopted() bool { return s.process == nil }

func (s *Server) data() string { return filepath.Join(s.dir, "data") }
func (s *Server) log() string  { return filepath.Join(s.dir, "server.log") }
