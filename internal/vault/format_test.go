package vault

import (
	"bytes"
	"encoding/hex"
	"testing"
)

// What a released Keyhall has sealed must open for good: these were made by the first.
func TestTheStoredFormatStays(t *testing.T) {
	t.Parallel()
	v, err := Open([]byte(firstKeyset), bytes.Repeat([]byte{'k'}, 32))
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	if got, err := v.Unseal(fromHex(t, firstSealed), here); err != nil || got != setupKey {
		t.Errorf("Unseal: got %q, %v, want %q", got, err, setupKey)
	}
	if got, err := v.OpenBytes(fromHex(t, firstBytes), []byte("session")); err != nil || string(got) != "opaque" {
		t.Errorf("OpenBytes: got %q, %v, want opaque", got, err)
	}
	if got := hex.EncodeToString(v.Fingerprint(setupKey)); got != firstFingerprint {
		t.Errorf("Fingerprint: got %s, want %s", got, firstFingerprint)
	}
}

func fromHex(t *testing.T, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(text)
	if err != nil {
		t.Fatalf("DecodeString: %v", err)
	}
	return b
}

// What the first Keyhall wrote, with a KEK of 32 letters k.
const (
	firstKeyset = `{
  "keyhall_keyset": 1,
  "aead": {
    "encryptedKeyset": "Xei9IWzzGSQvGpGRSaWTt+OVBU7bK1broSOqwGzTxU/8U1JU8qVEcGZCkJPapTndYUz7z+RE7viQfECJy5Ncisj4qloPpgMHw3mYLNWGMswJ7s3aa5x3BTAUfAYgA6sIRBzRVWcpvUGGWsVTp41uS0piIn3okPJUP56MP/h7h5aLLaSxymKjew==",
    "keysetInfo": {
      "primaryKeyId": 1617992905,
      "keyInfo": [
        {
          "typeUrl": "type.googleapis.com/google.crypto.tink.AesGcmKey",
          "status": "ENABLED",
          "keyId": 1617992905,
          "outputPrefixType": "TINK"
        }
      ]
    }
  },
  "prf": {
    "encryptedKeyset": "a0FB4sahP1mWsc+KXRD67NTRDQsIkQbilUwGlNYQmvFaPYdQyZUmynzmfJSPJ1kZ+qHxmd6tAQjM/OzlTak0QygULWs563jrTjKFtqtadiaHILW3UHoxsjxoVlDwYdCKs6ZzzTYxNNGkdagZyXIiMfX3yY6P4Qy2uorK/KiFcGCBNnvTL6LUYCSMGlYU",
    "keysetInfo": {
      "primaryKeyId": 2974143403,
      "keyInfo": [
        {
          "typeUrl": "type.googleapis.com/google.crypto.tink.HmacPrfKey",
          "status": "ENABLED",
          "keyId": 2974143403,
          "outputPrefixType": "RAW"
        }
      ]
    }
  }
}
`
	firstSealed      = "0160709cc929dffa0050edaaf4bd18f69802a7f2b0aee187f8dae8602c0ee059d25450f31c1b9df3408a3db9040448dfd575e99601bf3dc04f1dae109f03"
	firstBytes       = "0160709cc9acce0b007d64d144e2c58b484cc7341ff5f8a9bb417e765fa6e283359a0ceb799e10"
	firstFingerprint = "87af1fc68385fed257b1a32e07a922d2dc920240f281901251f9910cbd76e3fc"
)
