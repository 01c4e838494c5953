package i18n

import (
	"context"
	"strconv"
)

// Number writes a whole number the language's way: 1,204 or 1 204 (with U+00A0) or
// 1.204, and in Finnish, Norwegian and Swedish U+2212 before a negative one. It is for
// pages and mails; files and the API have their own.
func Number(ctx context.Context, n int) string {
	return string(of(ctx).appendNumber(make([]byte, 0, 32), int64(n)))
}

func (c *catalogue) appendNumber(b []byte, n int64) []byte {
	var room [20]byte
	digits := strconv.AppendInt(room[:0], n, 10)
	if n < 0 {
		b = append(b, c.minus...)
		digits = digits[1:]
	}
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b = append(b, c.group...)
		}
		b = append(b, d)
	}
	return b
}
