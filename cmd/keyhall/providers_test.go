package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/keyhall/keyhall/internal/config"
)

func written(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestProvidersAreReadWithTheirSecrets(t *testing.T) {
	t.Parallel()
	secret := written(t, "secret", "correct-horse\n")
	entry := func(file string) string {
		return written(t, "providers.json", `[{"id": "fjellheim", "name": "Fjellheim", "issuer": "https://login.fjellheim.example", "client_id": "keyhall",
			"client_secret_file": "`+file+`", "speaks_for": ["*"]}]`)
	}
	for name, c := range map[string]struct{ path, problem string }{
		"with the file of a secret":      {entry(secret), ""},
		"without that file":              {entry(secret + ".gone"), "The client secret of the provider fjellheim can't be read"},
		"with nothing in that file":      {entry(written(t, "empty", " \n")), "is empty"},
		"without the file of providers":  {secret + ".gone", "KEYHALL_OIDC_PROVIDERS can't be read"},
		"with another file for the list": {secret, "must be a JSON list"},
	} {
		s, err := config.Read(map[string]string{"KEYHALL_OIDC_ISSUER": "https://login.example.com", "KEYHALL_OIDC_PROVIDERS": c.path})
		if err != nil {
			t.Fatal(err)
		}
		all, problems := providers(s)
		said := problems.Error()
		if (said == "") != (c.problem == "") || !strings.Contains(said, c.problem) || strings.Contains(said, "correct-horse") {
			t.Errorf("%s: said %q, want %q", name, said, c.problem)
		}
		if c.problem == "" && (len(all) != 2 || all[1].Secret.Value() != "correct-horse") {
			t.Errorf("%s: got %+v, want the second with its secret", name, all)
		}
	}
}

// The example that people copy is one that Keyhall takes.
func TestTheExampleOfProvidersIsGood(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../deploy/providers.example.json")
	if err != nil {
		t.Fatal(err)
	}
	if all, problems := (config.Config{OIDCIssuer: "https://login.example.com"}).Providers(text); len(problems) != 0 || len(all) != 2 {
		t.Errorf("got %d providers, %q", len(all), problems)
	}
}
