package store_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/keyhall/keyhall/internal/licensing"
)

// Whom an act concerns hears of it, and never who did it.
func TestWhoIsInformed(t *testing.T) {
	t.Parallel()
	w := newAsked(t)
	informed := func() string {
		var who []string
		for name, p := range w.person {
			if w.count(`SELECT count(*) FROM notices WHERE person_id = $1`, p.ID) > 0 {
				who = append(who, name)
			}
		}
		w.count(`WITH gone AS (DELETE FROM notices RETURNING 1) SELECT count(*) FROM gone`)
		slices.Sort(who)
		return strings.Join(who, " ")
	}
	id, kaisa := w.more(licensing.Submitted), w.as("kaisa")
	for _, c := range []struct {
		by      licensing.Viewer
		move    licensing.Move
		version int
		want    string
	}{
		{w.sofia, licensing.Note, 0, ""},
		{w.sofia, licensing.Assign, 0, ""},
		{w.samuel, licensing.Question, 1, "kaisa"},
		{kaisa, licensing.Answer, 2, "sofia"},
		{w.samuel, licensing.Approve, 3, "kaisa"},
	} {
		w.must(w.do(c.by, id, c.move, c.version, press(string(c.move))))
		if got := informed(); got != c.want {
			t.Errorf("%s %s: got %q informed, want %q", c.by.Name, c.move, got, c.want)
		}
	}
	nobodys := w.more(licensing.Submitted) // support filed it for nobody by name
	w.count(`WITH r AS (UPDATE requests SET filed_by = $2, requester_id = $2 WHERE id = $1 RETURNING 1) SELECT count(*) FROM r`, nobodys, w.sofia.PersonID)
	w.must(w.do(w.samuel, nobodys, licensing.Reject, 1, press("reject")))
	if got := informed(); got != "anna" {
		t.Errorf("a decision for the licence ID as such: got %q informed, want its administrator", got)
	}
}

// S-48, S-51: who has left hears no more of it: neither an agent who is none any more of
// what the customer answers, nor who asked, once they have no right in the family, of what
// support says.
func TestWhoHasLeftIsNotInformed(t *testing.T) {
	t.Parallel()
	w := newAsked(t)
	mails := func() (all string) {
		for _, name := range []string{"anna", "kaisa", "sofia"} {
			all += strings.Repeat(name+" ", int(w.count(`SELECT count(*) FROM mails WHERE person_id = $1`, w.person[name].ID)))
		}
		return strings.TrimSpace(all)
	}
	id := w.more(licensing.Submitted)
	w.must(w.do(w.sofia, id, licensing.Assign, 0, press("assign")))
	w.must(w.do(w.samuel, id, licensing.Question, 1, press("question")))
	w.world.do(`UPDATE persons SET staff_role = '' WHERE name = 'sofia'`)
	w.must(w.do(w.as("kaisa"), id, licensing.Answer, 2, press("answer")))
	if got := mails(); got != "kaisa" {
		t.Errorf("mails after sofia left support: got %q, want the question to kaisa alone", got)
	}
	w.grant("kaisa", licensing.Administrator, kommune) // a right in another family is none in this one
	w.world.do(`UPDATE grants SET expires_at = now() WHERE root_id = $1 AND person_id = $2`, w.org[nordvik].RootID, w.person["kaisa"].ID)
	w.must(w.do(w.samuel, id, licensing.Approve, 3, press("approve")))
	if got := mails(); got != "anna kaisa" {
		t.Errorf("mails after kaisa left the family: got %q, want the decision to its administrator", got)
	}
}
