package vault

import "strings"

// fingerprintSize is the whole output of HMAC-SHA-256, in bytes.
const fingerprintSize = 32

// Fingerprint returns 32 bytes that are equal for equal product keys of one keyset and
// tell nothing without it. Space around the key and the case of ASCII letters do not
// count, so that a key finds itself however it was typed.
func (v *Vault) Fingerprint(key string) []byte {
	sum, err := v.prf.ComputePrimaryPRF(normalised(key), fingerprintSize)
	if err != nil {
		panic("vault: a PRF that Open has tried fails: " + err.Error())
	}
	return sum
}

// normalised folds ASCII letters only: fingerprints are stored for good, and the case
// tables of Unicode change with its versions.
func normalised(key string) []byte {
	key = strings.TrimSpace(key)
	b := make([]byte, 0, 1+len(key))
	b = append(b, forFingerprint)
	for i := range len(key) {
		c := key[i]
		if 'a' <= c && c <= 'z' {
			c -= 'a' - 'A'
		}
		b = append(b, c)
	}
	return b
}
