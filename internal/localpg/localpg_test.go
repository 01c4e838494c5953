package localpg

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
)

// folder is a place for a server's folder that the server's user can reach, which
// one made by t.TempDir for root is not.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "keyhall-localpg-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// start starts or adopts the throwaway server of a folder, and sees to its end.
func start(t *testing.T, dir string) *Server {
	t.Helper()
	began := time.Now()
	s, err := Start(t.Context(), Options{Dir: dir, Throwaway: true})
	if err != nil {
		t.Fatalf("Start: %v", err)
	}
	t.Logf("Start took %v", time.Since(began).Round(time.Millisecond))
	t.Cleanup(func() {
		if err := s.Stop(context.Background()); err != nil {
			t.Errorf("Stop: %v", err)
		}
	})
	return s
}

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	c, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatalf("connect to %s: %v", url, err)
	}
	t.Cleanup(func() { _ = c.Close(context.Background()) })
	return c
}

func exec1(t *testing.T, c *pgx.Conn, sql string) {
	t.Helper()
	if _, err := c.Exec(t.Context(), sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func TestStartStopAndStartAgain(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(folder(t), "not", "there", "yet")
	first := start(t, dir)
	if first.Adopted() {
		t.Error("a server in a new folder: got adopted, want started")
	}
	c := connect(t, first.URL(Owner, Database))
	exec1(t, c, "CREATE TABLE noted (line text)")
	exec1(t, c, "INSERT INTO noted VALUES ('here before')")
	if err := first.Stop(t.Context()); err != nil {
		t.Fatalf("Stop: %v", err)
	}
	if _, err := pgx.Connect(t.Context(), first.URL(Owner, Database)); err == nil {
		t.Fatal("connecting after Stop: got a connection, want none")
	}
	if err := first.Stop(t.Context()); err != nil {
		t.Errorf("a second Stop: got %v, want nil", err)
	}

	second := start(t, dir)
	if second.Adopted() {
		t.Error("a start after a stop: got adopted, want started")
	}
	var line string
	err := connect(t, second.URL(Serve, Database)).QueryRow(t.Context(), "SELECT line FROM noted").Scan(&line)
	if err == nil || !strings.Contains(err.Error(), "permission denied") {
		t.Errorf("the serving role reading a table it was not given: got %v, want permission denied", err)
	}
	if err := connect(t, second.URL(Owner, Database)).QueryRow(t.Context(), "SELECT line FROM noted").Scan(&line); err != nil {
		t.Errorf("reading what was written before the stop: %v", err)
	}
}

// The program that started the server is a process of its own here, killed with no
// time to tidy up: this test binary, run again for TestAbandonServer alone.
func TestServerOutlivesItsStarterAndIsAdopted(t *testing.T) {
	t.Parallel()
	dir := folder(t) + "/server"
	starter := exec.Command(os.Args[0], "-test.run=^TestAbandonServer$", "-test.v")
	starter.Env = append(os.Environ(), abandonIn+"="+dir)
	if out, err := starter.CombinedOutput(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Fatalf("starting the server and dying: got %v, want killed\n%s", err, out)
	}
	s := start(t, dir)
	if !s.Adopted() {
		t.Error("a server whose starter was killed: got started, want adopted")
	}
	connect(t, s.URL(Owner, Database))
	if err := s.Stop(t.Context()); err != nil {
		t.Fatalf("Stop of an adopted server: %v", err)
	}
	if _, err := os.Stat(filepath.Join(s.data(), "postmaster.pid")); !os.IsNotExist(err) {
		t.Errorf("the server's pid file after Stop: got %v, want gone", err)
	}
}

const abandonIn = "KEYHALL_TEST_ABANDON_IN"

// TestAbandonServer is the other program of the test above; on its own it has nothing
// to abandon, and passes.
func TestAbandonServer(t *testing.T) {
	dir := os.Getenv(abandonIn)
	if dir == "" {
		return
	}
	if _, err := Start(t.Context(), Options{Dir: dir, Throwaway: true}); err != nil {
		t.Fatal(err)
	}
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {}
}

func TestTwoStartsAtOnceMakeOneServer(t *testing.T) {
	t.Parallel()
	dir := folder(t) + "/server"
	type result struct {
		s   *Server
		err error
	}
	results := make(chan result)
	for range 2 {
		go func() {
			s, err := Start(t.Context(), Options{Dir: dir, Throwaway: true})
			results <- result{s, err}
		}()
	}
	a, b := <-results, <-results
	if a.err != nil || b.err != nil {
		t.Fatalf("two starts at once: %v, %v", a.err, b.err)
	}
	t.Cleanup(func() { _ = a.s.Stop(context.Background()) })
	if a.s.Adopted() == b.s.Adopted() {
		t.Errorf("adopted: got %v and %v, want one of them", a.s.Adopted(), b.s.Adopted())
	}
	if err := b.s.Stop(t.Context()); err != nil {
		t.Errorf("Stop by the other one: %v", err)
	}
}

func TestServerIsStartedAgainAfterACrash(t *testing.T) {
	t.Parallel()
	dir := folder(t) + "/server"
	s := start(t, dir)
	crashed, err := s.postmaster()
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(crashed.pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	again := start(t, dir)
	connect(t, again.URL(Owner, Database))
	if err := s.Stop(t.Context()); err != nil {
		t.Errorf("Stop through the handle of the crashed server: %v", err)
	}
}

func TestInterruptedBeginningIsBegunAgain(t *testing.T) {
	t.Parallel()
	dir := folder(t) + "/server"
	who, err := accountFor(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(dir+"/data.new/half", 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(dir, who.uid, who.gid); err != nil {
		t.Fatal(err)
	}
	connect(t, start(t, dir).URL(Owner, Database))
}

func TestSettingReachesTheServer(t *testing.T) {
	t.Parallel()
	s, err := Start(t.Context(), Options{Dir: folder(t) + "/server", Settings: map[string]string{"work_mem": "7MB"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Stop(context.Background()) })
	c := connect(t, s.URL(Owner, Database))
	for name, want := range map[string]string{
		"work_mem": "7MB", "fsync": "on", "listen_addresses": "", "TimeZone": "UTC",
		"log_error_verbosity": "terse", "unix_socket_permissions": "0700", "server_encoding": "UTF8",
	} {
		var got string
		if err := c.QueryRow(t.Context(), "SELECT current_setting($1)", name).Scan(&got); err != nil || got != want {
			t.Errorf("%s: got %q, %v, want %q", name, got, err, want)
		}
	}
}

func TestSettingThatIsNoneIsToldInOneSentence(t *testing.T) {
	t.Parallel()
	_, err := Start(t.Context(), Options{Dir: folder(t) + "/server", Throwaway: true, Settings: map[string]string{"max_connections": "many"}})
	if err == nil || !strings.Contains(err.Error(), `did not start: invalid value for parameter "max_connections"`) || strings.Contains(err.Error(), "\n") {
		t.Errorf("max_connections=many: got %v, want what is wrong with it", err)
	}
}
