package store_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/store"
)

// line is a row of a classic file: 74120935 of Nordvik Suomi, unless with says otherwise.
func line(n, key int, product string, kind licensing.KeyType, with ...func(*licensing.ImportRow)) licensing.ImportRow {
	r := licensing.ImportRow{Line: n, KeyRow: licensing.KeyRow{
		Licence: "74120935", Programme: "Enterprise Agreement", Organisation: suomi,
		Product: product, Key: licensing.NewSecret(demoKey(key)), Type: kind,
	}}
	for _, change := range with {
		change(&r)
	}
	return r
}

func counts(used, total int) func(*licensing.ImportRow) {
	return func(r *licensing.ImportRow) { r.Used, r.Total, r.HasCounts = used, total, true }
}

func of(number, organisation string) func(*licensing.ImportRow) {
	return func(r *licensing.ImportRow) { r.Licence, r.Organisation = number, organisation }
}

func openValue(r *licensing.ImportRow) { r.Programme = "open  value" }

// file is a key file of these rows.
func file(rows ...licensing.ImportRow) licensing.ImportSource {
	sum := sha256.New()
	rest := slices.Clone(rows)
	for _, r := range rows {
		_, _ = fmt.Fprintln(sum, r.Line, r.Licence, r.Product, r.Key.Reveal(), r.Type, r.Used, r.Total, r.Seats)
	}
	return licensing.ImportSource{
		Name: "keys.tsv",
		Next: func() (licensing.ImportRow, error) {
			if len(rest) == 0 {
				return licensing.ImportRow{}, io.EOF
			}
			r := rest[0]
			rest = rest[1:]
			return r, nil
		},
		Sum: func() []byte { return sum.Sum(nil) },
	}
}

func (w *world) plan(o licensing.ImportOptions, rows ...licensing.ImportRow) licensing.ImportReport {
	w.t.Helper()
	r, err := w.ImportKeys(w.t.Context(), w.op, file(rows...), o)
	w.must(err)
	return r
}

func (w *world) apply(o licensing.ImportOptions, rows ...licensing.ImportRow) licensing.ImportReport {
	w.t.Helper()
	o.Apply = true
	return w.plan(o, rows...)
}

func (w *world) applied(o licensing.ImportOptions, rows ...licensing.ImportRow) licensing.ImportReport {
	w.t.Helper()
	r := w.apply(o, rows...)
	if !r.Applied || r.ProblemCount > 0 {
		w.t.Fatalf("apply: got %+v, want it applied", r)
	}
	return r
}

func codes(problems []licensing.ImportProblem) (list []string) {
	for _, p := range problems {
		list = append(list, fmt.Sprintf("%d %s", p.Line, p.Code))
	}
	slices.Sort(list)
	return list
}

func kinds(r licensing.ImportReport) map[licensing.ImportChangeKind]int {
	n := map[licensing.ImportChangeKind]int{}
	for _, c := range r.Changes {
		n[c.Kind]++
	}
	return n
}

func everyType() []licensing.ImportRow {
	redeemed := licensing.OSARedeemed
	return []licensing.ImportRow{
		line(2, 1, office, licensing.MAK, counts(98, 100)),
		line(3, 2, office, licensing.KMS),
		line(4, 3, ltsc, licensing.VLK, func(r *licensing.ImportRow) { r.Seats = 25 }),
		line(5, 4, ltsc, licensing.OSA, func(r *licensing.ImportRow) { r.OSAStatus = &redeemed }),
		line(6, 5, ltsc, licensing.OSA),
		line(7, 6, server, licensing.SetupKey),
		line(8, 6, server, licensing.SetupKey, of("50912277", kommune), openValue), // shared by many
		line(9, 7, server, licensing.MAK),                                          // without a count
	}
}

