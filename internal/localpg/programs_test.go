package localpg

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

// installation makes a folder with programs that only tell their version.
func installation(t *testing.T, said string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"postgres", "initdb"} {
		script := "#!/bin/sh\necho '" + said + "'\n"
		if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestMissingProgramsAreToldInOneSentence(t *testing.T) {
	t.Parallel()
	_, err := find(t.Context(), []string{"", t.TempDir(), "/nowhere"}, 0)
	const want = "PostgreSQL's server programs were not found; install them with: apt-get install postgresql"
	if !errors.Is(err, ErrNotInstalled) || err.Error() != want {
		t.Errorf("without programs: got %v, want %s", err, want)
	}
}

func TestProgramsThatWillDoAreFound(t *testing.T) {
	t.Parallel()
	old := installation(t, "postgres (PostgreSQL) 13.9 (Debian 13.9-0+deb11u1)")
	fifteen := installation(t, "postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)")
	next := installation(t, "postgres (PostgreSQL) 18beta2")
	broken := installation(t, "what?")
	for name, c := range map[string]struct {
		dirs []string
		data int
		want string // folder, or the error's text
	}{
		"the first one that will do is taken":         {[]string{fifteen, next}, 0, fifteen},
		"one that is too old is passed over":          {[]string{old, next}, 0, next},
		"one that tells no version is passed over":    {[]string{broken, fifteen}, 0, fifteen},
		"data gets the version that it was made by":   {[]string{next, fifteen}, 15, fifteen},
		"only one that is too old is as good as none": {[]string{old}, 0, ErrNotInstalled.Error()},
		"data whose version was uninstalled":          {[]string{next}, 15, "the data was made by PostgreSQL 15, but only 18 was found; install it with: apt-get install postgresql-15"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found, err := find(t.Context(), c.dirs, c.data)
			got := found.dir
			if err != nil {
				got = err.Error()
			}
			if got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestLinkToAProgramIsFollowed(t *testing.T) {
	t.Parallel()
	real := installation(t, "postgres (PostgreSQL) 15.14")
	links := t.TempDir()
	if err := os.Symlink(real+"/postgres", links+"/postgres"); err != nil {
		t.Fatal(err)
	}
	if found, err := find(t.Context(), []string{links}, 0); err != nil || found.dir != real {
		t.Errorf("got %s, %v, want %s", found.dir, err, real)
	}
}

func TestVersionIsRead(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]int{
		"postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)": 15,
		"postgres (PostgreSQL) 16":                             16,
		"postgres (PostgreSQL) 18beta2":                        18,
		"postgres":                                             0,
		"":                                                     0,
	} {
		t.Run(strconv.Quote(said), func(t *testing.T) {
			t.Parallel()
			if got := majorVersion(said); got != want {
				t.Errorf("got %d, want %d", got, want)
			}
		})
	}
}
