package vault

import (
	"bytes"
	"encoding/binary"
	"errors"
	"sync"
	"testing"

	"github.com/tink-crypto/tink-go/v2/aead/aesgcm"
)

const (
	setupKey = "DEMO1-7QK2M-HV3CR-9PWXT-T6J2K"
	hostKey  = "DEMO2-B4XWP-6MR9T-JQ2HC-X4T9B"
)

// here is a place like any other.
var here = Place{Root: [16]byte{1}, Key: [16]byte{2}, Version: 3}

// newVault returns a vault with a keyset of its own.
func newVault(t testing.TB) *Vault {
	t.Helper()
	text, kek := newKeyset(t)
	v, err := Open(text, kek)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	return v
}

func newKeyset(t testing.TB) (text, kek []byte) {
	t.Helper()
	kek, err := NewKEK()
	if err != nil {
		t.Fatalf("NewKEK: %v", err)
	}
	text, err = Create(kek)
	if err != nil {
		t.Fatalf("Create: %v", err)
	}
	return text, kek
}

func seal(t testing.TB, v *Vault, key string, at Place) []byte {
	t.Helper()
	sealed, err := v.Seal(key, at)
	if err != nil {
		t.Fatalf("Seal: %v", err)
	}
	return sealed
}

// S-55: what is sealed for one root organisation, key and version opens nowhere else.
func TestASealedKeyOpensInItsPlaceOnly(t *testing.T) {
	t.Parallel()
	v := newVault(t)
	sealed := seal(t, v, setupKey, here)
	if got, err := v.Unseal(sealed, here); err != nil || got != setupKey {
		t.Fatalf("Unseal in its place: got %q, %v, want the key", got, err)
	}

	elsewhere := map[string]Place{
		"of another family":                      {Root: [16]byte{9}, Key: here.Key, Version: here.Version},
		"of another key":                         {Root: here.Root, Key: [16]byte{9}, Version: here.Version},
		"of the next version":                    {Root: here.Root, Key: here.Key, Version: here.Version + 1},
		"of the version before":                  {Root: here.Root, Key: here.Key, Version: here.Version - 1},
		"with root organisation and key swapped": {Root: here.Key, Key: here.Root, Version: here.Version},
		"that nobody filled in":                  {},
	}
	for name, place := range elsewhere {
		t.Run("a place "+name, func(t *testing.T) {
			t.Parallel()
			if got, err := v.Unseal(sealed, place); !errors.Is(err, ErrTampered) || got != "" {
				t.Errorf("Unseal: got %q, %v, want nothing and ErrTampered", got, err)
			}
		})
	}
}

// S-55: two rows' values exchanged are both refused.
func TestExchangedValuesDoNotOpen(t *testing.T) {
	t.Parallel()
	v := newVault(t)
	there := Place{Root: here.Root, Key: [16]byte{7}, Version: here.Version}
	one, other := seal(t, v, setupKey, here), seal(t, v, hostKey, there)
	if _, err := v.Unseal(other, here); !errors.Is(err, ErrTampered) {
		t.Errorf("Unseal of the second in the first's place: got %v, want ErrTampered", err)
	}
	if _, err := v.Unseal(one, there); !errors.Is(err, ErrTampered) {
		t.Errorf("Unseal of the first in the second's place: got %v, want ErrTampered", err)
	}
}

// S-55: the layout is key id, a nonce of 96 random bits, ciphertext, tag.
func TestASealedValueHasTheDocumentedLayout(t *testing.T) {
	t.Parallel()
	text, kek := newKeyset(t)
	h, err := unwrap(text, by(t, kek))
	if err != nil {
		t.Fatalf("unwrap: %v", err)
	}
	v, err := h.vault()
	if err != nil {
		t.Fatalf("vault: %v", err)
	}
	sealed := seal(t, v, setupKey, here)
	if got, want := len(sealed), 1+4+12+len(setupKey)+16; got != want {
		t.Errorf("length of a sealed key: got %d, want %d", got, want)
	}
	if sealed[0] != 1 {
		t.Errorf("first byte: got %d, want 1", sealed[0])
	}
	if got, want := binary.BigEndian.Uint32(sealed[1:5]), h.aead.KeysetInfo().GetPrimaryKeyId(); got != want {
		t.Errorf("key id: got %d, want the primary's %d", got, want)
	}
	nonces := map[string]bool{}
	for range 1000 {
		nonces[string(seal(t, v, setupKey, here)[5:17])] = true
	}
	if len(nonces) != 1000 {
		t.Errorf("1000 seals of one key: got %d different nonces, want 1000", len(nonces))
	}
}

