package licensing_test

import (
	"slices"
	"testing"
	"time"

	"github.com/keyhall/keyhall/internal/licensing"
)

func TestTermsOfARight(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	before, after := now.Add(-time.Second), now.Add(time.Hour)
	for name, c := range map[string]struct {
		terms licensing.Terms
		wrong string
	}{
		"a customer's role without end":  {licensing.Terms{Role: licensing.KeyViewer}, ""},
		"a role that ends later":         {licensing.Terms{Role: licensing.Administrator, Until: &after}, ""},
		"a role that ended a second ago": {licensing.Terms{Role: licensing.KeyViewer, Until: &before}, "until"},
		"a role that ends now":           {licensing.Terms{Role: licensing.KeyViewer, Until: &now}, "until"},
		"support's role":                 {licensing.Terms{Role: licensing.SupportAgent}, "role"},
		"the operator's role":            {licensing.Terms{Role: licensing.Operator}, "role"},
		"no role":                        {licensing.Terms{}, "role"},
		"a role that doesn't exist":      {licensing.Terms{Role: "owner"}, "role"},
	} {
		c.terms.At = now
		got := ""
		if p := c.terms.Problems(); len(p) > 0 {
			got = p[0].Field
		}
		if got != c.wrong {
			t.Errorf("%s: got a problem with %q, want %q", name, got, c.wrong)
		}
	}
}

func TestOnlyAdministratorsManagePeople(t *testing.T) {
	t.Parallel()
	if got := licensing.ManagingRoles(); !slices.Equal(got, []licensing.Role{licensing.Administrator}) {
		t.Errorf("got %v, want the administrator alone", got)
	}
	if got := licensing.CustomerRoles(); len(got) != 5 || slices.ContainsFunc(got, licensing.Role.Staff) {
		t.Errorf("roles that customers give: got %v, want the five of customers", got)
	}
}
