package vault

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
)

// kekSize is the length of a key-encryption key in bytes.
const kekSize = 32

// maxFile is more than any keyset or KEK file holds, in bytes.
const maxFile = 1 << 20

// NewKEK returns a random key-encryption key of 32 bytes.
func NewKEK() ([]byte, error) {
	kek := make([]byte, kekSize)
	if _, err := rand.Read(kek); err != nil {
		return nil, fmt.Errorf("make KEK: %w", err)
	}
	return kek, nil
}

// ReadKEK returns the 32 bytes that a file holds as base64 text. It refuses a file that
// the group or others can touch. Its errors are sentences for whoever runs Keyhall.
func ReadKEK(path string) ([]byte, error) {
	text, mode, err := readFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, problem{err, fmt.Sprintf("the KEK file %s does not exist: make one with `keyhall keyset create`, or restore it if there are sealed keys already", path)}
	}
	if err != nil {
		return nil, unreadable("KEK", path, err)
	}
	if mode.Perm()&0o077 != 0 {
		return nil, problem{fs.ErrPermission, fmt.Sprintf("the KEK file %s is open to other users (mode %04o): run chmod 600 on it", path, mode.Perm())}
	}
	kek, err := base64.StdEncoding.Strict().DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(kek) != kekSize {
		return nil, problem{ErrWrongKEK, fmt.Sprintf("the KEK file %s does not hold %d bytes as base64 text: restore the one that `keyhall keyset create` made", path, kekSize)}
	}
	return kek, nil
}

// kekText is what ReadKEK reads.
func kekText(kek []byte) []byte {
	return append(base64.StdEncoding.AppendEncode(nil, kek), '\n')
}

// readFile returns a file's content and mode. The mode is asked of the open file: what
// is judged is what is read.
func readFile(path string) ([]byte, fs.FileMode, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return nil, 0, err
	}
	content, err := io.ReadAll(io.LimitReader(f, maxFile))
	return content, info.Mode(), err
}
