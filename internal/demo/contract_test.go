package demo

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/store"
)

func TestTheAccountsAreThoseOfTheContractInItsOrder(t *testing.T) {
	t.Parallel()
	var got []string
	for _, a := range Accounts() {
		got = append(got, a.Email)
		if a.Subject == "" || a.Name == "" || a.Note == "" {
			t.Errorf("%s: got %+v, want subject, name and note", a.Email, a)
		}
	}
	want := []string{
		"anna@nordvik.example", "kaisa@nordvik.example", "kevin@nordvik.example", "lena@nordvik.example",
		"dirk@nordvik.example", "frode@fjellheim.example", "sofia@support.example", "samuel@support.example",
		"olli@operator.example", "gast@nordvik.example",
	}
	if !slices.Equal(got, want) {
		t.Errorf("accounts: got %v, want %v", got, want)
	}
}

// What each account of the contract may do, and on how much of the world.
func TestTheContractHolds(t *testing.T) {
	t.Parallel()
	w := built(t, 0)
	t.Run("each account sees what it should", func(t *testing.T) { w.seen(t) })
	t.Run("74120935 has a MAK at 98 of 100", func(t *testing.T) { w.office(t) })
	t.Run("KMS host keys count hosts", func(t *testing.T) { w.hosts(t) })
	t.Run("V6380217 ends soon and Kevin may read its keys", func(t *testing.T) { w.kevin(t) })
	t.Run("every programme, kind and key type is there", func(t *testing.T) { w.variety(t) })
	t.Run("the stock is the desk's alone", func(t *testing.T) { w.stock(t) })
	t.Run("people have left traces", func(t *testing.T) { w.traces(t) })
	t.Run("a stranger has no account", func(t *testing.T) {
		if _, err := w.as(t.Context(), "gast@nordvik.example"); !errors.Is(err, licensing.ErrNotFound) {
			t.Errorf("gast: got %v, want not found", err)
		}
	})
}

func (w *world) licencesOf(t *testing.T, email string) []licensing.LicenceRow {
	t.Helper()
	page, err := w.Licences(t.Context(), w.viewer(t, email), licensing.LicenceFilter{Today: w.now})
	if err != nil {
		t.Fatal(err)
	}
	return page.Rows
}

func (w *world) seen(t *testing.T) {
	for _, c := range []struct {
		email string
		role  licensing.Role
		sees  int // licence IDs
	}{
		{anna, licensing.Administrator, 19},
		{kaisa, licensing.KeyAdministrator, 5},
		{kevin, licensing.KeyViewer, 1},
		{lena, licensing.LicenceReader, 5},
		{dirk, licensing.DownloadManager, 5},
		{frode, licensing.Administrator, 5},
		{sofia, licensing.SupportAgent, 24},
		{samuel, licensing.SupportAgent, 24},
		{olli, licensing.Operator, 24},
	} {
		rows := w.licencesOf(t, c.email)
		if len(rows) != c.sees {
			t.Errorf("%s: got %d licence IDs, want %d", c.email, len(rows), c.sees)
		}
		for _, r := range rows {
			if r.Rights != c.role.Permissions() {
				t.Errorf("%s on %s: got %s, want %s", c.email, r.Number, r.Role(), c.role)
			}
			if c.email == dirk && (r.KeysN != 0 || r.LowestLeft != nil) {
				t.Errorf("%s on %s: got %d keys, want no count", c.email, r.Number, r.KeysN)
			}
		}
	}
}

