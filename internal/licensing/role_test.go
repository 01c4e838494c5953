package licensing

import "testing"

func TestWhatRolesMay(t *testing.T) {
	t.Parallel()
	for role, want := range map[Role]Permission{
		Administrator:    SeeLicence | SeeKeys | RevealKeys | DownloadMedia | FileRequests | EditKeys | ManagePeople | SeeUse,
		KeyAdministrator: SeeLicence | SeeKeys | RevealKeys | FileRequests | EditKeys,
		KeyViewer:        SeeLicence | SeeKeys | RevealKeys | FileRequests,
		LicenceReader:    SeeLicence | SeeKeys,
		DownloadManager:  SeeLicence | DownloadMedia,
		SupportAgent:     SeeCustomers | SeeLicence | SeeKeys | DecideRequests,
		Operator:         SeeCustomers | SeeLicence | SeeKeys | SeeUse | Operate,
		"":               0,
		"ADMINISTRATOR":  0,
		"root":           0,
	} {
		if got := role.Permissions(); got != want {
			t.Errorf("%q: got %b, want %b", role, got, want)
		}
	}
}

// The staff take no key in clear, and no customer's role sees all customers.
func TestTheStaffAndCustomersKeepApart(t *testing.T) {
	t.Parallel()
	staff := 0
	for _, r := range Roles() {
		p := r.Permissions()
		if p.Has(SeeCustomers) && p.Has(RevealKeys) {
			t.Errorf("%s sees every customer and reveals keys", r)
		}
		if r.Staff() {
			staff++
		} else if p.OnLicence() != p {
			t.Errorf("%s holds permissions of the staff: %b", r, p)
		}
		if r.Permissions().OnLicence().Has(SeeCustomers) || p.OnLicence()&(DecideRequests|Operate) != 0 {
			t.Errorf("%s on a licence ID: got %b", r, p.OnLicence())
		}
	}
	if staff != 2 || Role("").Staff() {
		t.Errorf("roles of the staff: got %d, want support agent and operator", staff)
	}
}

// The bits stand in the database and in queries there.
func TestPermissionsKeepTheirNumbers(t *testing.T) {
	t.Parallel()
	for i, p := range []Permission{SeeLicence, SeeKeys, RevealKeys, DownloadMedia, FileRequests, EditKeys, ManagePeople, SeeUse, SeeCustomers, DecideRequests, Operate} {
		if p != 1<<i {
			t.Errorf("permission %d: got %d, want %d", i, p, 1<<i)
		}
	}
}

func TestSeveralRolesAmountToOne(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		may  Permission
		want Role
	}{
		{"nothing", 0, ""},
		{"each role by itself: administrator", Administrator.Permissions(), Administrator},
		{"key viewer and download manager", KeyViewer.Permissions() | DownloadManager.Permissions(), KeyViewer},
		{"licence reader and download manager", LicenceReader.Permissions() | DownloadManager.Permissions(), LicenceReader},
		{"key administrator without editing", KeyAdministrator.Permissions() &^ EditKeys, KeyViewer},
		{"the licence ID alone", SeeLicence, ""},
		{"a permission that is yet to come", LicenceReader.Permissions() | 1<<20, LicenceReader},
	} {
		if got := RoleOf(c.may); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
	for _, r := range Roles() {
		if got := RoleOf(r.Permissions()); got != r {
			t.Errorf("%s: got %s", r, got)
		}
	}
}
