package store_test

import (
	"slices"
	"testing"

	"github.com/keyhall/keyhall/internal/licensing"
)

func TestCreateAddsWhatIsUnknown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.applied(licensing.ImportOptions{Create: true, Pool: licensing.PoolServers},
		line(2, 1, "Project 2024", licensing.VLK, of("61200418", "Sundvik Ab"), openValue),
		line(3, 2, office, licensing.VLK, of("61200419", "SUNDVIK AB")),
		line(4, 3, office, licensing.VLK, of("61200420", norge)),
	)
	if r.Organisations != 1 || r.Licences != 3 || r.Products != 1 || r.Added != 3 || !slices.Contains(codes(r.Notes), "2 pool_assumed") {
		t.Errorf("got %+v, want an organisation, three licence IDs, a product", r)
	}
	if l, err := w.Licence(t.Context(), w.as("anna"), "61200420"); err != nil || l.KeysN != 1 {
		t.Errorf("an administrator above asks for a created licence ID: got %+v, %v, want it with its key", l, err)
	}
	if l, err := w.Licence(t.Context(), w.op, "61200418"); err != nil || l.Kind != licensing.KindAgreement || l.Organisation != "Sundvik Ab" {
		t.Errorf("a licence ID of a new family: got %+v, %v, want an agreement of Sundvik Ab", l, err)
	}
	if n := w.count(`SELECT count(*) FROM products WHERE name = 'Project 2024' AND pool = 'servers'`); n != 1 {
		t.Errorf("the new product: got %d, want 1 in the pool that was named", n)
	}
	w.whole()
}

// Nobody is locked out: of a new licence ID that nobody administers the preview says so, and
// the log when it is there. One whose organisation somebody administers is none of them, and
// what is here already no file moves.
func TestNewLicenceIDsThatNobodyAdministers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rows := []licensing.ImportRow{
		line(2, 1, office, licensing.VLK, of("61200418", "Sundvik Ab"), openValue),
		line(3, 2, office, licensing.VLK, of("61200420", norge)),
		line(4, 3, office, licensing.VLK, of("61200421", kommune)),
		line(5, 4, office, licensing.VLK, of("74120935", kommune)),
	}
	w.do(`UPDATE persons SET ended_at = now() WHERE name = 'frode'`)
	want := []string{"2 licence_unattended", "4 licence_unattended", "5 organisation_differs"}
	for _, r := range []licensing.ImportReport{
		w.plan(licensing.ImportOptions{Create: true}, rows...), w.applied(licensing.ImportOptions{Create: true}, rows...),
	} {
		if got := codes(r.Notes); !slices.Equal(got, want) {
			t.Errorf("applied %v: notes: got %q, want %q", r.Applied, got, want)
		}
		if !r.Applied {
			continue
		}
		for range 2 {
			w.must(w.TellFamilies(t.Context(), r.ID))
		}
	}
	const told = `SELECT count(*) FROM audit WHERE action = 'licence.unattended' AND object IN ('licence/61200418', 'licence/61200421')`
	if n, all := w.count(told), w.entries("licence.unattended", licensing.Done); n != 2 || all != 2 {
		t.Errorf("on record: got %d of %d, want the two", n, all)
	}
	if n := w.count(`SELECT count(*) FROM licences WHERE number = '74120935' AND organisation_id = $1`, w.org[suomi].ID); n != 1 {
		t.Error("74120935 was moved by a file")
	}
	w.whole()
}

func TestCreateRefusesWhatItCannotPlace(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.addOrganisation(norge, kommune)
	r := w.apply(licensing.ImportOptions{Create: true},
		line(2, 1, office, licensing.VLK, of("61200418", norge)),
		line(3, 2, office, licensing.VLK, of("61200419", "")),
		line(4, 3, office, licensing.VLK, of("61200420", "Sundvik Ab"), func(r *licensing.ImportRow) { r.Programme = "Select" }),
		line(5, 4, office, licensing.VLK, of("61200421", "Sundvik Ab")),
		line(6, 5, office, licensing.VLK, of("61200421", kommune)),
	)
	want := []string{"2 organisation_ambiguous", "3 organisation_missing", "4 programme_unknown", "6 organisation_contradicts"}
	if got := codes(r.Problems); r.Applied || !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if n := w.count(`SELECT count(*) FROM organisations WHERE name = 'Sundvik Ab'`); n != 0 {
		t.Errorf("organisations created by what was refused: got %d, want 0", n)
	}
}

func TestWhoOwnsALicenceIDIsNotTheFilesToSay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.applied(licensing.ImportOptions{Create: true}, line(2, 1, office, licensing.VLK, of("74120935", kommune)))
	if got := codes(r.Notes); r.Organisations != 0 || !slices.Equal(got, []string{"2 organisation_differs"}) {
		t.Errorf("another organisation's name: got %+v, want a note", r)
	}
	if n := w.count(`SELECT count(*) FROM keys WHERE root_id = $1`, w.org[nordvik].RootID); n != 1 {
		t.Errorf("keys of the family that owns it: got %d, want 1", n)
	}
	w.whole()
}
