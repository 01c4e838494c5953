package vault

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/tink-crypto/tink-go/v2/aead/aesgcm"
	"github.com/tink-crypto/tink-go/v2/insecuresecretdataaccess"
	"github.com/tink-crypto/tink-go/v2/prf/hmacprf"
)

// S-59: whatever prints a vault, on its own or inside something else, shows no key.
func TestPrintingAVaultShowsNoSecret(t *testing.T) {
	t.Parallel()
	text, kek := newKeyset(t)
	v, err := Open(text, kek)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("open", "vault", v, "value", *v)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("open", "vault", v, "value", *v)
	inJSON, err := json.Marshal(struct{ V *Vault }{v})
	if err != nil {
		t.Fatalf("Marshal: %v", err)
	}
	prints := []string{log.String(), string(inJSON)}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		for _, what := range []any{v, *v, struct{ V *Vault }{v}, struct{ V Vault }{*v}, struct{ v *Vault }{v}, struct{ v Vault }{*v}} {
			prints = append(prints, fmt.Sprintf(verb, what))
		}
	}
	if shown := secretsShown(t, text, kek, fmt.Sprintf("%v", kek)); len(shown) != 1 {
		t.Errorf("a printed KEK: found %v in it, want the KEK", shown)
	}
	for _, printed := range prints {
		if shown := secretsShown(t, text, kek, printed); len(shown) != 0 {
			t.Errorf("%q holds %v", printed, shown)
		}
	}
	if got := fmt.Sprintf("%+v", v); got != "vault" {
		t.Errorf("%%+v of a vault: got %q, want the word vault", got)
	}
}

// secretsShown names the keys of a keyset, and its KEK, that a text holds in any of the
// ways in which bytes are printed.
func secretsShown(t *testing.T, text, kek []byte, in string) []string {
	t.Helper()
	h, err := unwrap(text, by(t, kek))
	if err != nil {
		t.Fatalf("unwrap: %v", err)
	}
	sealing, err := h.aead.Primary()
	if err != nil {
		t.Fatalf("Primary: %v", err)
	}
	finding, err := h.prf.Primary()
	if err != nil {
		t.Fatalf("Primary: %v", err)
	}
	secrets := map[string][]byte{
		"the KEK":             kek,
		"the sealing key":     sealing.Key().(*aesgcm.Key).KeyBytes().Data(insecuresecretdataaccess.Token{}),
		"the fingerprint key": finding.Key().(*hmacprf.Key).KeyBytes().Data(insecuresecretdataaccess.Token{}),
	}
	var shown []string
	for name, secret := range secrets {
		half := secret[:16] // a part is too much already
		for _, form := range []string{
			string(half), hex.EncodeToString(half), strings.ToUpper(hex.EncodeToString(half)),
			base64.StdEncoding.EncodeToString(half)[:20], strings.Trim(fmt.Sprint(half), "[]"), strings.TrimPrefix(fmt.Sprintf("%#v", half)[:80], "[]byte{"),
		} {
			if strings.Contains(in, form) {
				shown = append(shown, name)
			}
		}
	}
	return shown
}
