package keyfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"github.com/keyhall/keyhall/internal/licensing"
)

// fileLayouts are the three exports there have been, as columns of today's file.
var fileLayouts = map[string][]column{
	"seven": {colLicence, colProgramme, colOrganisation, colProduct, colKey, colType, colCount},
	"eight": {colLicence, colProgramme, colProduct, colKey, colType, colCount, colSeats, colStatus},
	"nine":  {colLicence, colProgramme, colOrganisation, colProduct, colKey, colType, colCount, colSeats, colStatus},
	"mixed": {colStatus, colKey, colCount, colType, colProduct, colLicence},
}

var eightHeadings = []string{
	"Licensing ID", "Parent Program", "Product", "Product Key", "Type",
	"MAK Activations-Used/Available", "Seats", "Status",
}

var fileEncodings = map[Encoding][]encoding.Encoding{
	UTF8:        {encoding.Nop, unicode.UTF8BOM},
	UTF16LE:     {unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)},
	UTF16BE:     {unicode.UTF16(unicode.BigEndian, unicode.UseBOM)},
	Windows1252: {charmap.Windows1252},
}

// foreignRow is a row as another program may have written it.
var foreignRow = [columnsAll]string{
	"0012345", "Select – Ø", "Ärlig “Øl” AB", "Öffice", strings.ToLower(demoKey), "mak", "3 / 12", "7", "n/a",
}

// Every encoding, delimiter, heading language, layout and line end there is.
func TestEveryKindOfTextFileIsRead(t *testing.T) {
	t.Parallel()
	for enc, writers := range fileEncodings {
		for i, writer := range writers {
			for _, delimiter := range "\t,;" {
				for _, language := range languages {
					for name, columns := range fileLayouts {
						for _, end := range []string{"\n", "\r\n"} {
							want := Format{Encoding: enc, Delimiter: delimiter, Columns: len(columns), Language: language}
							t.Run(fmt.Sprintf("%s %d %q %s %s %q", enc, i, delimiter, language, name, end), func(t *testing.T) {
								t.Parallel()
								readForeign(t, foreignFile(t, writer, columns, want, end), columns, want)
							})
						}
					}
				}
			}
		}
	}
}

func foreignFile(t *testing.T, e encoding.Encoding, columns []column, f Format, end string) []byte {
	t.Helper()
	var names, cells []string
	for i, c := range columns {
		name := strings.ToUpper(headings[f.Language][c])
		if f.Language == "en" && len(columns) == len(eightHeadings) {
			name = eightHeadings[i]
		}
		names = append(names, name)
		cells = append(cells, `"`+foreignRow[c]+`"`)
	}
	d := string(f.Delimiter)
	file := strings.Join(names, d) + end + end + strings.Join(cells, d) + end
	encoded, err := e.NewEncoder().String(file)
	if err != nil {
		t.Fatal(err)
	}
	return []byte(encoded)
}

func readForeign(t *testing.T, file []byte, columns []column, want Format) {
	t.Helper()
	rows, problems, format := read(t, file)
	if len(rows) != 1 || len(problems) != 0 {
		t.Fatalf("file %q: got rows %v and problems %+v", file, rows, problems)
	}
	if format != want {
		t.Errorf("format: got %+v, want %+v", format, want)
	}
	has := func(c column, s string) string {
		if slices.Contains(columns, c) {
			return s
		}
		return ""
	}
	seats := 0
	if slices.Contains(columns, colSeats) {
		seats = 7
	}
	expected := said{
		Licence: "0012345", Programme: has(colProgramme, foreignRow[colProgramme]),
		Organisation: has(colOrganisation, foreignRow[colOrganisation]), Product: "Öffice", Key: demoKey,
		Type: licensing.MAK, Used: 3, Total: 12, Seats: seats,
	}
	if got := say(rows[0].KeyRow); got != expected || !rows[0].HasCounts || rows[0].Line != 3 {
		t.Errorf("row: got line %d %+v, want line 3 %+v", rows[0].Line, got, expected)
	}
}

