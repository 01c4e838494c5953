package bench

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/keyhall/keyhall/internal/licensing"
)

// part is a piece of an argument: a text, or a variable's name.
type part struct {
	text     string
	variable bool
}

// substitution finds the values of variables within arguments.
type substitution struct {
	names  map[string]string // variable by its value
	search *regexp.Regexp    // any value, or an identifier
	whole  map[string]string // variables that are only looked for as a whole number
	fresh  map[string]string // identifiers that the store made up, in the order they came
}

// small numbers stand in many places; the others are long enough to be found anywhere.
var small = []string{"product", "old", "total"}

const identifier = `[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`

func newSubstitution(values map[string]string) *substitution {
	s := &substitution{names: map[string]string{}, whole: map[string]string{}, fresh: map[string]string{}}
	patterns := []string{identifier}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if slices.Contains(small, name) {
			s.whole[values[name]] = name
			continue
		}
		s.names[values[name]] = name
		patterns = append(patterns, regexp.QuoteMeta(values[name]))
	}
	s.search = regexp.MustCompile(strings.Join(patterns, "|"))
	return s
}

// split takes a text apart into what is always the same and what varies.
func (s *substitution) split(t parameter, text string) []part {
	if name, ok := s.whole[text]; ok && t.name == "integer" {
		return []part{{name, true}}
	}
	var parts []part
	add := func(p part) {
		if p.text != "" {
			parts = append(parts, p)
		}
	}
	at := 0
	for _, found := range s.search.FindAllStringIndex(text, -1) {
		add(part{text[at:found[0]], false})
		parts = append(parts, s.variable(text[found[0]:found[1]])...)
		at = found[1]
	}
	if add(part{text[at:], false}); parts == nil {
		parts = []part{{"", false}}
	}
	return parts
}

// variable is what stands for a value. An identifier that nobody knows is one that the
// store has made up: two variables, as pgbench can only count in decimals.
func (s *substitution) variable(value string) []part {
	if name, ok := s.names[value]; ok {
		return []part{{name, true}}
	}
	if value == licensing.PublisherRoot.String() {
		return []part{{value, false}}
	}
	if s.fresh[value] == "" {
		s.fresh[value] = fmt.Sprintf("fresh%d", len(s.fresh)+1)
	}
	return []part{{"lead", true}, {s.fresh[value], true}}
}
