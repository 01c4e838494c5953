package keyfile

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/keyhall/keyhall/internal/licensing"
)

var (
	// ErrKey says that a row's key is none: empty, or with signs that can't stand in a
	// cell as they are. The text of the key is not in it.
	ErrKey = errors.New("not a product key")
	// ErrTooManyRows says that a spreadsheet is full.
	ErrTooManyRows = errors.New("too many rows for a spreadsheet")
)

// Options says what a key file looks like. The zero value is the classic file.
type Options struct {
	Language string // of the headings: en (default), fi, nb, sv, nl
	Columns  int    // 7 (default), or 9 with seats and OSA status
}

// Writer writes a key file row by row, and holds no more than a few of them.
type Writer interface {
	// Write adds a row. After an error the file is broken and stays so.
	Write(licensing.KeyRow) error
	// Close finishes the file, but doesn't close what it is written to. A file that was
	// not closed without error is not complete.
	Close() error
}

// headings returns the heading row.
func (o Options) headings() ([]string, error) {
	if o.Language == "" {
		o.Language = languages[0]
	}
	if o.Columns == 0 {
		o.Columns = columnsClassic
	}
	row, ok := headings[o.Language]
	if !ok {
		return nil, fmt.Errorf("key file: no headings in language %q", o.Language)
	}
	if o.Columns != columnsClassic && o.Columns != int(columnsAll) {
		return nil, fmt.Errorf("key file: %d columns, want 7 or 9", o.Columns)
	}
	return row[:o.Columns], nil
}

// appendCount writes a counter as key files have it. The leading blank keeps a
// spreadsheet from reading 3/12 as a day in December.
func appendCount(b []byte, r licensing.KeyRow) []byte {
	if r.Type != licensing.MAK {
		return append(b, " 0/0"...)
	}
	b = append(b, ' ')
	b = strconv.AppendInt(b, int64(r.Used), 10)
	b = append(b, '/')
	return strconv.AppendInt(b, int64(r.Total), 10)
}

// statusInFile is how files write the state of a single-use key, in every language.
func statusInFile(s *licensing.OSAStatus) string {
	switch {
	case s == nil:
		return ""
	case *s == licensing.OSARedeemed:
		return "Redeemed"
	case *s == licensing.OSAAvailable:
		return "Available"
	}
	return ""
}

// Name is what a key file is called: keyhall-keys-<scope>-<day>.<ext>. The scope is a
// licence ID's number or "all". Only ASCII letters, digits and single hyphens get
// through, so that the name is one name on every system and in every header.
func Name(scope string, day time.Time, ext string) string {
	return "keyhall-keys-" + nameable(scope) + "-" + day.Format(time.DateOnly) + "." + nameable(ext)
}

func nameable(s string) string {
	return strings.Trim(strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-':
			return r
		}
		return -1
	}, s), "-")
}
