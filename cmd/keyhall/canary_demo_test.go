package main

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/keyhall/keyhall/internal/canary"
)

// S-59: a key that was taken in and shown beside the demo, and one in a file that is wrong,
// are in nothing that its programs say, at their most talkative, nor in the log of its
// private PostgreSQL.
func TestTheDemoLeavesNoKeyInItsLogs(t *testing.T) {
	t.Parallel()
	c := trial(t)
	started(t, c)() // or skipped, where there is no PostgreSQL
	stored, broken, searched := canary.New(), canary.New(), canary.New()
	said := &canary.Notebook{}
	program := func(args ...string) *exec.Cmd {
		p := exec.CommandContext(t.Context(), os.Args[0], args...)
		p.Env = append(os.Environ(), asProgram+"=1", "KEYHALL_LISTEN="+c.Listen, "KEYHALL_DATA_DIR="+c.DataDir, "KEYHALL_LOG_LEVEL=debug")
		p.Stdout, p.Stderr = said, said
		return p
	}
	demo := program("demo")
	if err := demo.Start(); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		if status, _ := get(t, c.DemoBaseURL()+"/readyz"); status == http.StatusOK {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("the demo does not answer: %s", said.Bytes())
		}
	}
	for name, content := range map[string]string{"whole.tsv": keyFileHead + keyRow(stored), "broken.tsv": brokenFile(broken)} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		_ = program("import", "keys", path, "-apply").Run() // one of them is refused
	}
	shownAtTheDemo(t, c.DemoBaseURL(), stored, searched)
	if err := demo.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := demo.Wait(); err != nil {
		t.Errorf("the demo ended with %v", err)
	}
	places := map[string][]byte{"what the programs say": said.Bytes()}
	logs, err := filepath.Glob(filepath.Join(c.DataDir, "localpg", "*.log"))
	if err != nil || len(logs) == 0 {
		t.Errorf("the log of the private PostgreSQL: got %v, %v", logs, err)
	}
	for _, path := range logs {
		if places[path], err = os.ReadFile(path); err != nil {
			t.Fatal(err)
		}
	}
	canary.Sweep(t, places, stored, broken, searched)
}

// shownAtTheDemo signs in as who may, has a key shown, and looks for another.
func shownAtTheDemo(t *testing.T, base, key, searched string) {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	c := http.Client{Jar: jar, Timeout: time.Minute, CheckRedirect: client.CheckRedirect}
	asks := func(method, address string, form url.Values) (to, body string) {
		r, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", base)
		res, err := c.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }()
		text, _ := io.ReadAll(res.Body)
		return res.Header.Get("Location"), string(text)
	}
	picker, _ := asks(http.MethodGet, base+"/signin", nil)
	callback, _ := asks(http.MethodPost, picker, url.Values{"account": {requester}})
	asks(http.MethodGet, callback, nil)
	asks(http.MethodPost, base+"/search", url.Values{"q": {searched}})
	path, _ := asks(http.MethodPost, base+"/search", url.Values{"q": {key}})
	if _, page := asks(http.MethodPost, base+path+"/reveal", nil); !strings.HasPrefix(path, "/keys/") || !strings.Contains(page, key) {
		t.Errorf("the key is not shown at %q: the sweep proves nothing", path)
	}
}
