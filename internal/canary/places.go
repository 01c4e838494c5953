package canary

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Notebook keeps what is written to it, by however many at once.
type Notebook struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write adds to what is kept.
func (n *Notebook) Write(p []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.b.Write(p)
}

// Bytes is what was written so far.
func (n *Notebook) Bytes() []byte {
	n.mu.Lock()
	defer n.mu.Unlock()
	return bytes.Clone(n.b.Bytes())
}

// Sweep looks through places, by what they are called, and complains of each key that lies
// in one, and of a place with nothing in it: nobody has looked there then.
func Sweep(t testing.TB, places map[string][]byte, keys ...string) {
	t.Helper()
	for where, text := range places {
		if len(text) == 0 {
			t.Errorf("%s: is empty", where)
		}
		for _, l := range Leaks(text, keys...) {
			t.Errorf("%s holds a key: %s", where, l)
		}
	}
}

// Dump is the whole database that an address of its superuser leads to, as text. Without
// pg_dump the test is skipped, but not in CI.
func Dump(t testing.TB, superURL string) []byte {
	t.Helper()
	if _, err := exec.LookPath("pg_dump"); err != nil && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
	var complaints bytes.Buffer
	c := exec.CommandContext(t.Context(), "pg_dump", "--dbname", superURL)
	c.Stderr = &complaints
	text, err := c.Output()
	if err != nil {
		t.Fatalf("pg_dump: %v: %s", err, &complaints)
	}
	return text
}

// Do runs a statement as the database's superuser, past every wall.
func Do(t testing.TB, superURL, statement string, args ...any) {
	t.Helper()
	c, err := pgx.Connect(t.Context(), superURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close(t.Context()) }()
	if _, err := c.Exec(t.Context(), statement, args...); err != nil {
		t.Fatal(err)
	}
}

// ServerLog is what the log of a test's PostgreSQL says from a byte on. All tests of a
// machine write there.
func ServerLog(t testing.TB, superURL string, from int) []byte {
	t.Helper()
	c, err := pgx.Connect(t.Context(), superURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close(t.Context()) }()
	var data string
	if err := c.QueryRow(t.Context(), `SHOW data_directory`).Scan(&data); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(filepath.Dir(data), "server.log"))
	if err != nil {
		t.Fatal(err)
	}
	return text[min(from, len(text)):]
}
