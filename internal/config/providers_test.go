package config_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
)

const fjellheim = `[{"id": "fjellheim", "name": "Fjellheim Kommune", "issuer": "https://login.fjellheim.example",
	"client_id": "keyhall", "client_secret": "correct-horse", "domains": ["Fjellheim.example"], "groups_claim": "https://fjellheim.example/groups", "scopes": ["groups"],
	"speaks_for": ["01935c00-0000-7000-8000-000000000001"]}]`

func TestProvidersAreThoseOfTheFile(t *testing.T) {
	t.Parallel()
	environment := good()
	environment["KEYHALL_OIDC_DOMAINS"] = "Example.com, example.org"
	got, problems := read(t, environment).Providers([]byte(fjellheim))
	if len(problems) != 0 || len(got) != 2 {
		t.Fatalf("got %+v, problems %q", got, problems)
	}
	first, second := got[0], got[1]
	if first.ID != "first" || first.Name != "login.example.com" || first.Issuer != "https://login.example.com/tenant" || !first.All ||
		first.Secret.Value() != "correct-horse" || !slices.Equal(first.Domains, []string{"example.com", "example.org"}) {
		t.Errorf("the first: got %+v", first)
	}
	if second.ID != "fjellheim" || second.Name != "Fjellheim Kommune" || second.All || second.ClientID != "keyhall" || second.Secret.Value() != "correct-horse" ||
		!slices.Equal(second.Domains, []string{"fjellheim.example"}) || !slices.Equal(second.SpeaksFor, []uuid.UUID{uuid.MustParse("01935c00-0000-7000-8000-000000000001")}) {
		t.Errorf("the second: got %+v", second)
	}
	for _, nothing := range []string{"", " \n", "[]"} {
		if got, problems := read(t, good()).Providers([]byte(nothing)); len(got) != 1 || len(problems) != 0 {
			t.Errorf("%q: got %d providers, %q, want the first alone", nothing, len(got), problems)
		}
	}
	everybodys := strings.Replace(fjellheim, `"01935c00-0000-7000-8000-000000000001"`, `"*"`, 1)
	if got, problems := read(t, good()).Providers([]byte(everybodys)); len(problems) != 0 || !got[1].All || got[1].SpeaksFor != nil {
		t.Errorf("one for everybody: got %+v, %q", got, problems)
	}
}

// S-39, S-40: a file that can be read two ways is not read at all.
func TestProvidersSayWhatIsWrong(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ was, is, want string }{
		"it is a list":                               {fjellheim, `{"id": "fjellheim"}`, "must be a JSON list"},
		"it is JSON":                                 {fjellheim, `[{]`, "must be a JSON list"},
		"nothing follows the list":                   {fjellheim, fjellheim + fjellheim, "must be a JSON list"},
		"an entry is an object":                      {fjellheim, `["fjellheim"]`, "entry 1: it is no object"},
		"a setting is known":                         {`"name"`, `"title"`, `"title" is no setting`},
		"a setting is written as it is":              {`"issuer"`, `"Issuer"`, `"Issuer" is no setting`},
		"a setting is there once":                    {`"client_id": "keyhall"`, `"client_id": "keyhall", "client_id": "other"`, `"client_id" is there twice`},
		"a setting is of its kind":                   {`"client_id": "keyhall"`, `"client_id": 7`, `"client_id" can't be a number`},
		"an id is there":                             {`"fjellheim",`, `"",`, "id must be"},
		"an id fits an address":                      {`"fjellheim",`, `"Fjellheim/../",`, "id must be"},
		"an id is not the first's":                   {`"fjellheim",`, `"first",`, `not "first"`},
		"a name is there":                            {"Fjellheim Kommune", " ", "name must be"},
		"a name is one line":                         {"Fjellheim Kommune", `Fjellheim\nKommune`, "name must be"},
		"an issuer is there":                         {"https://login.fjellheim.example", "", "issuer is missing"},
		"an issuer is https":                         {"https://login.fjellheim.example", "http://login.fjellheim.example", "without https"},
		"an issuer is an address":                    {"https://login.fjellheim.example", "login.fjellheim.example", "issuer must be"},
		"an issuer is not the first's":               {"https://login.fjellheim.example", "https://login.example.com/tenant", "is there twice, or is KEYHALL_OIDC_ISSUER"},
		"a client is there":                          {`"keyhall"`, `""`, "client_id is missing"},
		"a secret is there":                          {`"correct-horse"`, `""`, "give client_secret, or client_secret_file"},
		"a secret is in one place":                   {`"client_secret": "correct-horse"`, `"client_secret": "correct-horse", "client_secret_file": "/x"`, "give client_secret, or"},
		"a domain is one":                            {"Fjellheim.example", "frode@fjellheim.example", "write what follows the @"},
		"a domain is not the first's":                {"Fjellheim.example", "EXAMPLE.com", `"example.com" is there twice`},
		"whom it speaks for is said":                 {`"speaks_for": ["01935c00-0000-7000-8000-000000000001"]`, `"speaks_for": []`, "speaks_for is missing"},
		"whom it speaks for is an identifier":        {"01935c00-0000-7000-8000-000000000001", "Fjellheim", `speaks_for has "Fjellheim"`},
		"whom it speaks for is written one way":      {"01935c00-0000-7000-8000-000000000001", "{01935c00-0000-7000-8000-000000000001}", "speaks_for has"},
		"all and one are two things":                 {`["01935c00-0000-7000-8000-000000000001"]`, `["*", "01935c00-0000-7000-8000-000000000001"]`, `speaks_for has "*"`},
		"it speaks for an organisation once":         {`["01935c00-0000-7000-8000-000000000001"]`, `["01935c00-0000-7000-8000-000000000001", "01935c00-0000-7000-8000-000000000001"]`, "speaks_for has"},
		"a groups claim is no other":                 {`"https://fjellheim.example/groups"`, `"sub"`, `has the groups claim "sub"`},
		"a groups claim is a name":                   {`"https://fjellheim.example/groups"`, `"my groups"`, `has the groups claim "my groups"`},
		"a scope is a word":                          {`["groups"]`, `["a b"]`, `has the scope "a b"`},
		"two entries are two providers":              {fjellheim, strings.TrimSuffix(fjellheim, "]") + "," + strings.TrimPrefix(fjellheim, "["), `the id "fjellheim" is there twice`},
		"what is wrong in one is said beside others": {fjellheim, `[{"id": ""}, 7]`, "entry 2: it is no object"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			environment := good()
			environment["KEYHALL_OIDC_DOMAINS"] = "example.com"
			_, problems := read(t, environment).Providers([]byte(strings.Replace(fjellheim, c.was, c.is, 1)))
			said := problems.Error()
			if !strings.Contains(said, c.want) {
				t.Errorf("said %q, want something with %q", said, c.want)
			}
			if strings.Contains(said, "correct-horse") {
				t.Errorf("a secret is said: %q", said)
			}
		})
	}
	_, problems := read(t, good()).Providers([]byte(`[{}]`))
	if len(problems) < 6 {
		t.Errorf("an empty entry: got %q, want all that is missing at once", problems)
	}
	environment := good()
	environment["KEYHALL_OIDC_DOMAINS"] = "@example"
	if _, problems := read(t, environment).Providers(nil); len(problems) != 1 || !strings.Contains(problems[0], `"first" has the domain`) {
		t.Errorf("a domain of the first that isn't one: got %q", problems)
	}
}