func (w *world) office(t *testing.T) {
	all, err := w.Keys(t.Context(), w.viewer(t, kaisa), "74120935", licensing.KeyFilter{})
	if err != nil {
		t.Fatal(err)
	}
	l := all.Licence
	if l.Organisation != suomi || l.ProgrammeID != ea || l.City != "Tampere" || !l.Active(w.now) || l.LowestLeft == nil || *l.LowestLeft != 2 {
		t.Errorf("74120935: got %+v", l)
	}
	if l.KeysN != 28 || len(all.Keys) != 28 {
		t.Errorf("74120935: counts %d keys, lists %d, want 28", l.KeysN, len(all.Keys))
	}
	for _, p := range all.Purchases {
		if w.name(t, p.ProductID) == office24Pro && (p.Quantity != 340 || p.Effective != 340) {
			t.Errorf("%s bought: got %+v, want 340", office24Pro, p)
		}
	}
	for _, c := range []struct {
		last5, product string
		kind           licensing.KeyType
		used, total    int
		level          licensing.Level
	}{
		{"X4T9B", office24Pro, licensing.MAK, 98, 100, licensing.LevelOut},
		{"T6J2K", office24Pro, licensing.KMS, 4, 6, licensing.LevelFine},
		{"PQ7WD", win11LTSC24, licensing.MAK, 212, 500, licensing.LevelFine},
		{"M3HRF", win11LTSC24, licensing.MAK, 40, 50, licensing.LevelLow},
		{"B8VNG", ws25DC, licensing.KMS, 6, 6, licensing.LevelOut},
	} {
		i := slices.IndexFunc(all.Keys, func(k licensing.Key) bool { return k.Last5 == c.last5 })
		if i < 0 {
			t.Errorf("no key ends in %s", c.last5)
			continue
		}
		k := all.Keys[i]
		if w.name(t, k.ProductID) != c.product || k.Type != c.kind || k.Used != c.used || k.Total != c.total || k.Level() != c.level {
			t.Errorf("%s: got %s for %s at %d of %d", c.last5, k.Type, w.name(t, k.ProductID), k.Used, k.Total)
		}
		if k.AsOf == nil || !k.AsOf.Before(w.now) || w.now.Sub(*k.AsOf) > 12*time.Hour {
			t.Errorf("%s: got as of %v, want a few hours before %v", c.last5, k.AsOf, w.now)
		}
	}
}

