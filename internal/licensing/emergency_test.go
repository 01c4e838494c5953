package licensing_test

import (
	"testing"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/licensing"
)

// S-10: a case moves only along this line.
func TestMovesOfACaseOfEmergency(t *testing.T) {
	t.Parallel()
	want := map[licensing.EmergencyState]map[licensing.EmergencyMove]licensing.EmergencyState{
		licensing.EmergencyOpened: {
			licensing.ConfirmEmergency: licensing.EmergencyConfirmed, licensing.WithdrawEmergency: licensing.EmergencyWithdrawn,
			licensing.StopEmergency: licensing.EmergencyStopped, licensing.ExpireEmergency: licensing.EmergencyExpired,
		},
		licensing.EmergencyConfirmed: {
			licensing.WithdrawEmergency: licensing.EmergencyWithdrawn, licensing.StopEmergency: licensing.EmergencyStopped,
			licensing.GrantEmergency: licensing.EmergencyGranted, licensing.ExpireEmergency: licensing.EmergencyExpired,
		},
	}
	for _, state := range licensing.EmergencyStates() {
		for _, move := range licensing.EmergencyMoves() {
			to, may := want[state][move]
			if got := state.Allows(move); got != may {
				t.Errorf("%s a case that is %s: got %v, want %v", move, state, got, may)
			}
			if may && move.To() != to {
				t.Errorf("%s a case that is %s leads to %s, want %s", move, state, move.To(), to)
			}
		}
		if got, open := state.Open(), len(want[state]) > 0; got != open {
			t.Errorf("a case that is %s is open: got %v, want %v", state, got, open)
		}
	}
}

// S-13: who opened a case doesn't confirm it, nor does whom it makes administrator.
func TestWhoConfirmsACaseOfEmergency(t *testing.T) {
	t.Parallel()
	opener, person, other := uuid.New(), uuid.New(), uuid.New()
	c := licensing.EmergencyCase{State: licensing.EmergencyOpened, OpenedBy: opener, PersonID: person}
	for who, want := range map[uuid.UUID]bool{opener: false, person: false, other: true} {
		if got := c.ConfirmableBy(who); got != want {
			t.Errorf("%v of opener %v and person %v confirms: got %v, want %v", who, opener, person, got, want)
		}
	}
	if c.State = licensing.EmergencyConfirmed; c.ConfirmableBy(other) {
		t.Error("a confirmed case is confirmed again")
	}
}
