package vault

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// places draws any place, on both sides of zero.
func places() *rapid.Generator[Place] {
	return rapid.Custom(func(t *rapid.T) Place {
		p := Place{Version: rapid.Int().Draw(t, "version")}
		copy(p.Root[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "root"))
		copy(p.Key[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "key"))
		return p
	})
}

// keys draws keys of five groups that all begin with DEMO1.
func keys() *rapid.Generator[string] {
	return rapid.StringMatching(`DEMO1(-[2-9A-HJ-NP-TV-Z]{5}){4}`)
}

// S-55: whatever is sealed comes back byte for byte, in its place.
func TestWhateverIsSealedComesBack(t *testing.T) {
	t.Parallel()
	v := newVault(t)
	rapid.Check(t, func(t *rapid.T) {
		value, at := rapid.String().Draw(t, "value"), places().Draw(t, "place")
		sealed, err := v.Seal(value, at)
		if err != nil {
			t.Fatalf("Seal: %v", err)
		}
		if got, err := v.Unseal(sealed, at); err != nil || got != value {
			t.Fatalf("Unseal: got %q, %v, want %q", got, err, value)
		}
	})
}

// S-55: no two places have the same associated data.
func TestAnotherPlaceNeverOpens(t *testing.T) {
	t.Parallel()
	v := newVault(t)
	rapid.Check(t, func(t *rapid.T) {
		at := places().Draw(t, "place")
		other := places().Filter(func(p Place) bool { return p != at }).Draw(t, "other")
		sealed, err := v.Seal(setupKey, at)
		if err != nil {
			t.Fatalf("Seal: %v", err)
		}
		if _, err := v.Unseal(sealed, other); !errors.Is(err, ErrTampered) {
			t.Fatalf("Unseal in another place: got %v, want ErrTampered", err)
		}
	})
}

// S-55, S-59: one bit changed anywhere, or an end cut off, and nothing opens; the error
// tells nothing of the key.
func TestAnAlteredValueNeverOpens(t *testing.T) {
	t.Parallel()
	v := newVault(t)
	rapid.Check(t, func(t *rapid.T) {
		key := keys().Draw(t, "key")
		sealed, err := v.Seal(key, here)
		if err != nil {
			t.Fatalf("Seal: %v", err)
		}
		at := rapid.IntRange(0, len(sealed)-1).Draw(t, "byte")
		altered := sealed[:at]
		if rapid.Bool().Draw(t, "flip") {
			altered = bytes.Clone(sealed)
			altered[at] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		}
		got, err := v.Unseal(altered, here)
		if !errors.Is(err, ErrTampered) || got != "" {
			t.Fatalf("Unseal: got %q, %v, want nothing and ErrTampered", got, err)
		}
		for _, group := range strings.Split(key, "-") {
			if strings.Contains(err.Error(), group) {
				t.Fatalf("error %q holds a group of the key", err)
			}
		}
	})
}

func TestOpaqueValuesComeBackInTheirContextOnly(t *testing.T) {
	t.Parallel()
	v := newVault(t)
	rapid.Check(t, func(t *rapid.T) {
		plain := rapid.SliceOf(rapid.Byte()).Draw(t, "plain")
		context := rapid.SliceOf(rapid.Byte()).Draw(t, "context")
		sealed, err := v.SealBytes(plain, context)
		if err != nil {
			t.Fatalf("SealBytes: %v", err)
		}
		if got, err := v.OpenBytes(sealed, context); err != nil || !bytes.Equal(got, plain) {
			t.Fatalf("OpenBytes: got %x, %v, want %x", got, err, plain)
		}
		if _, err := v.OpenBytes(sealed, append(context, 0)); !errors.Is(err, ErrTampered) {
			t.Fatalf("OpenBytes in a longer context: got %v, want ErrTampered", err)
		}
	})
}

func TestFingerprintsAreEqualForEqualKeysOnly(t *testing.T) {
	t.Parallel()
	v := newVault(t)
	rapid.Check(t, func(t *rapid.T) {
		one, other := keys().Draw(t, "one"), keys().Draw(t, "other")
		found := v.Fingerprint(one)
		if len(found) != 32 {
			t.Fatalf("length of a fingerprint: got %d, want 32", len(found))
		}
		space := rapid.StringMatching(`[ \t\r\n\x{00A0}]{0,3}`)
		typed := space.Draw(t, "before") + strings.ToLower(one) + space.Draw(t, "after")
		if !bytes.Equal(v.Fingerprint(typed), found) {
			t.Fatalf("Fingerprint of %q: got another one than of %q", typed, one)
		}
		if got, want := bytes.Equal(v.Fingerprint(other), found), one == other; got != want {
			t.Fatalf("equal fingerprints of %q and %q: got %v, want %v", one, other, got, want)
		}
	})
}
