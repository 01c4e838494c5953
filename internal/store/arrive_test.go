package store_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/licensing"
)

const nordviks = "https://login.example/nordvik" // speaks for Nordvik

// grouped is a world with an issuer for each family and one for all, and olli, an operator.
func grouped(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.Trust([]licensing.Issuer{
		{Address: everybodys, Name: "Everybody", All: true, Groups: true},
		{Address: nordviks, Name: "Nordvik", Groups: true, Roots: []uuid.UUID{w.org[nordvik].ID}},
		{Address: kommunes, Name: "Fjellheim", Groups: true, Roots: []uuid.UUID{w.org[kommune].ID}},
	})
	olli := licensing.Person{ID: newID(), Name: "olli", StaffRole: licensing.Operator}
	w.must(w.AddPerson(t.Context(), w.op, olli))
	w.must(w.AddIdentity(t.Context(), w.op, licensing.Identity{Issuer: everybodys, Subject: "olli", PersonID: olli.ID}))
	w.person["olli"] = olli
	return w
}

// map gives a role to a group, and returns what came of it.
func (w *world) mapped(by, organisation, issuer, group string, role licensing.Role) error {
	w.t.Helper()
	return w.AddGroupRole(w.t.Context(), w.as(by), licensing.GroupGiving{Organisation: w.org[organisation].ID.String(), Issuer: issuer, Group: group, Role: role}, press("/people/groups"))
}

// arrives signs somebody in, and returns their viewer.
func (w *world) arrives(issuer, subject string, groups ...string) (licensing.Viewer, error) {
	w.t.Helper()
	id, err := w.Arrive(w.t.Context(), licensing.Arrival{Issuer: issuer, Subject: subject, Name: "Nils " + subject, Groups: groups}, licensing.Origin{Address: "192.0.2.7"})
	if err != nil {
		return licensing.Viewer{}, err
	}
	v, err := w.Viewer(w.t.Context(), licensing.Session{PersonID: id, Issuer: issuer, Subject: subject})
	w.must(err)
	return v, nil
}

// S-63: rights by group follow what the provider says at each sign-in, and reach with
// them; each that begins or ends is on record.
func TestRightsFollowTheGroups(t *testing.T) {
	t.Parallel()
	w := grouped(t)
	w.must(w.mapped("anna", suomi, everybodys, "keys", licensing.KeyViewer))
	w.must(w.mapped("anna", suomi, everybodys, "keymasters", licensing.KeyAdministrator))
	w.someone("kevin")
	for _, c := range []struct {
		name   string
		groups []string
		want   licensing.Permission
	}{
		{"in none", nil, 0},
		{"in one that means nothing", []string{"Keys", "keys ", "KEYS"}, 0},
		{"in one", []string{"others", "keys"}, licensing.KeyViewer.Permissions()},
		{"in the same again", []string{"keys"}, licensing.KeyViewer.Permissions()},
		{"in both", []string{"keys", "keymasters"}, licensing.KeyViewer.Permissions() | licensing.KeyAdministrator.Permissions()},
		{"in the other", []string{"keymasters"}, licensing.KeyAdministrator.Permissions()},
		{"in none any more", nil, 0},
	} {
		v, err := w.arrives(everybodys, "kevin", c.groups...)
		if err != nil || v.May != c.want || (v.Licences == 1) != (c.want != 0) {
			t.Errorf("%s: got %v, rights %b on %d licence IDs, want %b", c.name, err, v.May, v.Licences, c.want)
		}
	}
	if given, ended := w.entries("role.granted", licensing.Done), w.entries("role.ended", licensing.Done); given != 3+2 || ended != 2 {
		t.Errorf("on record: %d given and %d ended, want the three of the world and two, and two", given, ended)
	}
	w.whole()
}

// Nobody gives themselves a right by a group of their own making: it would outlive theirs.
func TestNobodyIsInAGroupOfTheirOwnMaking(t *testing.T) {
	t.Parallel()
	w := grouped(t)
	w.must(w.mapped("anna", suomi, everybodys, "keys", licensing.Administrator))
	w.someone("kevin")
	for name, want := range map[string]int64{"anna": 0, "kevin": 1} {
		_, err := w.arrives(everybodys, name, "keys")
		w.must(err)
		if n := w.count(`SELECT count(*) FROM grants g JOIN persons p ON p.id = g.person_id WHERE p.name = $1 AND g.mapping_id IS NOT NULL AND g.revoked_at IS NULL`, name); n != want {
			t.Errorf("%s's rights by group: got %d, want %d", name, n, want)
		}
	}
}