// S-35: shown first, then all of it, and a second time nothing.
func TestImportIsShownThenAppliedThenChangesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	plan := w.plan(licensing.ImportOptions{}, everyType()...)
	if plan.Applied || plan.Added != 8 || plan.ProblemCount != 0 || kinds(plan)[licensing.ImportNewKey] != 8 {
		t.Fatalf("the plan: got %+v, want 8 new keys", plan)
	}
	if n := w.count(`SELECT (SELECT count(*) FROM keys) + (SELECT count(*) FROM imports) + (SELECT count(*) FROM river_job)`); n != 0 {
		t.Fatalf("rows after a plan: got %d, want 0", n)
	}
	first := w.applied(licensing.ImportOptions{}, everyType()...)
	if first.Added != 8 || first.Lines != 8 || first.Before != nil {
		t.Errorf("the first time: got %+v, want 8 added", first)
	}
	w.whole()
	state := `SELECT hashtext(string_agg(k::text, '' ORDER BY id)) FROM keys k`
	keys, limits := w.count(state), w.count(`SELECT count(*) FROM limit_entries`)
	again := w.applied(licensing.ImportOptions{}, everyType()...)
	if again.Added+again.Changed+again.Gone != 0 || again.Unchanged != 8 || again.Before == nil {
		t.Errorf("the second time: got %+v, want 8 unchanged, applied before", again)
	}
	if w.count(state) != keys || w.count(`SELECT count(*) FROM limit_entries`) != limits {
		t.Error("the second time changed keys or ledger")
	}
	w.whole()
}

func TestImportedKeysAreWhatTheFileSaid(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.applied(licensing.ImportOptions{}, everyType()...)
	all, err := w.Keys(t.Context(), w.as("anna"), "74120935", licensing.KeyFilter{})
	w.must(err)
	got := map[string]string{}
	for _, k := range all.Keys {
		status := licensing.OSAStatus("-")
		if k.OSAStatus != nil {
			status = *k.OSAStatus
		}
		got[k.Last5] = fmt.Sprintf("%s %d/%d %d %s %v", k.Type, k.Used, k.Total, k.Seats, status, k.AsOf != nil)
		secret, err := w.RevealKey(t.Context(), w.as("anna"), k.ID, "key.revealed")
		if w.must(err); secret.Reveal()[24:] != k.Last5 {
			t.Errorf("key %s in clear: got %v", k.Last5, secret)
		}
	}
	for key, want := range map[int]string{
		1: "MAK 98/100 0 - true", 2: "KMS 0/6 0 - false", 3: "VLK 0/0 25 - false", 4: "OSA 0/0 0 redeemed false",
		5: "OSA 0/0 0 available false", 6: "SETUP 0/0 0 - false", 7: "MAK 0/0 0 - false",
	} {
		if last5 := demoKey(key)[24:]; got[last5] != want {
			t.Errorf("key %d: got %q, want %q", key, got[last5], want)
		}
	}
}

func TestImportChangesWhatTheFileTellsAndNoMore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.applied(licensing.ImportOptions{}, everyType()...)
	available := licensing.OSAAvailable
	asOf := time.Date(2026, 5, 4, 0, 0, 0, 0, time.UTC)
	r := w.applied(licensing.ImportOptions{AsOf: asOf},
		line(2, 1, office, licensing.MAK, counts(99, 120)),
		line(3, 2, office, licensing.KMS),
		line(4, 3, ltsc, licensing.VLK), // a classic file tells no seats
		line(5, 4, ltsc, licensing.OSA, func(r *licensing.ImportRow) { r.OSAStatus = &available }),
		line(6, 5, ltsc, licensing.OSA),
		line(7, 6, server, licensing.SetupKey),
	)
	if r.Changed != 2 || r.Unchanged != 4 || r.Gone != 1 {
		t.Errorf("got %+v, want 2 changed, 4 unchanged, 1 gone", r)
	}
	if c := r.Changes[0]; c.Line != 2 || c.Was != (licensing.KeyNumbers{Used: 98, Total: 100}) || c.Now != (licensing.KeyNumbers{Used: 99, Total: 120}) {
		t.Errorf("the first change: got %+v, want 98/100 to 99/120", c)
	}
	for what, sql := range map[string]string{
		"the raised total in the ledger": `SELECT count(*) FROM limit_entries WHERE seq = 2 AND old = 100 AND new = 120 AND reason = 'import'`,
		"the date of its count":          `SELECT count(*) FROM keys WHERE used = 99 AND as_of = '2026-05-04'`,
		"the seats":                      `SELECT count(*) FROM keys WHERE seats = 25`,
		"the lowest counter":             `SELECT count(*) FROM licences WHERE lowest_left = 21 AND lowest_total = 120`,
		"the key that is gone":           `SELECT count(*) FROM keys WHERE type = 'MAK' AND total = 0`,
	} {
		if n := w.count(sql); n != 1 {
			t.Errorf("%s: got %d, want 1", what, n)
		}
	}
	w.whole()
}

