package store_test

import (
	"crypto/sha256"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/store"
)

// twoFamilies is a stocked world in which bo administers both families.
func twoFamilies(t testing.TB) (w *world, k, f licensing.NewKey) {
	t.Helper()
	w, k, f = stocked(t)
	w.grant("bo", licensing.Administrator, nordvik)
	w.grant("bo", licensing.KeyViewer, kommune)
	return w, k, f
}

func (w *world) begin(v licensing.Viewer, number string) licensing.Download {
	w.t.Helper()
	d, err := w.StartDownload(w.t.Context(), v, store.NewFile{Number: number, Name: "keys.tsv", Format: "tsv"})
	w.must(err)
	return d
}

func ignore(licensing.KeyRow) error { return nil }

// A file over two families has a line in each one's ledger and chain, with that
// family's rows.
func TestAFileOfTwoFamiliesIsInBothLedgers(t *testing.T) {
	t.Parallel()
	w, _, _ := twoFamilies(t)
	w.must(w.AddKeys(t.Context(), w.op, []licensing.NewKey{w.key("74120935", server, licensing.KMS, 3), w.key("74120935", ltsc, licensing.OSA, 4)}))
	bo := w.as("bo")
	d := w.begin(bo, "")
	rows, err := w.ExportKeys(t.Context(), bo, d, ignore)
	w.must(err)
	roots := map[uuid.UUID]int64{w.org[nordvik].RootID: 3, w.org[kommune].RootID: 1}
	sum := sha256.Sum256([]byte("the file"))
	w.must(w.FinishDownload(t.Context(), bo, d, rows, sum[:]))
	for root, n := range roots {
		if rows[root] != n {
			t.Errorf("rows of family %s: got %d, want %d", root, rows[root], n)
		}
		const line = `SELECT count(*) FROM downloads WHERE file_id = $1 AND root_id = $2 AND row_count = $3 AND state = 'finished' AND sha256 = $4 AND person_name = 'bo'`
		if got := w.count(line, d.FileID, root, n, sum[:]); got != 1 {
			t.Errorf("ledger lines of family %s with %d rows: got %d, want 1", root, n, got)
		}
		const told = `SELECT count(*) FROM audit WHERE root_id = $1 AND object = 'file/' || $2 AND action IN ('file.started', 'file.finished') AND outcome = 'done'`
		if got := w.count(told, root, d.FileID.String()); got != 2 {
			t.Errorf("entries of family %s: got %d, want start and end", root, got)
		}
	}
	for name, n := range map[string]int{"bo": 2, "anna": 1, "frode": 1, "lena": 0} {
		if list, _, err := w.Downloads(t.Context(), w.as(name), ""); err != nil || len(list) != n {
			t.Errorf("%s's ledger: got %d lines, %v, want %d", name, len(list), err, n)
		}
	}
	w.whole()
}

