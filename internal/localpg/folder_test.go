package localpg

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestLongPathGetsAShortSocket(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(folder(t), strings.Repeat("long", 40), "server, the second")
	s := start(t, dir)
	t.Cleanup(func() { _ = os.Remove(s.socket) })
	if len(s.socket)+1+len(socketFile) > longestSocket {
		t.Errorf("the socket's folder: got %s, want a shorter one", s.socket)
	}
	connect(t, s.URL(Owner, Database))
	if again := start(t, dir); !again.Adopted() || again.socket != s.socket {
		t.Errorf("starting again: got the socket %s, adopted %v, want that of the running server", again.socket, again.Adopted())
	}
}

func TestOnlyTheServersUserCanReachTheSocket(t *testing.T) {
	t.Parallel()
	s := start(t, folder(t)+"/server")
	for _, dir := range []string{s.dir, s.socket, s.data()} {
		info, err := os.Stat(dir)
		if err != nil {
			t.Fatal(err)
		}
		if uid, _, _ := owner(dir); info.Mode().Perm() != 0o700 || uid != s.account.uid || uid == 0 {
			t.Errorf("%s: got mode %v and owner %d, want 0700 and %d", dir, info.Mode().Perm(), uid, s.account.uid)
		}
	}
	for _, file := range []string{s.log(), s.dir + "/lock"} {
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: got %v, %v, want mode 0600", file, info.Mode(), err)
		}
	}
}

func TestSquattedSocketFolderIsRefused(t *testing.T) {
	t.Parallel()
	who := account{name: "keeper", uid: os.Geteuid(), gid: os.Getegid()}
	stranger := account{name: "stranger", uid: os.Geteuid() + 1, gid: os.Getegid() + 1}
	dir := folder(t)
	for name, c := range map[string]struct {
		make    func(path string) error
		who     account
		refused bool
	}{
		"one that is not there is made":      {func(string) error { return nil }, who, false},
		"our own is used again":              {func(p string) error { return os.Mkdir(p, 0o700) }, who, false},
		"one that others can enter":          {func(p string) error { return os.Mkdir(p, 0o755) }, who, true},
		"somebody else's":                    {func(p string) error { return os.Mkdir(p, 0o700) }, stranger, true},
		"a link to a folder that we own":     {func(p string) error { return os.Symlink(dir, p) }, who, true},
		"a file where the folder should be":  {func(p string) error { return os.WriteFile(p, nil, 0o600) }, who, true},
		"a link that leads to nothing there": {func(p string) error { return os.Symlink(p+"x", p) }, who, true},
	} {
		path := filepath.Join(dir, strings.ReplaceAll(name, " ", "-"))
		if err := c.make(path); err != nil {
			t.Fatal(err)
		}
		if err := c.who.makeClosed(path); (err != nil) != c.refused {
			t.Errorf("%s: got %v, want refused %v", name, err, c.refused)
		}
	}
}

func TestFolderThatTheServerMayNotEnterIsNamed(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	shut, below := dir+"/shut", dir+"/shut/below"
	if err := os.MkdirAll(below, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(shut, 0o700); err != nil {
		t.Fatal(err)
	}
	other := account{name: "other", uid: os.Geteuid() + 1, gid: os.Getegid() + 1, switched: true}
	want := fmt.Sprintf("PostgreSQL runs as the user other, who may not enter %s; choose another folder, or allow it with: chmod o+x %s", shut, shut)
	if err := other.mayEnter(below); err == nil || err.Error() != want {
		t.Errorf("a folder below one that is shut: got %v, want %s", err, want)
	}
	if err := os.Chmod(shut, 0o711); err != nil {
		t.Fatal(err)
	}
	if err := other.mayEnter(below); err != nil {
		t.Errorf("after chmod o+x: got %v, want nil", err)
	}
}

func TestFolderWithOtherThingsIsLeftAlone(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	if err := os.WriteFile(dir+"/letters", []byte("private"), 0o600); err != nil {
		t.Fatal(err)
	}
	before, err := os.Stat(dir)
	if err != nil {
		t.Fatal(err)
	}
	other := account{name: "other", uid: os.Geteuid() + 1, gid: os.Getegid() + 1, switched: true}
	if err := other.take(dir); err == nil || !strings.Contains(err.Error(), "a folder of its own") {
		t.Errorf("taking a folder in which somebody keeps letters: got %v, want refused", err)
	}
	after, err := os.Stat(dir)
	if err != nil {
		t.Fatal(err)
	}
	if uid, _, _ := owner(dir); uid != os.Geteuid() || after.Mode() != before.Mode() {
		t.Errorf("the folder after that: got owner %d and mode %v, want it unchanged", uid, after.Mode())
	}
}

func TestLogIsNotWrittenThroughALink(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	if err := os.Symlink(dir+"/elsewhere", dir+"/server.log"); err != nil {
		t.Fatal(err)
	}
	if _, err := openOwn(dir + "/server.log"); err == nil {
		t.Error("opening a log that is a link: got nil, want an error")
	}
	if _, err := os.Stat(dir + "/elsewhere"); !os.IsNotExist(err) {
		t.Errorf("where the link leads: got %v, want %v", err, fs.ErrNotExist)
	}
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
