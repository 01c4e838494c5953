package licensing

import (
	"fmt"
	"io"
	"log/slog"
	"strings"
)

// Secret is a product key in clear. Whatever prints it shows the last group alone;
// Reveal is the one way out, so that a search for its callers lists everyone who
// can see a key.
//
// The text hides in a closure: a struct with a string inside would be printed by %+v.
type Secret struct{ open func() string }

// NewSecret wraps a product key.
func NewSecret(key string) Secret { return Secret{open: func() string { return key }} }

// Reveal returns the product key in clear, and "" for the zero Secret.
func (s Secret) Reveal() string {
	if s.open == nil {
		return ""
	}
	return s.open()
}

// Masked returns the key with every group but the last hidden.
func (s Secret) Masked() string {
	key := s.Reveal()
	i := strings.LastIndexByte(key, '-')
	if i < 0 {
		return "•••••"
	}
	return strings.Repeat("•••••-", strings.Count(key, "-")) + key[i+1:]
}

func (s Secret) String() string   { return s.Masked() }
func (s Secret) GoString() string { return s.Masked() }

// Format writes the masked key, whatever the verb and its flags.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.Masked()) }

// MarshalText gives encoders the masked key.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.Masked()), nil }

// LogValue gives loggers the masked key.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.Masked()) }
