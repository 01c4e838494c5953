package i18n

import (
	"context"
	"time"
)

// Ago writes a moment as seen from now: today 09:40, yesterday 16:52, tomorrow 08:00,
// else the date with the time.
func Ago(ctx context.Context, t, now time.Time) string {
	zone := of(ctx).zone
	switch days(now.In(zone), t.In(zone)) {
	case 0:
		return T(ctx, "time.today_at", "Time", Time(ctx, t))
	case -1:
		return T(ctx, "time.yesterday_at", "Time", Time(ctx, t))
	case 1:
		return T(ctx, "time.tomorrow_at", "Time", Time(ctx, t))
	}
	return DateTime(ctx, t)
}

// In writes how far off the last day of something is: in 24 days, in 19 months, in 2
// years, today, ended 3 days ago. It counts days up to sixty, whole months under two
// years, then whole years.
func In(ctx context.Context, until, now time.Time) string {
	r := of(ctx)
	from, to := r.local(now), r.local(until)
	n := days(from, to)
	switch {
	case n == 0:
		return T(ctx, "time.today")
	case n == 1:
		return T(ctx, "time.tomorrow")
	case n == -1:
		return T(ctx, "time.ended_yesterday")
	case n < 0:
		return ended(ctx, -n, months(to, from))
	}
	return ahead(ctx, n, months(from, to))
}

func ahead(ctx context.Context, days, months int) string {
	switch {
	case days <= 60:
		return N(ctx, "time.in_days", days)
	case months < 24:
		return N(ctx, "time.in_months", months)
	}
	return N(ctx, "time.in_years", months/12)
}

func ended(ctx context.Context, days, months int) string {
	switch {
	case days <= 60:
		return N(ctx, "time.ended_days", days)
	case months < 24:
		return N(ctx, "time.ended_months", months)
	}
	return N(ctx, "time.ended_years", months/12)
}

// Duration writes a span of time, or how far off it is if negative, in its two
// greatest units: 12 min, 3 h 12 min, 2 d 4 h. Seconds are dropped.
func Duration(ctx context.Context, d time.Duration) string {
	minutes := int(d.Abs() / time.Minute)
	hours := minutes / 60
	switch {
	case hours == 0:
		return T(ctx, "time.minutes", "Minutes", minutes)
	case hours < 48 && minutes%60 == 0:
		return T(ctx, "time.hours", "Hours", hours)
	case hours < 48:
		return T(ctx, "time.hours_minutes", "Hours", hours, "Minutes", minutes%60)
	case hours%24 == 0:
		return T(ctx, "time.days", "Days", hours/24)
	}
	return T(ctx, "time.days_hours", "Days", hours/24, "Hours", hours%24)
}

// days counts the calendar days from one time's day to another's, each in its own
// zone: hours would be wrong where the clocks change.
func days(from, to time.Time) int {
	return int(midnight(to).Sub(midnight(from)) / (24 * time.Hour))
}

func midnight(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// months counts the whole months from one day to a later one.
func months(from, to time.Time) int {
	n := (to.Year()-from.Year())*12 + int(to.Month()-from.Month())
	if to.Day() < from.Day() {
		n--
	}
	return n
}
