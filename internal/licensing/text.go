package licensing

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Most characters of a text that somebody types: a message or reason, and a name or number.
const (
	LongText  = 4000
	ShortText = 100
)

// CleanText returns a typed text as it is kept: without blanks around it, lines ended by
// \n. What it can't be is told by a message key: longer than most characters, not UTF-8,
// or with characters that steer a terminal or turn the direction of writing.
func CleanText(s string, most int) (text, message string) {
	if !utf8.ValidString(s) {
		return "", "request.problem.text_bad"
	}
	s = strings.TrimSpace(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(s))
	if strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) && r != '\n' && r != '\t' || unicode.Is(unicode.Bidi_Control, r)
	}) {
		return "", "request.problem.text_bad"
	}
	if utf8.RuneCountInString(s) > most {
		return s, "request.problem.text_long"
	}
	return s, ""
}

var quantityShape = regexp.MustCompile(`^[1-9][0-9]{0,8}$`)

// ReadQuantity reads a number as people type it: plain digits, from 1. What it is not is
// told by a message key.
func ReadQuantity(s string) (n int, message string) {
	s = strings.Trim(s, " ")
	if s == "" {
		return 0, "request.problem.quantity_missing"
	}
	if !quantityShape.MatchString(s) {
		return 0, "request.problem.quantity_digits"
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0, "request.problem.quantity_digits"
	}
	return n, ""
}
