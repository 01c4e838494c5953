package vault

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"testing"

	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"
)

func TestAWrongKEKOpensNothing(t *testing.T) {
	t.Parallel()
	text, kek := newKeyset(t)
	_, another := newKeyset(t)
	altered := slices.Clone(kek)
	altered[31] ^= 1
	for name, wrong := range map[string][]byte{"another's": another, "one bit off": altered} {
		v, err := Open(text, wrong)
		if !errors.Is(err, ErrWrongKEK) || v != nil {
			t.Errorf("Open with a KEK %s: got %v, %v, want ErrWrongKEK", name, v, err)
		}
	}
	for _, short := range [][]byte{nil, kek[:16], kek[:31], append(slices.Clone(kek), 0)} {
		if _, err := Open(text, short); err == nil {
			t.Errorf("Open with a KEK of %d bytes: got no error, want one", len(short))
		}
		if _, err := Create(short); err == nil {
			t.Errorf("Create with a KEK of %d bytes: got no error, want one", len(short))
		}
	}
}

func TestADamagedKeysetDoesNotOpen(t *testing.T) {
	t.Parallel()
	text, kek := newKeyset(t)
	var w wrapped
	if err := json.Unmarshal(text, &w); err != nil {
		t.Fatalf("Unmarshal: %v", err)
	}
	cases := []struct {
		name string
		text []byte
		want error
	}{
		{"an empty file", nil, ErrNotKeyset},
		{"half a file", text[:len(text)/2], ErrNotKeyset},
		{"other JSON", []byte(`{"name":"value"}`), ErrNotKeyset},
		{"a format from the future", marshal(t, wrapped{Format: 2, AEAD: w.AEAD, PRF: w.PRF}), ErrNotKeyset},
		{"a part that is no keyset", marshal(t, wrapped{Format: 1, AEAD: w.AEAD, PRF: []byte(`[]`)}), ErrNotKeyset},
		{"a part that is missing", marshal(t, wrapped{Format: 1, AEAD: w.AEAD, PRF: []byte(`{}`)}), ErrWrongKEK},
		{"parts that changed places", marshal(t, wrapped{Format: 1, AEAD: w.PRF, PRF: w.AEAD}), ErrWrongKEK},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if v, err := Open(c.text, kek); !errors.Is(err, c.want) || v != nil {
				t.Errorf("Open: got %v, %v, want %v", v, err, c.want)
			}
		})
	}
}

// S-59: the text of a keyset holds its keys encrypted only.
func TestAKeysetTextShowsNoKey(t *testing.T) {
	t.Parallel()
	text, kek := newKeyset(t)
	shown := secretsShown(t, text, kek, string(text))
	if len(shown) != 0 {
		t.Errorf("the keyset's text holds %v in clear", shown)
	}
}

func TestTwoKeysetsHaveNothingInCommon(t *testing.T) {
	t.Parallel()
	one, other := newVault(t), newVault(t)
	if bytes.Equal(one.Fingerprint(setupKey), other.Fingerprint(setupKey)) {
		t.Error("Fingerprint: got the same from two keysets, want two")
	}
	if _, err := other.Unseal(seal(t, one, setupKey, here), here); !errors.Is(err, ErrTampered) {
		t.Errorf("Unseal by another keyset: got %v, want ErrTampered", err)
	}
}

