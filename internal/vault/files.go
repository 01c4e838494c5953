package vault

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// LoadFiles is Load with the KEK in a file.
func LoadFiles(keysetPath, kekPath string) (*Vault, error) { return Load(keysetPath, InFile(kekPath)) }

// Load makes a vault from a keyset file and its KEK. Its errors are sentences for whoever
// runs Keyhall, naming the place and what to do; two bad ones give two, joined, one a line.
func Load(keysetPath string, k Keeper) (*Vault, error) {
	text, badKeyset := readKeyset(keysetPath)
	wrapper, badKEK := k.open()
	if err := errors.Join(badKeyset, badKEK); err != nil {
		return nil, err
	}
	v, err := open(text, wrapper)
	return v, unopened(err, keysetPath, k)
}

// unopened makes a sentence of why a keyset does not open.
func unopened(err error, keysetPath string, k Keeper) error {
	switch {
	case errors.Is(err, ErrNoKEK):
		return err
	case errors.Is(err, ErrWrongKEK):
		return problem{err, fmt.Sprintf("%s does not open the keyset file %s: restore the two that belong together", k, keysetPath)}
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

// CreateUnder makes a new keyset wrapped by a KEK that is kept elsewhere, or as CreateFiles
// does.
func CreateUnder(keysetPath string, k Keeper) error {
	if f, ok := k.(inFile); ok {
		return CreateFiles(keysetPath, string(f))
	}
	wrapper, err := k.open()
	if err != nil {
		return err
	}
	text, err := create(wrapper)
	if err != nil {
		return err
	}
	return writeNew("keyset", keysetPath, text)
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
