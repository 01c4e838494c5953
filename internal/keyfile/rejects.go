package keyfile

import (
	"io"
	"strconv"
)

// Rejects writes the rows that an import did not take, as tab-separated text like a
// key file's: the line, the nine cells, what is wrong. It holds no product key.
type Rejects struct {
	w   io.Writer
	buf []byte
}

// NewRejects starts a file of wrong rows. Language is that of the nine headings; line
// and wrong are those of the columns around them.
func NewRejects(w io.Writer, language, line, wrong string) (*Rejects, error) {
	names, err := Options{Language: language, Columns: int(columnsAll)}.headings()
	if err != nil {
		return nil, err
	}
	r := &Rejects{w: w, buf: append(make([]byte, 0, chunk+8<<10), "\uFEFF"...)}
	return r, r.add(line, names, wrong)
}

// Write adds a row; cells that it lacks are empty.
func (r *Rejects) Write(line int, cells []string, wrong string) error {
	return r.add(strconv.Itoa(line), cells, wrong)
}

func (r *Rejects) add(line string, cells []string, wrong string) error {
	b := appendField(r.buf, line)
	for c := range columnsAll {
		b = append(b, '\t')
		if int(c) < len(cells) {
			b = appendField(b, cells[c])
		}
	}
	b = appendField(append(b, '\t'), wrong)
	r.buf = append(b, "\r\n"...)
	if len(r.buf) < chunk {
		return nil
	}
	return r.Close()
}

// Close writes what is left.
func (r *Rejects) Close() error {
	_, err := r.w.Write(r.buf)
	r.buf = r.buf[:0]
	return err
}