func TestANewerDateOfTheSameCountsIsAChange(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	day := func(d int) licensing.ImportOptions {
		return licensing.ImportOptions{AsOf: time.Date(2026, 5, d, 0, 0, 0, 0, time.UTC)}
	}
	mak := line(2, 1, office, licensing.MAK, counts(1, 50))
	w.applied(day(4), mak)
	for what, test := range map[string]struct {
		o    licensing.ImportOptions
		want int64
	}{"the same date": {day(4), 0}, "an older date": {day(3), 0}, "no date": {licensing.ImportOptions{}, 0}, "a newer date": {day(5), 1}} {
		if r := w.plan(test.o, mak); r.Changed != test.want {
			t.Errorf("%s: got %d changed, want %d", what, r.Changed, test.want)
		}
	}
}

func TestWhatSupportRaisedIsLoweredOnlyWithConsent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	k := w.mak("74120935", office, 1, 40, 50)
	w.must(w.AddKeys(t.Context(), w.op, []licensing.NewKey{k, w.mak("74120935", office, 2, 40, 50)}))
	w.count(`WITH entry AS (INSERT INTO limit_entries (key_id, seq, root_id, old, new, reason) VALUES ($1, 2, $2, 50, 80, 'grant')),
		raised AS (UPDATE keys SET total = 80, source = 'grant' WHERE id = $1 RETURNING 1) SELECT count(*) FROM raised`, k.ID, k.RootID)
	rows := []licensing.ImportRow{
		line(2, 1, office, licensing.MAK, counts(41, 60)),
		line(3, 2, office, licensing.MAK, counts(40, 45)),
	}
	r := w.apply(licensing.ImportOptions{}, rows...)
	if got := codes(r.Problems); r.Applied || !slices.Equal(got, []string{"2 granted_lowered"}) || r.Problems[0].Value != "80 → 60" {
		t.Errorf("without consent: got %+v, want line 2 refused", r)
	}
	if n := w.count(`SELECT count(*) FROM limit_entries`); n != 3 {
		t.Errorf("ledger entries after a refusal: got %d, want 3", n)
	}
	if r := w.applied(licensing.ImportOptions{LowerGranted: true}, rows...); r.Changed != 2 {
		t.Errorf("with consent: got %+v, want 2 changed", r)
	}
	if n := w.count(`SELECT count(*) FROM limit_entries WHERE (seq, old, new, reason) IN ((3, 80, 60, 'consent'), (2, 50, 45, 'import'))`); n != 2 {
		t.Errorf("the ledger's new lines: got %d, want a consent and an import", n)
	}
	w.must(w.TellFamilies(t.Context(), uuid.Nil)) // of no import: nothing to tell
	w.whole()
}