// What one provider says of its groups is nothing to another's.
func TestAProviderSpeaksOfItsOwnGroups(t *testing.T) {
	t.Parallel()
	w := grouped(t)
	w.must(w.mapped("anna", suomi, everybodys, "keys", licensing.KeyViewer))
	w.must(w.mapped("anna", suomi, nordviks, "keys", licensing.LicenceReader))
	kevin := w.someone("kevin")
	w.must(w.AddIdentity(t.Context(), w.op, licensing.Identity{Issuer: nordviks, Subject: "kevin", PersonID: kevin.ID}))
	if v, err := w.arrives(everybodys, "kevin", "keys"); err != nil || v.May != licensing.KeyViewer.Permissions() {
		t.Errorf("at the one: got %v, rights %b", err, v.May)
	}
	if v, err := w.arrives(nordviks, "kevin"); err != nil || v.May != licensing.KeyViewer.Permissions() {
		t.Errorf("at the other, in no group: got %v, rights %b, want what the one says to stand", err, v.May)
	}
	if v, err := w.arrives(nordviks, "kevin", "keys"); err != nil || v.May != licensing.KeyViewer.Permissions()|licensing.LicenceReader.Permissions() {
		t.Errorf("at the other, in its group: got %v, rights %b", err, v.May)
	}
}

// S-40: a group opens an account in the family whose own provider vouches for it, and in no other.
func TestAGroupMakesAnAccountWhereTheProviderIsTheFamilys(t *testing.T) {
	t.Parallel()
	w := grouped(t)
	for _, issuer := range []string{everybodys, nordviks} {
		w.must(w.mapped("anna", suomi, issuer, "keys", licensing.KeyViewer))
	}
	before := w.count(`SELECT count(*) FROM persons`)
	for name, c := range map[string]struct {
		issuer string
		groups []string
	}{
		"at a provider of all":               {everybodys, []string{"keys"}},
		"at a provider that nobody named":    {"https://stranger.example", []string{"keys"}},
		"at another family's":                {kommunes, []string{"keys"}},
		"in no group":                        {nordviks, nil},
		"in a group that stands for no role": {nordviks, []string{"key"}},
	} {
		if _, err := w.arrives(c.issuer, "nils", c.groups...); !errors.Is(err, licensing.ErrNotFound) {
			t.Errorf("somebody unknown %s: got %v, want not found", name, err)
		}
	}
	if n := w.count(`SELECT count(*) FROM persons`); n != before {
		t.Errorf("%d accounts were opened, want none", n-before)
	}
	v, err := w.arrives(nordviks, "nils", "keys")
	if err != nil || v.Name != "Nils nils" || v.Email != "" || v.May != licensing.KeyViewer.Permissions() || v.Staff != "" {
		t.Errorf("at the family's own: got %+v, %v", v, err)
	}
	again, err := w.arrives(nordviks, "nils", "keys")
	if err != nil || again.PersonID != v.PersonID {
		t.Errorf("again: got %v, %v, want the same person", again.PersonID, err)
	}
	gone, err := w.arrives(nordviks, "nils")
	if err != nil || gone.PersonID != v.PersonID || gone.May != 0 {
		t.Errorf("out of the group: got %+v, %v, want the account without a right", gone, err)
	}
	if n := w.entries("person.added", licensing.Done); n != 4+1 {
		t.Errorf("on record: %d accounts, want four of the world and one", n)
	}
	w.whole()
}

// What a provider calls somebody is cut, and holds no key.
func TestTheNameOfAnAccountThatAGroupMakes(t *testing.T) {
	t.Parallel()
	w := grouped(t)
	w.must(w.mapped("anna", suomi, nordviks, "keys", licensing.KeyViewer))
	for name, want := range map[string]string{
		"":                              "s-",
		strings.Repeat("Å", 300):        strings.Repeat("Å", 100),
		"DEMO1-7QK2M-HV3CR-9PWXT-T6J2K": "…-T6J2K",
	} {
		subject := "s-" + newID().String()
		id, err := w.Arrive(t.Context(), licensing.Arrival{Issuer: nordviks, Subject: subject, Name: name, Groups: []string{"keys"}}, licensing.Origin{})
		w.must(err)
		v, err := w.Viewer(t.Context(), licensing.Session{PersonID: id, Issuer: nordviks, Subject: subject})
		if err != nil || !strings.HasPrefix(v.Name, want) || len([]rune(v.Name)) > 100 {
			t.Errorf("%q is called %q, %v, want %q", name, v.Name, err, want)
		}
	}
}

