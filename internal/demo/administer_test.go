package demo

import (
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/licensing"
)

// Pages about rights and trust have something to show, once each.
func TestRightsAndTrustHaveSomethingToShow(t *testing.T) {
	t.Parallel()
	w := built(t, 0)
	t.Run("an invitation waits", func(t *testing.T) {
		list, err := w.Invitations(t.Context(), w.viewer(t, anna), "")
		if err != nil || len(list) != 1 || list[0].State != licensing.InvitationSent || list[0].Number != newcomer.Number {
			t.Errorf("got %+v, %v", list, err)
		}
	})
	t.Run("a review is under way", func(t *testing.T) { w.reviewed(t) })
	t.Run("Lena is to succeed Erik", func(t *testing.T) {
		list, err := w.Successors(t.Context(), w.viewer(t, lena))
		if err != nil || len(list) != 1 || list[0].Administrator != "Erik Sandström" || list[0].Organisation != sverige {
			t.Errorf("got %+v, %v", list, err)
		}
	})
	t.Run("two people wait for access", func(t *testing.T) {
		waiting, _, err := w.AccessToAnswer(t.Context(), w.viewer(t, anna))
		if err != nil || len(waiting) != 2 {
			t.Errorf("got %d, %v", len(waiting), err)
		}
	})
	t.Run("Frode's key leaked", func(t *testing.T) { w.leaked(t) })
	t.Run("Lena has a link that waits", func(t *testing.T) {
		if got := w.handed(t, kaisa, "74120935", "M3HRF"); len(got) != 1 || got[0].State(w.now) != licensing.HandoverOpen || got[0].ReceiverID != personID(lena) {
			t.Errorf("got %+v", got)
		}
	})
}

func (w *world) reviewed(t *testing.T) {
	v := w.viewer(t, anna)
	list, _, err := w.Reviews(t.Context(), v)
	if err != nil || len(list) != 1 || !list[0].Open(w.now) || list[0].Lines-list[0].Left != 1 {
		t.Fatalf("got %+v, %v, want one with one right decided", list, err)
	}
}

// handed are the links that show a key, by its last five.
func (w *world) handed(t *testing.T, email, number, last5 string) []licensing.Handover {
	t.Helper()
	v := w.viewer(t, email)
	k, err := w.ending(t.Context(), v, number, last5)
	if err != nil {
		t.Fatal(err)
	}
	d, err := w.Key(t.Context(), v, k.ID)
	if err != nil {
		t.Fatal(err)
	}
	return d.Handovers
}

// The case knows who took the key before it was frozen; no file has it after.
func (w *world) leaked(t *testing.T) {
	v := w.viewer(t, frode)
	list, _, err := w.Leaks(t.Context(), v, "")
	if err != nil || len(list) != 1 || list[0].Last5 != spilt || list[0].State != licensing.LeakOpen {
		t.Fatalf("got %+v, %v", list, err)
	}
	d, err := w.Leak(t.Context(), v, list[0].ID)
	if err != nil || len(d.Uses) != 2 || d.Uses[0].SHA256 == nil || d.Uses[0].FileID == uuid.Nil || d.Uses[1].Person != "Astrid Fjeld" {
		t.Errorf("who had the key: got %+v, %v, want Frode's file and Astrid", d.Uses, err)
	}
	if d.KeyID != spiltKey() {
		t.Errorf("the key's ID: got %s, want %s", d.KeyID, spiltKey())
	}
	if got := w.handed(t, frode, spiltOf, spilt); len(got) != 1 || got[0].UsedAt == nil {
		t.Errorf("links to the key: got %+v, want one that was used", got)
	}
	for _, r := range w.file(t, frode, spiltOf) {
		if strings.HasSuffix(r.Key.Reveal(), spilt) {
			t.Error("the key is in a file of after")
		}
	}
}

// Whoever tries the demo may call the case off: the world stays as they left it.
func TestAWorldIsWholeAlsoAfterAFalseAlarm(t *testing.T) {
	t.Parallel()
	w := built(t, 0)
	v := w.viewer(t, olli)
	list, _, err := w.Leaks(t.Context(), v, "")
	if err != nil || len(list) != 1 {
		t.Fatalf("got %+v, %v", list, err)
	}
	end := licensing.LeakEnd{State: licensing.LeakFalseAlarm, Version: list[0].Version}
	if err := w.EndLeak(t.Context(), v, list[0].ID, end, once("/leaks/:id/end", 0, 0)); err != nil {
		t.Fatal(err)
	}
	told := w.told(t)
	if w.build(t, 0); w.told(t) != told {
		t.Error("a second build told the audit log more")
	}
}
