package web_test

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"testing"

	"github.com/keyhall/keyhall/internal/browsertest"
)

func TestKeyFiles(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	kaisa := p.SignIn(t, "kaisa@nordvik.example")
	for _, c := range []struct{ name, path, head, file string }{
		{"one licence ID's", "/licences/74120935/keys.tsv", "License ID\tParent Program\tOrganization\tProduct\tProduct Key\tType\tMAK Activations-Used/Available\r\n", "keyhall-keys-74120935-"},
		{"the profile's", "/keys.tsv", "License ID\tParent Program\tOrganization\tProduct\tProduct Key\tType\tMAK Activations-Used/Available\r\n", "keyhall-keys-all-"},
		{"nine columns", "/keys.tsv?columns=9", "License ID\tParent Program\tOrganization\tProduct\tProduct Key\tType\tMAK Activations-Used/Available\tSeats\tOSA Status\r\n", "keyhall-keys-all-"},
	} {
		answer := kaisa.Get(c.path)
		if answer.StatusCode != http.StatusOK {
			t.Fatalf("%s file: got %d", c.name, answer.StatusCode)
		}
		if d := answer.Header.Get("Content-Disposition"); !strings.HasPrefix(d, "attachment; filename="+c.file) || !strings.HasSuffix(d, ".tsv") {
			t.Errorf("%s file's name: got %q", c.name, d)
		}
		got := body(t, answer)
		if !strings.HasPrefix(got, "\ufeff"+c.head) {
			t.Errorf("%s file begins with %q", c.name, got[:min(len(got), 160)])
		}
		if !strings.Contains(got, "74120935\tEnterprise Agreement\tNordvik Suomi Oy\tOffice LTSC 2024 Professional Plus\tDEMO") || !strings.Contains(got, "X4T9B\tMAK\t 98/100") {
			t.Errorf("%s file lacks the MAK that ends in X4T9B", c.name)
		}
		if rows := strings.Count(got, "\r\n") - 1; rows != strings.Count(got, "\tDEMO") {
			t.Errorf("%s file: %d rows, %d keys", c.name, rows, strings.Count(got, "\tDEMO"))
		}
	}
}

// What the ledger says of a file is what arrived.
func TestTheLedgerHasTheFilesHash(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	kaisa := p.SignIn(t, "kaisa@nordvik.example")
	for _, path := range []string{"/licences/74120935/keys.tsv", "/keys.xlsx"} {
		sum := sha256.Sum256([]byte(body(t, kaisa.Get(path))))
		ledger := dom(t, kaisa.Get("/downloads"))
		newest := all(all(ledger, "tbody")[0], "tr")[0]
		if got := attr(byClass(newest, "span", "fine")[0], "title"); got != hex.EncodeToString(sum[:]) {
			t.Errorf("%s: the ledger says %s, what arrived has %x", path, got, sum)
		}
	}
}

func TestAFileSpeaksTheLanguageItIsAskedFor(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	kaisa := p.SignIn(t, "kaisa@nordvik.example")
	if got := body(t, kaisa.Get("/keys.tsv?headings=fi")); !strings.Contains(got[:200], "Tuoteavain") && !strings.Contains(got[:200], "tuoteavain") {
		t.Errorf("Finnish headings: got %q", got[:200])
	}
	if d := kaisa.Get("/keys.tsv?ext=csv").Header.Get("Content-Disposition"); !strings.HasSuffix(d, ".csv") {
		t.Errorf("a file as the original named it: got %q", d)
	}
	for _, bad := range []string{"?headings=xx", "?columns=8", "?ext=exe", "?columns=7&columns=9"} {
		if got := kaisa.Get("/keys.tsv" + bad).StatusCode; got != http.StatusBadRequest {
			t.Errorf("/keys.tsv%s: got %d, want 400", bad, got)
		}
	}
}

// A key file is never made for another site's page.
func TestAForeignPageGetsNoFile(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	kaisa := p.SignIn(t, "kaisa@nordvik.example")
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.URL+"/keys.tsv", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	answer, err := kaisa.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusForbidden {
		t.Errorf("a key file for another site: got %d, want 403", answer.StatusCode)
	}
}
