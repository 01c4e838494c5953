package vault

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// RotateFile adds a new primary key to the keyset of a file. The file changes at once
// or not at all, and keeps its owner and mode; the keyset in it keeps every key it had.
// Errors are sentences, as of Load.
func RotateFile(keysetPath string, k Keeper) error {
	return replaceKeyset(keysetPath, func(text []byte) ([]byte, error) {
		wrapper, err := k.open()
		if err != nil {
			return nil, err
		}
		rotated, err := rotate(text, wrapper)
		return rotated, unopened(err, keysetPath, k)
	})
}

// RewrapFile lets another KEK alone open the keyset of a file, and makes that KEK where it
// is to be in a file that is not there. The KEK before is not touched: it opens older
// copies of the keyset. Where the new file is there already, as it is when this was cut
// short, its KEK is taken. Errors are sentences, as of Load.
func RewrapFile(keysetPath string, k, next Keeper) error {
	return replaceKeyset(keysetPath, func(text []byte) ([]byte, error) {
		wrapper, err := k.open()
		if err != nil {
			return nil, err
		}
		if _, err := unwrap(text, wrapper); err != nil {
			return nil, unopened(err, keysetPath, k)
		}
		if err := next.prepare(keysetPath); err != nil {
			return nil, err
		}
		nextWrapper, err := next.open()
		if err != nil {
			return nil, err
		}
		return rewrap(text, wrapper, nextWrapper)
	})
}

// replaceKeyset puts another text in the place of a keyset's. One at a time may: of two
// at once, the second would take away the key that the first has added.
func replaceKeyset(path string, change func(text []byte) ([]byte, error)) error {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real // a link stays one
	}
	lock, err := lockFolder(filepath.Dir(path))
	if err != nil {
		return unwritable("keyset", path, err)
	}
	defer func() { _ = lock.Close() }() // and so let go
	text, err := readKeyset(path)
	if err != nil {
		return err
	}
	text, err = change(text)
	if err != nil {
		return err
	}
	if err := replace(path, text); err != nil {
		return unwritable("keyset", path, err)
	}
	return nil
}

func lockFolder(folder string) (*os.File, error) {
	f, err := os.Open(folder)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		return nil, errors.Join(fmt.Errorf("lock: %w", err), f.Close())
	}
	return f, nil
}

// replace writes a file beside another, gives it that one's owner and mode, and puts it
// in its place: whoever opens the place finds the old file or the new one, whole.
func replace(path string, content []byte) error {
	temporary, err := writeTemporary(filepath.Dir(path), content)
	if err != nil {
		return err
	}
	if err = likeFile(temporary, path); err == nil {
		err = os.Rename(temporary, path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temporary))
	}
	return syncFolder(filepath.Dir(path))
}

// likeFile gives a file the owner and mode of another: the program that serves may run
// as somebody else than whoever looks after its keyset.
func likeFile(path, other string) error {
	info, err := os.Stat(other)
	if err != nil {
		return err
	}
	if owner, ok := info.Sys().(*syscall.Stat_t); ok {
		if err := os.Chown(path, int(owner.Uid), int(owner.Gid)); err != nil {
			return err
		}
	}
	return os.Chmod(path, info.Mode().Perm())
}
