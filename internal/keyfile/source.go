package keyfile

import (
	"crypto/sha256"
	"hash"
	"io"

	"github.com/keyhall/keyhall/internal/licensing"
)

// Source reads a key file as an import takes it: its headings at once, its rows as they
// are asked for, up to most of them; 0 is no limit. It fails as NewReader does.
func Source(name string, from io.Reader, most int) (licensing.ImportSource, error) {
	in := &hashed{from: from, sum: sha256.New()}
	r, err := NewReader(in)
	if err != nil {
		return licensing.ImportSource{}, err
	}
	r.LimitRows(most)
	return licensing.ImportSource{Name: name, Next: r.importRow, Sum: in.Sum}, nil
}

func (r *Reader) importRow() (licensing.ImportRow, error) {
	row, problems, err := r.Next()
	if err != nil {
		return licensing.ImportRow{}, err
	}
	in := licensing.ImportRow{Line: row.Line, KeyRow: row.KeyRow, HasCounts: row.HasCounts, Cells: row.Cells}
	for _, p := range problems {
		in.Problems = append(in.Problems, licensing.ImportProblem{
			Line: p.Line, Column: p.Column, Heading: p.Heading, Value: p.Value, Code: p.Code,
		})
	}
	return in, nil
}

// hashed is a file on its way through SHA-256.
type hashed struct {
	from io.Reader
	sum  hash.Hash
}

func (h *hashed) Read(b []byte) (int, error) {
	n, err := h.from.Read(b)
	h.sum.Write(b[:n])
	return n, err
}

// Sum is the hash of the whole file, also of what comes after the last row; nil if
// that can't be read.
func (h *hashed) Sum() []byte {
	if _, err := io.Copy(h.sum, h.from); err != nil {
		return nil
	}
	return h.sum.Sum(nil)
}
