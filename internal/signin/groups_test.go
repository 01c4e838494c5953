package signin_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/keyhall/keyhall/internal/signin"
)

// Groups are a list of strings or one, under the name that the provider gives them; a name
// that can't be kept and shown is no group, and nobody is kept out for it.
func TestWhatAProviderSaysOfGroupsAndNames(t *testing.T) {
	t.Parallel()
	many := make([]string, 300)
	for i := range many {
		many[i] = fmt.Sprintf("g%03d", i)
	}
	long := strings.Repeat("å", 200)
	for name, c := range map[string]struct {
		claims map[string]any
		want   []string
	}{
		"none":                       {nil, nil},
		"nothing":                    {map[string]any{"groups": nil}, nil},
		"an empty list":              {map[string]any{"groups": []string{}}, nil},
		"a list":                     {map[string]any{"groups": []string{"keys", `AD\keys`, "Ключи"}}, []string{"keys", `AD\keys`, "Ключи"}},
		"one":                        {map[string]any{"groups": "keys"}, []string{"keys"}},
		"the same twice":             {map[string]any{"groups": []string{"keys", "keys"}}, []string{"keys"}},
		"one that says nothing":      {map[string]any{"groups": []string{"", "keys"}}, []string{"keys"}},
		"one as long as may be":      {map[string]any{"groups": []string{long}}, []string{long}},
		"one longer":                 {map[string]any{"groups": []string{long + "å", "keys"}}, []string{"keys"}},
		"one that steers a terminal": {map[string]any{"groups": []string{"a\x1b[2J", "a\u202eb", "a\x00", "keys"}}, []string{"keys"}},
		"more than are heard":        {map[string]any{"groups": many}, many[:200]},
		"another claim":              {map[string]any{"roles": []string{"keys"}}, nil},
		"kept elsewhere by the provider": {map[string]any{
			"_claim_names": map[string]string{"groups": "src1"}, "_claim_sources": map[string]any{"src1": map[string]string{"endpoint": "https://more.example"}},
		}, nil},
	} {
		d := newDesk(t, func(c *signin.Config) { c.Providers[0].GroupsClaim = "groups" })
		d.provider.claims = with(c.claims)
		b := d.browser()
		b.mustSignIn()
		if got := d.kept.arrived[0].Groups; !slices.Equal(got, c.want) {
			t.Errorf("%s: heard %q, want %q", name, got, c.want)
		}
	}
	for said, want := range map[any]string{"Nils Berg": "Nils Berg", "": "", 7: "", " a\x00b \n c\u202e ": "ab c", strings.Repeat("å", 300): strings.Repeat("å", 100)} {
		d := newDesk(t)
		d.provider.claims = with(map[string]any{"name": said, "groups": []string{"keys"}})
		b := d.browser()
		b.mustSignIn()
		if got := d.kept.arrived[0]; got.Name != want || got.Groups != nil {
			t.Errorf("the name %q: heard %q and, with no claim configured, groups %q", said, got.Name, got.Groups)
		}
	}
}

func TestGroupsAreAskedFor(t *testing.T) {
	t.Parallel()
	b := newDesk(t, func(c *signin.Config) {
		c.Providers[0].GroupsClaim, c.Providers[0].Scopes = "groups", []string{"groups"}
	}).browser()
	if got := b.begin("/signin").Get("scope"); got != "openid email profile groups" {
		t.Errorf("asked for %q", got)
	}
}
