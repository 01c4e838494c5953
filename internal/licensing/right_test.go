package licensing_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

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

func TestWhoAdministersAlone(t *testing.T) {
	t.Parallel()
	anna, arne := uuid.New(), uuid.New()
	right := func(id uuid.UUID, name string, role licensing.Role) licensing.RightLine {
		return licensing.RightLine{PersonID: id, Name: name, Role: role}
	}
	for name, c := range map[string]struct {
		rights []licensing.RightLine
		want   string
	}{
		"nobody has a right":              {nil, ""},
		"nobody manages people":           {[]licensing.RightLine{right(anna, "Anna", licensing.KeyAdministrator)}, ""},
		"one manages, another reads":      {[]licensing.RightLine{right(anna, "Anna", licensing.Administrator), right(arne, "Arne", licensing.LicenceReader)}, "Anna"},
		"one manages by two rights":       {[]licensing.RightLine{right(anna, "Anna", licensing.Administrator), right(anna, "Anna", licensing.Administrator)}, "Anna"},
		"two of the same name manage":     {[]licensing.RightLine{right(anna, "Anna", licensing.Administrator), right(arne, "Anna", licensing.Administrator)}, ""},
		"the only one is not named first": {[]licensing.RightLine{right(arne, "Arne", licensing.KeyViewer), right(anna, "Anna", licensing.Administrator)}, "Anna"},
	} {
		if got := licensing.OnlyAdministrator(c.rights); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}