// Everything wrong is said with its line, and nothing of the file is taken.
func TestImportWithAnythingWrongTakesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.must(w.AddKeys(t.Context(), w.op, []licensing.NewKey{w.key("74120935", office, licensing.KMS, 9)}))
	r := w.apply(licensing.ImportOptions{},
		line(2, 1, office, licensing.MAK, counts(1, 50)),
		line(3, 2, "Office 97", licensing.VLK),
		line(4, 3, office, licensing.VLK, of("61200418", suomi)),
		line(5, 4, office, licensing.VLK, of("61200418", "Sundvik Ab")),
		line(6, 5, office, licensing.VLK, of("61200418", "")), // the eight columns have no organisation
		line(7, 6, office, licensing.VLK, of("612", suomi)),
		line(8, 9, office, licensing.MAK, counts(1, 50)),
		line(9, 1, office, licensing.MAK, counts(2, 50)),
		licensing.ImportRow{Line: 10, Problems: []licensing.ImportProblem{{Line: 10, Column: 5, Heading: "Product Key", Code: "key_shape"}}},
	)
	want := []string{
		"10 key_shape", "3 product_unknown", "4 licence_unknown", "5 licence_unknown", "5 organisation_unknown",
		"6 licence_unknown", "7 licence_shape", "8 type_differs", "9 line_contradicts",
	}
	if got := codes(r.Problems); r.Applied || !slices.Equal(got, want) {
		t.Errorf("got applied %v, %q, want %q", r.Applied, got, want)
	}
	if n := w.count(`SELECT (SELECT count(*) FROM keys) + (SELECT count(*) FROM imports) + (SELECT count(*) FROM river_job)`); n != 1 {
		t.Errorf("keys, imports and jobs afterwards: got %d, want the one key", n)
	}
	w.whole()
}

func TestRepeatedLinesCountOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mak := counts(1, 50)
	r := w.applied(licensing.ImportOptions{}, line(2, 1, office, licensing.MAK, mak), line(3, 1, office, licensing.MAK, mak), line(4, 1, office, licensing.MAK, mak))
	if got := codes(r.Notes); r.Added != 1 || r.Repeated != 2 || !slices.Equal(got, []string{"3 line_repeated", "4 line_repeated"}) {
		t.Errorf("got %+v, want 1 added, 2 repeated", r)
	}
	w.whole()
}

func TestWhatIsExportedImportsUnchanged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.applied(licensing.ImportOptions{}, everyType()...)
	var rows []licensing.ImportRow
	anna := w.as("anna")
	d, err := w.StartDownload(t.Context(), anna, store.NewFile{Name: "keys.tsv", Format: "tsv"})
	w.must(err)
	_, err = w.ExportKeys(t.Context(), anna, d, func(r licensing.KeyRow) error {
		rows = append(rows, licensing.ImportRow{Line: len(rows) + 2, KeyRow: r, HasCounts: r.Type == licensing.MAK})
		return nil
	})
	w.must(err)
	r := w.applied(licensing.ImportOptions{}, rows...)
	if r.Lines != 7 || r.Unchanged != 7 || r.NoteCount != 0 || r.Gone != 0 {
		t.Errorf("got %+v, want 7 unchanged", r)
	}
}

func TestEachFamilyIsToldOnceWhatAnImportDid(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.applied(licensing.ImportOptions{}, everyType()...)
	const told = `SELECT count(*) FROM audit WHERE action = 'keys.imported' AND root_id = $1`
	if own, theirs := w.count(told, licensing.PublisherRoot), w.count(told, w.org[kommune].RootID); own != 1 || theirs != 0 {
		t.Errorf("entries at once: got %d of the publisher, %d of a family, want 1, 0", own, theirs)
	}
	if n := w.count(`SELECT count(*) FROM river_job WHERE kind = 'tell_families' AND args->>'import' = $1`, r.ID.String()); n != 1 {
		t.Errorf("jobs: got %d, want 1", n)
	}
	for range 2 { // jobs run at least once
		w.must(w.TellFamilies(t.Context(), r.ID))
	}
	for _, root := range []uuid.UUID{w.org[nordvik].RootID, w.org[kommune].RootID} {
		if n := w.count(told, root); n != 1 {
			t.Errorf("entries of a family after two runs: got %d, want 1", n)
		}
	}
	if n := w.count(`SELECT count(*) FROM audit WHERE action = 'keys.imported' AND detail->>'added' = '7' AND detail->>'by' = 'olli'`); n != 1 {
		t.Errorf("entries that say 7 keys by olli: got %d, want Nordvik's", n)
	}
	w.whole()
}

