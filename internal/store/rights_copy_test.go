package store_test

import (
	"sync"
	"testing"
	"time"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/store"
)

func (w *world) copyRights(by, from, numbers string) (licensing.Copied, error) {
	return w.CopyRights(w.t.Context(), w.as(by), licensing.Copying{From: from, Numbers: numbers}, press("/licences/:number/people/copies"))
}

// What is on the licence ID itself is copied with its last day; not what is there already,
// what comes from above, or the administrator's own. It counts at once.
func TestRightsAreCopiedToOtherLicenceIDs(t *testing.T) {
	t.Parallel()
	w := ruled(t)
	w.addLicence("61200418", suomi, "ea")
	w.addLicence("61200419", norge, "ea")
	until := time.Now().Add(48 * time.Hour).Truncate(time.Second)
	w.grantOn("nils", licensing.KeyViewer, "74120935")
	w.do(`UPDATE grants SET expires_at = $2 WHERE person_id = $1`, w.person["nils"].ID, until)
	w.grantOn("nils", licensing.LicenceReader, "61200418")
	w.grantOn("kaisa", licensing.KeyAdministrator, "74120935") // has it from Nordvik Suomi as well
	w.grantOn("anna", licensing.KeyViewer, "74120935")
	done, err := w.copyRights("anna", "74120935", " 61200418,\n61200419 61200418")
	w.must(err)
	// arne and nils on both, kaisa on 61200419 alone.
	if done != (licensing.Copied{Given: 5, Kept: 1}) {
		t.Errorf("copied: got %+v, want 5 given, 1 kept", done)
	}
	for _, number := range []string{"61200418", "61200419"} {
		if l, err := w.Licence(t.Context(), w.as("nils"), number); err != nil || !l.Rights.Has(licensing.RevealKeys) {
			t.Errorf("nils on %s: got %b, %v, want a key viewer's permissions", number, l.Rights, err)
		}
	}
	if n := w.count(`SELECT count(*) FROM grants WHERE person_id = $1 AND expires_at = $2`, w.person["nils"].ID, until); n != 3 {
		t.Errorf("rights of nils's with his last day: got %d, want 3", n)
	}
	if n := w.count(`SELECT count(*) FROM grants g JOIN licences l ON l.id = g.licence_id WHERE g.person_id = $1 AND l.number LIKE '6120041_'`, w.person["anna"].ID); n != 0 {
		t.Errorf("anna's own right was copied %d times", n)
	}
	if n := w.count(`SELECT count(*) FROM audit WHERE action = 'role.granted' AND actor_id = $1`, w.person["anna"].ID); n != 5 {
		t.Errorf("on record: got %d, want 5", n)
	}
	if got := w.notices("nils"); len(got) != 2 || got[0].News.Kind != licensing.RightGiven {
		t.Errorf("nils's notices: got %+v, want one for each right", got)
	}
	if _, err := w.copyRights("anna", "74120935", "61200418"); outcome(err) != "copy.problem.nothing" {
		t.Errorf("again: got %v, want nothing left to copy", err)
	}
	w.whole()
}

// S-50, S-51: all licence IDs are those of the administrator, and of one family; else
// nothing is copied, and nothing is said of what others have.
func TestWhoCopiesRights(t *testing.T) {
	t.Parallel()
	w := ruled(t)
	w.addLicence("61200418", suomi, "ea")
	w.grantOn("nils", licensing.KeyViewer, "74120935")
	w.grantOn("anna", licensing.Administrator, "50912277")
	for _, c := range []struct{ by, from, to, want string }{
		{"kaisa", "74120935", "61200418", "f"},
		{"lena", "74120935", "61200418", "f"},
		{"kevin", "74120935", "61200418", "n"},
		{"frode", "74120935", "50912277", "n"},
		{"arne", "74120935", "61200418", "copy.problem.unknown"},
		{"anna", "74120935", "61200418 99999999", "copy.problem.unknown"},
		{"anna", "74120935", "61200418 50912277", "copy.problem.unknown"},
		{"anna", "74120935", "74120935", "copy.problem.same"},
		{"anna", "74120935", " , ", "copy.problem.none"},
		{"anna", "99999999", "74120935", "n"},
	} {
		if _, err := w.copyRights(c.by, c.from, c.to); outcome(err) != c.want {
			t.Errorf("%s copies from %s to %q: got %v, want %s", c.by, c.from, c.to, err, c.want)
		}
	}
	if n := w.count(`SELECT count(*) FROM grants WHERE person_id = $1`, w.person["nils"].ID); n != 1 {
		t.Errorf("rights of nils's: got %d, want 1", n)
	}
	if w.entries("role.granted", licensing.Refused) != 2 {
		t.Error("the refusals are not on record")
	}
}

// S-17, R18: of one post that comes several times at once, through two servers, one is
// carried out, and each is given its result; two posts give each right once.
func TestCopyingTwiceGivesOnce(t *testing.T) {
	t.Parallel()
	w := ruled(t)
	w.addLicence("61200418", suomi, "ea")
	w.grantOn("nils", licensing.KeyViewer, "74120935")
	stores, anna := []*store.Store{w.Store, openStore(t, w.db)}, w.as("anna")
	once := press("/licences/:number/people/copies")
	var all sync.WaitGroup
	for i := range 6 {
		all.Go(func() {
			o := once
			if i > 3 {
				o = press("/licences/:number/people/copies")
			}
			done, err := stores[i%2].CopyRights(t.Context(), anna, licensing.Copying{From: "74120935", Numbers: "61200418"}, o)
			if got := outcome(err); got != "copy.problem.nothing" && (err != nil || done != licensing.Copied{Given: 2}) {
				t.Errorf("copied: got %+v, %v", done, err)
			}
		})
	}
	all.Wait()
	if n := w.count(`SELECT count(*) FROM grants g JOIN licences l ON l.id = g.licence_id WHERE l.number = '61200418'`); n != 2 {
		t.Errorf("rights on the other licence ID: got %d, want 2", n)
	}
	w.whole()
}
