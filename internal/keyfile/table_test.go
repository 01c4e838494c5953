package keyfile

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
)

var hostile = []string{"=cmd|' /C calc'!A0", "\t+1", "Anna\r\n\tVirtanen", `say "hi"`, "＠SUM(1)", "'=1", "a\u202Eb", ""}

// S-01, S-02: a table that is no key file has the same guards, and as many cells in each
// row as headings.
func TestTablesAreGuarded(t *testing.T) {
	t.Parallel()
	want := []string{"'=cmd|' /C calc'!A0", "' +1", "Anna   Virtanen", `say "hi"`, "'＠SUM(1)", "''=1", "a b", ""}
	headings := []string{"a", "=b", "c", `"d"`, "e", "f", "g", "h"}
	for _, format := range []string{"tsv", "xlsx"} {
		var file bytes.Buffer
		w, err := NewTable(format, &file, headings)
		if err := errors.Join(err, w.Write(hostile...), w.Close()); err != nil {
			t.Fatalf("%s: %v", format, err)
		}
		rows := tableRows(t, format, file.Bytes())
		if len(rows) != 2 || rows[0][1] != "'=b" || !slices.Equal(rows[1][:len(want)-1], want[:len(want)-1]) {
			t.Errorf("%s: got %q, want %q under the headings", format, rows, want)
		}
	}
}

// tableRows reads a table as other programs do.
func tableRows(t *testing.T, format string, file []byte) [][]string {
	t.Helper()
	if format == "xlsx" {
		x, err := excelize.OpenReader(bytes.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		rows, err := x.GetRows(x.GetSheetName(0))
		if err != nil {
			t.Fatal(err)
		}
		return rows
	}
	var rows [][]string
	for line := range strings.SplitSeq(strings.TrimSuffix(strings.TrimPrefix(string(file), "\uFEFF"), "\r\n"), "\r\n") {
		var row []string
		for _, cell := range split(nil, []byte(line), '\t') {
			row = append(row, string(cell))
		}
		rows = append(rows, row)
	}
	return rows
}

// A row too short or too long breaks the file, and it stays broken.
func TestARowOfAnotherLengthBreaksATable(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"tsv", "xlsx"} {
		w, err := NewTable(format, io.Discard, []string{"a", "b"})
		if err != nil {
			t.Fatal(err)
		}
		first := w.Write("1")
		if first == nil || !errors.Is(w.Write("1", "2"), first) || !errors.Is(w.Close(), first) {
			t.Errorf("%s: a row of one cell under two headings: got %v, then no error", format, first)
		}
	}
}

func TestATablesNameIsOneOnEverySystem(t *testing.T) {
	t.Parallel()
	day := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	if got := TableName("audit", "../V6380217\u202E", day, "tsv"); got != "keyhall-audit-V6380217-2026-11-22.tsv" {
		t.Errorf("got %q", got)
	}
}
