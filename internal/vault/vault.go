// Package vault seals product keys for rest, and fingerprints them so that a key can
// be found without opening any. Sealing is AES-256-GCM, fingerprints are HMAC-SHA-256;
// both come from Tink, whose keysets let the keys behind them be changed later.
//
// It is not where sealed values are kept, it does not decide who may open one, and it
// knows nothing of the portal: a product key is a string, a place is three numbers.
//
// A sealed value is
//
//	1 byte   0x01
//	4 bytes  id of the key that sealed it, big-endian
//	12 bytes random nonce
//	n bytes  as many as the plain value has
//	16 bytes tag
//
// so a key in five groups of five (29 bytes) takes 62. The id is what lets a keyset
// grow: values sealed by an older key stay open to everyone who holds the keyset.
package vault

import (
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"

	"github.com/tink-crypto/tink-go/v2/prf"
	"github.com/tink-crypto/tink-go/v2/tink"
)

var (
	// ErrTampered says that a sealed value was altered, swapped with another, belongs
	// to another place, or was sealed by a key that this keyset does not hold.
	ErrTampered = errors.New("the sealed value is not the one that was sealed in this place")
	// ErrWornOut says that this process has sealed as much as one may with one key:
	// the keyset needs a new primary key.
	ErrWornOut = errors.New("the keyset's primary key has sealed as many values as it may: add a new primary key")
)

// sealedFormat is the first byte of a sealed value.
const sealedFormat = 1

// maxSeals is how many values one process seals. Random nonces are safe for fewer than
// 2^32 values of one key; a process can only count its own, and takes a quarter at most.
// Earlier runs and other instances are not counted: change the key in good time.
const maxSeals = 1 << 30

// Vault seals, opens and fingerprints. Make one with Open or LoadFiles and keep it: all
// methods are safe for concurrent use, and opening a new one takes as long as a hundred
// values. No format verb prints what is inside.
type Vault struct {
	aead    tink.AEAD
	prf     *prf.Set
	primary uint32         // id of the key that seals
	seals   *atomic.Uint64 // how many values this process has sealed
}

// Seal encrypts a product key, byte for byte as given, for one place. Two seals of the
// same key differ. The only error is ErrWornOut.
func (v *Vault) Seal(key string, at Place) ([]byte, error) {
	return v.seal([]byte(key), at.associated())
}

// Unseal returns the product key that Seal was given for that place, or ErrTampered.
func (v *Vault) Unseal(sealed []byte, at Place) (string, error) {
	key, err := v.open(sealed, at.associated())
	return string(key), err
}

// AppendUnseal appends the product key to dst: Unseal for exports, without a string for
// each key. With ErrTampered it returns dst as it was.
func (v *Vault) AppendUnseal(dst, sealed []byte, at Place) ([]byte, error) {
	key, err := v.open(sealed, at.associated())
	return append(dst, key...), err
}

// SealBytes encrypts a small opaque value, such as a session's ID token. The context
// says what it belongs to and is not stored: OpenBytes needs the same one. The only
// error is ErrWornOut.
func (v *Vault) SealBytes(plain, context []byte) ([]byte, error) {
	return v.seal(plain, associatedBytes(context))
}

// OpenBytes returns what SealBytes was given with that context, or ErrTampered. A
// sealed product key does not open with any context.
func (v *Vault) OpenBytes(sealed, context []byte) ([]byte, error) {
	return v.open(sealed, associatedBytes(context))
}

// Primary is the id of the key that seals; the others of the keyset only open.
func (v *Vault) Primary() uint32 { return v.primary }

// Prefix returns the five bytes that every value begins with that this keyset's primary
// key has sealed: what begins otherwise, another key has.
func (v *Vault) Prefix() []byte {
	return binary.BigEndian.AppendUint32([]byte{sealedFormat}, v.primary)
}

func (v *Vault) seal(plain, associated []byte) ([]byte, error) {
	if v.seals.Add(1) > maxSeals {
		return nil, ErrWornOut
	}
	return v.aead.Encrypt(plain, associated)
}

// open hides Tink's reason: which check failed is nobody's business.
func (v *Vault) open(sealed, associated []byte) ([]byte, error) {
	plain, err := v.aead.Decrypt(sealed, associated)
	if err != nil {
		return nil, ErrTampered
	}
	return plain, nil
}

// Format prints the word vault for every verb, so that a struct with a Vault inside can
// be printed.
func (v Vault) Format(w fmt.State, _ rune) { _, _ = w.Write([]byte("vault")) }

// LogValue is the word vault.
func (v Vault) LogValue() slog.Value { return slog.StringValue("vault") }
