package store_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/licensing"
)

func TestRightsAboveReachLicenceIDsThatComeLater(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.addLicence("V6380217", norge, "open-value")
	w.addOrganisation("Nordvik Sverige AB", nordvik)
	w.addLicence("61200418", "Nordvik Sverige AB", "ea")
	for name, want := range map[string]map[string]bool{
		"anna":  {"74120935": true, "V6380217": true, "61200418": true, "50912277": false},
		"lena":  {"74120935": true, "V6380217": false, "61200418": false, "50912277": false},
		"frode": {"74120935": false, "V6380217": false, "61200418": false, "50912277": true},
	} {
		for number, sees := range want {
			_, err := w.Licence(t.Context(), w.as(name), number)
			if sees && err != nil || !sees && !errors.Is(err, licensing.ErrNotFound) {
				t.Errorf("%s asks for %s: got %v, want it seen: %v", name, number, err, sees)
			}
		}
	}
	w.whole()
}

// S-53: what one family owns another can't even count.
func TestFamiliesSeeNothingOfEachOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.must(w.AddKeys(t.Context(), w.op, []licensing.NewKey{w.mak("74120935", office, 1, 98, 100)}))
	frode := w.as("frode")
	frode.Roots = append(frode.Roots, w.org[nordvik].RootID) // as if reach were forgotten
	if _, err := w.Keys(t.Context(), frode, "74120935", licensing.KeyFilter{}); !errors.Is(err, licensing.ErrNotFound) {
		t.Errorf("the keys of another family: got %v, want not found", err)
	}
	anna := w.as("anna")
	anna.Roots = []uuid.UUID{w.org[kommune].RootID} // as if only the wall held
	if _, err := w.Keys(t.Context(), anna, "74120935", licensing.KeyFilter{}); !errors.Is(err, licensing.ErrNotFound) {
		t.Errorf("keys behind the wall: got %v, want not found", err)
	}
}

func TestCountersFollowKeysAndPurchases(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.must(w.AddKeys(t.Context(), w.op, []licensing.NewKey{
		w.mak("74120935", office, 1, 98, 100),
		w.mak("74120935", server, 2, 50, 500),
		w.key("74120935", office, licensing.KMS, 3),
		w.key("74120935", office, licensing.OSA, 4),
		w.mak("50912277", office, 5, 0, 0),
	}))
	l := w.licence["74120935"]
	w.must(w.SetPurchases(t.Context(), w.op, []licensing.Purchase{
		{LicenceID: l.ID, ProductID: w.product[office], Quantity: 10, Effective: 10},
		{LicenceID: l.ID, ProductID: w.product[ltsc], Quantity: 20, Effective: 25},
	}))
	got, err := w.Licence(t.Context(), w.op, "74120935")
	w.must(err)
	if got.ProductsN != 3 || got.KeysN != 4 || *got.LowestLeft != 2 || *got.LowestTotal != 100 {
		t.Errorf("the counters of 74120935: got %d products, %d keys, %d of %d left, want 3, 4, 2 of 100",
			got.ProductsN, got.KeysN, *got.LowestLeft, *got.LowestTotal)
	}
	if other, err := w.Licence(t.Context(), w.op, "50912277"); err != nil || other.LowestLeft != nil || other.KeysN != 1 {
		t.Errorf("a MAK without a count: got %+v, %v, want no lowest counter", other, err)
	}
	w.whole()
	if n := w.count(`WITH changed AS (UPDATE licences SET keys_n = 99 WHERE number = '74120935' RETURNING 1) SELECT count(*) FROM changed`); n != 1 {
		t.Fatal("nothing was falsified")
	}
	if wrong, err := w.VerifyCounters(t.Context()); err != nil || wrong != 1 {
		t.Errorf("verify after a falsified counter: got %d, %v, want 1", wrong, err)
	}
}

