package witness

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// CreateKey makes the key that signs checkpoints in a file that its owner alone can read,
// as PKCS #8 in PEM, and returns the public key as PEM. It never overwrites. Errors are
// sentences for whoever runs Keyhall.
func CreateKey(path string) (public []byte, err error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("the checkpoint key file %s exists and is never overwritten: name another path", path)
	}
	if err != nil {
		return nil, fmt.Errorf("the checkpoint key file can't be made: %w", err)
	}
	err = pem.Encode(f, &pem.Block{Type: "PRIVATE KEY", Bytes: der})
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, errors.Join(fmt.Errorf("the checkpoint key file can't be made: %w", err), os.Remove(path))
	}
	return publicText(key.Public().(ed25519.PublicKey))
}

func publicText(key ed25519.PublicKey) ([]byte, error) {
	der, err := x509.MarshalPKIXPublicKey(key)
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), err
}

// ReadKey reads what CreateKey wrote. It refuses a file that the group or others can
// touch. Errors are sentences for whoever runs Keyhall.
func ReadKey(path string) (ed25519.PrivateKey, error) {
	block, mode, err := readPEM(path, "PRIVATE KEY")
	if err != nil {
		return nil, fmt.Errorf("the checkpoint key file can't be read: %w", err)
	}
	if mode.Perm()&0o077 != 0 {
		return nil, fmt.Errorf("the checkpoint key file %s is open to other users (mode %04o): run chmod 600 on it", path, mode.Perm())
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block)
	key, ok := parsed.(ed25519.PrivateKey)
	if err != nil || !ok {
		return nil, fmt.Errorf("the checkpoint key file %s holds no Ed25519 key: make one with `keyhall audit key create`", path)
	}
	return key, nil
}

// ReadPublicKey reads the public key that CreateKey returned, from a file. Errors are
// sentences for whoever runs Keyhall.
func ReadPublicKey(path string) (ed25519.PublicKey, error) {
	block, _, err := readPEM(path, "PUBLIC KEY")
	if err != nil {
		return nil, fmt.Errorf("the public key can't be read: %w", err)
	}
	parsed, err := x509.ParsePKIXPublicKey(block)
	key, ok := parsed.(ed25519.PublicKey)
	if err != nil || !ok {
		return nil, fmt.Errorf("the file %s holds no public Ed25519 key: it is what `keyhall audit key create` printed", path)
	}
	return key, nil
}

func readPEM(path, kind string) ([]byte, fs.FileMode, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return nil, 0, err
	}
	text, err := io.ReadAll(io.LimitReader(f, 64<<10))
	if err != nil {
		return nil, 0, err
	}
	block, _ := pem.Decode(text)
	if block == nil || block.Type != kind {
		return nil, 0, fmt.Errorf("%s holds no %q in PEM", path, kind)
	}
	return block.Bytes, info.Mode(), nil
}

// idOf names a key in what it signs: half of the SHA-256 of the public key, in hex.
func idOf(key ed25519.PublicKey) string {
	sum := sha256.Sum256(key)
	return hex.EncodeToString(sum[:16])
}
