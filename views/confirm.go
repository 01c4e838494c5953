package views

import (
	"maps"
	"net/url"
	"slices"
)

// ConfirmPath is the address of a step of proving anew who one is, before going on to next.
func ConfirmPath(step, next string) string { return with(step, nil, "next", next) }

// keptFields are the fields of a form that was kept, in an order of their own.
func keptFields(form url.Values) (fields [][2]string) {
	for _, name := range slices.Sorted(maps.Keys(form)) {
		for _, value := range form[name] {
			fields = append(fields, [2]string{name, value})
		}
	}
	return fields
}
