package licensing_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/licensing"
)

// noonOf is a day in the middle of which a review is started.
func noonOf(t *testing.T, day string) time.Time {
	t.Helper()
	at, err := time.Parse(time.DateOnly, day)
	if err != nil {
		t.Fatal(err)
	}
	return at.Add(12 * time.Hour)
}

// A review ends 7 to 90 days ahead by the calendar of who starts it.
func TestWhatIsWrongWithStartingAReview(t *testing.T) {
	t.Parallel()
	at := noonOf(t, "2026-01-10")
	sound := licensing.ReviewStart{Number: "74120935", Every: licensing.ReviewQuarter, Unanswered: licensing.ReviewEnded, At: at}
	for name, c := range map[string]struct {
		last   string
		change func(*licensing.ReviewStart)
		want   string
	}{
		"seven days ahead":      {"2026-01-17", nil, ""},
		"ninety days ahead":     {"2026-04-10", nil, ""},
		"six days ahead":        {"2026-01-16", nil, "ends review.problem.days"},
		"ninety-one days ahead": {"2026-04-11", nil, "ends review.problem.days"},
		"in the past":           {"2026-01-09", nil, "ends review.problem.days"},
		"no day":                {"soon", nil, "ends right.problem.date"},
		"no such day":           {"2026-02-30", nil, "ends right.problem.date"},
		"an organisation":       {"2026-02-10", func(f *licensing.ReviewStart) { f.Number, f.Organisation = "", uuid.New() }, ""},
		"both places":           {"2026-02-10", func(f *licensing.ReviewStart) { f.Organisation = uuid.New() }, "number review.problem.place"},
		"no place":              {"2026-02-10", func(f *licensing.ReviewStart) { f.Number = "" }, "number review.problem.place"},
		"repeated now and then": {"2026-02-10", func(f *licensing.ReviewStart) { f.Every = "month" }, "every review.problem.every"},
		"left open for ever":    {"2026-02-10", func(f *licensing.ReviewStart) { f.Unanswered = licensing.ReviewOpen }, "unanswered review.problem.unanswered"},
		"in the reader's own day": {"2026-01-17", func(f *licensing.ReviewStart) {
			f.Ends = licensing.LastDay("2026-01-17", time.FixedZone("", 13*3600)) // there it is the 11th already
		}, "ends review.problem.days"},
	} {
		f := sound
		f.Ends = licensing.LastDay(c.last, time.UTC)
		if c.change != nil {
			c.change(&f)
		}
		got := ""
		if _, problems := f.Review(); len(problems) > 0 {
			got = problems[0].Field + " " + problems[0].Message
		}
		if got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

func TestWhenAReviewReminds(t *testing.T) {
	t.Parallel()
	start := noonOf(t, "2026-01-10")
	month := licensing.Review{StartedAt: start, EndsAt: licensing.LastDay("2026-02-10", time.UTC)}
	week := licensing.Review{StartedAt: start, EndsAt: licensing.LastDay("2026-01-17", time.UTC)}
	for name, c := range map[string]struct {
		of   licensing.Review
		at   time.Time
		step int
		due  time.Time
	}{
		"at the start":                        {month, start, 0, month.EndsAt.AddDate(0, 0, -7)},
		"seven days before":                   {month, month.EndsAt.AddDate(0, 0, -7), 1, month.EndsAt.AddDate(0, 0, -1)},
		"a day before":                        {month, month.EndsAt.AddDate(0, 0, -1), 2, month.EndsAt},
		"of a week, not on the day it starts": {week, start, 1, week.EndsAt.AddDate(0, 0, -1)},
	} {
		if step, due := c.of.Reminded(c.at); step != c.step || !due.Equal(c.due) {
			t.Errorf("%s: got %d and %s, want %d and %s", name, step, due, c.step, c.due)
		}
	}
	if !month.Open(month.EndsAt.Add(-time.Second)) || month.Open(month.EndsAt) {
		t.Error("a review is open until its end, and not then")
	}
}

// The next review starts a quarter or a year after one started, and lasts as long; after a
// standstill it still gives time to decide.
func TestTheNextReview(t *testing.T) {
	t.Parallel()
	r := licensing.Review{StartedAt: noonOf(t, "2026-01-10"), EndsAt: licensing.LastDay("2026-02-10", time.UTC), Unanswered: licensing.ReviewEnded}
	for every, want := range map[licensing.ReviewEvery]string{licensing.ReviewQuarter: "2026-04-10", licensing.ReviewYear: "2027-01-10"} {
		r.Every = every
		next := r.NextAt()
		if next == nil || next.Format(time.DateOnly) != want {
			t.Fatalf("%s: got %v, want %s", every, next, want)
		}
		n := r.Next(next.Add(20 * time.Minute))
		if got := n.EndsAt.Sub(next.Truncate(24 * time.Hour)); got != r.EndsAt.Sub(r.StartedAt.Truncate(24*time.Hour)) || n.Every != every || n.Unanswered != r.Unanswered {
			t.Errorf("%s: the next lasts %s: %+v", every, got, n)
		}
	}
	r.Every = licensing.ReviewOnce
	if next := r.NextAt(); next != nil || r.Repeats() {
		t.Errorf("once: got another at %v", next)
	}
	r.Every = licensing.ReviewQuarter
	late := noonOf(t, "2026-08-01")
	r.ClosedAt = &late
	if next := r.NextAt(); !next.Equal(late) {
		t.Errorf("after a standstill: got %s, want %s", next, late)
	}
	if n := r.Next(late); n.EndsAt.Sub(late) < 7*24*time.Hour {
		t.Errorf("after a standstill: it ends at %s", n.EndsAt)
	}
}

func TestWhatCameOfDecidingIsOneNumber(t *testing.T) {
	t.Parallel()
	for _, d := range []licensing.ReviewDone{{}, {Kept: 1}, {Kept: 2000, Ended: 1999, Late: 3, Only: 2}, {Only: 32767}} {
		if got := licensing.UnpackReviewDone(d.Pack()); got != d {
			t.Errorf("got %+v, want %+v", got, d)
		}
	}
}
