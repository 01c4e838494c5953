// Package worktime is the answer clock: when an answer is due that is promised within
// so many hours, counted around the clock or in business hours.
//
// It knows nothing of requests, and it never asks what time it is.
package worktime

import "time"

// Clock counts time towards an answer. The zero Clock counts around the clock and
// promises nothing: see Around.
//
// In business hours the promise is of business hours too: 24 hours of which each
// working day has eight, from 08 to 16, are three working days. What is asked outside
// of them counts from the next opening.
type Clock struct {
	Promise  time.Duration   // within which an answer is due
	Business bool            // count business hours only, Monday to Friday
	Zone     *time.Location  // of the business hours; UTC when nil
	Opens    time.Duration   // since midnight, as clocks on the wall show it
	Closes   time.Duration   // since midnight, after Opens, at most 24 hours; else all hours count
	Holidays map[string]bool // days that don't count, as 2006-01-02
}

// Around is the clock of 24 hours around the clock.
func Around() Clock { return Clock{Promise: 24 * time.Hour} }

// Pause is a time during which the clock stood still. From is not after To.
type Pause struct{ From, To time.Time }

// horizon is how many years ahead a due time is looked for. Only where nearly every day
// is a holiday is none found.
const horizon = 20

// Due is when an answer is due to what was asked at a time, given when the clock stood
// still since: the earliest moment by which the promised time has gone by, and of each
// pause as much again as the clock would have counted. Where hardly a day counts, it is
// 20 years later.
func (c Clock) Due(asked time.Time, pauses ...Pause) time.Time {
	left := c.Promise
	for _, p := range pauses {
		left += c.Left(p.From, p.To)
	}
	if left <= 0 || !c.business() {
		return asked.Add(left)
	}
	end := asked.AddDate(horizon, 0, 0)
	for day := c.day(asked); ; day = day.AddDate(0, 0, 1) {
		opens, closes := c.hours(day, asked, end)
		counts := closes.Sub(opens)
		if counts >= left {
			return opens.Add(left).In(asked.Location())
		}
		if left -= counts; day.After(c.day(end)) {
			return end
		}
	}
}

// Left is how much of the clock's time lies between two moments; negative when the
// second comes first.
func (c Clock) Left(from, to time.Time) time.Duration {
	if !c.business() {
		return to.Sub(from)
	}
	if to.Before(from) {
		return -c.Left(to, from)
	}
	var sum time.Duration
	for day, last := c.day(from), c.day(to); !day.After(last); day = day.AddDate(0, 0, 1) {
		opens, closes := c.hours(day, from, to)
		sum += closes.Sub(opens)
	}
	return sum
}

// business reports whether there are hours in which the clock stands.
func (c Clock) business() bool { return c.Business && c.Opens < c.Closes }

func (c Clock) zone() *time.Location {
	if c.Zone == nil {
		return time.UTC
	}
	return c.Zone
}

// day is the date that a calendar in the zone shows, as its midnight in UTC: there, days
// follow each other by 24 hours whatever clocks do.
func (c Clock) day(at time.Time) time.Time {
	year, month, day := at.In(c.zone()).Date()
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

// hours is when a day opens and closes, as far as it lies between two moments; from and
// from when nothing of it does.
func (c Clock) hours(day, from, to time.Time) (opens, closes time.Time) {
	weekday := day.Weekday()
	if weekday == time.Saturday || weekday == time.Sunday || c.Holidays[day.Format(time.DateOnly)] {
		return from, from
	}
	if opens = c.at(day, c.Opens); opens.Before(from) {
		opens = from
	}
	if closes = c.at(day, c.Closes); closes.After(to) {
		closes = to
	}
	if !opens.Before(closes) { // also where clocks jump over the opening
		return from, from
	}
	return opens, closes
}

// at is when clocks on the wall show so much since a day's midnight. Added to midnight it
// would be an hour off on days when clocks change.
func (c Clock) at(day time.Time, since time.Duration) time.Time {
	year, month, date := day.Date()
	return time.Date(year, month, date, 0, 0, int(since/time.Second), int(since%time.Second), c.zone())
}
