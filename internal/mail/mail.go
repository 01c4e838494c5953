// Package mail hands a message to a mail server.
//
// It is not where messages are worded (views/mail), kept or tried again (store, jobs):
// it tries once, and says whether there is any use in trying again.
package mail

import (
	"context"
	"errors"
	"net/mail"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Message is plain text to one person.
type Message struct {
	ID       string // of the message, without angle brackets; the same each time it is sent
	Name     string // of the receiver; "" for none
	Address  string
	Language string // such as "nb"
	Subject  string
	Body     string // lines end in \n
	At       time.Time
}

// Sender sends a message. A message that was refused for good is ErrRefused; after any
// other error it can be tried again.
type Sender interface {
	Send(ctx context.Context, m Message) error
}

// ErrRefused says that a message will never be taken.
var ErrRefused = errors.New("mail refused")

// plainAddress reports whether an address is a bare one, which can stand in a header
// and in the talk with a mail server as it is (S-08).
func plainAddress(s string) bool {
	if strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) || !unicode.IsPrint(r) }) {
		return false
	}
	a, err := mail.ParseAddress(s)
	return err == nil && a.Name == "" && a.Address == s
}

// oneLine is a text with a blank for each run of what can't stand in a header: line
// ends, other control characters, those that turn the direction of writing (S-08).
func oneLine(s string) string {
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, " ")
	}
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) || unicode.IsSpace(r) || unicode.Is(unicode.Bidi_Control, r)
	}), " ")
}
