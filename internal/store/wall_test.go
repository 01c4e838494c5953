package store_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/store"
)

// read is a question to the store, and everything that came back, as text.
type read struct {
	name string
	ask  func(licensing.Viewer) string
}

// reads are all questions about Nordvik's licence ID 74120935 and its key.
func (w *world) reads(k licensing.NewKey, detail licensing.KeyDetail) []read {
	ctx, number := w.t.Context(), "74120935"
	all := []read{
		{"Summary", func(v licensing.Viewer) string {
			page, organisations, err := w.Summary(ctx, v, licensing.LicenceFilter{})
			return said(page, organisations, err)
		}},
		{"Licence", func(v licensing.Viewer) string { return told(w.Licence(ctx, v, number)) }},
		{"Purchases", func(v licensing.Viewer) string {
			l, bought, err := w.Purchases(ctx, v, number)
			return said(l, bought, err)
		}},
		{"People", func(v licensing.Viewer) string { return told(w.People(ctx, v, number)) }},
		{"ManagedPeople", func(v licensing.Viewer) string { return told(w.ManagedPeople(ctx, v, licensing.PeopleFilter{})) }},
		{"Keys", func(v licensing.Viewer) string { return told(w.Keys(ctx, v, number, licensing.KeyFilter{})) }},
		{"Key", func(v licensing.Viewer) string { return told(w.Key(ctx, v, k.ID)) }},
		// Whoever asks these two has shown a key's detail: here it was stolen.
		{"KeyUses", func(v licensing.Viewer) string { return told(w.KeyUses(ctx, v, detail)) }},
		{"KeyLimits", func(v licensing.Viewer) string { return told(w.KeyLimits(ctx, v, detail)) }},
		{"ProfileKeys, few", func(v licensing.Viewer) string { return told(w.ProfileKeys(ctx, v, licensing.KeyFilter{})) }},
		{"ProfileKeys, many", func(v licensing.Viewer) string {
			v.Licences = store.FewLicences + 1
			return told(w.ProfileKeys(ctx, v, licensing.KeyFilter{}))
		}},
		{"ProfileKeys, last five", func(v licensing.Viewer) string {
			return told(w.ProfileKeys(ctx, v, licensing.KeyFilter{Last5: detail.Last5}))
		}},
		{"FindKey", func(v licensing.Viewer) string { return told(w.FindKey(ctx, v, k.Secret)) }},
		{"RevealKey", func(v licensing.Viewer) string {
			secret, err := w.RevealKey(ctx, v, k.ID, store.ToShow)
			return said(secret.Reveal(), err)
		}},
		{"ExportKeys, one licence ID", func(v licensing.Viewer) string { return w.export(v, number) }},
		{"ExportKeys, the profile", func(v licensing.Viewer) string { return w.export(v, "") }},
		{"StartDownload, one licence ID", func(v licensing.Viewer) string { return w.start(v, number) }},
		{"StartDownload, the profile", func(v licensing.Viewer) string { return w.start(v, "") }},
		{"Leaks", func(v licensing.Viewer) string {
			list, next, err := w.Leaks(ctx, v, "")
			return said(list, next, err)
		}},
		{"Leak", func(v licensing.Viewer) string { return told(w.Leak(ctx, v, detail.LeakID)) }},
		{"Downloads", func(v licensing.Viewer) string {
			list, next, err := w.Downloads(ctx, v, "")
			return said(list, next, err)
		}},
		{"Audit", func(v licensing.Viewer) string {
			lines, next, err := w.Audit(ctx, v, licensing.AuditFilter{})
			return said(lines, next, err)
		}},
		{"Audit of a licence ID", func(v licensing.Viewer) string {
			lines, next, err := w.Audit(ctx, v, licensing.AuditFilter{Number: number})
			return said(lines, next, err)
		}},
	}
	for _, sort := range licensing.LicenceSorts() {
		all = append(all, read{"Licences by " + sort, func(v licensing.Viewer) string {
			return told(w.Licences(ctx, v, licensing.LicenceFilter{Sort: sort}))
		}})
	}
	return all
}