func TestAddedKeysOpenForWhoeverMayRevealThem(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	k := w.mak("74120935", office, 1, 0, 50)
	w.must(w.AddKeys(t.Context(), w.op, []licensing.NewKey{k}))
	secret, err := w.RevealKey(t.Context(), w.as("anna"), k.ID, "key.revealed")
	if err != nil || secret.Reveal() != demoKey(1) {
		t.Errorf("an administrator reveals it: got %v, %v, want the key that was added", secret, err)
	}
	if _, err := w.RevealKey(t.Context(), w.as("lena"), k.ID, "key.revealed"); !errors.Is(err, licensing.ErrForbidden) {
		t.Errorf("a licence reader reveals it: got %v, want forbidden", err)
	}
	if _, err := w.RevealKey(t.Context(), w.as("frode"), k.ID, "key.revealed"); !errors.Is(err, licensing.ErrNotFound) {
		t.Errorf("a stranger reveals it: got %v, want not found", err)
	}
	if id, err := w.FindKey(t.Context(), w.as("lena"), licensing.NewSecret(demoKey(1))); err != nil || id != k.ID {
		t.Errorf("finding it by the whole key: got %v, %v, want %v", id, err, k.ID)
	}
	w.whole()
}

func TestDuplicatesAreConflictsAndLeaveNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.must(w.AddKeys(t.Context(), w.op, []licensing.NewKey{w.mak("74120935", office, 1, 0, 50)}))
	before := w.count(`SELECT count(*) FROM audit`)
	again := w.mak("74120935", office, 1, 0, 50)
	l := w.licence["74120935"]
	for what, err := range map[string]error{
		"the same key again":         w.AddKeys(t.Context(), w.op, []licensing.NewKey{w.mak("74120935", server, 2, 0, 9), again}),
		"a taken number":             w.AddLicence(t.Context(), w.op, licensing.Licence{ID: newID(), RootID: l.RootID, OrganisationID: l.OrganisationID, ProgrammeID: "ea", Number: l.Number, Kind: l.Kind}),
		"a programme's name":         w.AddProgramme(t.Context(), w.op, licensing.Programme{ID: "other", Name: "Open Value", NumberKind: "agreement", Allotment: "pool", KMSRule: "default"}),
		"an identity in use":         w.AddIdentity(t.Context(), w.op, licensing.Identity{Issuer: "https://idp.example", Subject: "anna", PersonID: w.someone("anna").ID}),
		"the name within the family": w.AddOrganisation(t.Context(), w.op, licensing.Organisation{ID: newID(), RootID: l.RootID, ParentID: &l.RootID, Name: norge}),
		"one purchase in two lines":  w.SetPurchases(t.Context(), w.op, []licensing.Purchase{{LicenceID: l.ID, ProductID: 1, Quantity: 1}, {LicenceID: l.ID, ProductID: 1, Quantity: 2}}),
	} {
		if !errors.Is(err, licensing.ErrConflict) {
			t.Errorf("%s: got %v, want conflict", what, err)
		}
	}
	if after := w.count(`SELECT count(*) FROM audit`); after != before || w.count(`SELECT count(*) FROM keys`) != 1 {
		t.Errorf("audit entries after nothing happened: got %d, want %d", after, before)
	}
}

func TestOnlyTheOperatorActsForTheInstallation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna, root := w.as("anna"), w.org[nordvik].RootID
	support := licensing.Viewer{Staff: licensing.SupportAgent, May: licensing.SupportAgent.Permissions()}
	for who, by := range map[string]licensing.Viewer{"a customer's administrator": anna, "support": support} {
		err := w.AddOrganisation(t.Context(), by, licensing.Organisation{ID: newID(), RootID: root, ParentID: &root, Name: "Ours"})
		if !errors.Is(err, licensing.ErrForbidden) {
			t.Errorf("%s adds an organisation: got %v, want forbidden", who, err)
		}
	}
}

func TestAuditSaysWhoActedAtTheCommandLine(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const byOlli = `SELECT count(*) FROM audit WHERE action = 'licence.added' AND actor = 'olli' AND identity = 'command line'`
	if n := w.count(byOlli); n != 2 {
		t.Errorf("entries about new licence IDs by olli at the command line: got %d, want 2", n)
	}
}

func TestManyKeysArriveInOneGo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	keys := make([]licensing.NewKey, 20_000)
	for i := range keys {
		keys[i] = w.mak([]string{"74120935", "50912277"}[i%2], office, i, i%50, 50)
	}
	start := time.Now()
	w.must(w.AddKeys(t.Context(), w.op, keys))
	t.Logf("added %d keys in %v", len(keys), time.Since(start))
	if n := w.count(`SELECT count(*) FROM audit WHERE action = 'keys.added'`); n != 2 {
		t.Errorf("entries about the keys: got %d, want one for each family", n)
	}
	w.whole()
}
