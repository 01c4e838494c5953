package store_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/licensing"
)

// reviewedGroup is a world in which kevin and mikko have a right on Nordvik Suomi by a group,
// and kevin and berit one by hand there, under a review by anna that ends what nobody decides
// about.
func reviewedGroup(t *testing.T) (*world, licensing.ReviewPage) {
	t.Helper()
	w := grouped(t)
	w.grant("berit", licensing.Administrator, suomi)
	w.grant("kevin", licensing.KeyViewer, suomi)
	w.must(w.mapped("anna", suomi, everybodys, "readers", licensing.LicenceReader))
	for _, name := range []string{"kevin", "mikko"} {
		w.someone(name)
		_, err := w.arrives(everybodys, name, "readers")
		w.must(err)
	}
	w.must(w.startsReview("anna", reviewStart("", w.org[suomi].ID, licensing.ReviewEnded)))
	return w, w.reviewed("anna")
}

// byGroup is somebody's right by group in a review.
func byGroup(t *testing.T, p licensing.ReviewPage, name string) licensing.ReviewLine {
	t.Helper()
	i := slices.IndexFunc(p.Lines, func(l licensing.ReviewLine) bool { return l.Name == name && l.Role == licensing.LicenceReader })
	if i < 0 {
		t.Fatalf("%s has no right by group in the review: %s", name, outcomes(p))
	}
	return p.Lines[i]
}

// A right by group is in a review for information: it waits for nobody, and whoever decides
// about it all the same is told, has it on record, and changes nothing.
func TestARightByGroupIsThereForInformation(t *testing.T) {
	t.Parallel()
	w, p := reviewedGroup(t)
	if got, want := outcomes(p), "berit open, kevin open, kevin group, lena open, mikko group"; !sameWords(got, want) {
		t.Fatalf("in the review: got %s, want %s", got, want)
	}
	mikko := byGroup(t, p, "mikko")
	if mikko.Waits() || p.Left != 3 {
		t.Errorf("mikko's right by group waits: %v, %d are left to decide, want it not and 3", mikko.Waits(), p.Left)
	}
	for _, wanted := range []licensing.ReviewDecision{licensing.StopRight, licensing.KeepRight} {
		done, err := w.decides(w.Store, "anna", p, licensing.ReviewAnswers{Each: map[uuid.UUID]licensing.ReviewDecision{mikko.RightID: wanted}})
		if err != nil || done != (licensing.ReviewDone{Late: 1}) {
			t.Errorf("%s: got %+v, %v, want that it was too late for one", wanted, done, err)
		}
	}
	if n := w.entries("review.decided", licensing.Refused); n != 2 { // S-63
		t.Errorf("on record: got %d refusals, want 2", n)
	}
	now := w.reviewed("anna")
	if l := byGroup(t, now, "mikko"); l.Outcome != licensing.ReviewByGroup || l.Decision != "" || l.Decider != "" || !l.Live {
		t.Errorf("then: got %+v, want it as it was", l)
	}
	if v := w.as("mikko"); v.May != licensing.LicenceReader.Permissions() {
		t.Errorf("mikko may %b, want what the group gives", v.May)
	}
	w.whole()
}

// S-50: about one's own right by group one is refused like about any other of one's own; to
// who sees nothing of the review there is no such right.
func TestWhoDecidesAboutARightByGroup(t *testing.T) {
	t.Parallel()
	w, p := reviewedGroup(t)
	w.must(w.mapped("anna", suomi, everybodys, "chiefs", licensing.Administrator))
	_, err := w.arrives(everybodys, "mikko", "readers", "chiefs")
	w.must(err)
	mikkos := licensing.ReviewAnswers{Each: map[uuid.UUID]licensing.ReviewDecision{byGroup(t, p, "mikko").RightID: licensing.StopRight}}
	for _, c := range []struct{ by, want string }{{"mikko", "f"}, {"kevin", "n"}, {"lena", "n"}, {"frode", "n"}, {"berit", "y"}} {
		if _, err := w.decides(w.Store, c.by, p, mikkos); outcome(err) != c.want {
			t.Errorf("%s about mikko's right by group: got %v, want %s", c.by, err, c.want)
		}
	}
	w.whole()
}

// Keeping all that are left, and the end of a review, leave rights by group alone, though
// rights by hand of the same person end.
func TestTheEndOfAReviewLeavesRightsByGroup(t *testing.T) {
	t.Parallel()
	w, p := reviewedGroup(t)
	done, err := w.decides(w.Store, "anna", p, each(p, licensing.KeepRight, "berit"))
	if err != nil || done != (licensing.ReviewDone{Kept: 1}) {
		t.Fatalf("keeping berit's: got %+v, %v", done, err)
	}
	w.must(w.MindReviews(t.Context(), p.EndsAt.Add(time.Minute)))
	ended := w.reviewed("anna")
	if got, want := outcomes(ended), "berit kept, kevin ended, kevin group, lena ended, mikko group"; ended.ClosedAt == nil || !sameWords(got, want) {
		t.Errorf("at its end: got %s, want %s", got, want)
	}
	for _, name := range []string{"kevin", "mikko"} {
		if v := w.as(name); v.May != licensing.LicenceReader.Permissions() {
			t.Errorf("%s may %b, want what the group gives", name, v.May)
		}
	}
	// The group goes on to give and end it, as the sign-in provider tells.
	if v, err := w.arrives(everybodys, "mikko"); err != nil || v.May != 0 {
		t.Errorf("out of the group: got %b, %v, want no right", v.May, err)
	}
	if l := byGroup(t, w.reviewed("anna"), "mikko"); l.Live || l.Outcome != licensing.ReviewByGroup {
		t.Errorf("out of the group: got %+v, want a right by group that has ended", l)
	}
	w.whole()
}

// All that are left are those by hand: with none of them there is nothing to keep.
func TestKeepingAllThatAreLeftNeedsOne(t *testing.T) {
	t.Parallel()
	w, p := reviewedGroup(t)
	done, err := w.decides(w.Store, "anna", p, licensing.ReviewAnswers{Rest: true})
	if err != nil || done != (licensing.ReviewDone{Kept: 3}) {
		t.Errorf("all that are left: got %+v, %v, want the three by hand kept", done, err)
	}
	if _, err := w.decides(w.Store, "anna", p, licensing.ReviewAnswers{Rest: true}); outcome(err) != "review.problem.nothing" {
		t.Errorf("again: got %v, want that there is nothing", err)
	}
	w.whole()
}

// sameWords compares lists with commas between, whose order is not the matter.
func sameWords(a, b string) bool {
	one, other := strings.Split(a, ", "), strings.Split(b, ", ")
	slices.Sort(one)
	slices.Sort(other)
	return slices.Equal(one, other)
}