// R18: of two first sign-ins at once one opens the account, and both are the same person.
func TestTheSameStrangerArrivesTwiceAtOnce(t *testing.T) {
	t.Parallel()
	w := grouped(t)
	w.must(w.mapped("anna", suomi, nordviks, "keys", licensing.KeyViewer))
	w.must(w.mapped("anna", norge, nordviks, "keys", licensing.LicenceReader))
	var all sync.WaitGroup
	got := make([]uuid.UUID, 6)
	for i := range got {
		all.Go(func() {
			id, err := w.Arrive(t.Context(), licensing.Arrival{Issuer: nordviks, Subject: "nils", Groups: []string{"keys"}}, licensing.Origin{})
			if err != nil {
				t.Errorf("arriving: %v", err)
			}
			got[i] = id
		})
	}
	all.Wait()
	if same := slices.Compact(slices.Clone(got)); len(same) != 1 || same[0] == uuid.Nil {
		t.Errorf("arrived as %v, want one person", same)
	}
	if n := w.count(`SELECT count(*) FROM grants WHERE mapping_id IS NOT NULL`); n != 2 {
		t.Errorf("%d rights, want two", n)
	}
}

// The staff and accounts that have ended get no customer's right, whatever their groups.
func TestGroupsAreForCustomers(t *testing.T) {
	t.Parallel()
	w := grouped(t)
	w.must(w.mapped("anna", suomi, everybodys, "keys", licensing.Administrator))
	w.someone("kevin")
	w.do(`UPDATE persons SET ended_at = now() WHERE name = 'kevin'`)
	for _, name := range []string{"olli", "kevin"} {
		if _, err := w.Arrive(t.Context(), licensing.Arrival{Issuer: everybodys, Subject: name, Groups: []string{"keys"}}, licensing.Origin{}); err != nil {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if n := w.count(`SELECT count(*) FROM grants WHERE mapping_id IS NOT NULL`); n != 0 {
		t.Errorf("%d rights by group, want none", n)
	}
}

// The provider's word is obeyed even if nobody is left to administer: that is told.
func TestALastAdministratorByGroupLeavesTheGroup(t *testing.T) {
	t.Parallel()
	w := grouped(t)
	w.must(w.mapped("anna", nordvik, everybodys, "admins", licensing.Administrator))
	w.someone("kevin")
	if v, err := w.arrives(everybodys, "kevin", "admins"); err != nil || !v.May.Has(licensing.ManagePeople) {
		t.Fatalf("in the group: got %v, rights %b", err, v.May)
	}
	// As the right is by group, another administrator may go by hand.
	w.must(w.endRight("kevin", w.rightOf("anna", licensing.Administrator)))
	v, err := w.arrives(everybodys, "kevin")
	if err != nil || v.May != 0 {
		t.Errorf("out of it: got %v, rights %b, want none", err, v.May)
	}
	if n := w.entries("licence.unattended", licensing.Done); n != 1 {
		t.Errorf("on record: %d licence IDs without an administrator, want one", n)
	}
	told := w.notices("olli")
	if len(told) != 1 || told[0].News == nil || told[0].News.Kind != licensing.LicenceUnattended || told[0].News.Args["Number"] != "74120935" {
		t.Errorf("the operator was told %+v", told)
	}
	w.whole()
}

// Rights by group are changed and ended by nobody's hand, and an attempt is on record.
func TestRightsByGroupAreNotChangedByHand(t *testing.T) {
	t.Parallel()
	w := grouped(t)
	w.must(w.mapped("anna", suomi, everybodys, "keys", licensing.KeyViewer))
	w.someone("kevin")
	_, err := w.arrives(everybodys, "kevin", "keys")
	w.must(err)
	id := w.rightOf("kevin", licensing.KeyViewer)
	if got := outcome(w.change("anna", id, licensing.KeyAdministrator, nil)); got != "f" {
		t.Errorf("changing it: got %s, want forbidden", got)
	}
	if got := outcome(w.endRight("anna", id)); got != "f" {
		t.Errorf("ending it: got %s, want forbidden", got)
	}
	if a, b := w.entries("role.changed", licensing.Refused), w.entries("role.ended", licensing.Refused); a != 1 || b != 1 {
		t.Errorf("on record: %d and %d refusals, want one each", a, b)
	}
	page, err := w.ManagedPeople(t.Context(), w.as("anna"), licensing.PeopleFilter{Query: "kevin"})
	if err != nil || len(page.People) != 1 || page.People[0].Rights[0].Group != "keys" || page.People[0].Rights[0].ChangeableBy(w.as("anna")) {
		t.Errorf("listed: got %+v, %v, want by the group, not to be changed", page.People, err)
	}
	on, err := w.People(t.Context(), w.as("anna"), "74120935")
	if i := slices.IndexFunc(on.Rights, func(r licensing.RightLine) bool { return r.Group == "keys" }); err != nil || i < 0 {
		t.Errorf("on the licence ID: got %+v, %v, want it by the group", on.Rights, err)
	}
	// Who leaves loses it, until the provider says so again.
	w.must(w.Leave(t.Context(), w.as("anna"), licensing.Leaving{Person: w.person["kevin"].ID}, press("/people/:id/leave")))
	if v := w.as("kevin"); v.May != 0 {
		t.Errorf("after leaving: rights %b", v.May)
	}
	if v, err := w.arrives(everybodys, "kevin", "keys"); err != nil || v.May != licensing.KeyViewer.Permissions() {
		t.Errorf("after the next sign-in: got %v, rights %b", err, v.May)
	}
}

// Rights by group are the provider's to give: nobody names who takes one over, no successor
// steps into one, and copying what people have on a licence ID leaves them out.
func TestRightsByGroupAreNotHandedOn(t *testing.T) {
	t.Parallel()
	w := ruled(t)
	w.Trust([]licensing.Issuer{{Address: everybodys, Name: "Everybody", All: true, Groups: true}})
	w.addLicence("61200419", norge, "ea")
	w.must(w.mapped("anna", suomi, everybodys, "admins", licensing.Administrator))
	w.someone("kevin")
	_, err := w.arrives(everybodys, "kevin", "admins")
	w.must(err)
	if got := outcome(w.succeed("kevin", "lena")); got != "f" {
		t.Errorf("naming a successor: got %s, want forbidden", got)
	}
	if n := w.entries("successor.named", licensing.Refused); n != 1 {
		t.Errorf("on record: %d refusals, want one", n)
	}
	on, err := w.People(t.Context(), w.as("kevin"), "74120935")
	if i := slices.IndexFunc(on.Rights, func(r licensing.RightLine) bool { return r.Group == "admins" }); err != nil || i < 0 || on.Rights[i].Succeeded(w.as("kevin")) {
		t.Errorf("listed: got %+v, %v, want no successor to be named", on.Rights, err)
	}
	done, err := w.copyRights("anna", "74120935", "61200419")
	if err != nil || done.Given != 1 { // arne's, which is on the licence ID itself
		t.Errorf("copied: got %+v, %v, want arne's alone", done, err)
	}
	if n := w.count(`SELECT count(*) FROM grants WHERE person_id = $1 AND licence_id = $2`, w.person["kevin"].ID, w.licence["61200419"].ID); n != 0 {
		t.Errorf("kevin's right by group was copied %d times", n)
	}

	// lena succeeds kevin in what he was given by hand on the same place. He leaves with both.
	w.grant("kevin", licensing.Administrator, suomi)
	w.do(`UPDATE grants SET expires_at = now() + interval '2 days' WHERE person_id = $1 AND mapping_id IS NULL`, w.person["kevin"].ID)
	page, err := w.ManagedPeople(t.Context(), w.as("anna"), licensing.PeopleFilter{Query: "kevin"})
	w.must(err)
	given := slices.IndexFunc(page.People[0].Rights, func(r licensing.RightLine) bool { return r.Group == "" })
	w.must(w.NameSuccessor(t.Context(), w.as("kevin"), page.People[0].Rights[given].ID, "lena@demo.example", press("/rights/:id/successor")))
	w.do(`UPDATE grants SET role = 'licence_reader' WHERE role = 'administrator' AND person_id = ANY (SELECT id FROM persons WHERE name IN ('berit', 'arne'))`)
	w.do(`UPDATE persons SET ended_at = now() WHERE name = 'kevin'`)
	w.do(`UPDATE grants SET revoked_at = now() WHERE role = 'administrator' AND person_id = $1`, w.person["anna"].ID)
	w.must(w.Succeed(t.Context()))
	if n := w.count(`SELECT count(*) FROM grants WHERE person_id = $1 AND role = 'administrator' AND mapping_id IS NULL AND expires_at IS NOT NULL`, w.person["lena"].ID); n != 1 {
		t.Errorf("lena steps in %d times, until the right given by hand ends, want once", n)
	}
	w.whole()
}

// S-36, S-48: the rights by group of a provider that was taken out of the settings end a day
// after the last server had it, on record; those of others stay.
func TestRightsOfAProviderThatWasTakenOutEnd(t *testing.T) {
	t.Parallel()
	w := grouped(t)
	w.must(w.mapped("anna", suomi, everybodys, "keys", licensing.LicenceReader))
	w.must(w.mapped("anna", nordvik, nordviks, "admins", licensing.Administrator))
	kevin := w.someone("kevin")
	w.must(w.AddIdentity(t.Context(), w.op, licensing.Identity{Issuer: nordviks, Subject: "kevin", PersonID: kevin.ID}))
	for issuer, group := range map[string]string{everybodys: "keys", nordviks: "admins"} {
		_, err := w.arrives(issuer, "kevin", group)
		w.must(err)
	}
	w.must(w.endRight("kevin", w.rightOf("anna", licensing.Administrator)))
	both := w.another()
	both.Trust([]licensing.Issuer{{Address: everybodys, All: true, Groups: true}, {Address: nordviks, Groups: true, Roots: []uuid.UUID{w.org[nordvik].ID}}})
	w.Trust([]licensing.Issuer{{Address: everybodys, All: true, Groups: true}})
	for _, c := range []struct {
		when string
		does func()
		live int64
		told int
	}{
		{"at once", func() {}, 2, 0},
		{"23 hours later", func() { w.do(`UPDATE issuers_heard SET heard_at = heard_at - interval '23 hours'`) }, 2, 0},
		{"while another server still has it", func() { w.must(both.MindIssuers(t.Context())) }, 2, 0},
		{"23 hours after that", func() { w.do(`UPDATE issuers_heard SET heard_at = heard_at - interval '23 hours'`) }, 2, 0},
		{"after days in which no server ran", func() {
			w.do(`UPDATE issuers_heard SET heard_at = heard_at - interval '3 days', asked_at = asked_at - interval '3 days'`)
		}, 2, 0},
		{"almost a day after that", func() {
			w.do(`UPDATE issuers_heard SET heard_at = heard_at - interval '23 hours', asked_at = asked_at - interval '5 hours'`)
		}, 2, 0},
		{"a day after that", func() { w.do(`UPDATE issuers_heard SET heard_at = heard_at - interval '1 hour'`) }, 1, 1},
		{"once more", func() {}, 1, 1},
	} {
		c.does()
		w.must(w.MindIssuers(t.Context()))
		if n := w.count(`SELECT count(*) FROM grants WHERE mapping_id IS NOT NULL AND revoked_at IS NULL`); n != c.live {
			t.Errorf("%s: rights by group: got %d, want %d", c.when, n, c.live)
		}
		if n := w.news("olli", licensing.GroupsSilent); n != c.told {
			t.Errorf("%s: the operator was told %d times, want %d", c.when, n, c.told)
		}
	}
	if v := w.as("kevin"); v.May != licensing.LicenceReader.Permissions() {
		t.Errorf("kevin: got permissions %b, want those of the provider that is left", v.May)
	}
	if n := w.count(`SELECT count(*) FROM audit WHERE action = 'role.ended' AND actor = 'Keyhall' AND detail ->> 'issuer' = $1`, nordviks); n != 1 {
		t.Errorf("on record: got %d, want 1", n)
	}
	if n := w.news("kevin", licensing.RightEnded); n != 1 {
		t.Errorf("kevin was told %d times, want once", n)
	}
	if n, told := w.entries("licence.unattended", licensing.Done), w.news("olli", licensing.LicenceUnattended); n != 1 || told != 1 {
		t.Errorf("a licence ID without an administrator: %d entries and %d news, want 1 and 1", n, told)
	}
	w.whole()
}

// Where no provider is known by name nobody's rights end.
func TestRightsStayWhereEveryIssuerSpeaks(t *testing.T) {
	t.Parallel()
	w := grouped(t)
	w.must(w.mapped("anna", suomi, nordviks, "keys", licensing.LicenceReader))
	_, err := w.arrives(nordviks, "nils", "keys")
	w.must(err)
	w.must(w.MindIssuers(t.Context()))
	w.do(`UPDATE issuers_heard SET heard_at = heard_at - interval '2 days'`)
	w.must(w.another().MindIssuers(t.Context()))
	if n := w.count(`SELECT count(*) FROM grants WHERE mapping_id IS NOT NULL AND revoked_at IS NULL`); n != 1 {
		t.Errorf("rights by group: got %d, want 1", n)
	}
}