func told[T any](v T, err error) string { return said(v, err) }

func said(all ...any) string { return fmt.Sprintf("%+v", all) }

func (w *world) export(v licensing.Viewer, number string) string {
	var rows []string
	_, err := w.ExportKeys(w.t.Context(), v, licensing.Download{Number: number}, func(r licensing.KeyRow) error {
		rows = append(rows, r.Licence+" "+r.Organisation+" "+r.Key.Reveal())
		return nil
	})
	return said(rows, err)
}

// start begins a key file and names the families in it.
func (w *world) start(v licensing.Viewer, number string) string {
	w.t.Helper()
	d, err := w.StartDownload(w.t.Context(), v, store.NewFile{Number: number, Name: "keys.tsv", Format: "tsv"})
	var names []string
	for _, name := range []string{nordvik, kommune} {
		if w.count(`SELECT count(*) FROM downloads WHERE file_id = $1 AND root_id = $2`, d.FileID, w.org[name].RootID) > 0 {
			names = append(names, name)
		}
	}
	return said(names, err)
}

// S-51, S-53: where the store's own conditions are deceived, by rows that make Frode an
// administrator of all of Nordvik, the wall alone still lets him see nothing of it. With
// Nordvik among his families the same questions are answered, so this test can fail.
func TestTheWallHoldsWhenTheConditionsAreDeceived(t *testing.T) {
	t.Parallel()
	w, k, _ := stocked(t)
	detail := w.deceive(k)
	frode := w.as("frode")
	within := frode
	within.Roots = []uuid.UUID{w.org[kommune].RootID}
	theirs := []string{"74120935", "Nordvik", "anna", "777777777", "888888888", demoKey(1), detail.Last5, k.ID.String(), k.LicenceID.String(), w.org[nordvik].RootID.String()}
	for _, r := range w.reads(k, detail) {
		if got := r.ask(within); holdsAny(got, theirs) {
			t.Errorf("%s, behind the wall: got %s, want nothing of Nordvik's", r.name, got)
		}
		if got := r.ask(frode); !holdsAny(got, theirs) {
			t.Errorf("%s, with the wall open: got %s: the question finds nothing anyway", r.name, got)
		}
	}
	w.whole()
}

// deceive lets frode reach and hold what is Nordvik's, lets anna use its key, and
// returns what she sees of the key.
func (w *world) deceive(k licensing.NewKey) licensing.KeyDetail {
	w.t.Helper()
	ctx, anna := w.t.Context(), w.as("anna")
	w.do(`INSERT INTO leaks (id, root_id, licence_id, key_id, reason, opened_by, opener) VALUES ($1, $2, $3, $4, 'seen', $5, 'anna')`,
		newID(), k.RootID, k.LicenceID, k.ID, anna.PersonID) // but not frozen, so that the rest is answered
	detail, err := w.Key(ctx, anna, k.ID)
	w.must(err)
	_, err = w.RevealKey(ctx, anna, k.ID, store.ToShow)
	w.must(err)
	_, err = w.StartDownload(ctx, anna, store.NewFile{Number: "74120935", Name: "keys.tsv", Format: "tsv"})
	w.must(err)
	w.do(`INSERT INTO grants (id, person_id, root_id, role, organisation_id) VALUES ($1, $2, $3, 'administrator', $3)`,
		newID(), w.person["frode"].ID, w.org[nordvik].RootID)
	w.do(`INSERT INTO reach (person_id, licence_id, root_id, number, rights) SELECT $1, id, root_id, number, 255 FROM licences WHERE number = '74120935'`,
		w.person["frode"].ID)
	return detail
}

func holdsAny(text string, parts []string) bool {
	for _, p := range parts {
		if strings.Contains(text, p) {
			return true
		}
	}
	return false
}

