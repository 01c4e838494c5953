package keyfile

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/keyhall/keyhall/internal/licensing"
)

// S-01, S-02, S-03: formulas guarded, separators replaced, keys and counters as they are.
func TestTSVIsWrittenByteForByte(t *testing.T) {
	t.Parallel()
	got := string(write(t, "tsv", Options{Columns: 9}, sampleRows()))
	if got != sampleFile {
		t.Errorf("nine columns:\n got %q\nwant %q", got, sampleFile)
	}
	classic := string(write(t, "tsv", Options{Language: "fi"}, sampleRows()[:1]))
	want := "\uFEFFLisenssitunnus\tYlätason lisenssiohjelma\tOrganisaatio\tTuote\tTuoteavain\tTyyppi\tMAK-aktivoinnit käytetty/yhteensä\r\n" +
		"74120935\tEnterprise Agreement\tNordvik Suomi Oy\tOffice LTSC 2024 Professional Plus\tDEMO4-QJ8WR-2NHKP-6CVTM-X4T9B\tMAK\t 98/100\r\n"
	if classic != want {
		t.Errorf("seven columns in Finnish:\n got %q\nwant %q", classic, want)
	}
}

// S-01: whatever a spreadsheet might take for a formula.
func TestFormulasAreGuarded(t *testing.T) {
	t.Parallel()
	for _, sign := range []string{"=", "+", "-", "@", "\t", "\r", "\x00", "＝", "＋", "－", "＠"} {
		for _, before := range []string{"", " ", "\u00A0", "\uFEFF", "\n ", "\u3000", "\u200E"} {
			got := string(appendClean(nil, before+sign+"1"))
			if !strings.HasPrefix(got, "'") {
				t.Errorf("guard of %q: got %q, want an apostrophe in front", before+sign+"1", got)
			}
		}
	}
	for _, harmless := range []string{"", "Nordvik", "a=b", "'s-Hertogenbosch", "Ågir", "(x)", "0012345", `"x"`} {
		if got := string(appendClean(nil, harmless)); got != harmless {
			t.Errorf("guard of %q: got %q, want it unchanged", harmless, got)
		}
	}
}

// S-02: every record has as many columns as there are headings.
func TestSeparatorsNeverSurvive(t *testing.T) {
	t.Parallel()
	row := sampleRows()[0]
	row.Product = "a\tb\rc\nd\ve\ff\u0085g\u2028h\u2029i\x00j\u202Ek\xffl"
	file := string(write(t, "tsv", Options{}, []licensing.KeyRow{row}))
	if want := "\ta b c d e f g h i j k\uFFFDl\t"; !strings.Contains(file, want) {
		t.Errorf("file: got %q, want %q in it", file, want)
	}
	if lines := strings.Count(file, "\r\n"); lines != 2 || strings.Count(file, "\n") != 2 {
		t.Errorf("lines: got %d, want 2", lines)
	}
}

// S-03, S-59: a key is written as it is or not at all, and no error shows it.
func TestWhatIsNoKeyIsRefused(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"", "=DEMO1", "DEMO1\t", `DEMO"1`, "'DEMO1", "DEMO1 X", "DEMÖ1"} {
		for _, ext := range []string{"tsv", "xlsx"} {
			w := newWriter(t, ext, io.Discard, Options{})
			err := w.Write(licensing.KeyRow{Key: licensing.NewSecret(key)})
			if !errors.Is(err, ErrKey) || strings.Contains(err.Error(), "DEM") {
				t.Errorf("%s with key %q: got %v, want ErrKey", ext, key, err)
			}
			if err := w.Close(); !errors.Is(err, ErrKey) {
				t.Errorf("%s closed after it: got %v, want ErrKey", ext, err)
			}
		}
	}
}

// A file whose end was never written must not look finished.
func TestAWritersErrorStays(t *testing.T) {
	t.Parallel()
	for _, ext := range []string{"tsv", "xlsx"} {
		broken := &fullDisk{room: 100 << 10}
		w := newWriter(t, ext, broken, Options{})
		var err error
		for range 200_000 {
			if err = w.Write(sampleRows()[0]); err != nil {
				break
			}
		}
		if !errors.Is(err, io.ErrShortWrite) || !errors.Is(w.Close(), io.ErrShortWrite) {
			t.Errorf("%s on a full disk: got %v, want a short write", ext, err)
		}
	}
}

type fullDisk struct{ room int }

func (d *fullDisk) Write(p []byte) (int, error) {
	if d.room -= len(p); d.room < 0 {
		return 0, io.ErrShortWrite
	}
	return len(p), nil
}

// Performance goal P3: the writer itself keeps nothing of a row. Not parallel, because
// it counts allocations.
func TestTSVRowsCostNoMemory(t *testing.T) {
	w, err := NewTSV(io.Discard, Options{Columns: 9})
	if err != nil {
		t.Fatal(err)
	}
	row := sampleRows()[0]
	allocations := testing.AllocsPerRun(10_000, func() {
		if err := w.Write(row); err != nil {
			t.Fatal(err)
		}
	})
	if allocations > 0 {
		t.Errorf("allocations a row: got %v, want none", allocations)
	}
}

func TestOptionsThatDoNotExistAreRefused(t *testing.T) {
	t.Parallel()
	for _, o := range []Options{{Language: "de"}, {Columns: 8}} {
		var b bytes.Buffer
		if _, err := NewTSV(&b, o); err == nil || b.Len() > 0 {
			t.Errorf("tsv with %+v: got %v and %d bytes, want an error and none", o, err, b.Len())
		}
		if _, err := NewXLSX(&b, o); err == nil || b.Len() > 0 {
			t.Errorf("xlsx with %+v: got %v and %d bytes, want an error and none", o, err, b.Len())
		}
	}
}
