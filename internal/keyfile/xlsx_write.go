package keyfile

import (
	"archive/zip"
	"compress/flate"
	"io"
	"strconv"

	"github.com/keyhall/keyhall/internal/licensing"
)

// maxSheetRows is how many rows a spreadsheet has, the headings' among them.
const maxSheetRows = 1 << 20

// XLSX writes the key file as a spreadsheet in which every cell is a text: no program
// that opens it makes numbers of licence IDs or days of counters.
//
// It writes the few parts of the format by hand. A library that can do more puts
// sheets of more than a few megabytes into a temporary file first: keys in clear, on
// the disk, where nobody looks for them.
type XLSX struct {
	zip     *zip.Writer
	sheet   io.Writer
	buf     []byte // XML not yet written
	cell    []byte // one cell's text
	columns int
	row     int
	err     error
}

// NewXLSX starts a spreadsheet on w. It fails on options that don't exist, and with
// what w fails with.
func NewXLSX(w io.Writer, o Options) (*XLSX, error) {
	names, err := o.headings()
	if err != nil {
		return nil, err
	}
	return newXLSX(w, names, keysHead)
}

// newXLSX starts a spreadsheet with other headings, and what stands before its rows.
func newXLSX(w io.Writer, headings []string, head string) (*XLSX, error) {
	x := &XLSX{zip: zip.NewWriter(w), buf: make([]byte, 0, chunk+8<<10), columns: len(headings)}
	x.zip.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) {
		return flate.NewWriter(w, flate.BestSpeed)
	})
	if err := x.start(head); err != nil {
		return nil, err
	}
	x.beginRow()
	for i, name := range headings {
		x.cell = appendClean(x.cell[:0], name)
		x.appendCell(i, styleHeading)
	}
	return x, x.endRow()
}

// start writes what stands before the first row.
func (x *XLSX) start(head string) error {
	for _, part := range sheetParts {
		w, err := x.zip.Create(part.name)
		if err != nil {
			return err
		}
		if _, err := io.WriteString(w, xmlHead+part.text); err != nil {
			return err
		}
	}
	var err error
	x.sheet, err = x.zip.Create(sheetName)
	x.buf = append(x.buf, xmlHead+head...)
	return err
}

// Write adds a row. It fails with ErrKey, with ErrTooManyRows, and with what the
// underlying writer fails with.
func (x *XLSX) Write(r licensing.KeyRow) error {
	if x.err != nil {
		return x.err
	}
	key := r.Key.Reveal()
	if !exactKey(key) {
		x.err = ErrKey
	}
	if x.row == maxSheetRows {
		x.err = ErrTooManyRows
	}
	if x.err != nil {
		return x.err
	}
	x.beginRow()
	x.text(colLicence, r.Licence)
	x.text(colProgramme, r.Programme)
	x.text(colOrganisation, r.Organisation)
	x.text(colProduct, r.Product)
	x.cell = append(x.cell[:0], key...)
	x.appendCell(int(colKey), styleText)
	x.text(colType, r.Type.InFile())
	x.cell = appendCount(x.cell[:0], r)
	x.appendCell(int(colCount), styleText)
	if x.columns > columnsClassic {
		x.cell = strconv.AppendInt(x.cell[:0], int64(r.Seats), 10)
		x.appendCell(int(colSeats), styleText)
		x.text(colStatus, statusInFile(r.OSAStatus))
	}
	return x.endRow()
}

// Close writes what is left and the archive's directory.
func (x *XLSX) Close() error {
	if x.err != nil {
		return x.err
	}
	x.buf = append(x.buf, sheetTail...)
	if x.flush() == nil {
		x.err = x.zip.Close()
	}
	clear(x.buf[:cap(x.buf)]) // the last rows' keys
	clear(x.cell[:cap(x.cell)])
	return x.err
}

func (x *XLSX) flush() error {
	_, x.err = x.sheet.Write(x.buf)
	x.buf = x.buf[:0]
	return x.err
}

func (x *XLSX) beginRow() {
	x.row++
	x.buf = append(x.buf, `<row r="`...)
	x.buf = strconv.AppendInt(x.buf, int64(x.row), 10)
	x.buf = append(x.buf, `">`...)
}

func (x *XLSX) endRow() error {
	x.buf = append(x.buf, `</row>`...)
	if len(x.buf) < chunk {
		return nil
	}
	return x.flush()
}

func (x *XLSX) text(c column, s string) {
	x.cell = appendClean(x.cell[:0], s)
	x.appendCell(int(c), styleText)
}

// appendCell appends x.cell. Blanks at the ends of a cell survive because it says so.
func (x *XLSX) appendCell(i int, style string) {
	b := append(x.buf, `<c r="`...)
	b = append(b, byte('A'+i))
	b = strconv.AppendInt(b, int64(x.row), 10)
	b = append(b, style...)
	b = append(b, `t="inlineStr"><is><t xml:space="preserve">`...)
	b = appendXML(b, x.cell)
	x.buf = append(b, `</t></is></c>`...)
}

// appendXML escapes a text for a spreadsheet: XML's signs, and the _x005F_ by which
// spreadsheets escape, where the text itself looks like such an escape.
func appendXML(b, text []byte) []byte {
	for i, c := range text {
		switch {
		case c == '&':
			b = append(b, "&amp;"...)
		case c == '<':
			b = append(b, "&lt;"...)
		case c == '>':
			b = append(b, "&gt;"...)
		case c == '_' && escapeAt(text[i:]) >= 0:
			b = append(b, "_x005F_"...)
		default:
			b = append(b, c)
		}
	}
	return b
}

// escapeAt returns the UTF-16 unit that an escape like _x000A_ at the start of a text
// stands for, -1 if there is none.
func escapeAt(text []byte) int {
	if len(text) < 7 || text[1] != 'x' || text[6] != '_' {
		return -1
	}
	n, err := strconv.ParseUint(string(text[2:6]), 16, 16)
	if err != nil {
		return -1
	}
	return int(n)
}
