package vault

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// newFiles makes a keyset file and a KEK file and returns their paths.
func newFiles(t *testing.T) (keysetPath, kekPath string) {
	t.Helper()
	folder := t.TempDir()
	keysetPath, kekPath = filepath.Join(folder, "keyset.json"), filepath.Join(folder, "kek")
	if err := CreateFiles(keysetPath, kekPath); err != nil {
		t.Fatalf("CreateFiles: %v", err)
	}
	return keysetPath, kekPath
}

func TestCreatedFilesLoad(t *testing.T) {
	t.Parallel()
	keysetPath, kekPath := newFiles(t)
	one, err := LoadFiles(keysetPath, kekPath)
	if err != nil {
		t.Fatalf("LoadFiles: %v", err)
	}
	again, err := LoadFiles(keysetPath, kekPath)
	if err != nil {
		t.Fatalf("LoadFiles again: %v", err)
	}
	if got, err := again.Unseal(seal(t, one, setupKey, here), here); err != nil || got != setupKey {
		t.Errorf("Unseal after a restart: got %q, %v, want the key", got, err)
	}
}

func TestCreatedFilesAreTheirOwnersOnly(t *testing.T) {
	t.Parallel()
	keysetPath, kekPath := newFiles(t)
	for _, path := range []string{keysetPath, kekPath} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatalf("Stat: %v", err)
		}
		if got := info.Mode(); got != 0o600 {
			t.Errorf("mode of %s: got %v, want -rw-------", filepath.Base(path), got)
		}
	}
	if got := names(t, filepath.Dir(kekPath)); got != "kek keyset.json" {
		t.Errorf("files in the folder: got %s, want kek and keyset.json alone", got)
	}
}

func TestNoFileIsEverOverwritten(t *testing.T) {
	t.Parallel()
	for _, taken := range []string{"kek", "keyset.json"} {
		t.Run("when there is a "+taken+" already", func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			path := filepath.Join(folder, taken)
			write(t, path, "precious", 0o600)
			err := CreateFiles(filepath.Join(folder, "keyset.json"), filepath.Join(folder, "kek"))
			checkSentence(t, err, fs.ErrExist, path, "never overwritten")
			if got, _ := os.ReadFile(path); string(got) != "precious" {
				t.Errorf("%s: got %q, want what it was", taken, got)
			}
			if got := names(t, folder); got != taken {
				t.Errorf("files in the folder: got %s, want %s alone", got, taken)
			}
		})
	}
	t.Run("when both names are the same", func(t *testing.T) {
		t.Parallel()
		folder := t.TempDir()
		path := filepath.Join(folder, "both")
		checkSentence(t, CreateFiles(path, folder+"/./both"), nil, path, "name two files")
		if got := names(t, folder); got != "" {
			t.Errorf("files in the folder: got %s, want none", got)
		}
	})
}

func TestFilesNeedAFolder(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	kekPath := filepath.Join(folder, "missing", "kek")
	err := CreateFiles(filepath.Join(folder, "keyset.json"), kekPath)
	checkSentence(t, err, fs.ErrNotExist, kekPath, "its folder must exist")
	err = CreateFiles(filepath.Join(folder, "missing", "keyset.json"), filepath.Join(folder, "kek"))
	checkSentence(t, err, fs.ErrNotExist, "keyset.json", "its folder must exist")
	if got := names(t, folder); got != "" {
		t.Errorf("files in the folder: got %s, want none", got)
	}
}