// No row can say that a family's thing is another family's: the wall believes root_id.
func TestNoRowLiesAboutItsFamily(t *testing.T) {
	t.Parallel()
	w, k, _ := stocked(t)
	ours, frode := w.org[kommune].RootID, w.person["frode"].ID
	c := w.connect(w.db.SuperURL)
	for what, err := range map[string]error{
		"reach":                     exec(c, `INSERT INTO reach (person_id, licence_id, root_id, number, rights) VALUES ($1, $2, $3, '74120935', 255)`, frode, k.LicenceID, ours),
		"a grant on a licence ID":   exec(c, `INSERT INTO grants (id, person_id, root_id, role, licence_id) VALUES ($1, $2, $3, 'administrator', $4)`, newID(), frode, ours, k.LicenceID),
		"a grant on a organisation": exec(c, `INSERT INTO grants (id, person_id, root_id, role, organisation_id) VALUES ($1, $2, $3, 'administrator', $4)`, newID(), frode, ours, w.org[suomi].ID),
		"a key":                     exec(c, `UPDATE keys SET root_id = $2 WHERE id = $1`, k.ID, ours),
		"a licence ID":              exec(c, `UPDATE licences SET root_id = $2 WHERE id = $1`, k.LicenceID, ours),
		"a purchase":                exec(c, `UPDATE purchases SET root_id = $1`, ours),
		"a limit":                   exec(c, `UPDATE limit_entries SET root_id = $2 WHERE key_id = $1`, k.ID, ours),
		"the closure":               exec(c, `INSERT INTO org_closure VALUES ($1, $2, $1)`, ours, w.org[suomi].ID),
	} {
		var pg *pgconn.PgError
		if !errors.As(err, &pg) || pg.Code != "23503" {
			t.Errorf("%s of Nordvik's said to be Fjellheim's: got %v, want a foreign key that refuses", what, err)
		}
	}
}

// Seeing every customer is the staff's: no right on a licence ID can amount to it.
func TestNoRightOnALicenceIDMakesSomebodyStaff(t *testing.T) {
	t.Parallel()
	w, k, _ := stocked(t)
	c := w.connect(w.db.SuperURL)
	for _, bit := range []licensing.Permission{licensing.SeeCustomers, licensing.DecideRequests, licensing.Operate} {
		var pg *pgconn.PgError
		if err := exec(c, `UPDATE reach SET rights = rights | $1`, int32(bit)); !errors.As(err, &pg) || pg.ConstraintName != "rights_are_a_customers" {
			t.Errorf("permission %d on a licence ID: got %v, want a constraint that refuses", bit, err)
		}
	}
	w.do(`ALTER TABLE reach DROP CONSTRAINT rights_are_a_customers`)
	w.do(`UPDATE reach SET rights = 2047`)
	if lena := w.as("lena"); lena.SeesAllCustomers() || lena.May.Has(licensing.Operate) {
		t.Errorf("with the constraint gone: got permissions %b, want none of the staff's", lena.May)
	}
	w.do(`UPDATE persons SET staff_role = 'support_agent' WHERE name = 'anna'`)
	if anna := w.as("anna"); anna.May != licensing.SupportAgent.Permissions() {
		t.Errorf("a support agent with a customer's right: got permissions %b, want the agent's alone", anna.May)
	}
	if _, err := w.RevealKey(t.Context(), w.as("anna"), k.ID, store.ToShow); !errors.Is(err, licensing.ErrForbidden) {
		t.Errorf("a support agent reveals: got %v, want forbidden", err)
	}
}

// S-53: the wall holds nobody who owns the tables or is a superuser, so nobody serves as one.
func TestWhoIsNotHeldByTheWallDoesNotServe(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, url := range map[string]string{"the owner": w.db.OwnerURL, "a superuser": w.db.SuperURL} {
		if s, err := store.Open(t.Context(), url, nil); err == nil {
			s.Close()
			t.Errorf("%s serves: got it begun, want it refused", name)
		} else if !strings.Contains(err.Error(), "use keyhall_serve") {
			t.Errorf("%s serves: got %v, want to be told which role does", name, err)
		}
	}
}
