package vault

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// S-56: what any key of the keyset has sealed opens after it was rotated, product keys
// and other values; new values begin with the new key's prefix.
func TestARotatedFileOpensWhatWasSealedBefore(t *testing.T) {
	t.Parallel()
	keysetPath, kekPath := newFiles(t)
	first := load(t, keysetPath, kekPath)
	sealed := [][]byte{seal(t, first, setupKey, here)}
	token, err := first.SealBytes([]byte("an ID token"), []byte("session"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(sealed[0], first.Prefix()) {
		t.Errorf("a sealed value begins with %x, want %x", sealed[0][:5], first.Prefix())
	}
	for range 2 {
		if err := RotateFile(keysetPath, InFile(kekPath)); err != nil {
			t.Fatalf("RotateFile: %v", err)
		}
		v := load(t, keysetPath, kekPath)
		sealed = append(sealed, seal(t, v, setupKey, here))
		for i, s := range sealed {
			if got, err := v.Unseal(s, here); err != nil || got != setupKey {
				t.Errorf("value %d of %d: got %q, %v, want the key", i+1, len(sealed), got, err)
			}
			if fresh := i == len(sealed)-1; bytes.HasPrefix(s, v.Prefix()) != fresh {
				t.Errorf("value %d of %d: sealed by the primary key %v, want %v", i+1, len(sealed), !fresh, fresh)
			}
		}
		if got, err := v.OpenBytes(token, []byte("session")); err != nil || string(got) != "an ID token" {
			t.Errorf("another value: got %q, %v, want it", got, err)
		}
		if !bytes.Equal(v.Fingerprint(setupKey), first.Fingerprint(setupKey)) {
			t.Error("the fingerprint changed")
		}
	}
	if got := names(t, filepath.Dir(kekPath)); got != "kek keyset.json" {
		t.Errorf("files in the folder: got %s, want kek and keyset.json alone", got)
	}
}

func load(t *testing.T, keysetPath, kekPath string) *Vault {
	t.Helper()
	v, err := LoadFiles(keysetPath, kekPath)
	if err != nil {
		t.Fatalf("LoadFiles: %v", err)
	}
	return v
}

// Of several at once each adds its key: none is lost.
func TestRotationsAtOnceLoseNoKey(t *testing.T) {
	t.Parallel()
	keysetPath, kekPath := newFiles(t)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if err := RotateFile(keysetPath, InFile(kekPath)); err != nil {
				t.Errorf("RotateFile: %v", err)
			}
		})
	}
	all.Wait()
	text, err := os.ReadFile(keysetPath)
	if err != nil {
		t.Fatal(err)
	}
	kek, err := ReadKEK(kekPath)
	if err != nil {
		t.Fatal(err)
	}
	h, err := unwrap(text, by(t, kek))
	if err != nil || h.aead.Len() != 9 {
		t.Errorf("keys after eight rotations: got %d, %v, want 9", h.aead.Len(), err)
	}
}

// S-56: under a new KEK it is the same keyset, the old one opens it no more, and to do it
// again after it was cut short goes on where it was.
func TestANewKEKAloneOpensTheKeyset(t *testing.T) {
	t.Parallel()
	keysetPath, kekPath := newFiles(t)
	next := filepath.Join(filepath.Dir(kekPath), "kek2")
	sealed := seal(t, load(t, keysetPath, kekPath), setupKey, here)
	kek, err := NewKEK()
	if err != nil {
		t.Fatal(err)
	}
	write(t, next, string(kekText(kek)), 0o600) // as if killed between the two files
	if err := RewrapFile(keysetPath, InFile(kekPath), InFile(next)); err != nil {
		t.Fatalf("RewrapFile: %v", err)
	}
	if got, err := load(t, keysetPath, next).Unseal(sealed, here); err != nil || got != setupKey {
		t.Errorf("Unseal: got %q, %v, want the key", got, err)
	}
	_, err = LoadFiles(keysetPath, kekPath)
	checkSentence(t, err, ErrWrongKEK, kekPath, "does not open the keyset file")
	other := filepath.Join(filepath.Dir(kekPath), "kek3")
	checkSentence(t, RewrapFile(keysetPath, InFile(kekPath), InFile(other)), ErrWrongKEK, kekPath, "does not open the keyset file")
	if _, err := os.Stat(other); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a KEK was made that opens nothing: %v", err)
	}
	if err := RewrapFile(keysetPath, InFile(next), InFile(other)); err != nil {
		t.Errorf("a KEK where there was no file: %v", err)
	}
	if got, err := load(t, keysetPath, other).Unseal(sealed, here); err != nil || got != setupKey {
		t.Errorf("Unseal with the third KEK: got %q, %v, want the key", got, err)
	}
}

// A keyset that can't be opened is left as it is.
func TestAKeysetThatDoesNotOpenIsNotRotated(t *testing.T) {
	t.Parallel()
	keysetPath, kekPath := newFiles(t)
	before, err := os.ReadFile(keysetPath)
	if err != nil {
		t.Fatal(err)
	}
	replaceKEK(t, kekPath)
	checkSentence(t, RotateFile(keysetPath, InFile(kekPath)), ErrWrongKEK, kekPath, "does not open the keyset file")
	if after, _ := os.ReadFile(keysetPath); !bytes.Equal(before, after) {
		t.Error("the keyset's file changed")
	}
	remove(t, keysetPath)
	checkSentence(t, RotateFile(keysetPath, InFile(kekPath)), os.ErrNotExist, keysetPath, "does not exist")
}

// A file keeps its mode, and a link to it stays a link.
func TestARotatedFileStaysWhereAndWhatItWas(t *testing.T) {
	t.Parallel()
	keysetPath, kekPath := newFiles(t)
	chmod(t, keysetPath, 0o640)
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(keysetPath, link); err != nil {
		t.Fatal(err)
	}
	if err := RotateFile(link, InFile(kekPath)); err != nil {
		t.Fatalf("RotateFile: %v", err)
	}
	if info, err := os.Stat(keysetPath); err != nil || info.Mode() != 0o640 {
		t.Errorf("mode: got %v, %v, want -rw-r-----", info.Mode(), err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link: got %v, %v, want a link", info.Mode(), err)
	}
}
