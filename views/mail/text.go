package mail

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/keyhall/keyhall/internal/licensing"
)

// width is how many characters a line has at most.
const width = 76

// line is a text on one line, without what steers a terminal or turns the direction of
// writing, and without keys.
func line(s string) string {
	return licensing.VeilKeys(strings.Join(strings.FieldsFunc(strings.ToValidUTF8(s, " "), func(r rune) bool {
		return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || unicode.IsSpace(r) && r != '\u00a0' && r != '\u202f'
	}), " "))
}

// fill breaks a paragraph into lines, of which the first begins with one mark and those
// after it with another.
func fill(s, first, others string) string {
	var b strings.Builder
	b.WriteString(first)
	room := width - utf8.RuneCountInString(first)
	for i, word := range strings.Split(s, " ") {
		n := utf8.RuneCountInString(word)
		if i > 0 && n+1 > room {
			b.WriteString("\n" + others)
			room = width - utf8.RuneCountInString(others)
		} else if i > 0 {
			b.WriteByte(' ')
			room--
		}
		b.WriteString(word)
		room -= n
	}
	return b.String()
}

// quote marks what somebody else wrote.
func quote(text string) string {
	var lines []string
	for _, one := range strings.Split(text, "\n") {
		lines = append(lines, strings.TrimSpace(fill(line(one), "> ", "> ")))
	}
	return strings.Join(lines, "\n")
}
