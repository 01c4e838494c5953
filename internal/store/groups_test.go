package store_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/licensing"
)

// Who manages an organisation gives roles to groups there, and the operator anywhere.
func TestWhoGivesRolesToGroups(t *testing.T) {
	t.Parallel()
	w := grouped(t)
	w.grant("berit", licensing.Administrator, suomi)
	w.grantOn("arne", licensing.Administrator, "74120935")
	for _, c := range []struct{ who, organisation, want string }{
		{"anna", nordvik, "y"},
		{"anna", norge, "y"},
		{"anna", kommune, "group.problem.organisation"},
		{"berit", suomi, "y"},
		{"berit", nordvik, "group.problem.organisation"},
		{"berit", norge, "group.problem.organisation"},
		{"arne", suomi, "group.problem.organisation"}, // administers a licence ID, no organisation
		{"lena", suomi, "group.problem.organisation"},
		{"olli", kommune, "y"},
		{"olli", suomi, "y"},
	} {
		if got := outcome(w.mapped(c.who, c.organisation, everybodys, c.who+" of "+c.organisation, licensing.KeyViewer)); got != c.want {
			t.Errorf("%s on %s: got %s, want %s", c.who, c.organisation, got, c.want)
		}
	}
	// Another family's organisation is not seen: of it there is nothing on record.
	if n := w.entries("group_role.added", licensing.Refused); n != 4 {
		t.Errorf("on record: %d refusals, want four of the family's own", n)
	}
	for name, want := range map[string]int{"anna": 4, "berit": 2, "frode": 1, "arne": 0, "lena": 0, "olli": 5} {
		page, err := w.GroupRoles(t.Context(), w.as(name), "")
		if err != nil || len(page.Lines) != want {
			t.Errorf("%s sees %d roles of groups, %v, want %d", name, len(page.Lines), err, want)
		}
	}
	if err := w.AddGroupRole(t.Context(), w.agent("sofia"), licensing.GroupGiving{}, press("/people/groups")); !errors.Is(err, licensing.ErrForbidden) {
		t.Errorf("support: got %v, want forbidden", err)
	}
	w.whole()
}

