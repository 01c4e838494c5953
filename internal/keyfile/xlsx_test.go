package keyfile

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/keyhall/keyhall/internal/licensing"
)

// S-01, S-03: another program finds texts, each as the tab-separated file has it.
func TestAnotherProgramReadsOurWorkbook(t *testing.T) {
	t.Parallel()
	f, err := excelize.OpenReader(bytes.NewReader(write(t, "xlsx", Options{Columns: 9}, sampleRows())))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	rows, err := f.GetRows("Keyhall")
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, line := range strings.Split(strings.TrimPrefix(sampleFile, "\uFEFF"), "\r\n") {
		var cells []string
		for _, cell := range split(nil, []byte(line), '\t') {
			cells = append(cells, string(cell))
		}
		lines = append(lines, strings.Join(cells, "|"))
	}
	for i, row := range rows {
		if got := strings.Join(row, "|"); strings.TrimRight(got, "|") != strings.TrimRight(lines[i], "|") {
			t.Errorf("row %d: got %q, want %q", i+1, got, lines[i])
		}
	}
	if len(rows) != len(sampleRows())+1 {
		t.Errorf("rows: got %d, want %d", len(rows), len(sampleRows())+1)
	}
	for _, cell := range []string{"A4", "D6", "G2", "H2"} {
		if kind, err := f.GetCellType("Keyhall", cell); err != nil || kind != excelize.CellTypeInlineString {
			t.Errorf("type of %s: got %v, %v, want a text", cell, kind, err)
		}
	}
}

// As a spreadsheet program saves it: shared texts, numbers, gaps, a hidden sheet in
// front, notes beside the table, rows without anything.
func TestAWorkbookOfAnotherProgramIsRead(t *testing.T) {
	t.Parallel()
	rows, problems, format := read(t, foreignWorkbook(t))
	if want := (Format{Workbook: true, Encoding: UTF8, Columns: 7, Language: "en"}); format != want {
		t.Errorf("format: got %+v, want %+v", format, want)
	}
	want := []said{
		{Licence: "74120935", Product: "Office_x0041_ & <more>", Key: demoKey, Type: licensing.MAK, Used: 3, Total: 12, Seats: 250},
		{Licence: "0012345", Organisation: "=Ægir", Product: "12E5", Key: otherKey, Type: licensing.OSA},
	}
	if len(rows) != 2 || say(rows[0].KeyRow) != want[0] || say(rows[1].KeyRow) != want[1] {
		t.Errorf("rows: got %+v, want %+v", rows, want)
	}
	if rows[0].Line != 4 || rows[1].Line != 9 {
		t.Errorf("lines: got %d and %d, want 4 and 9", rows[0].Line, rows[1].Line)
	}
	if len(problems) != 1 || problems[0].Code != RowSeatsShape || problems[0].Column != 7 || problems[0].Line != 9 {
		t.Errorf("problems: got %+v, want the seats of line 9", problems)
	}
}

func foreignWorkbook(t *testing.T) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer func() { _ = f.Close() }()
	if _, err := f.NewSheet("Data"); err != nil {
		t.Fatal(err)
	}
	if err := f.SetSheetVisible("Sheet1", true); err != nil {
		t.Fatal(err)
	}
	f.SetActiveSheet(1)
	if err := f.SetSheetVisible("Sheet1", false); err != nil {
		t.Fatal(err)
	}
	for row, cells := range map[int][]any{
		2: {"Product", "Licence ID", "product key", "TYPE", "MAK activations used/total", "Organisation", "Seats"},
		4: {"Office_x005F_x0041_ & <more>", 74120935, demoKey, "MAK", "3/12", nil, 250, nil, "a note"},
		7: {nil, " "},
		9: {"12E5", "0012345", otherKey, "OSA", nil, "'=Ægir", 2.5},
	} {
		if err := f.SetSheetRow("Data", fmt.Sprintf("A%d", row), &cells); err != nil {
			t.Fatal(err)
		}
	}
	rich := []excelize.RichTextRun{{Text: "MA"}, {Text: "K", Font: &excelize.Font{Bold: true}}}
	if err := f.SetCellRichText("Data", "D4", rich); err != nil {
		t.Fatal(err)
	}
	b, err := f.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestColumnIndex(t *testing.T) {
	t.Parallel()
	for ref, want := range map[string]int{"A1": 0, "i12": 8, "Z1": 25, "AB7": 27, "7": -1, "": -1} {
		if got := columnIndex(ref); got != want {
			t.Errorf("column of %q: got %d, want %d", ref, got, want)
		}
	}
	if got := columnIndex(strings.Repeat("Z", 1000) + "1"); got < maxSheetCells {
		t.Errorf("column of an endless name: got %d, want one beyond the last", got)
	}
}

func TestAFullSheetTakesNoMoreRows(t *testing.T) {
	t.Parallel()
	x, err := NewXLSX(io.Discard, Options{})
	if err != nil {
		t.Fatal(err)
	}
	x.row = maxSheetRows - 1
	row := sampleRows()[0]
	if err := x.Write(row); err != nil {
		t.Errorf("last row: %v", err)
	}
	if err := x.Write(row); err != ErrTooManyRows {
		t.Errorf("one more: got %v, want %v", err, ErrTooManyRows)
	}
}

// A workbook that was cut or changed on its way is no workbook, wherever it broke.
func TestADamagedWorkbookIsRefused(t *testing.T) {
	t.Parallel()
	file := write(t, "xlsx", Options{}, slices.Repeat(sampleRows(), 50))
	for at := 0; at < len(file); at += 1 + len(file)/97 {
		damaged := bytes.Clone(file)
		damaged[at] ^= 0x10
		for _, one := range [][]byte{damaged, file[:at]} {
			rows, err := drain(one)
			if err == nil && rows != len(sampleRows())*50 {
				t.Errorf("byte %d: %d rows and no error", at, rows)
			}
		}
	}
}

// drain reads a file that may be anything, and counts its rows.
func drain(file []byte) (int, error) {
	r, err := NewReader(bytes.NewReader(file))
	if err != nil {
		return 0, err
	}
	for n := 0; ; n++ {
		if _, _, err := r.Next(); err == io.EOF {
			return n, nil
		} else if err != nil {
			return n, err
		}
	}
}
