package store_test

import (
	"strings"
	"testing"

	"github.com/keyhall/keyhall/internal/licensing"
)

// lone lists what somebody finds administered by one person: number and name.
func (w *world) lone(name string) string {
	w.t.Helper()
	page, err := w.LoneLicences(w.t.Context(), w.as(name), "")
	w.must(err)
	var found []string
	for _, l := range page.Licences {
		found = append(found, l.Number+" "+l.Administrator)
	}
	return strings.Join(found, ", ")
}

// S-51: who manages licence IDs learns which of those have one living administrator,
// counting rights from above; nobody learns of others.
func TestLicenceIDsWithOneAdministratorAreListedToWhoManagesThem(t *testing.T) {
	t.Parallel()
	w := ruled(t)
	for name, want := range map[string]string{
		"anna": "V6380217 anna", "berit": "", "arne": "", "kaisa": "", "frode": "50912277 frode",
	} {
		if got := w.lone(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	for _, c := range []struct{ what, sql, anna, arne string }{
		{"berit's account ends", `UPDATE persons SET ended_at = now() WHERE name = 'berit'`, "V6380217 anna", ""},
		{"arne has two rights, and anna's runs out", `UPDATE grants SET expires_at = now() - interval '1 second' WHERE role = 'administrator' AND person_id = (SELECT id FROM persons WHERE name = 'anna')`, "", "74120935 arne"},
	} {
		w.do(c.sql)
		if anna, arne := w.lone("anna"), w.lone("arne"); anna != c.anna || arne != c.arne {
			t.Errorf("after %s: got %q for anna and %q for arne, want %q and %q", c.what, anna, arne, c.anna, c.arne)
		}
	}
	if page, err := w.LoneLicences(t.Context(), w.as("arne"), "74120935"); err != nil || len(page.Licences) != 0 || page.Next != "" {
		t.Errorf("after the last one: got %+v, %v, want nothing", page, err)
	}
	w.grantOn("kaisa", licensing.Administrator, "74120935")
	if got := w.lone("arne"); got != "" {
		t.Errorf("with a second administrator: got %q, want nothing", got)
	}
}
