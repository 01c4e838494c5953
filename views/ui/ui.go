// Package ui is the parts that pages are put together from. A part draws; what it
// says is given to it, and rules stay in licensing.
package ui

import (
	"strconv"

	"github.com/a-h/templ"

	"github.com/keyhall/keyhall/internal/licensing"
)

// share is how much of a bar is filled, of its 100 units.
func share(used, total int) string {
	if total <= 0 {
		return "0"
	}
	return strconv.Itoa(min(100, max(0, used)*100/total))
}

// Class is the class attribute of an element in a row, spread into its tag: templ's
// own list of classes makes a map of each.
type Class string

// Items is what templ draws it from.
func (c Class) Items() []templ.KeyValue[string, any] {
	return []templ.KeyValue[string, any]{{Key: "class", Value: string(c)}}
}

func levelClass(l licensing.Level) Class {
	switch l {
	case licensing.LevelOut:
		return "meter bad"
	case licensing.LevelLow:
		return "meter warn"
	}
	return "meter"
}

func typeClass(t licensing.KeyType) string {
	switch t {
	case licensing.MAK:
		return "tag mak"
	case licensing.KMS:
		return "tag kms"
	case licensing.OSA:
		return "tag osa"
	case licensing.SetupKey:
		return "tag setup"
	}
	return "tag"
}