// With a new primary key, what was sealed before still opens, new values carry the
// new key's id, fingerprints stay, and who has the old keyset only opens no new value.
func TestARotatedKeysetOpensWhatWasSealedBefore(t *testing.T) {
	t.Parallel()
	text, kek := newKeyset(t)
	before, err := Open(text, kek)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	old := seal(t, before, setupKey, here)

	rotated, err := Rotate(text, kek)
	if err != nil {
		t.Fatalf("Rotate: %v", err)
	}
	after, err := Open(rotated, kek)
	if err != nil {
		t.Fatalf("Open after rotation: %v", err)
	}
	if got, err := after.Unseal(old, here); err != nil || got != setupKey {
		t.Errorf("Unseal of an old value: got %q, %v, want the key", got, err)
	}
	fresh := seal(t, after, setupKey, here)
	if bytes.Equal(fresh[:5], old[:5]) {
		t.Error("key id of a new value: got the old key's, want the new primary's")
	}
	if got, err := after.Unseal(fresh, here); err != nil || got != setupKey {
		t.Errorf("Unseal of a new value: got %q, %v, want the key", got, err)
	}
	if _, err := before.Unseal(fresh, here); !errors.Is(err, ErrTampered) {
		t.Errorf("Unseal of a new value by the old keyset: got %v, want ErrTampered", err)
	}
	if !bytes.Equal(before.Fingerprint(setupKey), after.Fingerprint(setupKey)) {
		t.Error("Fingerprint after rotation: got another one, want the same")
	}
}

// A KEK can be changed without touching any sealed value.
func TestAKeysetWrappedByANewKEKIsTheSameKeyset(t *testing.T) {
	t.Parallel()
	text, kek := newKeyset(t)
	v, err := Open(text, kek)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	_, newKEK := newKeyset(t)
	again, err := rewrap(text, by(t, kek), by(t, newKEK))
	if err != nil {
		t.Fatalf("rewrap: %v", err)
	}
	if _, err := Open(again, kek); !errors.Is(err, ErrWrongKEK) {
		t.Errorf("Open with the old KEK: got %v, want ErrWrongKEK", err)
	}
	same, err := Open(again, newKEK)
	if err != nil {
		t.Fatalf("Open with the new KEK: %v", err)
	}
	if got, err := same.Unseal(seal(t, v, setupKey, here), here); err != nil || got != setupKey {
		t.Errorf("Unseal: got %q, %v, want the key", got, err)
	}
}

func marshal(t *testing.T, w wrapped) []byte {
	t.Helper()
	text, err := json.Marshal(w)
	if err != nil {
		t.Fatalf("Marshal: %v", err)
	}
	return text
}

func by(t *testing.T, kek []byte) tink.AEAD {
	t.Helper()
	wrapper, err := wrapperFor(kek)
	if err != nil {
		t.Fatal(err)
	}
	return wrapper
}

// S-55: a keyset that nothing wraps is none, whatever else it holds.
func TestAKeysetInClearIsRefused(t *testing.T) {
	t.Parallel()
	text, kek := newKeyset(t)
	h, err := unwrap(text, by(t, kek))
	if err != nil {
		t.Fatal(err)
	}
	var sealing, finding bytes.Buffer
	if err := insecurecleartextkeyset.Write(h.aead, keyset.NewJSONWriter(&sealing)); err != nil {
		t.Fatal(err)
	}
	if err := insecurecleartextkeyset.Write(h.prf, keyset.NewJSONWriter(&finding)); err != nil {
		t.Fatal(err)
	}
	for name, w := range map[string]wrapped{
		"both parts":         {Format: keysetFormat, AEAD: sealing.Bytes(), PRF: finding.Bytes()},
		"what seals":         {Format: keysetFormat, AEAD: sealing.Bytes(), PRF: partOf(t, text).PRF},
		"what fingerprints":  {Format: keysetFormat, AEAD: partOf(t, text).AEAD, PRF: finding.Bytes()},
		"a keyset of Tink's": {},
	} {
		spoiled := marshal(t, w)
		if name == "a keyset of Tink's" {
			spoiled = sealing.Bytes()
		}
		if v, err := Open(spoiled, kek); v != nil || !errors.Is(err, ErrNotKeyset) && !errors.Is(err, ErrWrongKEK) {
			t.Errorf("%s in clear: got %v, want it refused", name, err)
		}
	}
}

func partOf(t *testing.T, text []byte) (w wrapped) {
	t.Helper()
	if err := json.Unmarshal(text, &w); err != nil {
		t.Fatal(err)
	}
	return w
}
