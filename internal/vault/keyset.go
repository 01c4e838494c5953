package vault

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/aead/subtle"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/prf"
	"github.com/tink-crypto/tink-go/v2/tink"
)

var (
	// ErrWrongKEK says that a keyset was wrapped by another key-encryption key (KEK), or
	// that it was altered since: the two cannot be told apart.
	ErrWrongKEK = errors.New("the KEK does not open this keyset")
	// ErrNotKeyset says that something is not the text of a keyset.
	ErrNotKeyset = errors.New("this is not a keyset of Keyhall")
)

// keysetFormat is the version of the text that Create writes.
const keysetFormat = 1

// wrapped is the text of a keyset: two Tink keysets, each encrypted by the KEK. Beside
// the encrypted part Tink writes the ids and types of the keys in clear.
type wrapped struct {
	Format int             `json:"keyhall_keyset"`
	AEAD   json.RawMessage `json:"aead"` // seals
	PRF    json.RawMessage `json:"prf"`  // fingerprints
}

// Each part is bound to its role, so that the two cannot be exchanged.
var (
	aeadRole = []byte("keyhall keyset aead")
	prfRole  = []byte("keyhall keyset prf")
)

// handles is a keyset unwrapped.
type handles struct{ aead, prf *keyset.Handle }

// Create makes a keyset with one key to seal and one to fingerprint, and returns it as
// JSON text, wrapped by a KEK of 32 bytes.
func Create(kek []byte) ([]byte, error) {
	wrapper, err := wrapperFor(kek)
	if err != nil {
		return nil, err
	}
	return create(wrapper)
}

func create(wrapper tink.AEAD) ([]byte, error) {
	sealing, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("make sealing key: %w", err)
	}
	finding, err := keyset.NewHandle(prf.HMACSHA256PRFKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("make fingerprint key: %w", err)
	}
	return handles{aead: sealing, prf: finding}.wrap(wrapper)
}

// Open makes a vault from the text that Create returned and the same KEK. It fails with
// ErrWrongKEK or ErrNotKeyset.
func Open(text, kek []byte) (*Vault, error) {
	wrapper, err := wrapperFor(kek)
	if err != nil {
		return nil, err
	}
	return open(text, wrapper)
}

func open(text []byte, wrapper tink.AEAD) (*Vault, error) {
	h, err := unwrap(text, wrapper)
	if err != nil {
		return nil, err
	}
	return h.vault()
}

func (h handles) vault() (*Vault, error) {
	sealer, err := aead.New(h.aead)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotKeyset, err)
	}
	finder, err := prf.NewPRFSet(h.prf)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotKeyset, err)
	}
	if _, err := finder.ComputePrimaryPRF(nil, fingerprintSize); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotKeyset, err)
	}
	return &Vault{aead: sealer, prf: finder, primary: h.aead.KeysetInfo().PrimaryKeyId, seals: new(atomic.Uint64)}, nil
}

func (h handles) wrap(wrapper tink.AEAD) ([]byte, error) {
	var sealing, finding bytes.Buffer
	if err := h.aead.WriteWithAssociatedData(keyset.NewJSONWriter(&sealing), wrapper, aeadRole); err != nil {
		return nil, failure(wrapper, fmt.Errorf("wrap sealing key: %w", err))
	}
	if err := h.prf.WriteWithAssociatedData(keyset.NewJSONWriter(&finding), wrapper, prfRole); err != nil {
		return nil, failure(wrapper, fmt.Errorf("wrap fingerprint key: %w", err))
	}
	text, err := json.MarshalIndent(wrapped{Format: keysetFormat, AEAD: sealing.Bytes(), PRF: finding.Bytes()}, "", "  ")
	return append(text, '\n'), err
}

func unwrap(text []byte, wrapper tink.AEAD) (handles, error) {
	var w wrapped
	if err := json.Unmarshal(text, &w); err != nil || w.Format != keysetFormat {
		return handles{}, ErrNotKeyset
	}
	sealing, err := unwrapPart(w.AEAD, wrapper, aeadRole)
	if err != nil {
		return handles{}, err
	}
	finding, err := unwrapPart(w.PRF, wrapper, prfRole)
	return handles{aead: sealing, prf: finding}, err
}

func unwrapPart(text []byte, wrapper tink.AEAD, role []byte) (*keyset.Handle, error) {
	if _, err := keyset.NewJSONReader(bytes.NewReader(text)).ReadEncrypted(); err != nil {
		return nil, ErrNotKeyset
	}
	h, err := keyset.ReadWithAssociatedData(keyset.NewJSONReader(bytes.NewReader(text)), wrapper, role)
	if err != nil {
		return nil, failure(wrapper, ErrWrongKEK)
	}
	return h, nil
}

// wrapperFor wraps by the bytes of a KEK.
func wrapperFor(kek []byte) (tink.AEAD, error) {
	if len(kek) != kekSize {
		return nil, fmt.Errorf("a KEK has %d bytes, this one has %d", kekSize, len(kek))
	}
	return subtle.NewAESGCM(kek)
}
