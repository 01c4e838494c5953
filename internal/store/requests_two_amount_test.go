package store_test

import (
	"errors"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/store"
)

// S-13, S-14: the caps hold for both, and nobody waits for a second agent who could not
// carry it out.
func TestCapsHoldForTwo(t *testing.T) {
	t.Parallel()
	w := newTwo(t)
	p := twoAbove(100)
	p.TotalCap = 250
	w.Promise(p)
	id := w.more(licensing.Submitted)
	for n, want := range map[int]string{201: "grant_most", 151: "total_cap"} {
		var problems licensing.Problems
		if err := w.approve(w.sofia, id, 1, n); !errors.As(err, &problems) || problems[0].Message != "request.problem."+want {
			t.Errorf("first of %d: got %v, want %s", n, err, want)
		}
	}
	w.must(w.approve(w.sofia, id, 1, 150))
	w.must(w.approve(w.samuel, w.more(licensing.Submitted), 1, 50))
	var problems licensing.Problems
	if err := w.approve(w.samuel, id, 2, 150); !errors.As(err, &problems) || problems[0].Message != "request.problem.total_cap" {
		t.Errorf("second, when the key has more by now: got %v, want total_cap", err)
	}
	if first := w.waits(id); first == nil || w.granted(id) != "0" {
		t.Error("after that: got sofia's approval gone, want it to wait")
	}
	w.whole()
}

// S-13: what is set where the button is pressed counts; with never set one agent is enough,
// but not the one whose approval waits.
func TestTheAmountIsThatOfThePress(t *testing.T) {
	t.Parallel()
	w := newTwo(t)
	never, err := store.Open(t.Context(), w.db.ServeURL, nil)
	w.must(err)
	t.Cleanup(never.Close)
	elsewhere := &asked{world: &world{Store: never, t: t}}
	same, other, alone := w.more(licensing.Submitted), w.more(licensing.Submitted), w.more(licensing.Submitted)
	w.must(w.approve(w.sofia, same, 1, 150))
	w.must(w.approve(w.sofia, other, 1, 150))
	if err := elsewhere.approve(w.sofia, same, 2, 150); err == nil {
		t.Error("the first again where one is enough: got done, want it refused")
	}
	w.must(elsewhere.approve(w.samuel, same, 2, 150))
	w.must(elsewhere.approve(w.samuel, other, 2, 160))
	w.must(elsewhere.approve(w.sofia, alone, 1, 200))
	for id, want := range map[int64]string{same: "150 sofia samuel", other: "160  samuel", alone: "200  sofia"} {
		if got := w.granted(id); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if n := w.count(`SELECT count(*) FROM requests WHERE two_above IS NOT NULL`); n != 0 {
		t.Errorf("amounts on record where none is set: got %d", n)
	}
}

// KMS hosts count as they are asked, by activations.
func TestHostsAboveTheAmountTakeTwo(t *testing.T) {
	t.Parallel()
	w := newTwo(t)
	k := w.key74("74120935", 7)
	w.must(w.AddKeys(t.Context(), w.op, []licensing.NewKey{k}))
	id := w.request(licensing.MoreKMSHosts, licensing.Submitted, "74120935", office, &k.ID, 120)
	w.must(w.approve(w.sofia, id, 1, 110))
	if n := w.count(`SELECT total FROM keys WHERE id = $1`, k.ID); n != 6 {
		t.Errorf("after the first: got %d hosts, want 6", n)
	}
	w.must(w.approve(w.samuel, id, 2, 110))
	if n := w.count(`SELECT total FROM keys WHERE id = $1`, k.ID); n != 17 {
		t.Errorf("after the second: got %d hosts, want 17", n)
	}
	w.whole()
}

// S-13: the database says it a second time, whoever writes to it.
func TestTheDatabaseHoldsAmountsToTwo(t *testing.T) {
	t.Parallel()
	w := newTwo(t)
	waiting, plain, done := w.more(licensing.Submitted), w.more(licensing.Submitted), w.more(licensing.Submitted)
	w.must(w.approve(w.sofia, waiting, 1, 150))
	w.must(w.approve(w.sofia, done, 1, 150))
	w.must(w.approve(w.samuel, done, 2, 150))
	c := w.connect(w.db.SuperURL)
	const grant = `UPDATE requests SET state = 'partly_granted', closed_at = filed_at, granted = $2, two_above = 100, decided_by = $3, first_by = $4, first_version = $5 WHERE id = $1`
	var nobody *uuid.UUID
	var none *int
	sofia, samuel, v2 := &w.sofia.PersonID, &w.samuel.PersonID, 2
	for what, args := range map[string][]any{
		"one alone above the amount":       {plain, 150, samuel, nobody, none},
		"one person as two":                {waiting, 150, sofia, sofia, &v2},
		"the first alone":                  {waiting, 100, sofia, nobody, none},
		"a first who never approved":       {plain, 150, samuel, sofia, &v2},
		"another number than the first's":  {waiting, 160, samuel, sofia, &v2},
		"a first without their approval":   {waiting, 150, samuel, sofia, none},
		"another first than is on record":  {waiting, 150, sofia, samuel, &v2},
		"whoever asked as the first":       {waiting, 150, samuel, w.person["kaisa"].ID, &v2},
		"another first, when it is closed": {done, 150, samuel, nobody, none},
	} {
		var pg *pgconn.PgError
		if err := exec(c, grant, args...); !errors.As(err, &pg) || pg.Code != "23514" && pg.Code != "23503" {
			t.Errorf("%s: got %v, want it refused", what, err)
		}
	}
	w.must(exec(c, grant, plain, 100, samuel, nobody, none))
	w.must(exec(c, grant, waiting, 150, samuel, sofia, &v2))
	const event = `INSERT INTO request_events (request_id, seq, root_id, at, actor, staff, kind) SELECT id, 9, root_id, filed_at, 'sofia', true, 'approved' FROM requests WHERE id = $1`
	if err := exec(c, event, plain); err == nil {
		t.Error("an approval that customers read: got done, want it refused")
	}
}
