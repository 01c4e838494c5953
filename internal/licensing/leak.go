package licensing

import (
	"slices"
	"time"

	"github.com/google/uuid"
)

// LeakState says how far the case of a compromised key is.
type LeakState string

// A case is open until it ends in one of three ways, and what has ended stays so.
const (
	LeakOpen       LeakState = "open"
	LeakReplaced   LeakState = "replaced"    // by another key
	LeakBlocked    LeakState = "blocked"     // by the publisher, for everybody
	LeakFalseAlarm LeakState = "false_alarm" // the key may be taken in clear again
)

// News of leaks.
const (
	LeakOpened      NewsKind = "leak_opened"      // for who looks into it
	LeakReplacedNow NewsKind = "leak_replaced"    // the case has ended so
	LeakBlockedNow  NewsKind = "leak_blocked"     // the case has ended so
	LeakCalledOff   NewsKind = "leak_false_alarm" // the case has ended so
	KeyToDestroy    NewsKind = "key_to_destroy"   // for who took the key in clear
	KeyReleased     NewsKind = "key_released"     // for the same people
)

// Freezes reports whether a key whose latest case is so can't be taken in clear.
func (s LeakState) Freezes() bool { return s != LeakFalseAlarm }

// Open reports whether a case can still be ended.
func (s LeakState) Open() bool { return s == LeakOpen }

// Leak is the case of a compromised key, opened when the key was marked.
type Leak struct {
	ID         uuid.UUID
	RootID     uuid.UUID
	LicenceID  uuid.UUID
	KeyID      uuid.UUID
	Reason     string
	OpenedBy   uuid.UUID
	Opener     string // name at that time
	OpenedAt   time.Time
	State      LeakState
	Version    int        // from 1
	ReplacedBy *uuid.UUID // a key, when State is LeakReplaced
	ResolvedBy *uuid.UUID // nil while it is open
	Resolver   string
	Resolution string // what whoever ended it wrote; may be empty
	ResolvedAt *time.Time
}

// Ends lists how a viewer may end a case, given what they may do on its licence ID: the
// administrators and the staff end cases, and that the publisher has blocked a key only
// the staff knows. Nobody calls off their own alarm.
func (l Leak) Ends(v Viewer, rights Permission) []LeakState {
	if !l.State.Open() || !v.SeesAllCustomers() && !rights.Has(SeeUse) {
		return nil
	}
	ends := []LeakState{LeakReplaced}
	if v.SeesAllCustomers() {
		ends = append(ends, LeakBlocked)
	}
	if l.OpenedBy != v.PersonID {
		ends = append(ends, LeakFalseAlarm)
	}
	return ends
}

// LeakNote is what somebody wrote on a case.
type LeakNote struct {
	ID      uuid.UUID
	RootID  uuid.UUID
	LeakID  uuid.UUID
	ActorID uuid.UUID
	Actor   string // name at that time
	Text    string
	At      time.Time
}

// LeakEnd is the form by which a case is ended.
type LeakEnd struct {
	State       LeakState
	Replacement uuid.UUID // key of the same licence ID; zero for none chosen
	Text        string
	Version     int // of the case as it was shown
}

// Problems is what is wrong with the form, whoever sends it. Text is cleaned.
func (e *LeakEnd) Problems() (p Problems) {
	if !slices.Contains([]LeakState{LeakReplaced, LeakBlocked, LeakFalseAlarm}, e.State) {
		p = append(p, Problem{Field: "state", Message: "leak.problem.state"})
	}
	if e.State == LeakReplaced && e.Replacement == uuid.Nil {
		p = append(p, Problem{Field: "replacement", Message: "leak.problem.replacement"})
	}
	text, wrong := CleanText(e.Text, LongText)
	if e.Text = text; wrong != "" {
		p = append(p, Problem{Field: "text", Message: wrong, Args: map[string]any{"Most": LongText}})
	}
	return p
}

// MarkReason cleans the reason for which a key is marked as compromised; the error is
// Problems.
func MarkReason(typed string) (string, error) { return needed("reason", typed, "leak.problem.reason") }

// NoteText cleans what is written on a case; the error is Problems.
func NoteText(typed string) (string, error) { return needed("text", typed, "leak.problem.text") }

func needed(field, typed, missing string) (string, error) {
	text, wrong := CleanText(typed, LongText)
	if wrong == "" && text == "" {
		wrong = missing
	}
	if wrong != "" {
		return text, Problems{{Field: field, Message: wrong, Args: map[string]any{"Most": LongText}}}
	}
	return text, nil
}

// LeakRow is a case as a list shows it. In the list for support, which may have no reason
// to look at the customer, it doesn't say which key it is about, by whom it was marked or why.
type LeakRow struct {
	Leak
	Number       string // licence ID
	Organisation string
	ProductID    int32
	Type         KeyType
	Last5        string
	Rights       Permission // of the viewer, on the licence ID
}

// LeakUse is one time a compromised key was taken in clear before it was marked.
type LeakUse struct {
	KeyUse         // without Person for who may not know
	Address string // of who took it; "" for who may not know
	Rows    int64  // of a key file
	SHA256  []byte // of a key file; nil of one that did not finish
}

// LeakDetail is a case with what is known of its key.
type LeakDetail struct {
	LeakRow
	Uses       []LeakUse    // the latest first
	Copies     []ProfileKey // the same key elsewhere, as far as the viewer sees it
	Candidates []Key        // that may replace it
	Notes      []LeakNote   // the oldest first
	Replacer   string       // last five of the key that replaced it
}
