package store_test

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/store"
	"github.com/keyhall/keyhall/internal/worktime"
)

// Administrators are told, and reminded after two and five working days, once each
// however many servers look; after thirty days the request ends.
func TestRemindersComeOnce(t *testing.T) {
	t.Parallel()
	w := asking(t)
	w.staffed()
	other := openStore(t, w.db)
	w.must(w.wishes("mikko", "74120935", licensing.KeyViewer, false, monday))
	w.must(w.wishes("nils", "99999999", licensing.KeyViewer, false, monday))
	const asked, again = licensing.AccessAskedNews, licensing.AccessReminderNews
	for _, c := range []struct {
		after time.Duration
		want  []licensing.NewsKind
	}{
		{0, []licensing.NewsKind{asked}},
		{47 * time.Hour, []licensing.NewsKind{asked}},
		{48 * time.Hour, []licensing.NewsKind{again, asked}},              // Wednesday
		{(7*24 - 1) * time.Hour, []licensing.NewsKind{again, asked}},      // the weekend doesn't count
		{7 * 24 * time.Hour, []licensing.NewsKind{again, again, asked}},   // Monday
		{29 * 24 * time.Hour, []licensing.NewsKind{again, again, asked}},  // nothing more
		{30 * 24 * time.Hour, []licensing.NewsKind{again, again, asked}},  // it ends
		{300 * 24 * time.Hour, []licensing.NewsKind{again, again, asked}}, // for good
	} {
		var both sync.WaitGroup
		for _, s := range []*store.Store{w.Store, other, w.Store, other} {
			both.Go(func() {
				if err := s.MindAccess(t.Context(), monday.Add(c.after)); err != nil {
					t.Error(err)
				}
			})
		}
		both.Wait()
		if got := w.newsOf("arne"); !slices.Equal(got, c.want) {
			t.Fatalf("after %s arne's news: got %v, want %v", c.after, got, c.want)
		}
		for _, name := range []string{"mikko", "nils"} {
			want := licensing.AccessOpen
			if c.after >= 30*24*time.Hour {
				want = licensing.AccessUnanswered
			}
			if got := w.own(name)[0].State; got != want {
				t.Errorf("after %s: got %s, want %s", c.after, got, want)
			}
		}
	}
	for _, name := range []string{"mikko", "nils"} { // the number that nobody has ends alike
		if got := w.newsOf(name); !slices.Equal(got, []licensing.NewsKind{licensing.AccessUnansweredNews}) {
			t.Errorf("%s's news: got %v", name, got)
		}
	}
	for _, name := range []string{"sofia", "olli"} {
		if got := w.newsOf(name); !slices.Equal(got, []licensing.NewsKind{licensing.AccessIgnoredNews}) {
			t.Errorf("%s's news: got %v, want that nobody answers there", name, got)
		}
	}
	if n := w.entries("access.unanswered", licensing.Done); n != 1 {
		t.Errorf("on record: got %d, want 1", n)
	}
	w.whole()
}

// Holidays don't count, and reminders that fall together after a standstill are one.
func TestRemindersFollowTheCalendar(t *testing.T) {
	t.Parallel()
	w := asking(t)
	w.Promise(store.Promises{Clock: worktime.Clock{Promise: 24 * time.Hour, Holidays: map[string]bool{"2026-11-24": true}}})
	w.must(w.wishes("mikko", "74120935", licensing.KeyViewer, false, monday))
	w.must(w.MindAccess(t.Context(), monday))
	w.must(w.MindAccess(t.Context(), monday.Add(71*time.Hour)))
	if got := w.newsOf("arne"); len(got) != 1 {
		t.Errorf("before two working days have passed: got %v, want no reminder", got)
	}
	w.must(w.MindAccess(t.Context(), monday.Add(20*24*time.Hour)))
	if got := w.newsOf("arne"); len(got) != 2 {
		t.Errorf("after a standstill: got %v, want one reminder", got)
	}
}

// Where nobody administers it, the operator is told at once.
func TestTheOperatorIsToldWhereNobodyAnswers(t *testing.T) {
	t.Parallel()
	w := asking(t)
	w.staffed()
	w.do(`UPDATE grants SET revoked_at = now() WHERE role = 'administrator'`)
	w.wished("mikko", "74120935", licensing.KeyViewer, false)
	w.must(w.MindAccess(t.Context(), monday.Add(48*time.Hour)))
	if got := w.newsOf("olli"); !slices.Equal(got, []licensing.NewsKind{licensing.AccessLonelyNews}) {
		t.Errorf("olli's news: got %v, want that nobody administers it, once", got)
	}
	if got := w.newsOf("sofia"); len(got) != 0 {
		t.Errorf("sofia's news: got %v, want none", got)
	}
	list, err := w.UnheardAccess(t.Context(), w.op)
	if err != nil || len(list) != 1 || !list[0].Lonely {
		t.Errorf("the staff's list: got %+v, %v, want it there", list, err)
	}
	if list, err := w.UnheardAccess(t.Context(), w.as("sofia")); err != nil || len(list) != 1 || list[0].Name != "" || list[0].Email != "" || list[0].Reason != "" {
		t.Errorf("support's list: got %+v, %v, want it without who asks", list, err)
	}
	if _, err := w.UnheardAccess(t.Context(), w.as("anna")); !errors.Is(err, licensing.ErrForbidden) {
		t.Errorf("a customer asks for the staff's list: got %v, want forbidden", err)
	}
	w.grantOn("arne", licensing.Administrator, "74120935")
	w.must(w.MindAccess(t.Context(), monday.Add(7*24*time.Hour)))
	if got := w.newsOf("arne"); len(got) != 1 {
		t.Errorf("who has come to administer it: got %v, want a reminder", got)
	}
	if list, err := w.UnheardAccess(t.Context(), w.op); err != nil || len(list) != 0 {
		t.Errorf("the staff's list then: got %+v, %v, want nothing", list, err)
	}
}
