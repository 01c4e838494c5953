package keyfile

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/keyhall/keyhall/internal/licensing"
)

// S-59: a row that is wrong keeps its own cells, each under its column, and no key.
func TestAWrongRowKeepsItsCells(t *testing.T) {
	t.Parallel()
	file := "Type;Product Key;Product;License ID\n" +
		"MAKE;" + demoKey + ";Office;7412093\n" + // an unknown type
		"MAK;Office;" + demoKey + ";7412093\n" + // two columns changed places
		"MAK;" + demoKey + ";Office;" + otherKey + ";7412093\n" + // a cell too many
		"MAK;" + demoKey + ";'=Office;7412093\n"
	r, err := NewReader(strings.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	for n, want := range []string{
		"7412093|||Office|•••••T6J2K|MAKE|||",
		"7412093|||•••••|•••••|MAK|||",
		"•••••|||Office|•••••T6J2K|MAK|||",
		"",
	} {
		row, problems, err := r.Next()
		if got := strings.Join(row.Cells, "|"); err != nil || got != want || (want == "") != (len(problems) == 0) {
			t.Errorf("row %d: got %q, %v, %v, want %q", n+1, got, problems, err, want)
		}
	}
}

// S-58: a key in the wrong column would be kept and shown as a name, however it is written.
func TestAKeyElsewhereIsRefused(t *testing.T) {
	t.Parallel()
	lower := strings.ToLower(otherKey)
	for _, written := range []string{"Office " + lower, "Office " + strings.ReplaceAll(lower, "-", " "), strings.ReplaceAll(otherKey, "-", "")} {
		r, err := NewReader(strings.NewReader("License ID\tProduct\tProduct Key\tType\n7412093\t" + written + "\t" + demoKey + "\tMAK\n"))
		if err != nil {
			t.Fatal(err)
		}
		row, problems, err := r.Next()
		if err != nil || len(problems) != 1 || problems[0].Code != RowKeyElsewhere || !strings.HasSuffix(problems[0].Value, hidden) || len(problems[0].Value) > len("O"+hidden) || row.Product != "" {
			t.Errorf("%q: got %+v, %+v, %v, want one problem without the key", written, row, problems, err)
		}
	}
}

func TestHeadingsAreThoseOfFiles(t *testing.T) {
	t.Parallel()
	if got := Headings("fi"); len(got) != int(columnsAll) || got[4] != "Tuoteavain" {
		t.Errorf("Finnish: got %q", got)
	}
	if got := Headings("xx"); got[4] != "Product Key" {
		t.Errorf("a language that files don't have: got %q", got)
	}
}

func TestASourceGivesRowsProblemsAndTheHash(t *testing.T) {
	t.Parallel()
	for _, ext := range []string{"tsv", "xlsx"} {
		file := write(t, ext, Options{Columns: 9}, sampleRows())
		in, err := Source("keys."+ext, bytes.NewReader(file), 0)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for ; err == nil; n++ {
			_, err = in.Next()
		}
		if sum := sha256.Sum256(file); !errors.Is(err, io.EOF) || n != 7 || !bytes.Equal(in.Sum(), sum[:]) || in.Name != "keys."+ext {
			t.Errorf("%s: got %d rows, %v and hash %x, want 6 and %x", ext, n-1, err, in.Sum(), sum)
		}
	}
}

func TestASourceHasItsLimit(t *testing.T) {
	t.Parallel()
	in, err := Source("keys.tsv", strings.NewReader(sampleFile), 2)
	if err != nil {
		t.Fatal(err)
	}
	var last licensing.ImportRow
	for err == nil {
		var row licensing.ImportRow
		if row, err = in.Next(); err == nil {
			last = row
		}
	}
	if fileCode(err) != FileRows || last.Line != 3 {
		t.Errorf("got %v after line %d, want %s after line 3", err, last.Line, FileRows)
	}
}
