package keyfile

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

const (
	maxLine = 64 << 10 // bytes of a line
	sniffed = 512      // bytes that a file's kind is told from
)

// text reads a file of lines. Lines are never joined, whatever is quoted: a stray
// quote costs one row, not the rest of the file.
type text struct {
	r         *bufio.Reader
	encoding  Encoding
	decided   bool // false while every line was plain ASCII
	delimiter byte
	line      int
	decoded   []byte
	cells     [][]byte
}

// foreign are beginnings of files that are neither text nor a workbook: gzip, the old
// spreadsheet format (and encrypted workbooks), PDF, an empty archive.
var foreign = []string{"\x1f\x8b", "\xd0\xcf\x11\xe0", "%PDF", "PK\x05\x06"}

func openText(b *bufio.Reader, head []byte) (*text, layout, error) {
	for _, magic := range foreign {
		if bytes.HasPrefix(head, []byte(magic)) {
			return nil, layout{}, &FileError{Code: FileKind}
		}
	}
	t := &text{r: b, encoding: UTF8, decided: true}
	switch {
	case bytes.HasPrefix(head, []byte("\xEF\xBB\xBF")):
		_, _ = b.Discard(3) // it was peeked
	case bytes.HasPrefix(head, []byte("\xFF\xFE")):
		t.encoding = UTF16LE
		t.r = decoded(b, unicode.LittleEndian)
	case bytes.HasPrefix(head, []byte("\xFE\xFF")):
		t.encoding = UTF16BE
		t.r = decoded(b, unicode.BigEndian)
	case bytes.IndexByte(head, 0) >= 0:
		return nil, layout{}, &FileError{Code: FileEncoding}
	default:
		t.decided = false
	}
	l, err := t.headings()
	return t, l, err
}

// decoded makes UTF-8 of UTF-16. Half a pair of surrogates becomes U+FFFD, which no
// cell may hold.
func decoded(r io.Reader, e unicode.Endianness) *bufio.Reader {
	return bufio.NewReaderSize(transform.NewReader(r, unicode.UTF16(e, unicode.ExpectBOM).NewDecoder()), maxLine)
}

// headings finds the first line that isn't blank, and the delimiter by which most of
// it is known.
func (t *text) headings() (layout, error) {
	for {
		line, code, err := t.readLine()
		if errors.Is(err, io.EOF) {
			return layout{}, &FileError{Code: FileEmpty}
		}
		if err != nil {
			return layout{}, err
		}
		if code != "" {
			return layout{}, &FileError{Code: FileKind}
		}
		if blank([][]byte{line}) {
			continue
		}
		best := layout{known: -1}
		for _, delimiter := range []byte("\t;,") {
			if l := recognise(split(nil, bytes.Clone(line), delimiter)); l.known > best.known {
				best, t.delimiter = l, delimiter
			}
		}
		return best, nil
	}
}

func (t *text) format() Format { return Format{Encoding: t.encoding, Delimiter: rune(t.delimiter)} }

func (t *text) next() (int, [][]byte, string, error) {
	line, code, err := t.readLine()
	if err != nil || code != "" {
		return t.line, nil, code, err
	}
	t.cells = split(t.cells[:0], line, t.delimiter)
	return t.line, t.cells, "", nil
}

// readLine returns a line in UTF-8 without its end, or the code of what is wrong with it.
func (t *text) readLine() (line []byte, code string, err error) {
	line, err = t.r.ReadSlice('\n')
	t.line++
	if errors.Is(err, bufio.ErrBufferFull) {
		return nil, RowLineTooLong, t.skipLine()
	}
	if err != nil && (!errors.Is(err, io.EOF) || len(line) == 0) {
		return nil, "", err
	}
	line = bytes.TrimSuffix(line, []byte("\n"))
	line = bytes.TrimSuffix(line, []byte("\r"))
	return t.decode(line)
}

// skipLine reads on to the end of a line that is too long.
func (t *text) skipLine() error {
	for {
		_, err := t.r.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		return err
	}
}

// decode settles at the first line that isn't ASCII whether a file without a mark is
// UTF-8 or Windows-1252. Text in the one is next to never valid in the other, so a
// Windows-1252 file with a line of UTF-8 was pasted together and would be misread.
func (t *text) decode(line []byte) ([]byte, string, error) {
	if ascii(line) {
		return line, "", nil
	}
	valid := utf8.Valid(line)
	if !t.decided {
		t.decided = true
		if !valid {
			t.encoding = Windows1252
		}
	}
	if t.encoding != Windows1252 {
		return line, "", nil // parse finds the cell that isn't valid
	}
	if valid {
		return nil, RowEncoding, nil
	}
	t.decoded = t.decoded[:0]
	for _, b := range line {
		t.decoded = utf8.AppendRune(t.decoded, charmap.Windows1252.DecodeByte(b))
	}
	return t.decoded, "", nil
}

func ascii(line []byte) bool {
	for _, b := range line {
		if b >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
