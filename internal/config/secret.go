package config

import (
	"fmt"
	"io"
	"log/slog"
)

// Secret is a setting that nobody may read in a log: a password, or an address with
// one in it. Whatever prints it says "(set)", or nothing when it is not; Value is the
// one way out. The text hides in a closure, where no verb of fmt finds it.
type Secret struct{ value func() string }

// NewSecret wraps a setting.
func NewSecret(s string) Secret { return Secret{value: func() string { return s }} }

// Value is the setting in clear, "" when it is not set.
func (s Secret) Value() string {
	if s.value == nil {
		return ""
	}
	return s.value()
}

// Set reports whether there is a value.
func (s Secret) Set() bool { return s.Value() != "" }

func (s Secret) String() string {
	if s.Set() {
		return "(set)"
	}
	return ""
}

// GoString is what %#v prints.
func (s Secret) GoString() string { return s.String() }

// Format writes the same whatever the verb and its flags.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// LogValue gives loggers the same.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText gives encoders the same.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText takes the value from the environment.
func (s *Secret) UnmarshalText(text []byte) error {
	*s = NewSecret(string(text))
	return nil
}
