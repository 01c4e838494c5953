package licensing

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
)

var (
	// ErrNotFound says that a thing does not exist, or that the viewer may not know that it does.
	ErrNotFound = errors.New("not found")
	// ErrForbidden says that the viewer may see a thing, but not do this to it.
	ErrForbidden = errors.New("forbidden")
	// ErrConflict says that an act came too late or was done already.
	ErrConflict = errors.New("conflict")
	// ErrFrozen is the ErrConflict of a key that is marked as compromised: nobody takes it in clear.
	ErrFrozen = fmt.Errorf("%w: frozen", ErrConflict)
	// ErrUnavailable says that something Keyhall depends on can't be reached right now.
	ErrUnavailable = errors.New("unavailable")
	// ErrTooMany says that a person or an organisation has reached a rate limit.
	ErrTooMany = errors.New("too many")
	// ErrIntegrity says that a sealed value is not the one that was sealed in its place.
	ErrIntegrity = errors.New("integrity")
)

// TooMany is ErrTooMany with when to try again.
type TooMany struct {
	Holder uuid.UUID     // the person, or the root of the family, who has reached the limit
	Again  time.Duration // from now, at least a second
}

func (TooMany) Error() string { return ErrTooMany.Error() }

// Unwrap is ErrTooMany.
func (TooMany) Unwrap() error { return ErrTooMany }

// Problem is one thing wrong with one field of a form, in words that i18n knows.
type Problem struct {
	Field   string         // name of the form field
	Message string         // message key, as in locales/*.json
	Args    map[string]any // what the message's placeholders stand for; nil if none
}

// Problems is what is wrong with a form. It is an error so that a verb can return
// it; the edge answers 422 with what the person typed kept.
type Problems []Problem

func (p Problems) Error() string {
	fields := make([]string, len(p))
	for i, one := range p {
		fields[i] = one.Field + ": " + one.Message
	}
	return strings.Join(fields, "; ")
}

// On returns the first problem of a field, and whether there is one.
func (p Problems) On(field string) (Problem, bool) {
	for _, one := range p {
		if one.Field == field {
			return one, true
		}
	}
	return Problem{}, false
}
