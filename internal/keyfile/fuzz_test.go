package keyfile

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/keyhall/keyhall/internal/licensing"
)

// FuzzRead reads anything. Whatever it is: there are no more rows than lines, all text
// is fit to be kept, no problem shows a key, and a row without problems survives being
// written and read again.
func FuzzRead(f *testing.F) {
	f.Add([]byte(sampleFile))
	f.Add([]byte(head + "1234567;Office;" + demoKey + ";MAK;1/2;;\n"))
	f.Add([]byte("\xFF\xFEL\x00i\x00c\x00"))
	f.Add([]byte("Licens-ID;Produkt;Produktnyckel;Typ\n1;\xC5;" + demoKey + ";MAK\n"))
	f.Add(write(f, "xlsx", Options{}, sampleRows()[:2]))
	f.Fuzz(func(t *testing.T, file []byte) {
		r, err := NewReader(bytes.NewReader(file))
		if err != nil {
			return
		}
		for n := 0; ; n++ {
			row, problems, err := r.Next()
			if err != nil {
				if e, ok := errors.AsType[*FileError](err); !ok && !errors.Is(err, io.EOF) {
					t.Fatalf("after %d rows: %v", n, e)
				}
				return
			}
			if !r.Format().Workbook && n > bytes.Count(file, []byte("\n")) {
				t.Fatalf("%d rows in %q", n, file)
			}
			checkRow(t, row, problems)
		}
	})
}

func checkRow(t *testing.T, row Row, problems []Problem) {
	t.Helper()
	s := say(row.KeyRow)
	for _, text := range []string{s.Licence, s.Programme, s.Organisation, s.Product} {
		if !utf8.ValidString(text) || strings.ContainsFunc(text, unsafeRune) || len(text) > maxCell {
			t.Fatalf("line %d: kept %q", row.Line, text)
		}
	}
	for _, p := range problems {
		if s.Key != "" && strings.Contains(p.Value, s.Key) || len(p.Value) > 4*maxValue+3 || p.Line != row.Line {
			t.Fatalf("line %d: problem %+v", row.Line, p)
		}
	}
	if len(problems) > 0 {
		return
	}
	if !licensing.ValidKey(s.Key) || s.Licence == "" || s.Product == "" || s.Used < 0 || s.Total < 0 || s.Seats < 0 {
		t.Fatalf("line %d: no problem with %+v", row.Line, s)
	}
	if again, _, _ := read(t, write(t, "tsv", Options{Columns: 9}, []licensing.KeyRow{row.KeyRow})); len(again) != 1 || say(again[0].KeyRow) != s {
		t.Fatalf("line %d: wrote %+v, read %+v", row.Line, s, again)
	}
}
