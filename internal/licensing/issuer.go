package licensing

import (
	"slices"

	"github.com/google/uuid"
)

// Issuer is an OpenID provider whose word on who somebody is counts, and for whom.
type Issuer struct {
	Address string      // exact, as in ID tokens
	Name    string      // shown
	Groups  bool        // it tells which groups somebody is in
	All     bool        // it speaks for every family, and for the staff
	Roots   []uuid.UUID // families that it speaks for otherwise
}

// SpeaksFor reports whether the issuer's word counts in a family.
func (i Issuer) SpeaksFor(root uuid.UUID) bool { return i.All || slices.Contains(i.Roots, root) }

// Within reports whether the issuer speaks for nobody whom another doesn't speak for too.
func (i Issuer) Within(other Issuer) bool {
	return other.All || !i.All && !slices.ContainsFunc(i.Roots, func(root uuid.UUID) bool { return !other.SpeaksFor(root) })
}
