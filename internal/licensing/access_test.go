package licensing_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/keyhall/keyhall/internal/licensing"
)

func TestWhatIsWrongWithAskingForAccess(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		form licensing.AccessForm
		want string // fields with a problem
	}{
		"all of it":                {licensing.AccessForm{Number: "74120935", Role: licensing.KeyViewer, Reason: "For the laptops."}, ""},
		"a number as people write": {licensing.AccessForm{Number: " v638 0217 ", Role: licensing.KeyViewer, Reason: "x"}, ""},
		"no field":                 {licensing.AccessForm{}, "number role reason"},
		"too short a number":       {licensing.AccessForm{Number: "741209", Role: licensing.KeyViewer, Reason: "x"}, "number"},
		"a role of the staff":      {licensing.AccessForm{Number: "74120935", Role: licensing.SupportAgent, Reason: "x"}, "role"},
		"too long a reason":        {licensing.AccessForm{Number: "74120935", Role: licensing.KeyViewer, Reason: strings.Repeat("x", licensing.LongText+1)}, "reason"},
	} {
		r, problems := c.form.Request()
		var fields []string
		for _, p := range problems {
			fields = append(fields, p.Field)
		}
		if got := strings.Join(fields, " "); got != c.want {
			t.Errorf("%s: got problems with %q, want %q", name, got, c.want)
		}
		if c.want == "" && (r.Number != "74120935" && r.Number != "V6380217" || !r.Open() || r.Version != 1) {
			t.Errorf("%s: got %+v", name, r)
		}
	}
}

// An administrator gives what a role covers, and no more.
func TestRolesWithinARole(t *testing.T) {
	t.Parallel()
	for role, want := range map[licensing.Role][]licensing.Role{
		licensing.Administrator:   licensing.CustomerRoles(),
		licensing.KeyViewer:       {licensing.KeyViewer, licensing.LicenceReader},
		licensing.LicenceReader:   {licensing.LicenceReader},
		licensing.DownloadManager: {licensing.DownloadManager},
	} {
		if got := role.Within(); !slices.Equal(got, want) {
			t.Errorf("within %s: got %v, want %v", role, got, want)
		}
		for _, lesser := range want {
			if !slices.Contains(lesser.Covering(), role) {
				t.Errorf("%s doesn't cover %s", role, lesser)
			}
		}
	}
}

func TestHowLongARequestForAccessWaited(t *testing.T) {
	t.Parallel()
	asked := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	r := licensing.AccessRequest{AskedAt: asked, State: licensing.AccessOpen}
	if got := r.Waited(asked.Add(50 * time.Hour)); got != 50*time.Hour {
		t.Errorf("still open: got %s", got)
	}
	closed := asked.Add(3 * time.Hour)
	if r.ClosedAt = &closed; r.Waited(asked.Add(50*time.Hour)) != 3*time.Hour {
		t.Errorf("answered after three hours: got %s", r.Waited(asked.Add(50*time.Hour)))
	}
}
