package worktime_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/keyhall/keyhall/internal/worktime"
)

// clocks draws clocks in business hours of at least an hour, in zones of both
// hemispheres, of half hours, and with clocks that change on a working day or never.
func clocks(zones []*time.Location) *rapid.Generator[worktime.Clock] {
	return rapid.Custom(func(t *rapid.T) worktime.Clock {
		opens := rapid.IntRange(0, 23*60).Draw(t, "opens")
		c := worktime.Clock{
			Promise: time.Duration(rapid.IntRange(1, 720*3600).Draw(t, "promise")) * time.Second,
			Zone:    rapid.SampledFrom(zones).Draw(t, "zone"), Business: true, Holidays: map[string]bool{},
			Opens: time.Duration(opens) * time.Minute, Closes: time.Duration(rapid.IntRange(opens+60, 24*60).Draw(t, "closes")) * time.Minute,
		}
		for _, day := range rapid.SliceOfN(rapid.IntRange(0, 400), 0, 40).Draw(t, "holidays") {
			c.Holidays[time.Date(2026, time.January, 1+day, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)] = true
		}
		return c
	})
}

// zones are where the drawn clocks hang.
func zones(t *testing.T) []*time.Location {
	t.Helper()
	all := []*time.Location{nil}
	for _, name := range []string{"Europe/Helsinki", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Africa/Cairo", "America/Nuuk"} {
		all = append(all, place(t, name))
	}
	return all
}

// moments draws seconds of the year of the drawn holidays.
func moments() *rapid.Generator[time.Time] {
	return rapid.Map(rapid.Int64Range(0, 365*24*3600), func(s int64) time.Time {
		return time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(s) * time.Second)
	})
}

// inOrder draws so many moments, the earliest first.
func inOrder(t *rapid.T, n int) []time.Time {
	all := rapid.SliceOfN(moments(), n, n).Draw(t, "moments")
	for i := range all {
		for j := i; j > 0 && all[j].Before(all[j-1]); j-- {
			all[j], all[j-1] = all[j-1], all[j]
		}
	}
	return all
}

func TestWhoAsksLaterIsNotAnsweredEarlier(t *testing.T) {
	t.Parallel()
	all := zones(t)
	rapid.Check(t, func(t *rapid.T) {
		c, at := clocks(all).Draw(t, "clock"), inOrder(t, 2)
		if first, second := c.Due(at[0]), c.Due(at[1]); second.Before(first) {
			t.Fatalf("asked %s: due %s; asked %s: due %s", at[0], first, at[1], second)
		}
	})
}

func TestUntilItIsDueThePromiseIsLeft(t *testing.T) {
	t.Parallel()
	all := zones(t)
	rapid.Check(t, func(t *rapid.T) {
		c, asked := clocks(all).Draw(t, "clock"), moments().Draw(t, "asked")
		due := c.Due(asked)
		if got := c.Left(asked, due); got != c.Promise {
			t.Fatalf("asked %s, due %s: got %v, want %v", asked, due, got, c.Promise)
		}
		if got := c.Left(asked, due.Add(-time.Second)); got != c.Promise-time.Second {
			t.Fatalf("a second before it is due: got %v, want a second less than %v", got, c.Promise)
		}
	})
}

func TestAPauseGivesBackWhatTheClockWouldHaveCounted(t *testing.T) {
	t.Parallel()
	all := zones(t)
	rapid.Check(t, func(t *rapid.T) {
		c, at := clocks(all).Draw(t, "clock"), inOrder(t, 5)
		asked, pauses := at[0], []worktime.Pause{{From: at[1], To: at[2]}, {From: at[3], To: at[4]}}
		stood := c.Left(at[1], at[2]) + c.Left(at[3], at[4])
		if got := c.Left(asked, c.Due(asked, pauses...)); got != c.Promise+stood {
			t.Fatalf("paused for %v: got %v, want that more than %v", stood, got, c.Promise)
		}
	})
}

func TestAPauseWithinHoursCountsWhole(t *testing.T) {
	t.Parallel()
	all := zones(t)
	rapid.Check(t, func(t *rapid.T) {
		c, asked := clocks(all).Draw(t, "clock"), moments().Draw(t, "asked")
		one := c
		one.Promise = time.Second
		to := one.Due(moments().Draw(t, "paused")) // the end of a second within hours
		stood := time.Duration(rapid.Int64Range(0, int64(time.Second)).Draw(t, "for"))
		got := c.Left(asked, c.Due(asked, worktime.Pause{From: to.Add(-stood), To: to}))
		if got != c.Promise+stood {
			t.Fatalf("paused for %v until %s: got %v, want that more than %v", stood, to, got, c.Promise)
		}
	})
}

func TestTimeAddsUp(t *testing.T) {
	t.Parallel()
	all := zones(t)
	rapid.Check(t, func(t *rapid.T) {
		c, at := clocks(all).Draw(t, "clock"), inOrder(t, 3)
		whole, parts := c.Left(at[0], at[2]), c.Left(at[0], at[1])+c.Left(at[1], at[2])
		if whole != parts || c.Left(at[2], at[0]) != -whole {
			t.Fatalf("from %s to %s: got %v, in two parts %v, back %v", at[0], at[2], whole, parts, c.Left(at[2], at[0]))
		}
	})
}
