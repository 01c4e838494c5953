package store_test

import (
	"fmt"
	"testing"
	"time"
)

// What has ended goes once it ended long enough ago; what is open stays, and so does what
// the audit log says of all of it.
func TestWhatEndedLongAgoIsClearedAway(t *testing.T) {
	t.Parallel()
	w, _, _ := linked(t) // with sofia's visit of an hour, and a link for four
	w.invite("lotte@new.example")
	_, taken := w.invite("jan@new.example")
	w.must(w.WithdrawInvitation(t.Context(), w.as("anna"), taken, press("/invitations/:id/withdrawal")))
	w.do(`INSERT INTO email_changes VALUES ($1, 'anna@new.example', sha256('once'), now(), now() + interval '1 hour')`, w.person["anna"].ID)
	w.do(`INSERT INTO agreement_locks VALUES ('told', now() + interval '3 hours', true), ('untold', now() + interval '3 hours', false)`)
	logged := w.count(`SELECT count(*) FROM audit`)
	for _, c := range []struct {
		name   string
		before time.Duration
		want   string // invitations, hand-overs, addresses, visits, locks
	}{
		{"before any of it began", -time.Hour, "2 1 1 1 2"},
		{"once one is withdrawn", time.Minute, "1 1 1 1 2"},
		{"after the visit and the address", 2 * time.Hour, "1 1 0 0 2"},
		{"after the link and the lock that was told", 5 * time.Hour, "1 0 0 0 1"},
		{"again", 5 * time.Hour, "1 0 0 0 1"},
		{"after all", 365 * 24 * time.Hour, "0 0 0 0 1"},
	} {
		w.must(w.ClearEnded(t.Context(), time.Now().Add(c.before)))
		got := ""
		for _, table := range []string{"invitations", "handovers", "email_changes", "visits", "agreement_locks"} {
			got += fmt.Sprint(w.count(`SELECT count(*) FROM `+table), " ")
		}
		if got != c.want+" " {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
	if n := w.count(`SELECT count(*) FROM audit`); n != logged {
		t.Errorf("the audit log has %d entries, want the %d of before", n, logged)
	}
}
