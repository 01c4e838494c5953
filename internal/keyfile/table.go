package keyfile

import (
	"fmt"
	"io"
	"time"
)

// Table writes rows of plain texts that hold no key, under headings of one's own, with
// the guards of a key file: no cell is a formula or more than one cell.
type Table interface {
	// Write adds a row of as many cells as there are headings. After an error the file is
	// broken and stays so.
	Write(cells ...string) error
	// Close finishes the file, but doesn't close what it is written to. A file that was
	// not closed without error is not complete.
	Close() error
}

// NewTable starts a table on w, as tsv or xlsx, with up to 26 columns.
func NewTable(format string, w io.Writer, headings []string) (Table, error) {
	if format == "xlsx" {
		x, err := newXLSX(w, headings, tableHead)
		return xlsxTable{x}, err
	}
	return tsvTable{newTSV(w, headings)}, nil
}

// TableName is what a table's file is called: keyhall-<what>-<scope>-<day>.<ext>, of
// ASCII letters, digits and single hyphens.
func TableName(what, scope string, day time.Time, ext string) string {
	return "keyhall-" + nameable(what) + "-" + nameable(scope) + "-" + day.Format(time.DateOnly) + "." + nameable(ext)
}

type tsvTable struct{ *TSV }

// Write adds a row.
func (t tsvTable) Write(cells ...string) error {
	if t.err == nil {
		t.err = rightCount(len(cells), t.columns)
	}
	if t.err != nil {
		return t.err
	}
	for i, cell := range cells {
		if i > 0 {
			t.buf = append(t.buf, '\t')
		}
		t.buf = appendField(t.buf, cell)
	}
	t.buf = append(t.buf, "\r\n"...)
	if len(t.buf) < chunk {
		return nil
	}
	return t.flush()
}

type xlsxTable struct{ *XLSX }

// Write adds a row.
func (x xlsxTable) Write(cells ...string) error {
	if x.err == nil {
		x.err = rightCount(len(cells), x.columns)
	}
	if x.err == nil && x.row == maxSheetRows {
		x.err = ErrTooManyRows
	}
	if x.err != nil {
		return x.err
	}
	x.beginRow()
	for i, cell := range cells {
		x.text(column(i), cell)
	}
	return x.endRow()
}

func rightCount(got, want int) error {
	if got != want {
		return fmt.Errorf("a row of %d cells in a table of %d columns", got, want)
	}
	return nil
}
