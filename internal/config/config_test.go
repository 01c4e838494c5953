package config_test

import (
	"fmt"
	"log/slog"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/keyhall/keyhall/internal/config"
)

// good is an environment that serve is content with.
func good() map[string]string {
	return map[string]string{
		"KEYHALL_BASE_URL":           "https://keys.example.com",
		"KEYHALL_DATABASE_URL":       "postgres://keyhall_serve:hunter2@db.example.com/keyhall?sslmode=verify-full",
		"KEYHALL_OIDC_ISSUER":        "https://login.example.com/tenant",
		"KEYHALL_OIDC_CLIENT_ID":     "keyhall",
		"KEYHALL_OIDC_CLIENT_SECRET": "correct-horse",
		"KEYHALL_SMTP_URL":           "smtp://mail.example.com",
		"KEYHALL_MAIL_FROM":          "Keyhall <keyhall@example.com>",
		"KEYHALL_KEYSET":             "/etc/keyhall/keyset",
	}
}

func read(t *testing.T, environment map[string]string) config.Config {
	t.Helper()
	c, err := config.Read(environment)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestServeSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ variable, value, want string }{
		"a base URL must be there":                {"KEYHALL_BASE_URL", "", "KEYHALL_BASE_URL is not set"},
		"a base URL over the network is https":    {"KEYHALL_BASE_URL", "http://keys.example.com", "without https"},
		"a base URL has no path":                  {"KEYHALL_BASE_URL", "https://keys.example.com/portal", "scheme and host alone"},
		"a base URL has no password":              {"KEYHALL_BASE_URL", "https://a:correct-horse@keys.example.com", "scheme and host alone"},
		"a base URL is an address":                {"KEYHALL_BASE_URL", "keys.example.com", "scheme and host alone"},
		"an issuer must be there":                 {"KEYHALL_OIDC_ISSUER", " ", "KEYHALL_OIDC_ISSUER is not set"},
		"an issuer over the network is https":     {"KEYHALL_OIDC_ISSUER", "http://login.example.com", "without https"},
		"localhost as a subdomain is the network": {"KEYHALL_OIDC_ISSUER", "http://localhost.example.com", "without https"},
		"an issuer has no query":                  {"KEYHALL_OIDC_ISSUER", "https://login.example.com?a=b", "discovery document"},
		"a client ID must be there":               {"KEYHALL_OIDC_CLIENT_ID", "", "KEYHALL_OIDC_CLIENT_ID is not set"},
		"a client secret must be there":           {"KEYHALL_OIDC_CLIENT_SECRET", "", "KEYHALL_OIDC_CLIENT_SECRET is not set"},
		"a keyset must be there":                  {"KEYHALL_KEYSET", "", "KEYHALL_KEYSET is not set"},
		"a database address is PostgreSQL's":      {"KEYHALL_DATABASE_URL", "mysql://keyhall:hunter2@db", "KEYHALL_DATABASE_URL can't be read"},
		"an owner's address is PostgreSQL's":      {"KEYHALL_MIGRATE_URL", "://hunter2", "KEYHALL_MIGRATE_URL can't be read"},
		"values travel beside statements":         {"KEYHALL_DATABASE_URL", "postgres://keyhall_serve:hunter2@db/keyhall?default_query_exec_mode=simple_protocol", "simple protocol"},
		"where to listen names a port":            {"KEYHALL_LISTEN", "localhost", "host:port"},
		"a mail server has a scheme":              {"KEYHALL_SMTP_URL", "mail.example.com:25", "KEYHALL_SMTP_URL can't be read"},
		"mail comes from somebody":                {"KEYHALL_MAIL_FROM", "", "KEYHALL_MAIL_FROM is not set"},
		"mail comes from an address":              {"KEYHALL_MAIL_FROM", "keyhall", "KEYHALL_MAIL_FROM is \"keyhall\""},
		"a proxy is an address":                   {"KEYHALL_TRUSTED_PROXIES", "10.0.0.0/8,haproxy", `"haproxy"`},
		"a log level is one of four":              {"KEYHALL_LOG_LEVEL", "loud", `"loud"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			environment := good()
			environment[test.variable] = test.value
			got := read(t, environment).ForServe()
			if len(got) != 1 || !strings.Contains(got[0], test.want) {
				t.Fatalf("%s=%q: got %q, want one problem with %q", test.variable, test.value, got, test.want)
			}
		})
	}
}

func TestServeIsContent(t *testing.T) {
	t.Parallel()
	for name, more := range map[string]map[string]string{
		"with everything in order":                  {},
		"with http on this machine":                 {"KEYHALL_BASE_URL": "http://[::1]:8080", "KEYHALL_OIDC_ISSUER": "http://127.0.0.1:9000/idp"},
		"with a private database":                   {"KEYHALL_DATABASE_URL": ""},
		"with a final slash after the base URL":     {"KEYHALL_BASE_URL": "https://keys.example.com/"},
		"with proxies and another log level":        {"KEYHALL_TRUSTED_PROXIES": "10.0.0.7, fd00::/8", "KEYHALL_LOG_LEVEL": "debug"},
		"with no mail":                              {"KEYHALL_SMTP_URL": "", "KEYHALL_MAIL_FROM": ""},
		"with variables that Keyhall does not know": {"KEYHALL_COLOUR": "blue"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			environment := good()
			maps.Copy(environment, more)
			if got := read(t, environment).ForServe(); len(got) > 0 {
				t.Fatalf("got problems %q, want none", got)
			}
		})
	}
}

func TestEveryProblemIsToldAtOnce(t *testing.T) {
	t.Parallel()
	got := read(t, nil).ForServe()
	if len(got) != 5 {
		t.Fatalf("serve without settings: got %d problems, want 5:\n%v", len(got), got)
	}
	if lines := strings.Split(got.Error(), "\n"); !slices.Equal(lines, got) {
		t.Errorf("got lines %q, want one a problem", lines)
	}
}

func TestDemoSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		environment map[string]string
		want        []string
	}{
		"nothing set is fine": {},
		"its sign-in stays on this machine": {
			map[string]string{"KEYHALL_BASE_URL": "https://keys.example.com"}, []string{"for this machine only"},
		},
		"its sign-in is on no address of the network": {
			map[string]string{"KEYHALL_LISTEN": "192.0.2.7:8080"}, []string{"for this machine only"},
		},
		"a container listens on every address of its own": {
			map[string]string{"KEYHALL_LISTEN": ":8080"}, nil,
		},
		"with a provider of one's own it may be anywhere": {
			map[string]string{"KEYHALL_BASE_URL": "https://keys.example.com", "KEYHALL_OIDC_ISSUER": "https://login.example.com", "KEYHALL_OIDC_CLIENT_ID": "demo", "KEYHALL_OIDC_CLIENT_SECRET": "x"}, nil,
		},
		"a database needs its owner's address": {
			map[string]string{"KEYHALL_DATABASE_URL": "postgres://keyhall_serve@localhost/keyhall"}, []string{"KEYHALL_MIGRATE_URL"},
		},
		"a provider needs a client": {
			map[string]string{"KEYHALL_OIDC_ISSUER": "https://login.example.com"}, []string{"KEYHALL_OIDC_CLIENT_ID", "KEYHALL_OIDC_CLIENT_SECRET"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := read(t, test.environment).ForDemo()
			if len(got) != len(test.want) {
				t.Fatalf("got problems %q, want %q", got, test.want)
			}
			for i := range got {
				if !strings.Contains(got[i], test.want[i]) {
					t.Errorf("got %q, want something with %q", got[i], test.want[i])
				}
			}
		})
	}
}

func TestMigrateAsksForTheOwner(t *testing.T) {
	t.Parallel()
	if got := read(t, good()).ForMigrate(); len(got) != 1 || !strings.Contains(got[0], "KEYHALL_MIGRATE_URL") {
		t.Errorf("migrate with the serving role's address alone: got %q, want one problem", got)
	}
	if got := read(t, nil).ForMigrate(); len(got) != 0 {
		t.Errorf("migrate of a private database: got %q, want no problem", got)
	}
}

// No verb, log or message shows a secret (S-59).
func TestNothingShowsASecret(t *testing.T) {
	t.Parallel()
	environment := good()
	environment["KEYHALL_MIGRATE_URL"] = "hunter2://correct-horse"
	environment["KEYHALL_SMTP_URL"] = "correct-horse@mail"
	c := read(t, environment)
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("started", "config", c, "secret", c.OIDCClientSecret)
	slog.New(slog.NewTextHandler(&log, nil)).Info("started", "config", c, "secret", c.OIDCClientSecret)
	shown := log.String() + c.ForServe().Error() + c.ForMigrate().Error() + c.ForTools().Error() + c.ForDemo().Error()
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		shown += fmt.Sprintf(verb, c) + fmt.Sprintf(verb, &c) + fmt.Sprintf(verb, c.DatabaseURL)
	}
	for _, secret := range []string{"hunter2", "correct-horse", fmt.Sprintf("%x", "hunter2")} {
		if strings.Contains(shown, secret) {
			t.Errorf("%q is shown in:\n%s", secret, shown)
		}
	}
	if c.OIDCClientSecret.Value() != "correct-horse" {
		t.Errorf("the client secret's value: got %q", c.OIDCClientSecret.Value())
	}
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	c := read(t, map[string]string{"KEYHALL_KEYSET": "/k/keyset", "KEYHALL_LISTEN": ""})
	if c.Listen != "localhost:8080" || c.KEK != "/k/keyset.kek" || c.LogLevel != "info" {
		t.Errorf("got listen %q, KEK %q, log level %q", c.Listen, c.KEK, c.LogLevel)
	}
	c = read(t, map[string]string{"KEYHALL_KEYSET": "/k/keyset", "KEYHALL_KEK": "/run/kek"})
	if c.KEK != "/run/kek" {
		t.Errorf("a KEK file that is named: got %q", c.KEK)
	}
}

func TestDemoBaseURLFollowsTheListener(t *testing.T) {
	t.Parallel()
	for listen, want := range map[string]string{
		"":               "http://localhost:8080",
		":9090":          "http://localhost:9090",
		"0.0.0.0:9090":   "http://localhost:9090",
		"[::]:9090":      "http://localhost:9090",
		"127.0.0.1:9090": "http://127.0.0.1:9090",
		"[::1]:9090":     "http://[::1]:9090",
	} {
		if got := read(t, map[string]string{"KEYHALL_LISTEN": listen}).DemoBaseURL(); got != want {
			t.Errorf("listening on %q: got %s, want %s", listen, got, want)
		}
	}
}

// Nobody is trusted with the client's address unless named (S-26).
func TestProxies(t *testing.T) {
	t.Parallel()
	if got := read(t, nil).Proxies(); len(got) != 0 {
		t.Errorf("with none named: got %v", got)
	}
	got := read(t, map[string]string{"KEYHALL_TRUSTED_PROXIES": "10.1.2.3/8, 192.0.2.7 ,::1"}).Proxies()
	want := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("192.0.2.7/32"), netip.MustParsePrefix("::1/128")}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