// Rows come by licence ID, then product name and type; counts stand beside MAKs alone.
func TestAFileIsInOrder(t *testing.T) {
	t.Parallel()
	w, _, _ := twoFamilies(t)
	kms := w.key("74120935", office, licensing.KMS, 3)
	kms.Used, kms.Total = 2, 6
	w.must(w.AddKeys(t.Context(), w.op, []licensing.NewKey{w.mak("74120935", server, 5, 1, 2), kms, w.key("74120935", ltsc, licensing.OSA, 4)}))
	var got []string
	_, err := w.ExportKeys(t.Context(), w.as("bo"), licensing.Download{}, func(r licensing.KeyRow) error {
		if (r.Total > 0) != (r.Type == licensing.MAK) {
			t.Errorf("%s %s: got %d of %d", r.Product, r.Type, r.Used, r.Total)
		}
		got = append(got, r.Licence+" "+r.Product+" "+string(r.Type))
		return nil
	})
	w.must(err)
	want := []string{
		"50912277 " + office + " MAK", "74120935 " + office + " KMS", "74120935 " + office + " MAK",
		"74120935 " + ltsc + " OSA", "74120935 " + server + " MAK",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// What changes while a file is on its way is in the next file.
func TestAFileIsOfOneMoment(t *testing.T) {
	t.Parallel()
	w, _, _ := twoFamilies(t)
	var many []licensing.NewKey
	for n := range 3000 { // more than the driver and the network hold back
		many = append(many, w.mak("74120935", server, 100+n, 0, 5))
	}
	w.must(w.AddKeys(t.Context(), w.op, many))
	n := 0
	rows, err := w.ExportKeys(t.Context(), w.as("bo"), licensing.Download{}, func(r licensing.KeyRow) error {
		if n++; n == 1 {
			w.must(w.AddKeys(t.Context(), w.op, []licensing.NewKey{w.key("74120935", ltsc, licensing.OSA, 4)}))
			w.do(`UPDATE keys SET used = 5 WHERE type = 'MAK' AND total = 5`)
		}
		if r.Product == ltsc || r.Total == 5 && r.Used != 0 {
			t.Fatalf("row %d, %s, %d of %d used, came about while the file was on its way", n, r.Product, r.Used, r.Total)
		}
		return nil
	})
	w.must(err)
	if rows[w.org[nordvik].RootID] != 3001 {
		t.Errorf("rows: got %v, want 3001 of Nordvik", rows)
	}
}

// A file ends once, and as what it was.
func TestAFileEndsOnce(t *testing.T) {
	t.Parallel()
	w, _, _ := twoFamilies(t)
	bo := w.as("bo")
	sum := make([]byte, 32)
	broken, given := w.begin(bo, ""), w.begin(bo, "74120935")
	w.must(w.BreakDownload(t.Context(), bo, broken, nil))
	w.must(w.BreakForgotten(t.Context(), time.Now().Add(time.Hour)))
	for name, d := range map[string]licensing.Download{"a broken file": broken, "a file given up": given} {
		if err := w.FinishDownload(t.Context(), bo, d, nil, sum); !errors.Is(err, licensing.ErrConflict) {
			t.Errorf("finishing %s: got %v, want conflict", name, err)
		}
	}
	if n := w.count(`SELECT count(*) FROM downloads WHERE state = 'broken' AND sha256 IS NULL AND ended_at IS NOT NULL`); n != 3 {
		t.Errorf("broken lines: got %d, want 3", n)
	}
	if started, finished := w.entries("file.broken", licensing.Done), w.entries("file.finished", licensing.Done); started != 3 || finished != 0 {
		t.Errorf("entries: got %d broken, %d finished, want 3 and none", started, finished)
	}
	w.whole()
}

// R17: with as many files on their way as there are connections for, one more is
// refused soon, and pages go on as before.
func TestOneFileTooManyIsRefusedSoon(t *testing.T) {
	t.Parallel()
	w, k, _ := twoFamilies(t)
	bo := w.as("bo")
	slow, begun, done := make(chan struct{}), make(chan struct{}, store.ExportSize), make(chan error, store.ExportSize)
	for range store.ExportSize {
		go func() {
			_, err := w.ExportKeys(t.Context(), bo, licensing.Download{Number: "74120935"}, func(licensing.KeyRow) error {
				begun <- struct{}{}
				<-slow
				return nil
			})
			done <- err
		}()
	}
	for range store.ExportSize {
		<-begun
	}
	start := time.Now()
	if _, err := w.ExportKeys(t.Context(), bo, licensing.Download{}, ignore); !errors.Is(err, licensing.ErrUnavailable) {
		t.Errorf("one file too many: got %v, want unavailable", err)
	}
	if took := time.Since(start); took > 8*time.Second {
		t.Errorf("it was refused after %v", took)
	}
	if _, err := w.RevealKey(t.Context(), bo, k.ID, store.ToShow); err != nil {
		t.Errorf("a page meanwhile: got %v", err)
	}
	close(slow)
	for range store.ExportSize {
		w.must(<-done)
	}
	if _, err := w.ExportKeys(t.Context(), bo, licensing.Download{}, ignore); err != nil {
		t.Errorf("when there is room again: got %v", err)
	}
}

// R5: a file with a key that was tampered with does not come to its end, nor does one that
// nobody takes.
func TestAFileThatCannotBeWholeEndsWithAnError(t *testing.T) {
	t.Parallel()
	w, k, f := twoFamilies(t)
	bo := w.as("bo")
	gone := errors.New("the reader has gone")
	if _, err := w.ExportKeys(t.Context(), bo, licensing.Download{}, func(licensing.KeyRow) error { return gone }); !errors.Is(err, gone) {
		t.Errorf("a reader who has gone: got %v, want that", err)
	}
	w.do(`UPDATE keys SET sealed = (SELECT sealed FROM keys WHERE id = $2) WHERE id = $1`, k.ID, f.ID)
	var rows []string
	_, err := w.ExportKeys(t.Context(), bo, licensing.Download{}, func(r licensing.KeyRow) error {
		rows = append(rows, r.Key.Reveal())
		return nil
	})
	if !errors.Is(err, licensing.ErrIntegrity) {
		t.Errorf("a tampered key: got %v, want integrity", err)
	}
	if slices.Contains(rows, demoKey(1)) || len(rows) > 1 {
		t.Errorf("rows before it: got %q", rows)
	}
	if got := w.export(bo, "50912277"); !holdsAny(got, []string{demoKey(2)}) {
		t.Errorf("another licence ID's file: got %s, want its key", got)
	}
}

// The profile's file holds the keys that may be revealed, of all those that are seen.
func TestAProfilesFileHoldsWhatMayBeRevealed(t *testing.T) {
	t.Parallel()
	w, _, other := family(t)
	w.grantOn("kevin", licensing.LicenceReader, "74120935")
	kevin := w.as("kevin")
	if page, err := w.ProfileKeys(t.Context(), kevin, licensing.KeyFilter{}); err != nil || len(page.Keys) != 2 {
		t.Fatalf("keys kevin sees: got %d, %v, want both", len(page.Keys), err)
	}
	if got := w.export(kevin, ""); holdsAny(got, []string{demoKey(1)}) || !holdsAny(got, []string{demoKey(2)}) {
		t.Errorf("kevin's file: got %s, want the key of V6380217 alone", got)
	}
	d := w.begin(kevin, "")
	const noted = `SELECT count(*) FROM downloads WHERE file_id = $1 AND licences = ARRAY[$2::uuid]`
	if w.count(noted, d.FileID, other.LicenceID) != 1 {
		t.Error("the ledger names other licence IDs than V6380217")
	}
}
