package main

import (
	"bytes"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/store"
	"github.com/keyhall/keyhall/internal/vault"
)

// command is the program with a command line, not yet started; said is what it says on
// standard error.
func (i *installation) command(args ...string) (c *exec.Cmd, said *bytes.Buffer) {
	said = &bytes.Buffer{}
	c = exec.CommandContext(i.t.Context(), os.Args[0], args...)
	c.Env, c.Stderr = i.env, said
	return c, said
}

// must runs a command that has to end well.
func (i *installation) must(args ...string) {
	i.t.Helper()
	c, said := i.command(args...)
	if err := c.Run(); err != nil {
		i.t.Fatalf("keyhall %s: %v: %s", strings.Join(args, " "), err, said)
	}
}

// refuses runs a command that has to be refused with one sentence.
func (i *installation) refuses(sentence string, args ...string) {
	i.t.Helper()
	c, said := i.command(args...)
	err := c.Run()
	if err == nil || c.ProcessState.ExitCode() != exitWrong || strings.Count(said.String(), "\n") != 1 || !strings.Contains(said.String(), sentence) {
		i.t.Errorf("keyhall %s: got %v, %q, want one sentence with %q", strings.Join(args, " "), err, said, sentence)
	}
}

func (i *installation) keyset() string {
	for _, v := range i.env {
		if path, ok := strings.CutPrefix(v, "KEYHALL_KEYSET="); ok {
			return path
		}
	}
	return ""
}

// S-56: the key that seals is changed while the portal runs. Killed with kill -9 again
// and again on its way, sealing anew loses no key, and comes to its end.
func TestKeysAreSealedAnewThroughKills(t *testing.T) {
	t.Parallel()
	i := newInstallation(t, requester)
	i.env = append(i.env, "KEYHALL_REVEALS_PER_MINUTE=0")
	server := i.start()
	i.store.Close() // it has the keyset of before
	all, versions := i.ask(`SELECT count(*) FROM keys`), i.ask(`SELECT sum(version) FROM keys`)
	i.must("keyset", "rotate")
	i.refuses("restart every server", "keyset", "rewrap")
	server.kill()
	server.run()
	v, err := vault.LoadFiles(i.keyset(), i.keyset()+".kek")
	if err != nil {
		t.Fatal(err)
	}
	sealedAnew := func() int64 {
		return i.ask(`SELECT count(*) FROM keys WHERE substr(sealed, 1, 5) = $1`, v.Prefix())
	}
	partly := 0
	for try := 0; try < 200 && sealedAnew() < all; try++ {
		i.rewrapAndKill(try, sealedAnew)
		if n := sealedAnew(); 0 < n && n < all {
			partly++
		}
		if got := server.post(requester, "/keys/"+i.keys[try%len(i.keys)].ID.String()+"/reveal", nil); got != http.StatusOK {
			t.Errorf("a reveal after %d kills: got %d, want 200", try+1, got)
		}
	}
	i.must("keyset", "rewrap", "-batch", "5")
	if partly == 0 {
		t.Error("no kill met it on its way")
	}
	t.Logf("%d keys, killed %d times on its way", all, partly)
	i.opens(v, all)
	if n := i.ask(`SELECT sum(version) FROM keys`); n != versions+all {
		t.Errorf("sum of the keys' versions: got %d, want one more for each of %d", n, versions)
	}
	i.wrapsAnew(server)
}

// rewrapAndKill starts sealing anew and kills it: by turns at its start, and a little after
// it has sealed something, however long that takes on a busy machine.
func (i *installation) rewrapAndKill(try int, sealed func() int64) {
	i.t.Helper()
	c, _ := i.command("keyset", "rewrap", "-batch", "1")
	before := sealed()
	if err := c.Start(); err != nil {
		i.t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = c.Wait()
	}()
	for try%2 == 1 && sealed() == before {
		select {
		case <-ended:
			return
		case <-time.After(time.Millisecond):
		}
	}
	time.Sleep(time.Duration(rand.IntN(50)) * time.Millisecond)
	_ = c.Process.Kill()
	<-ended
}

// opens checks that every key opens, is sealed by the primary key, and was told of once.
func (i *installation) opens(v *vault.Vault, all int64) {
	i.t.Helper()
	ctx := i.t.Context()
	c, err := pgx.Connect(ctx, i.db.SuperURL)
	if err != nil {
		i.t.Fatal(err)
	}
	defer func() { _ = c.Close(ctx) }()
	rows, err := c.Query(ctx, `SELECT id, root_id, version, last5, sealed FROM keys`)
	if err != nil {
		i.t.Fatal(err)
	}
	var at struct{ key, root uuid.UUID }
	var version int
	var last5 string
	var sealed []byte
	tag, err := pgx.ForEachRow(rows, []any{&at.key, &at.root, &version, &last5, &sealed}, func() error {
		clear, err := v.Unseal(sealed, vault.Place{Root: at.root, Key: at.key, Version: version})
		if err != nil || !strings.HasSuffix(clear, last5) || !bytes.HasPrefix(sealed, v.Prefix()) {
			i.t.Errorf("key %s, version %d: %v, want it to open, sealed by the primary key", at.key, version, err)
		}
		return nil
	})
	if err != nil || tag.RowsAffected() != all {
		i.t.Errorf("keys: got %d, %v, want %d", tag.RowsAffected(), err, all)
	}
	if n := i.ask(`SELECT sum((detail->>'keys')::integer) FROM audit WHERE action = 'keys.resealed'`); n != all {
		i.t.Errorf("keys that the audit log knows of: got %d, want %d", n, all)
	}
	s, err := store.Open(ctx, i.db.ServeURL, v)
	if err != nil {
		i.t.Fatal(err)
	}
	defer s.Close()
	if bad, err := s.VerifyAudit(ctx); err != nil || bad != nil {
		i.t.Errorf("the audit chains: got %+v, %v", bad, err)
	}
}

// wrapsAnew changes the KEK: the server works on, and the old KEK opens nothing any more.
func (i *installation) wrapsAnew(server *instance) {
	i.t.Helper()
	next := filepath.Join(filepath.Dir(i.keyset()), "kek2")
	i.must("keyset", "rotate-kek", next)
	i.refuses("does not open the keyset file", "keyset", "rewrap")
	i.refuses("does not open the keyset file", "keyset", "rotate")
	i.env = append(i.env, "KEYHALL_KEK="+next)
	i.must("keyset", "rewrap")
	path := "/keys/" + i.keys[0].ID.String() + "/reveal"
	if got := server.post(requester, path, nil); got != http.StatusOK {
		i.t.Errorf("a reveal after the KEK was changed: got %d, want 200", got)
	}
	server.kill()
	server.run()
	if got := server.post(requester, path, nil); got != http.StatusOK {
		i.t.Errorf("a reveal with the new KEK: got %d, want 200", got)
	}
}
