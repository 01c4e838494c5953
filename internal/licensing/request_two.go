package licensing

import (
	"time"

	"github.com/google/uuid"
)

// FirstApproval is what an agent says who is the first of two: nothing is granted until
// another agent says the same.
type FirstApproval struct {
	Version   int       `json:"version"` // that the request got by it; with the next change it counts no more
	ByID      uuid.UUID `json:"by_id"`
	By        string    `json:"by"`
	At        time.Time `json:"at"`
	Quantity  int       `json:"quantity"`
	Code      string    `json:"code"` // reason code
	Message   string    `json:"message"`
	Reference string    `json:"reference"`
}

// Approval is what pressing approve comes to.
type Approval string

// An approval is enough alone, is the first of two, or is the second and carries out what
// the first said; whoever is the first is not the second too.
const (
	ApprovalAlone  Approval = "alone"
	ApprovalFirst  Approval = "first"
	ApprovalSecond Approval = "second"
	ApprovalAgain  Approval = "again" // by the first, and refused
)

// ApprovalBy says what it comes to that an agent approves a quantity, where granting more
// than above takes two, and for 0 never does. Another quantity than the first agent's is an
// approval of its own, which replaces theirs.
func ApprovalBy(agent uuid.UUID, quantity, above int, first *FirstApproval) Approval {
	switch {
	case first != nil && first.ByID == agent:
		return ApprovalAgain
	case first != nil && first.Quantity == quantity:
		return ApprovalSecond
	case above > 0 && quantity > above:
		return ApprovalFirst
	}
	return ApprovalAlone
}
