package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/keyhall/keyhall/internal/vault"
)

func TestFlagsTakeOneHyphenOrTwo(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"demo -keys 100000":                "demo --keys 100000",
		"demo --keys 100000":               "demo --keys 100000",
		"demo -keys=5":                     "demo --keys=5",
		"import keys f.tsv -lower-granted": "import keys f.tsv --lower-granted",
		"demo -h":                          "demo -h",
		"demo -keys -5":                    "demo --keys -5",
		"import keys -":                    "import keys -",
		"import keys -apply -- -odd.tsv":   "import keys --apply -- -odd.tsv",
	} {
		if got := strings.Join(longFlags(strings.Fields(typed)), " "); got != want {
			t.Errorf("%s: got %s, want %s", typed, got, want)
		}
	}
}

// complaints runs a command line that is refused, and returns its exit code and lines.
func complaints(t *testing.T, args string, environment map[string]string) (int, []string) {
	t.Helper()
	var said strings.Builder
	code := run(t.Context(), strings.Fields(args), environment, &said)
	return code, strings.Split(strings.TrimSpace(said.String()), "\n")
}

func TestACommandLineThatCannotBeReadEndsWith2(t *testing.T) {
	t.Parallel()
	for _, args := range []string{"", "dance", "demo -colour", "import", "import keys", "demo -keys many"} {
		if code, said := complaints(t, args, nil); code != exitUsage || len(said) != 1 {
			t.Errorf("keyhall %s: got %d %q, want 2 and one sentence", args, code, said)
		}
	}
}

// What is wrong with settings, keyset and database is told together.
func TestServeRefusesWithEveryReasonAtOnce(t *testing.T) {
	t.Parallel()
	code, said := complaints(t, "serve", map[string]string{
		"KEYHALL_BASE_URL":     "http://keys.example.com",
		"KEYHALL_KEYSET":       t.TempDir() + "/none",
		"KEYHALL_DATABASE_URL": "postgres://keyhall_serve:hunter2@localhost:1/keyhall?connect_timeout=1",
	})
	want := []string{"without https", "KEYHALL_OIDC_ISSUER", "KEYHALL_OIDC_CLIENT_ID", "KEYHALL_OIDC_CLIENT_SECRET", "keyset file", "KEK file", "database"}
	slices.Sort(said)
	for _, one := range want {
		if !slices.ContainsFunc(said, func(line string) bool { return strings.Contains(line, one) }) {
			t.Errorf("nothing is said of %s", one)
		}
	}
	if code != exitUsage || len(said) < len(want) {
		t.Errorf("got %d, want 2 and a line for each reason", code)
	}
	if all := strings.Join(said, "\n"); strings.Contains(all, "hunter2") {
		t.Errorf("the password is shown (S-59):\n%s", all)
	}
}

func TestTheDemoStaysOnThisMachine(t *testing.T) {
	t.Parallel()
	code, said := complaints(t, "demo", map[string]string{"KEYHALL_BASE_URL": "https://keys.example.com"})
	if code != exitUsage || !strings.Contains(said[0], "for this machine only") {
		t.Errorf("got %d %q, want 2 and why", code, said)
	}
}

// S-55, S-60: without its KEK Keyhall does not start, and says why in a sentence that does
// not tell the token.
func TestServeDoesNotStartWithoutItsKEK(t *testing.T) {
	t.Parallel()
	keyset := t.TempDir() + "/keyset"
	if err := vault.CreateFiles(keyset, keyset+".kek"); err != nil {
		t.Fatal(err)
	}
	for kek, want := range map[string]string{
		"hcvault://127.0.0.1:1/transit/keys/keyhall": "can't be reached",
		"hcvault://127.0.0.1:1/keyhall":              "must be written hcvault://",
		"gcp-kms://projects/keyhall":                 "must be written hcvault://",
	} {
		code, said := complaints(t, "serve", map[string]string{"KEYHALL_KEYSET": keyset, "KEYHALL_KEK": kek, "VAULT_TOKEN": "s.sesame"})
		about := slices.DeleteFunc(said, func(line string) bool { return !strings.Contains(line, "KEK") })
		if code != exitUsage || len(about) != 1 || !strings.Contains(about[0], want) || strings.Contains(strings.Join(said, ""), "s.sesame") {
			t.Errorf("%s: got %d, %q, want one sentence with %q", kek, code, about, want)
		}
	}
}