func TestEachFailureToLoadIsOnePlainSentence(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name  string
		spoil func(t *testing.T, keysetPath, kekPath string)
		cause error
		bad   string // the file that the sentence names
		says  string
	}{
		{"the keyset is missing", func(t *testing.T, keysetPath, _ string) { remove(t, keysetPath) }, fs.ErrNotExist, "keyset.json", "`keyhall keyset create`"},
		{"the KEK is missing", func(t *testing.T, _, kekPath string) { remove(t, kekPath) }, fs.ErrNotExist, "kek", "`keyhall keyset create`"},
		{"the group may read the KEK", func(t *testing.T, _, kekPath string) { chmod(t, kekPath, 0o640) }, fs.ErrPermission, "kek", "run chmod 600"},
		{"others may read the KEK", func(t *testing.T, _, kekPath string) { chmod(t, kekPath, 0o604) }, fs.ErrPermission, "kek", "run chmod 600"},
		{"the KEK is too short", func(t *testing.T, _, kekPath string) { write(t, kekPath, "c2hvcnQ=\n", 0o600) }, ErrWrongKEK, "kek", "32 bytes as base64"},
		{"the KEK is no base64", func(t *testing.T, _, kekPath string) { write(t, kekPath, "hush, hush!\n", 0o600) }, ErrWrongKEK, "kek", "32 bytes as base64"},
		{"the KEK is another's", func(t *testing.T, _, kekPath string) { replaceKEK(t, kekPath) }, ErrWrongKEK, "kek", "does not open the keyset file"},
		{"the keyset is cut short", func(t *testing.T, keysetPath, _ string) { write(t, keysetPath, "{", 0o600) }, ErrNotKeyset, "keyset.json", "damaged"},
		{"the keyset is a folder", func(t *testing.T, keysetPath, _ string) { becomeFolder(t, keysetPath) }, nil, "keyset.json", "cannot be read"},
		{"the KEK is a folder", func(t *testing.T, _, kekPath string) { becomeFolder(t, kekPath) }, nil, "kek", "cannot be read"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			keysetPath, kekPath := newFiles(t)
			c.spoil(t, keysetPath, kekPath)
			v, err := LoadFiles(keysetPath, kekPath)
			if v != nil {
				t.Error("LoadFiles: got a vault, want none")
			}
			checkSentence(t, err, c.cause, filepath.Join(filepath.Dir(kekPath), c.bad), c.says)
		})
	}
}

func TestTwoBadFilesGiveTwoSentences(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	_, err := LoadFiles(filepath.Join(folder, "keyset.json"), filepath.Join(folder, "kek"))
	if err == nil {
		t.Fatal("LoadFiles from nothing: got no error")
	}
	if got := strings.Count(err.Error(), "\n") + 1; got != 2 {
		t.Errorf("lines of the error: got %d (%v), want 2", got, err)
	}
}

// S-59: a KEK in a file with the wrong shape does not end up in the error.
func TestABadKEKIsNotInTheError(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "kek")
	write(t, path, "correct-horse-battery-staple", 0o600)
	_, err := ReadKEK(path)
	if err == nil || strings.Contains(err.Error(), "horse") {
		t.Errorf("ReadKEK: got %v, want an error without the content", err)
	}
}

func checkSentence(t *testing.T, err, cause error, path, says string) {
	t.Helper()
	if err == nil {
		t.Fatalf("got no error, want one that says %q", says)
	}
	if cause != nil && !errors.Is(err, cause) {
		t.Errorf("%q: not the error %v", err, cause)
	}
	for _, want := range []string{path, says} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q: does not say %q", err, want)
		}
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("%q: more than one line", err)
	}
}

func names(t *testing.T, folder string) string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatalf("ReadDir: %v", err)
	}
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return strings.Join(all, " ")
}

func write(t *testing.T, path, content string, mode fs.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), mode); err != nil {
		t.Fatalf("WriteFile: %v", err)
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatalf("Remove: %v", err)
	}
}

func chmod(t *testing.T, path string, mode fs.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatalf("Chmod: %v", err)
	}
}

func becomeFolder(t *testing.T, path string) {
	t.Helper()
	remove(t, path)
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatalf("Mkdir: %v", err)
	}
}

func replaceKEK(t *testing.T, path string) {
	t.Helper()
	kek, err := NewKEK()
	if err != nil {
		t.Fatalf("NewKEK: %v", err)
	}
	write(t, path, string(kekText(kek)), 0o600)
}
