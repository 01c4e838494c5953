package licensing

import (
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"
)

// RequestState says how far a request has come.
type RequestState string

// A request is submitted, may wait for the customer's answer and come back, and ends in
// one of the other four, for good.
const (
	Submitted     RequestState = "submitted"
	Waiting       RequestState = "waiting" // for the customer; the clock stands still
	Granted       RequestState = "granted"
	PartlyGranted RequestState = "partly_granted"
	Rejected      RequestState = "rejected"
	Withdrawn     RequestState = "withdrawn"
)

// RequestStates lists the states, the open ones first.
func RequestStates() []RequestState {
	return []RequestState{Submitted, Waiting, Granted, PartlyGranted, Rejected, Withdrawn}
}

// Open reports whether a request still has to be answered.
func (s RequestState) Open() bool { return s == Submitted || s == Waiting }

// Move is what somebody does to a request.
type Move string

// Moves of support, then those of the customer. Assigning and noting change no state.
const (
	Approve  Move = "approve"
	Retract  Move = "retract" // the first of two approvals
	Reject   Move = "reject"
	Question Move = "question"
	Assign   Move = "assign"
	Note     Move = "note"
	Answer   Move = "answer"
	Withdraw Move = "withdraw"
)

// Moves lists what can be done to a request.
func Moves() []Move {
	return []Move{Approve, Retract, Reject, Question, Assign, Note, Answer, Withdraw}
}

// moves is the state machine: from where each move can be made.
var moves = map[Move][]RequestState{
	Approve:  {Submitted, Waiting},
	Retract:  {Submitted, Waiting},
	Reject:   {Submitted, Waiting},
	Question: {Submitted},
	Assign:   {Submitted, Waiting},
	Note:     RequestStates(),
	Answer:   {Waiting},
	Withdraw: {Submitted, Waiting},
}

// Allows reports whether a move can be made in a state.
func (s RequestState) Allows(m Move) bool { return slices.Contains(moves[m], s) }

// Region is a queue of its own among support's.
type Region string

// The United States and Canada have a queue of their own for MAK requests.
const (
	RegionUSCanada Region = "us_canada"
	RegionWorld    Region = "world"
)

// Regions lists the regions.
func Regions() []Region { return []Region{RegionUSCanada, RegionWorld} }

// RegionOf is where a request of an organisation in a country (two letters, or "") goes.
func RegionOf(country string) Region {
	if country == "US" || country == "CA" {
		return RegionUSCanada
	}
	return RegionWorld
}

// Request is what a customer asks of support.
type Request struct {
	ID          int64
	RootID      uuid.UUID
	LicenceID   *uuid.UUID // nil only for a general request about no licence ID
	KeyID       *uuid.UUID // nil where there is none (yet)
	ProductID   *int32
	Kind        RequestKind
	Last5       string `gorm:"column:last5"` // of the key, "" for none
	Region      Region
	Quantity    *int // asked: activations of a MAK, host activations of a KMS key
	Reason      string
	Findings    []Finding `gorm:"serializer:json;type:jsonb"` // as of filing
	Language    string    // that it was filed in
	State       RequestState
	Version     int // one more with each change of state; forms that decide carry it
	RequesterID uuid.UUID
	FiledBy     uuid.UUID // support's agent, if filed on behalf
	AssigneeID  *uuid.UUID
	FiledAt     time.Time
	DueAt       time.Time  // when the answer is due; while the request waits, when it was
	PausedAt    *time.Time // since when the clock stands still; nil while it runs
	ClosedAt    *time.Time
	DecidedBy   *uuid.UUID
	Granted     *int // in the unit of Quantity
	ReasonCode  string
	Reference   string     // of the vendor whose keys these are
	ConfirmedAt *time.Time // when an import agreed with a grant that carries a reference
	LastEvent   int        // number of the last event

	TwoAbove     *int       // a grant above took two agents when it was decided; nil: none did
	FirstBy      *uuid.UUID // who approved before DecidedBy, where two did
	FirstVersion *int       // of their approval
}

