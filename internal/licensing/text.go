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

// wholeKey finds what reads like a product key in clear: five groups of five, however
// they are joined, or all of it in one piece; with hyphens, also within a longer word, as in
// the name of a file.
var wholeKey = regexp.MustCompile(`(?i)(?:\b|_)(?:[A-Z0-9]{5}(?:[\s\x{A0}_.‐-―−-]{1,3}[A-Z0-9]{5}){4}|[A-Z0-9]{25})(?:\b|_)|[A-Z0-9]{5}(?:-[A-Z0-9]{5}){4}`)

// CleanText returns a typed text as it is kept: without blanks around it, lines ended by
// \n. What it can't be is told by a message key: longer than most characters, not UTF-8,
// with characters that steer a terminal or turn the direction of writing, or with a
// product key, which would then stand in mails and pages in clear (S-59).
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
	if holdsKey(s) {
		return s, "request.problem.text_has_key"
	}
	return s, ""
}

func holdsKey(s string) bool { return VeilKeys(s) != s }

// VeilKeys leaves of product keys in a text the last five. What has no digit is none,
// since five short words have the shape too, and neither is what has no letter.
func VeilKeys(s string) string {
	return wholeKey.ReplaceAllStringFunc(s, func(found string) string {
		if !strings.ContainsAny(found, "0123456789") || !strings.ContainsFunc(found, unicode.IsLetter) {
			return found
		}
		found = strings.Trim(found, "_")
		return "…-" + found[len(found)-5:]
	})
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
