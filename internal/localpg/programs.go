package localpg

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// oldest is the first major version that will do.
const oldest = 14

// programs is where one installation of PostgreSQL keeps its programs.
type programs struct {
	dir   string
	major int
}

func (p programs) path(name string) string { return filepath.Join(p.dir, name) }

// searchPath lists the folders that may hold PostgreSQL's programs, best first: what
// the person chose, then what the distribution keeps, newest first.
func searchPath() []string {
	dirs := append([]string{os.Getenv("PGBIN")}, filepath.SplitList(os.Getenv("PATH"))...)
	kept, _ := filepath.Glob("/usr/lib/postgresql/*/bin") // the pattern is well-formed
	slices.SortFunc(kept, func(a, b string) int { return keptVersion(b) - keptVersion(a) })
	return append(dirs, kept...)
}

// keptVersion reads 15 out of /usr/lib/postgresql/15/bin.
func keptVersion(dir string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(dir)))
	return n
}

// find returns the first of the folders with programs of the major version that the
// data was made by, or with any that will do if want is 0.
func find(ctx context.Context, dirs []string, want int) (programs, error) {
	var other int
	seen := map[string]bool{}
	for _, dir := range dirs {
		p, ok := inspect(ctx, dir, seen)
		if !ok || p.major < oldest {
			continue
		}
		if want == 0 || p.major == want {
			return p, nil
		}
		other = p.major
	}
	if other != 0 {
		return programs{}, fmt.Errorf("the data was made by PostgreSQL %d, but only %d was found; install it with: apt-get install postgresql-%d", want, other, want)
	}
	return programs{}, ErrNotInstalled
}

// inspect looks for the programs in one folder, behind symbolic links: a link alone
// would not lead the server to its libraries.
func inspect(ctx context.Context, dir string, seen map[string]bool) (programs, bool) {
	server, err := filepath.EvalSymlinks(filepath.Join(dir, "postgres"))
	if !filepath.IsAbs(dir) || err != nil || seen[server] {
		return programs{}, false
	}
	seen[server] = true
	p := programs{dir: filepath.Dir(server)}
	if _, err := os.Stat(p.path("initdb")); err != nil {
		return programs{}, false
	}
	said, err := exec.CommandContext(ctx, server, "--version").Output()
	if err != nil {
		return programs{}, false
	}
	p.major = majorVersion(string(said))
	return p, p.major > 0
}

// majorVersion reads 15 out of "postgres (PostgreSQL) 15.14 (Debian …)"; 0 if it can't.
func majorVersion(said string) int {
	_, number, _ := strings.Cut(said, ") ")
	end := strings.IndexFunc(number, func(r rune) bool { return r < '0' || r > '9' })
	if end < 0 {
		end = len(number)
	}
	n, _ := strconv.Atoi(number[:end])
	return n
}

// dataVersion is the major version that the cluster was made by; 0 if there is none.
func (s *Server) dataVersion() int {
	written, err := os.ReadFile(filepath.Join(s.data(), "PG_VERSION"))
	if err != nil {
		return 0
	}
	n, _ := strconv.Atoi(strings.TrimSpace(string(written)))
	return n
}
