package pgtest

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/localpg"
)

func connect(tb testing.TB, url string) *pgx.Conn {
	tb.Helper()
	c, err := pgx.Connect(tb.Context(), url)
	if err != nil {
		tb.Fatalf("connect to %s: %v", url, err)
	}
	tb.Cleanup(func() { _ = c.Close(context.Background()) })
	return c
}

func TestDatabaseIsMigratedAndNobodyElses(t *testing.T) {
	t.Parallel()
	one, other := New(t), New(t)
	if _, err := connect(t, one.OwnerURL).Exec(t.Context(), "CREATE TABLE mine ()"); err != nil {
		t.Fatal(err)
	}
	for url, want := range map[string]bool{one.ServeURL: true, one.SuperURL: true, other.ServeURL: false, other.OwnerURL: false} {
		var migrated, mine bool
		err := connect(t, url).QueryRow(t.Context(),
			"SELECT to_regclass('goose_db_version') IS NOT NULL, to_regclass('mine') IS NOT NULL").Scan(&migrated, &mine)
		if err != nil || !migrated || mine != want {
			t.Errorf("%s: got migrated %v, the table %v, %v, want true, %v", url, migrated, mine, err, want)
		}
	}
}

func TestEachURLIsItsRole(t *testing.T) {
	t.Parallel()
	db := New(t)
	for url, want := range map[string]string{
		db.OwnerURL: localpg.Owner, db.ServeURL: localpg.Serve, db.SuperURL: localpg.Superuser,
	} {
		var got string
		if err := connect(t, url).QueryRow(t.Context(), "SELECT current_user").Scan(&got); err != nil || got != want {
			t.Errorf("who one is by %s: got %s, %v, want %s", url, got, err, want)
		}
	}
}

func TestDatabaseIsDroppedAfterItsTest(t *testing.T) {
	t.Parallel()
	c := connect(t, New(t).SuperURL)
	var name string
	t.Run("a test that leaves a connection open", func(t *testing.T) {
		left, err := pgx.Connect(t.Context(), New(t).OwnerURL)
		if err != nil {
			t.Fatal(err)
		}
		name = left.Config().Database
	})
	var there bool
	err := c.QueryRow(t.Context(), "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name).Scan(&there)
	if err != nil || there {
		t.Errorf("%s after its test: got there %v, %v, want false", name, there, err)
	}
}

const dieVariable = "KEYHALL_TEST_DIE"

// TestDieWithADatabase is the other process of the test below; on its own it has no
// reason to die, and passes.
func TestDieWithADatabase(t *testing.T) {
	if os.Getenv(dieVariable) == "" {
		return
	}
	t.Logf("made %s", New(t).SuperURL)
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {}
}

func TestDatabasesOfAKilledProcessAreDropped(t *testing.T) {
	t.Parallel()
	c := connect(t, New(t).SuperURL)
	killed := exec.Command(os.Args[0], "-test.run=^TestDieWithADatabase$", "-test.v")
	killed.Env = append(os.Environ(), dieVariable+"=1")
	out, err := killed.CombinedOutput()
	_, name, made := strings.Cut(string(out), "@/")
	name, _, _ = strings.Cut(name, "?")
	if err == nil || !made {
		t.Fatalf("making a database and dying: got %v, want killed\n%s", err, out)
	}
	for there := true; there; time.Sleep(100 * time.Millisecond) {
		err := c.QueryRow(t.Context(), "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name).Scan(&there)
		if err != nil {
			t.Fatal(err)
		}
	}
}

// shut is a shared server of this test alone, that nobody watches.
func shut(t *testing.T) (top string, server *localpg.Server, watching *os.File) {
	t.Helper()
	top, err := os.MkdirTemp(base(), "keyhall-pgtest-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(top) })
	if err := os.Chmod(top, 0o711); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(top, "users"), 0o700); err != nil {
		t.Fatal(err)
	}
	if watching, err = lock(t.Context(), filepath.Join(top, "watch")); err != nil {
		t.Fatal(err)
	}
	if server, err = localpg.Start(t.Context(), options(top)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Stop(context.Background()) })
	return top, server, watching
}

func TestServerIsClosedDownOnlyWithoutUsers(t *testing.T) {
	t.Parallel()
	New(t) // skips where there is no PostgreSQL
	top, server, watching := shut(t)
	user, err := lock(t.Context(), filepath.Join(top, "users", "somebody"))
	if err != nil {
		t.Fatal(err)
	}
	if closed, err := closeDown(t.Context(), top, server, watching); closed || err != nil {
		t.Fatalf("closing down under a user: got %v, %v, want false", closed, err)
	}
	connect(t, server.URL(localpg.Owner, localpg.Database))
	if err := user.Close(); err != nil {
		t.Fatal(err)
	}
	if closed, err := closeDown(t.Context(), top, server, watching); !closed || err != nil {
		t.Fatalf("closing down after the last user: got %v, %v, want true", closed, err)
	}
	if _, err := os.Stat(filepath.Join(top, "server")); !os.IsNotExist(err) {
		t.Errorf("the server's data after closing down: got %v, want gone", err)
	}
	if _, free, err := tryLock(filepath.Join(top, "watch")); !free || err != nil {
		t.Errorf("the watcher's lock after closing down: got free %v, %v, want true", free, err)
	}
}

func TestFingerprintIsOfTheMigrations(t *testing.T) {
	t.Parallel()
	once, err := fingerprint()
	if err != nil {
		t.Fatal(err)
	}
	if again, err := fingerprint(); err != nil || again != once || len(once) != 16 {
		t.Errorf("taken twice: got %s and %s, %v, want the same 16 digits", once, again, err)
	}
}

func BenchmarkNew(b *testing.B) {
	New(b)
	for b.Loop() {
		New(b)
	}
}
