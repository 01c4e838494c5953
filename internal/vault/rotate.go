package vault

import (
	"errors"
	"fmt"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// errKeyLost never happens; should it, no file is touched.
var errKeyLost = errors.New("the new keyset would not hold every key of the old one")

// Rotate adds a key to a keyset, makes it the primary one, and returns the keyset's new
// text. What the other keys have sealed still opens; fingerprints stay the same. It fails
// with ErrWrongKEK or ErrNotKeyset.
func Rotate(text, kek []byte) ([]byte, error) {
	wrapper, err := wrapperFor(kek)
	if err != nil {
		return nil, err
	}
	return rotate(text, wrapper)
}

func rotate(text []byte, wrapper tink.AEAD) ([]byte, error) {
	before, err := unwrap(text, wrapper)
	if err != nil {
		return nil, err
	}
	manager := keyset.NewManagerFromHandle(before.aead)
	id, err := manager.Add(aead.AES256GCMKeyTemplate())
	if err == nil {
		err = manager.SetPrimary(id)
	}
	if err != nil {
		return nil, fmt.Errorf("add a sealing key: %w", err)
	}
	sealing, err := manager.Handle()
	if err != nil {
		return nil, fmt.Errorf("add a sealing key: %w", err)
	}
	return handles{aead: sealing, prf: before.prf}.kept(before, wrapper)
}

// rewrap returns the text of the same keyset wrapped by another KEK.
func rewrap(text []byte, wrapper, next tink.AEAD) ([]byte, error) {
	h, err := unwrap(text, wrapper)
	if err != nil {
		return nil, err
	}
	return h.kept(h, next)
}

// kept wraps a keyset, and opens it again to see that no key of before is missing.
func (h handles) kept(before handles, wrapper tink.AEAD) ([]byte, error) {
	text, err := h.wrap(wrapper)
	if err != nil {
		return nil, err
	}
	after, err := unwrap(text, wrapper)
	if err != nil {
		return nil, err
	}
	if !holds(after.aead, before.aead) || !holds(after.prf, before.prf) {
		return nil, errKeyLost
	}
	return text, nil
}

// holds reports whether a keyset has every key of another, usable.
func holds(after, before *keyset.Handle) bool {
	there := map[uint32]bool{}
	for i := range after.Len() {
		if e, err := after.Entry(i); err == nil && e.KeyStatus() == keyset.Enabled {
			there[e.KeyID()] = true
		}
	}
	for i := range before.Len() {
		if e, err := before.Entry(i); err != nil || !there[e.KeyID()] {
			return false
		}
	}
	return true
}
