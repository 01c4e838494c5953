package licensing_test

import (
	"testing"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/licensing"
)

// S-13: above a set amount an approval takes two people, who say the same.
func TestWhatAnApprovalComesTo(t *testing.T) {
	t.Parallel()
	sofia, samuel := uuid.New(), uuid.New()
	said := func(n int) *licensing.FirstApproval { return &licensing.FirstApproval{ByID: sofia, Quantity: n} }
	for name, c := range map[string]struct {
		by              uuid.UUID
		quantity, above int
		first           *licensing.FirstApproval
		want            licensing.Approval
	}{
		"nothing is set":                             {sofia, 1_000_000, 0, nil, licensing.ApprovalAlone},
		"exactly the amount":                         {sofia, 100, 100, nil, licensing.ApprovalAlone},
		"one above the amount":                       {sofia, 101, 100, nil, licensing.ApprovalFirst},
		"what is not counted":                        {sofia, 0, 1, nil, licensing.ApprovalAlone},
		"another says the same":                      {samuel, 101, 100, said(101), licensing.ApprovalSecond},
		"another says more":                          {samuel, 102, 100, said(101), licensing.ApprovalFirst},
		"another says less, but above the amount":    {samuel, 101, 100, said(102), licensing.ApprovalFirst},
		"another says what takes one alone":          {samuel, 100, 100, said(101), licensing.ApprovalAlone},
		"the same person says the same":              {sofia, 101, 100, said(101), licensing.ApprovalAgain},
		"the same person says what takes one alone":  {sofia, 5, 100, said(101), licensing.ApprovalAgain},
		"the same person, and nothing is set by now": {sofia, 101, 0, said(101), licensing.ApprovalAgain},
		"another says so, and nothing is set by now": {samuel, 101, 0, said(101), licensing.ApprovalSecond},
	} {
		if got := licensing.ApprovalBy(c.by, c.quantity, c.above, c.first); got != c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
}
