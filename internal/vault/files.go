package vault

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// LoadFiles makes a vault from a keyset file and a KEK file. Its errors are sentences
// for whoever runs Keyhall, naming the path and what to do; two bad files give two,
// joined, one a line.
func LoadFiles(keysetPath, kekPath string) (*Vault, error) {
	text, badKeyset := readKeyset(keysetPath)
	kek, badKEK := ReadKEK(kekPath)
	if err := errors.Join(badKeyset, badKEK); err != nil {
		return nil, err
	}
	v, err := Open(text, kek)
	return v, unopened(err, keysetPath, kekPath)
}

// unopened makes a sentence of why a keyset does not open.
func unopened(err error, keysetPath, kekPath string) error {
	switch {
	case errors.Is(err, ErrWrongKEK):
		return problem{err, fmt.Sprintf("the KEK file %s does not open the keyset file %s: restore the two that belong together", kekPath, keysetPath)}
	case err != nil:
		return problem{err, fmt.Sprintf("the keyset file %s is damaged or not a keyset of Keyhall: restore the one that `keyhall keyset create` made", keysetPath)}
	}
	return nil
}

func readKeyset(path string) ([]byte, error) {
	text, _, err := readFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, problem{err, fmt.Sprintf("the keyset file %s does not exist: make one with `keyhall keyset create`, or restore it if there are sealed keys already", path)}
	}
	if err != nil {
		return nil, unreadable("keyset", path, err)
	}
	return text, nil
}

// CreateFiles makes a new KEK and a new keyset wrapped by it, each in a file that its
// owner alone can read. A file appears whole or not at all, and none is ever
// overwritten: that would lose every sealed key. On an error neither file is left behind
// by this call.
func CreateFiles(keysetPath, kekPath string) error {
	if filepath.Clean(keysetPath) == filepath.Clean(kekPath) {
		return fmt.Errorf("the keyset and its KEK cannot share the file %s: name two files, better still on two disks", keysetPath)
	}
	kek, err := NewKEK()
	if err != nil {
		return err
	}
	text, err := Create(kek)
	if err != nil {
		return err
	}
	// The KEK goes first: a crash in between leaves a KEK without a keyset, which opens
	// nothing, never a keyset that nothing opens.
	if err := writeNew("KEK", kekPath, kekText(kek)); err != nil {
		return err
	}
	if err := writeNew("keyset", keysetPath, text); err != nil {
		return errors.Join(err, os.Remove(kekPath))
	}
	return nil
}

// writeNew writes a file beside its place and links it there: unlike a rename, a link
// fails when the place is taken.
func writeNew(what, path string, content []byte) error {
	temporary, err := writeTemporary(filepath.Dir(path), content)
	if err != nil {
		return unwritable(what, path, err)
	}
	defer func() { _ = os.Remove(temporary) }()
	err = os.Link(temporary, path)
	if errors.Is(err, fs.ErrExist) {
		return problem{err, fmt.Sprintf("the %s file %s exists and is never overwritten: name another path, or move it away if no sealed key needs it", what, path)}
	}
	if err != nil {
		return unwritable(what, path, err)
	}
	if err := syncFolder(filepath.Dir(path)); err != nil {
		return errors.Join(unwritable(what, path, err), os.Remove(path))
	}
	return nil
}

// writeTemporary writes a file of mode 0600 to the disk itself and returns its path.
func writeTemporary(folder string, content []byte) (string, error) {
	f, err := os.CreateTemp(folder, ".keyhall-*")
	if err != nil {
		return "", err
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), nil
}

// syncFolder makes a new name in a folder outlive a power cut.
func syncFolder(folder string) error {
	f, err := os.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
