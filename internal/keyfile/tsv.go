package keyfile

import (
	"io"
	"strconv"
	"strings"

	"github.com/keyhall/keyhall/internal/licensing"
)

// chunk is how much of a file is written at once.
const chunk = 64 << 10

// TSV writes the tab-separated key file: UTF-8 with a byte order mark, lines ending in
// CR LF, quotes only around cells that hold one.
type TSV struct {
	w       io.Writer
	buf     []byte
	columns int
	err     error
}

// NewTSV starts a tab-separated file on w, which gets 64 KB at a time. It fails on
// options that don't exist.
func NewTSV(w io.Writer, o Options) (*TSV, error) {
	names, err := o.headings()
	if err != nil {
		return nil, err
	}
	return newTSV(w, names), nil
}

func newTSV(w io.Writer, headings []string) *TSV {
	t := &TSV{w: w, buf: make([]byte, 0, chunk+8<<10), columns: len(headings)}
	t.buf = append(t.buf, "\uFEFF"...)
	for i, name := range headings {
		if i > 0 {
			t.buf = append(t.buf, '\t')
		}
		t.buf = appendField(t.buf, name)
	}
	t.buf = append(t.buf, "\r\n"...)
	return t
}

// Write adds a row. It fails with ErrKey, and with what w fails with.
func (t *TSV) Write(r licensing.KeyRow) error {
	if t.err != nil {
		return t.err
	}
	key := r.Key.Reveal()
	if !exactKey(key) {
		t.err = ErrKey
		return t.err
	}
	b := t.buf
	for _, s := range [...]string{r.Licence, r.Programme, r.Organisation, r.Product} {
		b = appendField(b, s)
		b = append(b, '\t')
	}
	b = append(b, key...)
	b = append(b, '\t')
	b = appendField(b, r.Type.InFile())
	b = append(b, '\t')
	b = appendCount(b, r)
	if t.columns > columnsClassic {
		b = append(b, '\t')
		b = strconv.AppendInt(b, int64(r.Seats), 10)
		b = append(b, '\t')
		b = append(b, statusInFile(r.OSAStatus)...)
	}
	t.buf = append(b, "\r\n"...)
	if len(t.buf) < chunk {
		return nil
	}
	return t.flush()
}

// Close writes what is left.
func (t *TSV) Close() error {
	if t.err != nil {
		return t.err
	}
	err := t.flush()
	clear(t.buf[:cap(t.buf)]) // the last rows' keys
	return err
}

func (t *TSV) flush() error {
	_, t.err = t.w.Write(t.buf)
	t.buf = t.buf[:0]
	return t.err
}

// appendField appends a cell of a tab-separated file. The guard stands inside the
// quotes, where whoever reads the cell sees it first.
func appendField(b []byte, s string) []byte {
	if strings.IndexByte(s, '"') < 0 {
		return appendClean(b, s)
	}
	b = append(b, '"')
	b = appendClean(b, strings.ReplaceAll(s, `"`, `""`))
	return append(b, '"')
}
