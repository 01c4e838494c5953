package keyfile

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/keyhall/keyhall/internal/licensing"
)

// What can be wrong with a row. The caller has the words.
const (
	RowColumns        = "columns"         // more or fewer cells than headings
	RowLineTooLong    = "line_too_long"   // over 64 KB
	RowEncoding       = "encoding"        // not text in the file's encoding
	RowControl        = "control"         // a control character in a cell
	RowBidi           = "bidi"            // a sign that turns the direction of text
	RowTooLong        = "too_long"        // a cell of over 1,000 bytes
	RowLicenceMissing = "licence_missing" // no licence ID
	RowProductMissing = "product_missing" // no product
	RowKeyMissing     = "key_missing"     // no product key
	RowKeyShape       = "key_shape"       // not five groups of five letters and digits
	RowKeyElsewhere   = "key_elsewhere"   // a product key in a column that has none
	RowTypeMissing    = "type_missing"    // no type
	RowTypeUnknown    = "type_unknown"    // none of the five types
	RowCountShape     = "count_shape"     // not used/total
	RowSeatsShape     = "seats_shape"     // not a number
	RowStatusUnknown  = "status_unknown"  // neither available nor redeemed
)

// RowCodes lists the codes of Problem.
func RowCodes() []string {
	return []string{
		RowColumns, RowLineTooLong, RowEncoding, RowControl, RowBidi, RowTooLong, RowLicenceMissing,
		RowProductMissing, RowKeyMissing, RowKeyShape, RowKeyElsewhere, RowTypeMissing, RowTypeUnknown,
		RowCountShape, RowSeatsShape, RowStatusUnknown,
	}
}

// Problem is one thing wrong with one row.
type Problem struct {
	Line    int    // of the file, from 1; the headings have one too
	Column  int    // of the file, from 1; 0 if the whole line is meant
	Heading string // of that column, as the file writes it; "" if the whole line is meant
	Value   string // what stands there, cut short, product keys hidden
	Code    string // one of RowCodes
}

// What can be wrong with a file as a whole.
const (
	FileEmpty         = "empty"          // nothing in it
	FileKind          = "kind"           // neither text nor a workbook: an old .xls, a PDF, an archive
	FileEncoding      = "encoding"       // neither UTF-8, Windows-1252 nor UTF-16 with its mark
	FileHeadings      = "headings"       // the first row lacks columns, see Missing
	FileHeadingsTwice = "headings_twice" // the first row has a column twice
	FileWorkbook      = "workbook"       // a spreadsheet that is damaged or has no sheet
	FileTooBig        = "too_big"        // a spreadsheet that unpacks to too much
	FileRows          = "rows"           // more rows than allowed
)

// FileCodes lists the codes of FileError.
func FileCodes() []string {
	return []string{
		FileEmpty, FileKind, FileEncoding, FileHeadings, FileHeadingsTwice, FileWorkbook, FileTooBig, FileRows,
	}
}

// FileError says why a file can't be read, or not any further. Errors of the reader
// underneath come as they are.
type FileError = licensing.FileError

// keyLike finds what could be a product key or most of one, however it is written: in
// a file whose columns have slipped a key stands anywhere. The second form is a key
// with a slip in a group.
var keyLike = regexp.MustCompile(`(?i)[a-z0-9]{5}([^a-z0-9]{0,3}[a-z0-9]{5}){3,}|` +
	`[a-z0-9]{4,6}(-[a-z0-9]{4,6}){2,}`)

// aKey finds what can be nothing but a product key.
var aKey = regexp.MustCompile(`(?i)[a-z0-9]{5}(-[a-z0-9]{5}){4}`)

// holdsKey reports whether a key stands in a cell, however it is written. Most cells have
// no five groups of five, and finding that out is quick.
func holdsKey(cell []byte) bool {
	return len(cell) >= 29 && aKey.Match(cell) || hasFives(cell) && licensing.VeilKeys(string(cell)) != string(cell)
}

// hasFives reports whether a text has 25 letters and digits in one piece, or in five pieces
// of five in a row.
func hasFives(cell []byte) bool {
	fives, run := 0, 0
	for i := range len(cell) + 1 {
		if i < len(cell) && isAlphanumeric(cell[i]) {
			run++
			continue
		}
		switch run {
		case 0:
			continue
		case 5:
			fives++
		case 25:
			return true
		default:
			fives = 0
		}
		if run = 0; fives == 5 {
			return true
		}
	}
	return false
}

func isAlphanumeric(b byte) bool {
	return '0' <= b && b <= '9' || 'A' <= b && b <= 'Z' || 'a' <= b && b <= 'z'
}

const (
	hidden   = "•••••"
	maxValue = 60  // runes of a Problem's value
	maxShown = 200 // runes of a cell in the file of wrong rows
)

// show makes a cell fit for a report: printable, short and without keys.
func show(cell []byte, most int) string {
	s := strings.Map(func(r rune) rune {
		if unsafeRune(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(string(cell[:min(len(cell), 2*maxCell)]), "\uFFFD"))
	s = strings.TrimFunc(keyLike.ReplaceAllString(s, hidden), white)
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most]) + "…"
}

// showKey shows of something that should be a key no more than its last five signs,
// and those only if there is much more of it.
func showKey(cell []byte) string {
	if len(cell) == 0 {
		return ""
	}
	i := len(cell) - 5
	if i < 15 || !allPlain(string(cell[i:])) {
		return hidden
	}
	return hidden + string(cell[i:])
}