func TestWhatIsWrongWithARoleOfAGroup(t *testing.T) {
	t.Parallel()
	w := grouped(t)
	good := licensing.GroupGiving{Organisation: " nordvik SUOMI oy ", Issuer: nordviks, Group: "keys", Role: licensing.KeyViewer}
	give := func(change func(*licensing.GroupGiving)) string {
		g := good
		change(&g)
		return outcome(w.AddGroupRole(t.Context(), w.as("anna"), g, press("/people/groups")))
	}
	if got := give(func(*licensing.GroupGiving) {}); got != "y" {
		t.Fatalf("by the organisation's name: got %s", got)
	}
	for name, c := range map[string]struct {
		change func(*licensing.GroupGiving)
		want   string
	}{
		"the same":                          {func(*licensing.GroupGiving) {}, "group.problem.same"},
		"no group":                          {func(g *licensing.GroupGiving) { g.Group = "" }, "group.problem.group"},
		"a group too long":                  {func(g *licensing.GroupGiving) { g.Group = strings.Repeat("å", 201) }, "group.problem.group_bad"},
		"a group that turns round":          {func(g *licensing.GroupGiving) { g.Group = "a\u202eb" }, "group.problem.group_bad"},
		"a product key":                     {func(g *licensing.GroupGiving) { g.Group = "DEMO1-7QK2M-HV3CR-9PWXT-T6J2K" }, "request.problem.text_has_key"},
		"a group with NUL":                  {func(g *licensing.GroupGiving) { g.Group = "a\x00b" }, "group.problem.group_bad"},
		"a group that is no text":           {func(g *licensing.GroupGiving) { g.Group = "\xff" }, "group.problem.group_bad"},
		"the staff's role":                  {func(g *licensing.GroupGiving) { g.Role = licensing.Operator }, "role"},
		"no role":                           {func(g *licensing.GroupGiving) { g.Role = "" }, "role"},
		"another family's provider":         {func(g *licensing.GroupGiving) { g.Issuer = kommunes }, "group.problem.issuer"},
		"a provider that nobody named":      {func(g *licensing.GroupGiving) { g.Issuer = "https://stranger.example" }, "group.problem.issuer"},
		"no provider":                       {func(g *licensing.GroupGiving) { g.Issuer = "" }, "group.problem.issuer"},
		"an organisation that there isn't":  {func(g *licensing.GroupGiving) { g.Organisation = uuid.NewString() }, "group.problem.organisation"},
		"an organisation of another family": {func(g *licensing.GroupGiving) { g.Organisation = kommune }, "group.problem.organisation"},
		"no organisation":                   {func(g *licensing.GroupGiving) { g.Organisation = "" }, "group.problem.organisation"},
	} {
		if got := give(c.change); got != c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
	for _, other := range []func(*licensing.GroupGiving){
		func(g *licensing.GroupGiving) { g.Group = "Keys" },
		func(g *licensing.GroupGiving) { g.Group = strings.Repeat("å", 200) },
		func(g *licensing.GroupGiving) { g.Issuer = everybodys },
		func(g *licensing.GroupGiving) { g.Role = licensing.Administrator },
		func(g *licensing.GroupGiving) { g.Organisation = norge },
	} {
		if got := give(other); got != "y" {
			t.Errorf("another one: got %s", got)
		}
	}
	w.do(`INSERT INTO group_roles (id, root_id, organisation_id, issuer, group_name, role)
		SELECT gen_random_uuid(), $1, $1, 'https://x.example', 'g' || n, 'key_viewer' FROM generate_series(1, 200) n`, w.org[nordvik].ID)
	if got := give(func(g *licensing.GroupGiving) { g.Group = "one more" }); got != "group.problem.many" {
		t.Errorf("more than a family may have: got %s", got)
	}
}

// What there is to choose from: places that one manages, providers that speak for them.
func TestWhatARoleOfAGroupIsMadeOf(t *testing.T) {
	t.Parallel()
	w := grouped(t)
	w.Trust([]licensing.Issuer{
		{Address: everybodys, Name: "Everybody", All: true, Groups: true},
		{Address: nordviks, Name: "Nordvik", Roots: []uuid.UUID{w.org[nordvik].ID}}, // tells of no groups
		{Address: kommunes, Name: "Fjellheim", Groups: true, Roots: []uuid.UUID{w.org[kommune].ID}},
	})
	for name, want := range map[string]string{
		"anna": "Nordvik Group, Nordvik Norge AS, Nordvik Suomi Oy: Everybody", "frode": "Fjellheim Kommune: Everybody, Fjellheim",
		"lena": ": ", "olli": ": Everybody, Fjellheim",
	} {
		page, err := w.GroupRoles(t.Context(), w.as(name), "not a cursor")
		w.must(err)
		var places, providers []string
		for _, o := range page.Places {
			places = append(places, o.Name)
		}
		for _, i := range page.Providers {
			providers = append(providers, i.Name)
		}
		if got := strings.Join(places, ", ") + ": " + strings.Join(providers, ", "); got != want {
			t.Errorf("%s chooses from %q, want %q", name, got, want)
		}
	}
}

// With a role of a group end the rights by it, at once, and only those.
func TestEndingARoleOfAGroupEndsItsRights(t *testing.T) {
	t.Parallel()
	w := grouped(t)
	w.must(w.mapped("anna", suomi, everybodys, "keys", licensing.KeyViewer))
	w.must(w.mapped("anna", nordvik, everybodys, "readers", licensing.LicenceReader))
	for _, name := range []string{"kevin", "kaisa"} {
		w.someone(name)
		_, err := w.arrives(everybodys, name, "keys", "readers")
		w.must(err)
	}
	lines := func(name string) []licensing.GroupLine {
		page, err := w.GroupRoles(t.Context(), w.as(name), "")
		w.must(err)
		return page.Lines
	}
	all := lines("anna")
	i := slices.IndexFunc(all, func(l licensing.GroupLine) bool { return l.Group == "keys" })
	if i < 0 || all[i].People != 2 || all[i].Organisation != suomi || all[i].Provider != "Everybody" || all[i].By != "anna" {
		t.Fatalf("listed: got %+v", all)
	}
	id := all[i].ID
	end := func(name string) string {
		return outcome(w.EndGroupRole(t.Context(), w.as(name), id, press("/people/groups/:id/end")))
	}
	for _, name := range []string{"frode", "lena"} {
		if got := end(name); got != "n" {
			t.Errorf("%s ends it: got %s, want not found", name, got)
		}
	}
	if got := end("anna"); got != "y" {
		t.Fatalf("anna ends it: got %s", got)
	}
	for _, name := range []string{"kevin", "kaisa"} {
		if v := w.as(name); v.May != licensing.LicenceReader.Permissions() {
			t.Errorf("%s may %b, want what the other group gives", name, v.May)
		}
		if told := w.notices(name); len(told) != 1 {
			t.Errorf("%s was told %+v, want that a right ended", name, told)
		}
	}
	if got := end("anna"); got != "c" {
		t.Errorf("again: got %s, want a conflict", got)
	}
	if v, err := w.arrives(everybodys, "kevin", "keys"); err != nil || v.May != 0 {
		t.Errorf("at the next sign-in: got %v, rights %b", err, v.May)
	}
	w.must(w.mapped("anna", suomi, everybodys, "keys", licensing.KeyViewer)) // may be given anew
	if n := len(lines("olli")); n != 2 {
		t.Errorf("the operator sees %d, want two", n)
	}
	w.whole()
}

// Ended by hand, a role of a group leaves no licence ID alone; neither by the operator.
func TestARoleOfAGroupThatTheLastAdministratorHas(t *testing.T) {
	t.Parallel()
	w := grouped(t)
	w.must(w.mapped("olli", kommune, kommunes, "admins", licensing.Administrator))
	_, err := w.arrives(kommunes, "nils", "admins")
	w.must(err)
	w.do(`UPDATE grants SET revoked_at = now() WHERE person_id = $1`, w.person["frode"].ID)
	page, err := w.GroupRoles(t.Context(), w.as("olli"), "")
	w.must(err)
	if got := outcome(w.EndGroupRole(t.Context(), w.as("olli"), page.Lines[0].ID, press("/people/groups/:id/end"))); got != "last" {
		t.Errorf("got %s, want that it is the last", got)
	}
}
