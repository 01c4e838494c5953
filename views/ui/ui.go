// Package ui is the parts that pages are put together from. A part draws; what it
// says is given to it, and rules stay in licensing.
package ui

import (
	"strconv"

	"github.com/keyhall/keyhall/internal/licensing"
)

// share is how much of a bar is filled, of its 100 units.
func share(used, total int) string {
	if total <= 0 {
		return "0"
	}
	return strconv.Itoa(min(100, max(0, used)*100/total))
}

func levelClass(l licensing.Level) string {
	switch l {
	case licensing.LevelOut:
		return "bad"
	case licensing.LevelLow:
		return "warn"
	}
	return ""
}

func typeClass(t licensing.KeyType) string {
	switch t {
	case licensing.MAK:
		return "mak"
	case licensing.KMS:
		return "kms"
	case licensing.OSA:
		return "osa"
	case licensing.SetupKey:
		return "setup"
	}
	return ""
}
