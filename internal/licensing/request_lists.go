package licensing

import (
	"time"

	"github.com/google/uuid"
)

// RequestRow is a request in a list, with the names it goes by.
type RequestRow struct {
	Request
	Licence      string // number of the licence ID; "" for none
	Organisation string // of the licence ID; the family's root without one
	Country      string
	Requester    string
	Filer        string // support's agent, if filed on behalf; "" otherwise
	Assignee     string // "" for nobody; customers are not told
	// First is an agent's approval that waits for another's; nil for none, and for customers.
	First *FirstApproval
}

// RequestFilter says which requests are wanted.
type RequestFilter struct {
	Kind     RequestKind  // "" for all
	State    RequestState // "" for all
	Open     bool         // only those still to be answered
	Mine     bool         // filed by or for the viewer; for support: assigned to them
	Nobodys  bool         // assigned to nobody
	Region   Region       // "" for all
	Customer string       // words of an organisation's name
	Licence  string       // number of a licence ID; "" for all
	Key      uuid.UUID    // zero for all
	After    string       // cursor of the page before; "" for the first
	Limit    int          // 0 is a page
}

// RequestPage is a page of requests.
type RequestPage struct {
	Rows []RequestRow
	Next string // cursor of the next page; "" when this is the last
}

// RequestDetail is a request with all that its page shows.
type RequestDetail struct {
	RequestRow
	Key        *Key       // as it is now; nil for none
	LicenceRow LicenceRow // zero for a general request about no licence ID
	Events     []RequestEvent
	Findings   []Finding // as things are now, for support; as of filing for the customer
	Stock      int       // keys in stock that a grant could assign, for support; up to 100
	TwoAbove   int       // granting more takes two agents, for support; 0 where it never does
	Other      int64     // another open request about the same key; 0 for none
	MayAct     bool      // the viewer may answer and withdraw
	Barred     string    // message key saying why the viewer, who decides requests, may not decide this one; "" if they may
}

// Filing is a request form as it was sent, each field as text.
type Filing struct {
	Kind      RequestKind
	Key       uuid.UUID // opened from a key's row: what else identifies is ignored
	Agreement string
	Licence   string // number of a licence ID
	Authorise string
	Product   string // name, or ID
	Last5     string
	NoKeyYet  bool
	Quantity  string
	Reason    string
	Requester string // business e-mail of whom support files for; "" for the licence ID itself
	Duplicate bool   // filed although another is open
	Language  string
	At        time.Time
}

// Asking is what a form amounts to so far: what could be found of what it names.
type Asking struct {
	Rules     RequestRules
	Licence   LicenceRow // zero while not found
	Key       *Key
	KeyNumber string // licence ID of the key, where it is another of the family
	Product   Product
	Quantity  int
	Findings  []Finding
	Open      *RequestRow // an open request about the same key
	Due       time.Time   // when the answer would be due
	Requester uuid.UUID   // of whom support files for; zero for nobody by name
	People    []Person    // on whose behalf support may file: those who may file for the licence ID
	Veiled    bool        // support has no reason to look at the customer: People isn't told
}

// Decision is how support answers a request.
type Decision struct {
	Version   int
	Quantity  string // approval: as typed
	Code      string // reason code, or reason of a rejection
	Message   string
	Reference string // of the vendor, where the keys are another vendor's
	At        time.Time
}

// Once names a post, so that the same one again does nothing twice (S-17).
type Once struct {
	Route string   // pattern, as in /requests/:id/approval
	Key   string   // hidden field of the form: 8 to 64 letters, digits, - and _
	Body  [32]byte // SHA-256 of everything else in the form
}

// Notice is something that somebody should know of.
type Notice struct {
	ID        uuid.UUID
	PersonID  uuid.UUID
	RootID    uuid.UUID
	RequestID *int64 // nil: News
	Event     EventKind
	News      *News `gorm:"serializer:json;type:jsonb"` // nil: a request's
	At        time.Time
	ReadAt    *time.Time
}

// NoticeLine is a notice as it is shown.
type NoticeLine struct {
	Notice
	Kind    RequestKind
	Product int32 // 0 for none
	Actor   string
}

// Mail is a message to be sent, or sent. What it says is made of Event and Detail.
type Mail struct {
	ID        uuid.UUID
	RootID    uuid.UUID
	PersonID  *uuid.UUID // nil for somebody without an account
	Address   string
	Language  string // the receiver's
	Event     EventKind
	RequestID *int64
	Detail    MailDetail `gorm:"serializer:json;type:jsonb"`
	At        time.Time
	SentAt    *time.Time
	State     string // queued, sent, kept (there is no mail server), failed
	Attempts  int
}

// MailDetail is what a mail says. It never holds a key.
type MailDetail struct {
	Name         string      `json:"name"` // of the receiver
	Staff        bool        `json:"staff,omitempty"`
	Kind         RequestKind `json:"kind"`
	Product      string      `json:"product,omitempty"`
	Licence      string      `json:"licence,omitempty"`
	Organisation string      `json:"organisation,omitempty"`
	Last5        string      `json:"last5,omitempty"`
	Asked        int         `json:"asked,omitempty"`
	Event        EventDetail `json:"event"`
	Actor        string      `json:"actor"`
	DueAt        time.Time   `json:"due_at"`
	News         *News       `json:"news,omitempty"` // what it is about instead of a request
}
