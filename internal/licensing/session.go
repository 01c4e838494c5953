package licensing

import (
	"strings"
	"time"
)

// mark is a word by which a browser or a system is known, and what people call it. Many
// name others too, to be taken for them, so the first that fits counts.
type mark struct{ word, name string }

var (
	browsers = []mark{
		{"Edg", "Edge"},
		{"OPR/", "Opera"},
		{"SamsungBrowser/", "Samsung Internet"},
		{"Vivaldi/", "Vivaldi"},
		{"Firefox/", "Firefox"},
		{"FxiOS/", "Firefox"},
		{"CriOS/", "Chrome"},
		{"Chrome/", "Chrome"},
		{"Chromium/", "Chromium"},
		{"Safari/", "Safari"},
	}
	systems = []mark{
		{"iPhone", "iPhone"},
		{"iPad", "iPad"},
		{"Android", "Android"},
		{"Windows", "Windows"},
		{"CrOS", "ChromeOS"},
		{"Mac OS X", "macOS"},
		{"Linux", "Linux"},
	}
)

// Browser says which browser a session began in and on which system, as far as it said
// so itself; "" for what isn't known. It is a help to remember, and proves nothing.
func (s Session) Browser() (name, system string) {
	return markedIn(s.Agent, browsers), markedIn(s.Agent, systems)
}

func markedIn(agent string, marks []mark) string {
	for _, m := range marks {
		if strings.Contains(agent, m.word) {
			return m.name
		}
	}
	return ""
}

// Logout is a provider's word that somebody signed out there: of one of its sessions, of a
// subject, or of both.
type Logout struct {
	Issuer  string
	Subject string // "" for whoever has the session
	SID     string // the provider's session id; "" for all of the subject
	ID      string // names the word, at its issuer
	Until   time.Time
}

// PersonSession is a session and whose it is.
type PersonSession struct {
	Session
	Name  string
	Email string
	Staff Role // "" for customers
}

// SessionFilter says whose sessions are wanted.
type SessionFilter struct {
	Query      string    // part of a name or business e-mail; "" for everybody
	Since      time.Time // used since then; others were idle for too long
	StaffSince time.Time // the same for the staff
	After      string    // cursor of the page before; "" for the first
}
