package keyfile

import (
	"bufio"
	"bytes"
	"errors"
	"io"

	"github.com/keyhall/keyhall/internal/licensing"
)

// Row is a row of a key file.
type Row struct {
	licensing.KeyRow
	Line      int  // of the file, from 1; the headings have one too
	HasCounts bool // the file told Used and Total of this MAK

	// Cells are those of a row with problems, in the order of today's columns, fit to be
	// shown: cut where they are long, product keys hidden. nil of any other row.
	Cells []string
}

// Encoding says how a file writes text.
type Encoding string

// The encodings that are read.
const (
	UTF8        Encoding = "UTF-8"
	UTF16LE     Encoding = "UTF-16LE"
	UTF16BE     Encoding = "UTF-16BE"
	Windows1252 Encoding = "Windows-1252"
)

// Format is what was recognised of a file.
type Format struct {
	Workbook  bool     // a spreadsheet (.xlsx); then it is UTF-8 and has no delimiter
	Encoding  Encoding // without a mark UTF-8 until a row says otherwise
	Delimiter rune     // tab, comma or semicolon; 0 in a spreadsheet
	Columns   int      // cells in the heading row
	Language  string   // of the headings
}

// Reader reads a key file row by row. It goes by the content, never by a name.
type Reader struct {
	src    source
	layout layout
	rows   int
	limit  int
	err    error
	last   [columnsAll]string // the row before: its names mostly stand in the next one too
}

// source gives the rows of a file.
type source interface {
	// next returns the row's line and its cells, valid until the next call, or a row
	// code if the line has no cells. After the last row it returns io.EOF.
	next() (line int, cells [][]byte, code string, err error)
	format() Format
}

// NewReader looks at the beginning of a file and reads its headings. It fails with a
// *FileError if this is no key file, and with what r fails with. A spreadsheet is
// taken into memory, up to 64 MiB of it; text streams.
func NewReader(r io.Reader) (*Reader, error) {
	b := bufio.NewReaderSize(r, maxLine)
	head, err := b.Peek(sniffed)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	rd := &Reader{}
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		rd.src, rd.layout, err = openWorkbook(b)
	default:
		rd.src, rd.layout, err = openText(b, head)
	}
	if err == nil {
		err = rd.layout.check()
	}
	if err != nil {
		return nil, err
	}
	return rd, nil
}

// LimitRows makes Next fail with FileRows after n rows; 0, the default, is no limit.
func (r *Reader) LimitRows(n int) { r.limit = n }

// Format says what the file was recognised as.
func (r *Reader) Format() Format {
	f := r.src.format()
	f.Columns, f.Language = r.layout.columns, r.layout.language
	return f
}

// Next returns the next row that isn't blank. A row with problems holds what could be
// read of it, and reading goes on after it; an error ends the file: io.EOF after the
// last row, a *FileError, or what the underlying reader fails with.
func (r *Reader) Next() (Row, []Problem, error) {
	line, cells, code := r.nextCells()
	if r.err != nil {
		return Row{}, nil, r.err
	}
	written := cells
	if code == "" {
		cells, code = r.fit(cells)
	}
	if code != "" {
		return Row{Line: line, Cells: r.shown(written)}, []Problem{{Line: line, Code: code}}, nil
	}
	row, problems := r.parse(line, cells)
	if len(problems) > 0 {
		row.Cells = r.shown(cells)
	}
	return row, problems, nil
}

// nextCells passes over blank rows and sets r.err at the end.
func (r *Reader) nextCells() (line int, cells [][]byte, code string) {
	for r.err == nil {
		line, cells, code, r.err = r.src.next()
		if r.err == nil && (code != "" || !blank(cells)) {
			break
		}
	}
	if r.rows++; r.err == nil && r.limit > 0 && r.rows > r.limit {
		r.err = &FileError{Code: FileRows}
	}
	return line, cells, code
}

// shown are the cells of a row that is wrong.
func (r *Reader) shown(cells [][]byte) []string {
	if len(cells) == 0 {
		return nil
	}
	shown := make([]string, columnsAll)
	for c, at := range r.layout.at {
		if at < 0 || at >= len(cells) {
			continue
		}
		if column(c) == colKey {
			shown[c] = showKey(bytes.TrimFunc(cells[at], white))
			continue
		}
		shown[c] = show(bytes.TrimFunc(unguard(cells[at]), white), maxShown)
	}
	return shown
}

func blank(cells [][]byte) bool {
	for _, cell := range cells {
		if len(bytes.TrimFunc(cell, white)) > 0 {
			return false
		}
	}
	return true
}

// fit makes as many cells as there are headings. In text, anything but blank cells too
// many means that the columns have slipped; in a spreadsheet they can't, and cells
// beside the table are somebody's notes.
func (r *Reader) fit(cells [][]byte) ([][]byte, string) {
	n := r.layout.columns
	if r.src.format().Workbook {
		for len(cells) < n {
			cells = append(cells, nil)
		}
		return cells[:n], ""
	}
	if len(cells) < n || !blank(cells[n:]) {
		return nil, RowColumns
	}
	return cells[:n], ""
}
