package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/keyhall/keyhall/internal/keyfile"
	"github.com/keyhall/keyhall/internal/licensing"
)

func TestEveryCodeHasWords(t *testing.T) {
	t.Parallel()
	for _, code := range keyfile.FileCodes() {
		if fileWords[code] == "" {
			t.Errorf("a file that is %q: no words", code)
		}
	}
	rows := append(keyfile.RowCodes(), licensing.ImportCodes()...)
	for _, code := range rows {
		if rowWords[code] == "" {
			t.Errorf("a row with %q: no words", code)
		}
	}
}

func TestTheReportTellsLineColumnAndReason(t *testing.T) {
	t.Parallel()
	before := time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC)
	redeemed := licensing.OSARedeemed
	var b strings.Builder
	printReport(&b, licensing.ImportReport{
		Before: &before, Lines: 9, Added: 1, Changed: 2, Unchanged: 3, Repeated: 1, Gone: 1, Licences: 1, ProblemCount: 2, NoteCount: 1,
		Problems: []licensing.ImportProblem{
			{Line: 4, Column: 7, Heading: "MAK Activations-Used/Available", Value: "x/50", Code: keyfile.RowCountShape},
			{Line: 5, Field: "programme", Value: "Selekt", Code: licensing.ImportProgrammeUnknown},
		},
		Notes: []licensing.ImportProblem{{Line: 6, Code: licensing.ImportLineRepeated}},
		Changes: []licensing.ImportChange{
			{Kind: licensing.ImportNewLicence, Line: 2, Licence: "50912277", Name: "Fjellheim Kommune"},
			{Kind: licensing.ImportChangedKey, Line: 3, Licence: "74120935", Product: "Office", Last5: "X4T9B", Was: licensing.KeyNumbers{Used: 98, Total: 100}, Now: licensing.KeyNumbers{Used: 99, Total: 150}},
			{Kind: licensing.ImportChangedKey, Line: 7, Licence: "74120935", Product: "Online", Last5: "T6J2K", Now: licensing.KeyNumbers{Seats: 5, OSAStatus: &redeemed}},
			{Kind: licensing.ImportGoneKey, Licence: "74120935", Product: "Visio", Last5: "M29FW"},
		},
	})
	want := `The same file was imported on 2026-03-01 at 09:30 UTC.
Wrong:
  line 4, column 7 (MAK Activations-Used/Available), "x/50": not used/total
  line 5, programme, "Selekt": an unknown programme; the operator adds programmes

Worth a look:
  line 6: says the same as a line before

New licence IDs:
  line 2: 50912277 · Fjellheim Kommune

Changed keys:
  line 3: 74120935 · Office · …X4T9B · 98/100 → 99/150
  line 7: 74120935 · Online · …T6J2K · 0/0 → 0/0 for 5 seats redeemed

No longer in the file; they stay in the portal:
  74120935 · Visio · …M29FW

Lines: 9. New: 1, changed: 2, unchanged: 3, repeated: 1, wrong: 2. Keys no longer in the file: 1.
Besides, new organisations: 0, licence IDs: 1, products: 0.
Nothing was imported: put the wrong rows right first.
`
	if got := b.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestALongReportIsCountedOut(t *testing.T) {
	t.Parallel()
	r := licensing.ImportReport{ProblemCount: 2000}
	r.Problems = slices.Repeat([]licensing.ImportProblem{{Line: 1, Code: keyfile.RowBidi}}, licensing.ImportShown)
	var b strings.Builder
	printReport(&b, r)
	if got := strings.Count(b.String(), "line 1:"); got != shownLines || !strings.Contains(b.String(), "… 2000 in all") {
		t.Errorf("got %d lines and\n%s", got, b.String()[b.Len()-200:])
	}
}
