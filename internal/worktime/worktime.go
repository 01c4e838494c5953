// Package worktime is the answer clock: when an answer is due that is promised within
// so many hours, counted around the clock or in business hours.
//
// It knows nothing of requests, and it never asks what time it is.
package worktime

import "time"

// Clock counts time towards an answer. The zero Clock counts around the clock and
// promises nothing: see Around.
type Clock struct {
	Promise  time.Duration   // within which an answer is due
	Business bool            // count business hours only
	Zone     *time.Location  // of the business hours; UTC when nil
	Opens    time.Duration   // since midnight
	Closes   time.Duration   // since midnight, after Opens
	Holidays map[string]bool // days that don't count, as 2006-01-02
}

// Around is the clock of 24 hours around the clock.
func Around() Clock { return Clock{Promise: 24 * time.Hour} }

// Pause is a time during which the clock stood still. From is not after To.
type Pause struct{ From, To time.Time }

// Due is when an answer is due to what was asked at a time, given when the clock stood
// still since.
func (c Clock) Due(asked time.Time, pauses ...Pause) time.Time {
	due := asked.Add(c.Promise)
	for _, p := range pauses {
		due = due.Add(p.To.Sub(p.From))
	}
	return due
}

// Left is how much of the clock's time lies between two moments; negative when the
// second comes first.
func (c Clock) Left(from, to time.Time) time.Duration { return to.Sub(from) }
