package keyfile

import (
	"bytes"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/keyhall/keyhall/internal/licensing"
)

// names are what people call things, with a liking for what hurts files.
var names = rapid.OneOf(
	rapid.StringMatching(`[A-ZÅÄÖ][a-zåäöæø]{1,12}( [A-Z]{2})?`),
	rapid.StringMatching(`['=+@ "-]{0,4}[a-z,;"']{0,5}['" ]{0,2}`),
	rapid.StringMatching(`(_x00[4-5][0-9A-F]_|[&<>_x]){0,4}[a-z]`),
	rapid.StringOfN(rapid.RuneFrom([]rune("=+-@'\" \t\r\n\v\f\x00\u0085\u00a0\u2028\u2029\u202e\ufeff＝aÅ")), 0, 8, -1),
	rapid.StringN(0, 20, 900),
)

var groups = rapid.StringMatching(`DEMO[0-9](-[B-DF-HJ-KMP-RTV-Y2-46-9]{5}){4}`)

var keyRows = rapid.Custom(func(t *rapid.T) licensing.KeyRow {
	row := licensing.KeyRow{
		Licence:      rapid.StringMatching(`[0-9A-Z]?[0-9]{7}`).Draw(t, "licence"),
		Programme:    names.Draw(t, "programme"),
		Organisation: names.Draw(t, "organisation"),
		Product:      "x" + names.Draw(t, "product"),
		Key:          licensing.NewSecret(groups.Draw(t, "key")),
		Type:         rapid.SampledFrom(licensing.KeyTypes()).Draw(t, "type"),
		Seats:        rapid.IntRange(0, 1<<31-1).Draw(t, "seats"),
	}
	switch row.Type {
	case licensing.MAK:
		row.Used = rapid.IntRange(0, 1<<31-1).Draw(t, "used")
		row.Total = rapid.IntRange(0, 1<<31-1).Draw(t, "total")
	case licensing.OSA:
		row.OSAStatus = rapid.SampledFrom([]*licensing.OSAStatus{nil, ptr(licensing.OSAAvailable), ptr(licensing.OSARedeemed)}).Draw(t, "status")
	}
	return row
})

// settled is a row as it comes back: blanks for what can't stand in a cell, and none
// around a name. A replacement character means that something was lost, and is refused.
func settled(r licensing.KeyRow) said {
	s := say(r)
	for _, name := range []*string{&s.Programme, &s.Organisation, &s.Product} {
		*name = strings.TrimFunc(strings.Map(func(r rune) rune {
			if unsafeRune(r) {
				return ' '
			}
			return r
		}, *name), white)
	}
	return s
}

// S-01, S-02, S-03: what Keyhall exports it imports unchanged.
func TestWhatIsWrittenIsRead(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var rows []licensing.KeyRow
		for _, row := range rapid.SliceOfN(keyRows, 1, 5).Draw(t, "rows") {
			if !strings.ContainsRune(row.Programme+row.Organisation+row.Product, '\uFFFD') {
				rows = append(rows, row)
			}
		}
		o := Options{Language: rapid.SampledFrom(languages).Draw(t, "language"), Columns: 9}
		ext := rapid.SampledFrom([]string{"tsv", "xlsx"}).Draw(t, "ext")
		file := writeRapid(t, ext, o, rows)
		r, err := NewReader(bytes.NewReader(file))
		if err != nil {
			t.Fatalf("open %q: %v", file, err)
		}
		if got := r.Format(); got.Language != o.Language || got.Columns != o.Columns || got.Workbook != (ext == "xlsx") {
			t.Errorf("format: got %+v, want %+v in %s", got, o, ext)
		}
		for i, want := range rows {
			got, problems, err := r.Next()
			if err != nil || len(problems) > 0 || say(got.KeyRow) != settled(want) {
				t.Fatalf("row %d:\n got %+v (%v, %+v)\nwant %+v", i, say(got.KeyRow), err, problems, settled(want))
			}
			if got.HasCounts != (want.Type == licensing.MAK) || got.Line != i+2 {
				t.Fatalf("row %d: line %d, counts %t", i, got.Line, got.HasCounts)
			}
		}
	})
}

func writeRapid(t *rapid.T, ext string, o Options, rows []licensing.KeyRow) []byte {
	var b bytes.Buffer
	var w Writer
	var err error
	if w, err = NewTSV(&b, o); ext == "xlsx" {
		w, err = NewXLSX(&b, o)
	}
	for _, row := range rows {
		if err == nil {
			err = w.Write(row)
		}
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatalf("write %s: %v", ext, err)
	}
	return b.Bytes()
}

// S-01: the guard is taken off again, and only what was put on.
func TestTheGuardComesOff(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		name := names.Draw(t, "name")
		written := appendClean(nil, name)
		want := string(bytes.TrimPrefix(written, []byte("'")))
		if !needsGuard(name) {
			want = string(written)
		}
		if got := string(unguard(written)); got != want {
			t.Fatalf("%q, written %q: got %q, want %q", name, written, got, want)
		}
	})
}