// S-55: each key that seals, of a new keyset and of one that was rotated, is one of AES-256,
// as is the KEK around it.
func TestKeysThatSealHave256Bits(t *testing.T) {
	t.Parallel()
	text, kek := newKeyset(t)
	text, err := Rotate(text, kek)
	if err != nil {
		t.Fatal(err)
	}
	wrapper, err := wrapperFor(kek)
	if err != nil {
		t.Fatal(err)
	}
	h, err := unwrap(text, wrapper)
	if err != nil || h.aead.Len() != 2 || len(kek) != 32 {
		t.Fatalf("a rotated keyset: %v, %d keys under a KEK of %d bytes, want two under 32", err, h.aead.Len(), len(kek))
	}
	for i := range h.aead.Len() {
		entry, err := h.aead.Entry(i)
		if err != nil {
			t.Fatal(err)
		}
		if p, ok := entry.Key().Parameters().(*aesgcm.Parameters); !ok || p.KeySizeInBytes() != 32 || p.IVSizeInBytes() != 12 || p.TagSizeInBytes() != 16 {
			t.Errorf("key %d: got %+v, want AES-GCM with 32 bytes, a nonce of 12 and a tag of 16", i, entry.Key().Parameters())
		}
	}
}

// S-55: a process stops sealing long before it alone has worn out the key, and still
// opens. What earlier runs and other instances sealed is not counted here.
func TestAWornOutKeySealsNoMore(t *testing.T) {
	t.Parallel()
	v := newVault(t)
	v.seals.Store(maxSeals - 1)
	sealed := seal(t, v, setupKey, here)
	if _, err := v.Seal(setupKey, here); !errors.Is(err, ErrWornOut) {
		t.Errorf("one Seal too many: got %v, want ErrWornOut", err)
	}
	if _, err := v.SealBytes([]byte("opaque"), nil); !errors.Is(err, ErrWornOut) {
		t.Errorf("one SealBytes too many: got %v, want ErrWornOut", err)
	}
	if _, err := v.Unseal(sealed, here); err != nil {
		t.Errorf("Unseal afterwards: got %v, want the key", err)
	}
	if maxSeals >= 1<<32 {
		t.Errorf("maxSeals: got %d, want fewer than 2^32", uint64(maxSeals))
	}
}

func TestAppendUnsealKeepsWhatIsThere(t *testing.T) {
	t.Parallel()
	v := newVault(t)
	sealed := seal(t, v, setupKey, here)
	line := []byte("Setup Key\t")
	got, err := v.AppendUnseal(line, sealed, here)
	if err != nil || string(got) != "Setup Key\t"+setupKey {
		t.Errorf("AppendUnseal: got %q, %v, want the line with the key", got, err)
	}
	got, err = v.AppendUnseal(line, sealed, Place{})
	if !errors.Is(err, ErrTampered) || string(got) != "Setup Key\t" {
		t.Errorf("AppendUnseal in a wrong place: got %q, %v, want the line alone and ErrTampered", got, err)
	}
}

// S-55: keys and opaque values share a keyset and never pass for one another.
func TestBytesAndKeysDoNotOpenAsEachOther(t *testing.T) {
	t.Parallel()
	v := newVault(t)
	place := here.associated()
	for name, context := range map[string][]byte{"whole": place, "without its purpose": place[1:], "empty": nil} {
		opaque, err := v.SealBytes([]byte(setupKey), context)
		if err != nil {
			t.Fatalf("SealBytes: %v", err)
		}
		if _, err := v.Unseal(opaque, here); !errors.Is(err, ErrTampered) {
			t.Errorf("Unseal of bytes whose context is a place, %s: got %v, want ErrTampered", name, err)
		}
		if _, err := v.OpenBytes(seal(t, v, setupKey, here), context); !errors.Is(err, ErrTampered) {
			t.Errorf("OpenBytes of a key with its place as context, %s: got %v, want ErrTampered", name, err)
		}
	}
}

// Run with -race.
func TestManyMayUseOneVaultAtOnce(t *testing.T) {
	t.Parallel()
	v := newVault(t)
	want := v.Fingerprint(setupKey)
	var wg sync.WaitGroup
	for n := range 16 {
		wg.Go(func() {
			at := Place{Root: [16]byte{byte(n)}, Version: n}
			for range 200 {
				sealed, err := v.Seal(setupKey, at)
				if err != nil {
					t.Errorf("Seal: %v", err)
					return
				}
				if got, err := v.Unseal(sealed, at); err != nil || got != setupKey {
					t.Errorf("Unseal: got %q, %v, want the key", got, err)
				}
				if !bytes.Equal(v.Fingerprint(setupKey), want) {
					t.Error("Fingerprint: got another one than before")
				}
			}
		})
	}
	wg.Wait()
	if got := v.seals.Load(); got != 16*200 {
		t.Errorf("seals counted: got %d, want %d", got, 16*200)
	}
}
