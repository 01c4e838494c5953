package keyfile

import (
	"unicode"
	"unicode/utf8"
)

// A spreadsheet takes a cell that begins with one of these signs, or with a blank and
// then one of these, for a formula. Such a cell gets an apostrophe in front, and so
// does every cell that would look guarded although it is not: then taking the
// apostrophe off again always gives what was written.

// plain holds the bytes that need no attention inside a cell.
var plain = func() (p [256]bool) {
	for b := ' '; b <= '~'; b++ {
		p[b] = b != '"'
	}
	return p
}()

// white reports blanks of every kind, with those that have no width.
func white(r rune) bool {
	return unicode.IsSpace(r) || r == '\uFEFF' || r == '\u200B'
}

// unsafeRune reports what never stands in a cell: controls, line and paragraph
// separators, what turns the direction of text, and what XML can't hold.
func unsafeRune(r rune) bool {
	return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || r == '\uFFFE' || r == '\uFFFF' || isBidi(r)
}

// isBidi reports signs that turn the direction of the text around them.
func isBidi(r rune) bool { return r > unicode.MaxLatin1 && unicode.Is(unicode.Bidi_Control, r) }

// needsGuard looks behind apostrophes at the first sign that isn't one.
func needsGuard[T string | []byte](s T) bool {
	for i := range len(s) {
		switch b := s[i]; {
		case b == '\'':
			continue
		case b == '=' || b == '+' || b == '-' || b == '@' || b <= ' ' || b == 0x7F:
			return true
		case b < utf8.RuneSelf:
			return false
		}
		r, _ := utf8.DecodeRuneInString(string(s[i:min(i+utf8.UTFMax, len(s))]))
		return hostileRune(r)
	}
	return false
}

func hostileRune(r rune) bool {
	switch r {
	case '＝', '＋', '－', '＠':
		return true
	}
	return white(r) || unsafeRune(r) || unicode.Is(unicode.Cf, r)
}

// unguard takes the apostrophe off that a writer put in front of a cell.
func unguard(cell []byte) []byte {
	if len(cell) > 1 && cell[0] == '\'' && needsGuard(cell[1:]) {
		return cell[1:]
	}
	return cell
}

// appendClean appends a text that is neither a formula nor more than one cell: with
// its guard, and with a blank for whatever must not stand in a cell.
func appendClean(b []byte, s string) []byte {
	if needsGuard(s) {
		b = append(b, '\'')
	}
	if allPlain(s) {
		return append(b, s...)
	}
	for _, r := range s {
		if unsafeRune(r) {
			r = ' '
		}
		b = utf8.AppendRune(b, r)
	}
	return b
}

func allPlain(s string) bool {
	for i := range len(s) {
		if !plain[s[i]] {
			return false
		}
	}
	return true
}

// exactKey reports whether a key can stand in a file as it is, byte for byte: then no
// reader takes it for a formula, for several cells or for something quoted.
func exactKey(key string) bool {
	if key == "" || needsGuard(key) || key[0] == '\'' {
		return false
	}
	for i := range len(key) {
		if key[i] == ' ' || !plain[key[i]] {
			return false
		}
	}
	return true
}
