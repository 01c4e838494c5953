package witness_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/witness"
)

func TestAFileIsAppendedToInWholeLines(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "checkpoints")
	target, err := witness.Open("file://"+path, licensing.Checkpoints, witness.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := target.Deliver(t.Context(), two); err != nil {
			t.Fatal(err)
		}
	}
	if got, _ := os.ReadFile(path); string(got) != twoLines+twoLines {
		t.Errorf("got %q, want two lines twice", got)
	}
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 {
		t.Errorf("mode: got %o, want 600", info.Mode().Perm())
	}
	if err := os.WriteFile(path, []byte(`{"se`), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := target.Deliver(t.Context(), two); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(path); string(got) != "{\"se\n"+twoLines {
		t.Errorf("after half a line: got %q, want it left a line of its own", got)
	}
}

// S-59: what is wrong with an address is said without the password that may be in it.
func TestAddressesThatCantBe(t *testing.T) {
	t.Parallel()
	_, key := signer(t)
	for _, address := range []string{
		"http://keys.example.com/hook", "ftp://sesame@example.com", "file://relative/path", "file:path", "https:///hook", "syslog://example.com",
		"syslog+tls://sesame@example.com:6514", "syslog+udp:///dev/log", "https://example.com/#sesame", "/var/log/checkpoints", "https://[sesame/",
	} {
		if _, err := witness.Open(address, licensing.Checkpoints, witness.Options{Key: key}); err == nil || strings.Contains(err.Error(), "sesame") {
			t.Errorf("%s: got %v, want a reason without a password", address, err)
		}
	}
	if _, err := witness.Open("https://example.com/", licensing.Entries, witness.Options{}); err == nil || !strings.Contains(err.Error(), "KEYHALL_CHECKPOINT_KEY") {
		t.Errorf("a webhook without a key: got %v", err)
	}
	target, err := witness.Open("https://user:sesame@example.com/sesame?sesame", licensing.Entries, witness.Options{Key: key})
	if err != nil || strings.Contains(fmt.Sprint(target.AuditTarget), "sesame") {
		t.Errorf("what is shown and stored of a target: got %v, %v, want no password", target.AuditTarget, err)
	}
}

func head(seq int64) licensing.ChainHead {
	sum := sha256.Sum256(fmt.Append(nil, seq))
	return licensing.ChainHead{
		RootID: uuid.MustParse("0190b0a0-0000-7000-8000-000000000001"), Seq: seq, Hash: sum[:],
		At: time.Date(2026, 11, 22, 8, 0, 0, 123456000, time.UTC),
	}
}

// S-64: a checkpoint is what its key has signed, to the last character.
func TestACheckpointIsSigned(t *testing.T) {
	t.Parallel()
	public, key := signer(t)
	other, otherKey := signer(t)
	line := string(witness.Sign(head(7), key).Text)
	read := func(text string, keys ...ed25519.PublicKey) (got []licensing.ChainHead, err error) {
		_, err = witness.ReadCheckpoints(strings.NewReader(text), keys, func(h licensing.ChainHead) error {
			got = append(got, h)
			return nil
		})
		return got, err
	}
	text := line + "\n\n" + `{"root":"0190b0a0-0000-7000-8000-000000000001","seq":1,"detail":{}}` + "\n" + string(witness.Sign(head(8), otherKey).Text) + "\n"
	got, err := read(text, public, other)
	if err != nil || len(got) != 2 || got[0].Seq != 7 || !bytes.Equal(got[0].Hash, head(7).Hash) || !got[0].At.Equal(head(7).At) || got[1].Seq != 8 {
		t.Errorf("two checkpoints of two keys: got %+v, %v", got, err)
	}
	if _, err := read(text, public); err == nil || !strings.Contains(err.Error(), "line 4 is signed by another key") {
		t.Errorf("without the second key: got %v, want line 4", err)
	}
	var fields map[string]any
	if err := json.Unmarshal([]byte(line), &fields); err != nil {
		t.Fatal(err)
	}
	for field, value := range map[string]any{
		"seq": 6, "hash": strings.Repeat("00", 32), "at": "2026-11-22T08:00:00Z", "root": uuid.Nil.String(), "keyhall_checkpoint": 2, "signature": "AAAA",
	} {
		was := fields[field]
		fields[field] = value
		changed, _ := json.Marshal(fields)
		fields[field] = was
		if _, err := read(string(changed), public); err == nil || !strings.Contains(err.Error(), "line 1 ") {
			t.Errorf("another %s: got %v, want line 1 refused", field, err)
		}
	}
	if _, err := read(line+"\n{\"se", public); err == nil || !strings.Contains(err.Error(), "line 2 is no checkpoint") {
		t.Errorf("half a line: got %v", err)
	}
}

func TestTheKeyIsItsOwnersAlone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "key")
	text, err := witness.CreateKey(path)
	if err != nil {
		t.Fatal(err)
	}
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 {
		t.Errorf("mode: got %o, want 600", info.Mode().Perm())
	}
	if err := os.WriteFile(path+".pub", text, 0o644); err != nil {
		t.Fatal(err)
	}
	key, err := witness.ReadKey(path)
	if err != nil {
		t.Fatal(err)
	}
	public, err := witness.ReadPublicKey(path + ".pub")
	if err != nil || !public.Equal(key.Public()) {
		t.Errorf("the public key: got %v, want the key's", err)
	}
	if _, err := witness.CreateKey(path); err == nil || !strings.Contains(err.Error(), "never overwritten") {
		t.Errorf("made again: got %v, want refused", err)
	}
	for name, other := range map[string]string{"private": path + ".pub", "public": path} {
		_, errKey := witness.ReadKey(other)
		_, errPublic := witness.ReadPublicKey(other)
		if name == "private" && errKey == nil || name == "public" && errPublic == nil {
			t.Errorf("%s was read as a %s key", other, name)
		}
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := witness.ReadKey(path); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("a key that the group may read: got %v, want refused", err)
	}
}
