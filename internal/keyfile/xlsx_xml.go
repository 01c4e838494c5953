package keyfile

import (
	"bufio"
	"encoding/xml"
	"errors"
	"io"
)

const (
	maxToken = 256 << 10 // bytes of one element's tag or one text
	slack    = 8 << 20   // bytes that may pass without a cell among them
	perCell  = 1 << 10   // bytes that a cell with something in it may cost
)

// xmlReader reads a part of a spreadsheet token by token. It expands nothing and
// fetches nothing: there are no entities but XML's own, and a document type, which no
// spreadsheet has, ends it.
type xmlReader struct {
	d  *xml.Decoder
	in *meter
}

func newXMLReader(r io.Reader) *xmlReader {
	in := &meter{r: bufio.NewReaderSize(r, chunk), left: slack}
	return &xmlReader{d: xml.NewDecoder(in), in: in}
}

// token returns the next token, valid until the one after. At the end of the part it
// returns io.EOF; all its other errors are a *FileError.
func (x *xmlReader) token() (xml.Token, error) {
	x.in.token = maxToken
	token, err := x.d.RawToken()
	switch {
	case errors.Is(err, io.EOF):
		return nil, io.EOF
	case errors.Is(err, errTooBig):
		return nil, errTooBig
	case err != nil:
		return nil, errWorkbook
	}
	if _, ok := token.(xml.Directive); ok {
		return nil, errWorkbook
	}
	return token, nil
}

// finish reads to the end of the part, where its checksum is. It returns io.EOF if all
// is well.
func (x *xmlReader) finish() error {
	switch _, err := io.CopyN(io.Discard, x.in.r, slack); {
	case errors.Is(err, io.EOF):
		return io.EOF
	case err != nil:
		return errWorkbook
	}
	return errTooBig
}

// earn lets more bytes pass, because the last ones brought cells.
func (x *xmlReader) earn(cells int) { x.in.left = min(x.in.left+cells*perCell, slack) }

// meter stops a part that goes on and on without saying anything. The decoder asks it
// for single bytes, so it reads nothing ahead.
type meter struct {
	r     *bufio.Reader
	left  int // bytes until the part is refused
	token int // bytes until the token is refused
}

// ReadByte returns the next byte, or errTooBig.
func (m *meter) ReadByte() (byte, error) {
	m.left--
	m.token--
	if m.left < 0 || m.token < 0 {
		return 0, errTooBig
	}
	return m.r.ReadByte()
}

// Read is there for the decoder, which prefers ReadByte.
func (m *meter) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	b, err := m.ReadByte()
	if err != nil {
		return 0, err
	}
	p[0] = b
	return 1, nil
}
