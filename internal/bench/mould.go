package bench

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// field is a value's place on a page.
type field int

const (
	noField field = iota
	fViewer
	fEmail
	fNumber
	fOrganisationID
	fOrganisation
	fCity
	fProgramme
	fEnd
	fEndShort
	fYears
	fProductsN
	fKeysN
	fProduct
	fKeyID
	fLast5
	fFirst
	fLeft
	fUsed
	fTotal
	fShare
	fDay
	fClock
	fAfter
	fNext
)

// mould is a piece of a page with places for values.
type mould []piece

// piece is text, and the value that follows it.
type piece struct {
	text string
	then field
}

// mark is how a value looks on a page that was drawn to be cut up.
type mark struct {
	text string
	is   field
}

// cut makes a mould of a piece of a page. Every mark has to be there: one that is not
// says that the page has changed and this package has to.
func cut(page string, marks ...mark) (mould, error) {
	for _, k := range marks {
		if !strings.Contains(page, k.text) {
			return nil, fmt.Errorf("the page holds no %q any more", k.text)
		}
	}
	var m mould
	for page != "" {
		at, found := len(page), mark{}
		for _, k := range marks {
			if i := strings.Index(page, k.text); i >= 0 && i < at {
				at, found = i, k
			}
		}
		m = append(m, piece{page[:at], found.is})
		page = page[at+len(found.text):]
	}
	return m, nil
}

// values fill a mould.
type values struct {
	viewer, email      string
	number             string
	organisationID     uuid.UUID
	organisation, city string
	programme          string
	ends               time.Time
	productsN, keysN   int
	product            string
	keyID              uuid.UUID
	last5, first       string
	left, used, total  int
	asOf               time.Time
	after, next        string
}

// fill appends a piece of a page.
func (m mould) fill(b []byte, v *values) []byte {
	for i := range m {
		b = append(b, m[i].text...)
		switch m[i].then {
		case noField:
		case fViewer:
			b = appendText(b, v.viewer)
		case fEmail:
			b = appendText(b, v.email)
		case fNumber:
			b = append(b, v.number...)
		case fOrganisationID:
			b = appendID(b, v.organisationID)
		case fOrganisation:
			b = appendText(b, v.organisation)
		case fCity:
			b = appendText(b, v.city)
		case fProgramme:
			b = appendText(b, v.programme)
		case fEnd:
			b = v.ends.AppendFormat(b, "2 January 2006")
		case fEndShort:
			b = v.ends.AppendFormat(b, "2 Jan 2006")
		case fYears:
			b = strconv.AppendInt(b, int64(wholeYears(today, v.ends)), 10)
		case fProductsN:
			b = appendNumber(b, v.productsN)
		case fKeysN:
			b = appendNumber(b, v.keysN)
		case fProduct:
			b = appendText(b, v.product)
		case fKeyID:
			b = appendID(b, v.keyID)
		case fLast5:
			b = appendText(b, v.last5)
		case fFirst:
			b = appendText(b, v.first)
		case fLeft:
			b = appendNumber(b, v.left)
		case fUsed:
			b = appendNumber(b, v.used)
		case fTotal:
			b = appendNumber(b, v.total)
		case fShare:
			b = strconv.AppendInt(append(b, '"'), int64(v.used*100/v.total), 10)
			b = append(b, '"')
		case fDay:
			b = v.asOf.AppendFormat(b, "2 Jan 2006")
		case fClock:
			b = v.asOf.AppendFormat(b, "15:04")
		case fAfter:
			b = append(b, v.after...)
		case fNext:
			b = append(b, v.next...)
		}
	}
	return b
}

// appendText appends text as HTML.
func appendText(b []byte, s string) []byte {
	for i := range len(s) {
		switch s[i] {
		case '&':
			b = append(b, "&amp;"...)
		case '<':
			b = append(b, "&lt;"...)
		case '>':
			b = append(b, "&gt;"...)
		case '"':
			b = append(b, "&#34;"...)
		case '\'':
			b = append(b, "&#39;"...)
		default:
			b = append(b, s[i])
		}
	}
	return b
}

const hexDigits = "0123456789abcdef"

func appendID(b []byte, id uuid.UUID) []byte {
	for i, c := range id {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			b = append(b, '-')
		}
		b = append(b, hexDigits[c>>4], hexDigits[c&15])
	}
	return b
}

// appendNumber appends a number that is not negative as English writes it.
func appendNumber(b []byte, n int) []byte {
	if n >= 1000 {
		b = append(appendNumber(b, n/1000), ',')
		n %= 1000
		b = append(b, byte('0'+n/100), byte('0'+n/10%10))
		return append(b, byte('0'+n%10))
	}
	return strconv.AppendInt(b, int64(n), 10)
}

func wholeYears(from, to time.Time) int {
	n := (to.Year()-from.Year())*12 + int(to.Month()-from.Month())
	if to.Day() < from.Day() {
		n--
	}
	return n / 12
}
