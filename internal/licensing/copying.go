package licensing

import (
	"slices"
	"strings"
	"unicode"
)

// MostCopies is how many rights one form copies at the most, and to how many licence IDs.
const (
	MostCopies  = 200
	MostTargets = 50
)

// Copying is the form by which an administrator gives those with a right on one licence ID
// the same on others.
type Copying struct {
	From    string // number of the licence ID on whose page it was filled in
	Numbers string // of the others, as they were typed
}

// To lists the numbers that were typed, each once.
func (c Copying) To() []string {
	numbers := strings.FieldsFunc(strings.ToUpper(c.Numbers), func(r rune) bool { return unicode.IsSpace(r) || r == ',' || r == ';' })
	slices.Sort(numbers)
	return slices.Compact(numbers)
}

// Problems is what is wrong with the form.
func (c Copying) Problems() Problems {
	to := c.To()
	switch {
	case len(to) == 0:
		return Problems{{Field: "numbers", Message: "copy.problem.none"}}
	case len(to) > MostTargets:
		return Problems{{Field: "numbers", Message: "copy.problem.targets", Args: map[string]any{"Most": MostTargets}}}
	case slices.Contains(to, c.From):
		return Problems{{Field: "numbers", Message: "copy.problem.same"}}
	}
	return nil
}

// Copied is what came of it: rights given, and those that people had there already.
type Copied struct {
	Given int
	Kept  int
}
