package licensing

import (
	"slices"
	"time"

	"github.com/google/uuid"
)

// EmergencyState says how far a case of emergency access has come.
type EmergencyState string

// A case is opened by one agent of support and confirmed by another; then it waits, and
// ends in one of the other four, for good.
const (
	EmergencyOpened    EmergencyState = "opened"
	EmergencyConfirmed EmergencyState = "confirmed" // the wait is running
	EmergencyGranted   EmergencyState = "granted"
	EmergencyStopped   EmergencyState = "stopped" // somebody objected
	EmergencyWithdrawn EmergencyState = "withdrawn"
	EmergencyExpired   EmergencyState = "expired" // nobody confirmed it, or it is no longer needed or possible
)

// EmergencyStates lists the states, the open ones first.
func EmergencyStates() []EmergencyState {
	return []EmergencyState{EmergencyOpened, EmergencyConfirmed, EmergencyGranted, EmergencyStopped, EmergencyWithdrawn, EmergencyExpired}
}

// EmergencyMove is what is done to a case.
type EmergencyMove string

// Moves of support, of whoever objects, and of the timetable.
const (
	ConfirmEmergency  EmergencyMove = "confirm"
	WithdrawEmergency EmergencyMove = "withdraw"
	StopEmergency     EmergencyMove = "stop"
	GrantEmergency    EmergencyMove = "grant"
	ExpireEmergency   EmergencyMove = "expire"
)

// EmergencyMoves lists what can be done to a case.
func EmergencyMoves() []EmergencyMove {
	return []EmergencyMove{ConfirmEmergency, WithdrawEmergency, StopEmergency, GrantEmergency, ExpireEmergency}
}

// emergencyMoves is the state machine: from where each move can be made, and to where.
var emergencyMoves = map[EmergencyMove]struct {
	from []EmergencyState
	to   EmergencyState
}{
	ConfirmEmergency:  {[]EmergencyState{EmergencyOpened}, EmergencyConfirmed},
	WithdrawEmergency: {[]EmergencyState{EmergencyOpened, EmergencyConfirmed}, EmergencyWithdrawn},
	StopEmergency:     {[]EmergencyState{EmergencyOpened, EmergencyConfirmed}, EmergencyStopped},
	GrantEmergency:    {[]EmergencyState{EmergencyConfirmed}, EmergencyGranted},
	ExpireEmergency:   {[]EmergencyState{EmergencyOpened, EmergencyConfirmed}, EmergencyExpired},
}

// Allows reports whether a move can be made in a state.
func (s EmergencyState) Allows(m EmergencyMove) bool {
	return slices.Contains(emergencyMoves[m].from, s)
}

// Open reports whether a case may still come to a right.
func (s EmergencyState) Open() bool { return s == EmergencyOpened || s == EmergencyConfirmed }

// To is where a move leads.
func (m EmergencyMove) To() EmergencyState { return emergencyMoves[m].to }

// EmergencyCase is how somebody becomes administrator, by two agents of support and after a
// wait that everybody concerned knows of, where nobody is left who could give the right.
type EmergencyCase struct {
	ID             uuid.UUID
	RootID         uuid.UUID
	LicenceID      uuid.UUID  // the licence ID that was named
	OrganisationID *uuid.UUID // its organisation, where the right is for the whole of it
	PersonID       uuid.UUID  // who is to become administrator
	Reason         string
	State          EmergencyState
	Version        int // one more with each change of state
	OpenedBy       uuid.UUID
	OpenedAt       time.Time
	ConfirmedBy    *uuid.UUID
	ConfirmedAt    *time.Time
	DueAt          *time.Time // when the wait is over
	ClosedBy       *uuid.UUID // nil where the timetable did it
	ClosedAt       *time.Time
	Objection      string // what who objected wrote
}

// ConfirmableBy reports whether somebody is another than who opened the case, and than whom
// it makes administrator (S-13).
func (c EmergencyCase) ConfirmableBy(person uuid.UUID) bool {
	return c.State.Allows(ConfirmEmergency) && person != c.OpenedBy && person != c.PersonID
}

// On is what the right will be on: the licence ID, or its organisation.
func (c EmergencyCase) On() (licence, organisation *uuid.UUID) {
	if c.OrganisationID != nil {
		return nil, c.OrganisationID
	}
	return &c.LicenceID, nil
}

// EmergencyLine is a case with the names in it.
type EmergencyLine struct {
	EmergencyCase
	Number       string // of the licence ID
	Organisation string // the licence ID's
	Person       string
	Email        string
	Opener       string
	Confirmer    string // "" for nobody
	Closer       string // "" for nobody, or the timetable
}

// Place is what the right will be on, in a word.
func (l EmergencyLine) Place() string {
	if l.OrganisationID != nil {
		return l.Organisation
	}
	return l.Number
}

// EmergencyAsked is the form by which an agent opens a case.
type EmergencyAsked struct {
	Number string // of the licence ID that nobody administers
	Whole  bool   // for its whole organisation
	Person string // business e-mail of somebody of the family, or an account's ID
	Reason string
}

// EmergencyAct is a form about a case.
type EmergencyAct struct {
	Version int    // of the case as it was shown
	Message string // of who objects
}