func TestAFileThatCannotBeReadFurtherLeavesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	torn := errors.New("torn")
	in := file(line(2, 1, office, licensing.VLK))
	next := in.Next
	in.Next = func() (licensing.ImportRow, error) {
		row, err := next()
		if err != nil {
			err = torn
		}
		return row, err
	}
	if r, err := w.ImportKeys(t.Context(), w.op, in, licensing.ImportOptions{Apply: true}); !errors.Is(err, torn) || r.Applied {
		t.Errorf("got %+v, %v, want the reader's error", r, err)
	}
	if n := w.count(`SELECT count(*) FROM keys`); n != 0 {
		t.Errorf("keys afterwards: got %d, want 0", n)
	}
}

// S-35, R18: while one server takes a file in, no other takes in one; what a file would
// change is shown all the same.
func TestOneImportAtATime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other, asked := w.another(), 0
	in := file(everyType()...)
	next := in.Next
	in.Next = func() (licensing.ImportRow, error) {
		row, err := next()
		if err == nil {
			return row, nil
		}
		asked++
		if _, second := other.ImportKeys(t.Context(), w.op, file(everyType()...), licensing.ImportOptions{Apply: true}); !errors.Is(second, licensing.ErrConflict) {
			t.Errorf("a second import at the same time: got %v, want a conflict", second)
		}
		if r, shown := other.ImportKeys(t.Context(), w.op, file(everyType()...), licensing.ImportOptions{}); shown != nil || r.Added != 8 {
			t.Errorf("a file shown at the same time: got %+v, %v, want 8 to add", r, shown)
		}
		return row, err
	}
	r, err := w.ImportKeys(t.Context(), w.op, in, licensing.ImportOptions{Apply: true})
	if err != nil || !r.Applied || r.Added != 8 || asked != 1 {
		t.Errorf("the first import: got %+v, %v, want 8 added", r, err)
	}
	if r, err := other.ImportKeys(t.Context(), w.op, file(everyType()...), licensing.ImportOptions{Apply: true}); err != nil || r.Unchanged != 8 {
		t.Errorf("the second, afterwards: got %+v, %v, want 8 unchanged", r, err)
	}
	w.whole()
}

func TestOnlyTheOperatorImports(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if _, err := w.ImportKeys(t.Context(), w.as("anna"), file(), licensing.ImportOptions{}); !errors.Is(err, licensing.ErrForbidden) {
		t.Errorf("a customer's administrator imports: got %v, want forbidden", err)
	}
}

// More rows than are looked up at once, of more licence IDs than one chunk has.
func TestImportGoesByChunks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rows := make([]licensing.ImportRow, 12_000)
	for n := range rows {
		rows[n] = line(n+2, n, office, licensing.MAK, counts(n%50, 50), of(fmt.Sprint(80_000_000+n/30), fmt.Sprintf("Customer %d", n/300)))
	}
	start := time.Now()
	r := w.applied(licensing.ImportOptions{Create: true}, rows...)
	t.Logf("%d rows in %v", len(rows), time.Since(start))
	if r.Added != 12_000 || r.Licences != 400 || r.Organisations != 40 || len(r.Changes) > licensing.ImportShown {
		t.Errorf("got %d added, %d licence IDs, %d organisations, %d changes, want 12,000, 400, 40", r.Added, r.Licences, r.Organisations, len(r.Changes))
	}
	w.whole()
}