func TestAStrayQuoteCostsNoOtherRow(t *testing.T) {
	t.Parallel()
	file := head + "1234567\t\"Office\t" + demoKey + "\tKMS\t\t\t\n" + "1234567\t\"A\" B\t" + otherKey + "\tKMS\t\t\t\n"
	rows, problems, _ := read(t, []byte(file))
	if len(problems) > 0 || len(rows) != 2 || rows[0].Product != `"Office` || rows[1].Product != `"A" B` {
		t.Errorf("rows: got %+v with %+v, want both with their quotes", rows, problems)
	}
}

// S-33: what a file is shows in its content; whatever else is no key file.
func TestWhatIsNoKeyFileIsRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ file, code string }{
		"nothing":               {"", FileEmpty},
		"blank lines":           {"\r\n \t\r\n", FileEmpty},
		"gzip":                  {"\x1f\x8b\x08\x00", FileKind},
		"the old spreadsheet":   {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", FileKind},
		"PDF":                   {"%PDF-1.7\n", FileKind},
		"one endless line":      {strings.Repeat("x", 1<<20), FileKind},
		"UTF-16 without a mark": {"L\x00i\x00c\x00", FileEncoding},
		"a damaged workbook":    {"PK\x03\x04 and nothing", FileWorkbook},
		"a letter":              {"Dear all,\n", FileHeadings},
		"a column twice":        {strings.TrimSpace(head) + "\tproduct  KEY\n", FileHeadingsTwice},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := NewReader(strings.NewReader(c.file)); fileCode(err) != c.code {
				t.Errorf("open: got %v, want %s", err, c.code)
			}
		})
	}
}

func TestMissingHeadingsAreNamed(t *testing.T) {
	t.Parallel()
	_, err := NewReader(strings.NewReader("Lisenssitunnus;Tuote;Huomautus\n1;2;3\n"))
	e, ok := errors.AsType[*FileError](err)
	if !ok || !slices.Equal(e.Missing, []string{"Product Key", "Type"}) {
		t.Errorf("open: got %v, want Product Key and Type missing", err)
	}
}

// Pasted together from two encodings, half of a file would be misread.
func TestAFileInTwoEncodingsIsFoundOut(t *testing.T) {
	t.Parallel()
	file := head + "1\tÅ\t" + demoKey + "\tKMS\t\t\t\n"
	latin, err := charmap.Windows1252.NewEncoder().String(file)
	if err != nil {
		t.Fatal(err)
	}
	_, problems, format := read(t, []byte(latin+file[len(head):]))
	if len(problems) != 1 || problems[0].Code != RowEncoding || problems[0].Line != 3 || format.Encoding != Windows1252 {
		t.Errorf("problems: got %+v in %s, want encoding on line 3", problems, format.Encoding)
	}
}

// S-32: the caller says how many rows are enough.
func TestMoreRowsThanAllowedEndTheFile(t *testing.T) {
	t.Parallel()
	for _, ext := range []string{"tsv", "xlsx"} {
		r, err := NewReader(bytes.NewReader(write(t, ext, Options{}, sampleRows())))
		if err != nil {
			t.Fatal(err)
		}
		r.LimitRows(2)
		for range 2 {
			if _, _, err := r.Next(); err != nil {
				t.Fatalf("%s row within the limit: %v", ext, err)
			}
		}
		for range 2 {
			if _, _, err := r.Next(); fileCode(err) != FileRows {
				t.Errorf("%s third row: got %v, want %s", ext, err, FileRows)
			}
		}
	}
}

// The edge tells a body that was too large from a file that is bad by this.
func TestErrorsOfTheReaderUnderneathComeThrough(t *testing.T) {
	t.Parallel()
	broken := errors.New("cut off")
	for _, ext := range []string{"tsv", "xlsx"} {
		file := write(t, ext, Options{}, slices.Repeat(sampleRows(), 2000))
		r, err := NewReader(io.MultiReader(bytes.NewReader(file[:len(file)/2]), iotest.ErrReader(broken)))
		for err == nil {
			_, _, err = r.Next()
		}
		if !errors.Is(err, broken) {
			t.Errorf("%s: got %v, want %v", ext, err, broken)
		}
	}
}
