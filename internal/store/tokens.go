package store

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
)

// newToken makes a one-time token of 256 random bits, as it stands in an address, and what
// is kept of it.
func newToken() (token string, hash []byte) {
	bits := make([]byte, 32)
	_, _ = rand.Read(bits) // never fails: the program would end
	token = base64.RawURLEncoding.EncodeToString(bits)
	sum := sha256.Sum256([]byte(token))
	return token, sum[:]
}