func (w *world) name(t *testing.T, product int32) string {
	t.Helper()
	c, err := w.Catalogue(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return c.Product(product).Name
}

// A KMS host key is for six hosts, and none for Open programmes, but for what support has granted.
func (w *world) hosts(t *testing.T) {
	c, err := w.Catalogue(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, person := range []string{anna, frode} {
		for _, l := range w.licencesOf(t, person) {
			all, err := w.Keys(t.Context(), w.viewer(t, person), l.Number, licensing.KeyFilter{Type: licensing.KMS})
			if err != nil {
				t.Fatal(err)
			}
			for _, k := range all.Keys {
				if k.Source == "grant" {
					continue
				}
				if c.Programme(l.ProgrammeID).KMSRule == licensing.KMSByException {
					t.Errorf("%s: got a KMS host key under %s, want none", l.Number, l.ProgrammeID)
				}
				if k.Used > 6 || k.Total != 6 || c.Product(k.ProductID).KMSThreshold == 0 {
					t.Errorf("%s: got a KMS host key of %s at %d of %d hosts", l.Number, c.Product(k.ProductID).Name, k.Used, k.Total)
				}
			}
		}
	}
}

func (w *world) kevin(t *testing.T) {
	l, err := w.Licence(t.Context(), w.viewer(t, kevin), "V6380217")
	if err != nil {
		t.Fatal(err)
	}
	if l.Organisation != norge || l.ProgrammeID != openValue || l.DaysLeft(w.now) != 24 || !l.EndsSoon(w.now) || l.KeysN != 9 {
		t.Errorf("V6380217: got %+v", l)
	}
	if got := len(w.file(t, kevin, "V6380217")); got != 9 {
		t.Errorf("Kevin's key file of V6380217: got %d rows, want 9", got)
	}
	if _, err := w.Licence(t.Context(), w.viewer(t, kevin), "74133208"); !errors.Is(err, licensing.ErrNotFound) {
		t.Errorf("Kevin on another licence ID of Norway: got %v, want not found", err)
	}
}

func (w *world) variety(t *testing.T) {
	programmesThere := map[string]bool{}
	kinds := map[licensing.LicenceKind]bool{}
	types := map[licensing.KeyType]bool{}
	states := map[licensing.OSAStatus]bool{}
	var ended, endless, later int
	for _, person := range []string{anna, frode} {
		for _, l := range w.licencesOf(t, person) {
			programmesThere[l.ProgrammeID], kinds[l.Kind] = true, true
			if !l.Active(w.now) {
				ended++
			}
			if l.Ends == nil {
				endless++
			}
			if (l.ProgrammeID == openLicense) != (l.AuthorisationNo != "") || (l.ProgrammeID == openLicense) != (l.AgreementNo == "") {
				t.Errorf("%s, %s: got agreement %q, authorisation %q", l.Number, l.ProgrammeID, l.AgreementNo, l.AuthorisationNo)
			}
			all, err := w.Keys(t.Context(), w.viewer(t, person), l.Number, licensing.KeyFilter{})
			if err != nil {
				t.Fatal(err)
			}
			for _, k := range all.Keys {
				types[k.Type] = true
				if k.OSAStatus != nil {
					states[*k.OSAStatus] = true
				}
				if !k.Usable(w.now) {
					later++
				}
			}
		}
	}
	if len(programmesThere) != len(programmes) || len(kinds) != len(licensing.LicenceKinds()) || len(types) != len(licensing.KeyTypes()) || len(states) != 2 {
		t.Errorf("got programmes %v, kinds %v, key types %v, OSA states %v", programmesThere, kinds, types, states)
	}
	if ended < 4 || endless < 4 || later < 2 {
		t.Errorf("got %d licence IDs ended, %d without end, %d keys that don't work yet", ended, endless, later)
	}
}

func (w *world) stock(t *testing.T) {
	oneKey := kms(0).name("stock", office24Std, 0)
	for email, want := range map[string]error{anna: licensing.ErrNotFound, frode: licensing.ErrNotFound, sofia: nil} {
		k, err := w.Key(t.Context(), w.viewer(t, email), id("key", oneKey))
		if !errors.Is(err, want) {
			t.Errorf("a key in stock as %s: got %v, want %v", email, err, want)
		}
		if err == nil && (k.LicenceID != nil || k.Type != licensing.KMS) {
			t.Errorf("a key in stock: got %+v", k.Key)
		}
	}
}

func (w *world) traces(t *testing.T) {
	v := w.viewer(t, anna)
	page, err := w.ProfileKeys(t.Context(), v, licensing.KeyFilter{Last5: "X4T9B"})
	if err != nil || len(page.Keys) != 1 {
		t.Fatalf("X4T9B: got %d keys, %v", len(page.Keys), err)
	}
	k, err := w.Key(t.Context(), v, page.Keys[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	uses, err := w.KeyUses(t.Context(), v, k)
	if err != nil || len(uses) < 4 {
		t.Errorf("who used X4T9B: got %d uses, %v, want Anna's and Kaisa's", len(uses), err)
	}
	for email, want := range map[string][]licensing.DownloadState{
		anna:  {licensing.DownloadBroken, licensing.DownloadFinished, licensing.DownloadFinished},
		kaisa: {licensing.DownloadFinished},
		frode: {licensing.DownloadFinished},
	} {
		files, _, err := w.Downloads(t.Context(), w.viewer(t, email), "")
		if err != nil {
			t.Fatal(err)
		}
		var got []licensing.DownloadState
		for _, f := range files {
			if f.Name != "test" {
				got = append(got, f.State)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("ledger as %s: got %v, want %v", email, got, want)
		}
	}
	lines, _, err := w.Audit(t.Context(), w.viewer(t, lena), licensing.AuditFilter{})
	if err != nil || !slices.ContainsFunc(lines, func(l licensing.AuditLine) bool {
		return l.Action == string(store.ToShow) && l.Outcome == licensing.Refused
	}) {
		t.Errorf("Lena's audit log: got %d entries, %v, want a refusal among them", len(lines), err)
	}
	if broken, err := w.VerifyAudit(t.Context()); broken != nil || err != nil {
		t.Errorf("audit chains: got %v, %v", broken, err)
	}
}
