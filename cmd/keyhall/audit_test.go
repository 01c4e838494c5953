package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// says runs a command that has to end well, and returns what it prints.
func (i *installation) says(args ...string) string {
	i.t.Helper()
	c, said := i.command(args...)
	out, err := c.Output()
	if err != nil {
		i.t.Fatalf("keyhall %s: %v: %s", strings.Join(args, " "), err, said)
	}
	return string(out)
}

// tamper does to the database what only its superuser can.
func (i *installation) tamper(statements ...string) {
	i.t.Helper()
	c, err := pgx.Connect(i.t.Context(), i.db.SuperURL)
	if err != nil {
		i.t.Fatal(err)
	}
	defer c.Close(i.t.Context()) //nolint:errcheck // it did what it was for
	for _, s := range statements {
		if _, err := c.Exec(i.t.Context(), s); err != nil {
			i.t.Fatal(err)
		}
	}
}

// S-64: with the checkpoints that lie elsewhere, anybody finds out that the end of a
// chain was cut off, though the chain itself fits.
func TestACutChainShowsToWhoHasCheckpoints(t *testing.T) {
	t.Parallel()
	i := newInstallation(t)
	dir := t.TempDir()
	key, public, kept := filepath.Join(dir, "key"), filepath.Join(dir, "public"), filepath.Join(dir, "checkpoints")
	i.env = append(i.env, "KEYHALL_CHECKPOINT_KEY="+key)
	if err := os.WriteFile(public, []byte(i.says("audit", "key", "create")), 0o600); err != nil {
		t.Fatal(err)
	}
	printed := i.says("audit", "checkpoint")
	i.env = append(i.env, "KEYHALL_CHECKPOINTS=file://"+kept)
	i.must("audit", "checkpoint")
	if text, err := os.ReadFile(kept); err != nil || strings.Count(string(text), "\n") != strings.Count(printed, "\n") {
		t.Errorf("delivered: got %q, %v, want as many lines as were printed: %q", text, err, printed)
	}
	verify := []string{"audit", "verify", "-checkpoints", kept, "-key", public}
	i.must(verify...)
	const last = `root_id = (SELECT id FROM organisations WHERE name = 'Nordvik Group')`
	i.tamper(
		`DELETE FROM audit WHERE `+last+` AND seq = (SELECT seq FROM audit_heads WHERE `+last+`)`,
		`UPDATE audit_heads SET (seq, hash) = (SELECT seq, hash FROM audit WHERE `+last+` ORDER BY seq DESC LIMIT 1) WHERE `+last,
	)
	i.must("audit", "verify")
	i.refuses("the audit log was cut: the chain of Nordvik Group", verify...)
	i.tamper(`UPDATE audit SET actor = 'Frode' WHERE ` + last + ` AND seq = 3`)
	i.refuses("in the chain of Nordvik Group", "audit", "verify")
	i.refuses("entry 3 of 20", "audit", "verify")
}

// A line for each entry, none of which holds a key (S-59).
func TestEntriesArePrintedForOtherPrograms(t *testing.T) {
	t.Parallel()
	i := newInstallation(t)
	all := strings.Split(strings.TrimSpace(i.says("audit", "stream")), "\n")
	if want := i.ask(`SELECT count(*) FROM audit`); int64(len(all)) != want {
		t.Errorf("got %d lines, want %d", len(all), want)
	}
	var last struct{ At string }
	for _, line := range all {
		if err := json.Unmarshal([]byte(line), &last); err != nil || last.At == "" || strings.Contains(line, "DEMO") {
			t.Fatalf("a line: %s: %v", line, err)
		}
	}
	if got := i.says("audit", "stream", "-after", "2099-01-01T00:00:00Z"); got != "" {
		t.Errorf("of the future: got %q, want nothing", got)
	}
	if got := i.says("audit", "stream", "-after", last.At); !strings.Contains(got, last.At) {
		t.Errorf("since %s: got %q, want the last minute again", last.At, got)
	}
}

// S-09, S-59: where the audit log can't go is said before anything starts, and without
// the password that may be in the address.
func TestPlacesThatCantBeAreRefused(t *testing.T) {
	t.Parallel()
	key := filepath.Join(t.TempDir(), "key")
	if code, said := complaints(t, "audit key create", nil); code != exitUsage || !strings.Contains(said[0], "KEYHALL_CHECKPOINT_KEY") {
		t.Errorf("a key nowhere: got %d %q", code, said)
	}
	for name, c := range map[string]struct {
		set  map[string]string
		want string
	}{
		"no key":              {map[string]string{"KEYHALL_CHECKPOINTS": "file:///tmp/x"}, "KEYHALL_CHECKPOINT_KEY is not set"},
		"a key that is not":   {map[string]string{"KEYHALL_CHECKPOINTS": "file:///tmp/x", "KEYHALL_CHECKPOINT_KEY": key}, "checkpoint key file"},
		"no TLS":              {map[string]string{"KEYHALL_AUDIT_STREAM": "http://user:sesame@watch.example/"}, "KEYHALL_AUDIT_STREAM"},
		"a time of no length": {map[string]string{"KEYHALL_CHECKPOINT_EVERY": "1s"}, "KEYHALL_CHECKPOINT_EVERY"},
		"not an address":      {map[string]string{"KEYHALL_WEBHOOK_ALLOW": "intranet"}, "KEYHALL_WEBHOOK_ALLOW"},
	} {
		c.set["KEYHALL_KEYSET"] = filepath.Join(t.TempDir(), "keyset")
		code, said := complaints(t, "serve", c.set)
		if all := strings.Join(said, "\n"); code != exitUsage || !strings.Contains(all, c.want) || strings.Contains(all, "sesame") {
			t.Errorf("%s: got %d, %s, want %q and no password", name, code, all, c.want)
		}
	}
}