// RequestNumber is how a request is called: R-20417.
func RequestNumber(id int64) string { return "R-" + strconv.FormatInt(id, 10) }

// Number is how the request is called.
func (r Request) Number() string { return RequestNumber(r.ID) }

// Rules are those of the request's kind.
func (r Request) Rules() RequestRules { return RulesOf(r.Kind) }

// Overdue reports whether the answer is late.
func (r Request) Overdue(now time.Time) bool { return r.State == Submitted && now.After(r.DueAt) }

// Soon reports whether less than a quarter of the time from filing to the due time is left.
func (r Request) Soon(now time.Time) bool {
	return r.State == Submitted && !r.Overdue(now) && r.DueAt.Sub(now)*4 < r.DueAt.Sub(r.FiledAt)
}

// Unconfirmed reports whether a grant still waits for an import to agree.
func (r Request) Unconfirmed() bool {
	return r.Reference != "" && r.Granted != nil && r.ConfirmedAt == nil
}

// EventKind says what happened to a request.
type EventKind string

// What can happen to a request.
const (
	EventFiled         EventKind = "filed"
	EventAssigned      EventKind = "assigned"
	EventAsked         EventKind = "asked"
	EventAnswered      EventKind = "answered"
	EventNoted         EventKind = "noted"
	EventApproved      EventKind = "approved" // by the first of two
	EventRetracted     EventKind = "retracted"
	EventGranted       EventKind = "granted"
	EventPartlyGranted EventKind = "partly_granted"
	EventRejected      EventKind = "rejected"
	EventWithdrawn     EventKind = "withdrawn"
	EventConfirmed     EventKind = "confirmed"
	EventHandedOn      EventKind = "handed_on" // to somebody else of the customer's
)

// Word is what an event is to whom it is told: a request that asks for nothing that is
// counted is answered, not granted.
func (e EventKind) Word(k RequestKind) string {
	if rules := RulesOf(k); e == EventGranted && rules != nil && !rules.Counts() {
		return "replied"
	}
	return string(e)
}

// EventKinds lists the kinds of event.
func EventKinds() []EventKind {
	return []EventKind{
		EventFiled, EventAssigned, EventAsked, EventAnswered, EventNoted, EventApproved, EventRetracted,
		EventGranted, EventPartlyGranted, EventRejected, EventWithdrawn, EventConfirmed, EventHandedOn,
	}
}

// RequestEvent is something that happened to a request.
type RequestEvent struct {
	RequestID int64 `gorm:"primaryKey"`
	Seq       int   `gorm:"primaryKey"` // from 1, without gaps; customers see no internal ones
	RootID    uuid.UUID
	At        time.Time
	ActorID   *uuid.UUID
	Actor     string // name at that time
	Staff     bool   // done by support
	Kind      EventKind
	Internal  bool        // support's own
	Detail    EventDetail `gorm:"serializer:json;type:jsonb"`
}

// EventDetail is what an event says beyond its kind; zero fields say nothing.
type EventDetail struct {
	Text      string        `json:"text,omitempty"` // message, question, answer or note
	Assignee  string        `json:"assignee,omitempty"`
	Requester string        `json:"requester,omitempty"` // who goes on with it
	Granted   int           `json:"granted,omitempty"`   // or approved by the first of two
	First     string        `json:"first,omitempty"`     // who approved before, where it took two
	Old       int           `json:"old,omitempty"`       // the key's total before and after
	New       int           `json:"new,omitempty"`
	Code      string        `json:"code,omitempty"` // reason code
	Reference string        `json:"reference,omitempty"`
	Paused    time.Duration `json:"paused,omitempty"` // how long the clock stood still
}

// ReasonCodes lists the reasons for granting that support picks from; "" is none.
func ReasonCodes() []string {
	return []string{"growth", "replacement", "reimaging", "hardware", "licences_cover", "other"}
}

// RejectionReasons lists the reasons for rejecting that support picks from.
func RejectionReasons() []string {
	return []string{"not_eligible", "enough_left", "no_licences", "below_threshold", "duplicate", "unclear", "other"}
}
