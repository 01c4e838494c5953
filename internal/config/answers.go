package config

import (
	"strconv"
	"strings"
	"time"
)

// Answers is what is promised to who files a request, and how much may be asked and
// granted.
type Answers struct {
	Within        time.Duration // from 1 to 720 hours; business hours where Business
	Business      bool          // count business hours only
	Opens, Closes time.Duration // of business hours, since midnight, an hour or more apart
	Zone          *time.Location
	Holidays      string // path of the list of days that don't count; "" where every hour counts, or for none
	RequestCap    int    // most that one request may ask
	TotalCap      int    // largest total that granting may bring a key to, not below RequestCap
}

// mostAsked is more than anybody asks at once.
const mostAsked = 1_000_000

// Answers reads the settings on requests, and says what is wrong with them. What is
// wrong is zero in what it returns; hours that can't be read leave it around the clock.
func (c Config) Answers() (Answers, Problems) {
	var p Problems
	a := Answers{
		Within: p.within(c.AnswerWithin), Zone: p.zone(c.AnswerZone),
		RequestCap: p.number(c.RequestCap, "KEYHALL_REQUEST_CAP", mostAsked, 10_000),
		TotalCap:   p.number(c.TotalCap, "KEYHALL_TOTAL_CAP", 1_000_000_000, 100_000),
	}
	if c.AnswerHours != "" {
		a.Opens, a.Closes, a.Business = p.hours(c.AnswerHours)
	}
	if a.Business {
		a.Holidays = c.Holidays
	}
	if 0 < a.TotalCap && a.TotalCap < a.RequestCap {
		p.add("KEYHALL_TOTAL_CAP is %d, below KEYHALL_REQUEST_CAP, which is %d: nobody could be granted what may be asked.", a.TotalCap, a.RequestCap)
	}
	return a, p
}

func (p *Problems) within(said string) time.Duration {
	d, err := time.ParseDuration(said)
	if err != nil || d < time.Hour || d > 720*time.Hour {
		p.add("KEYHALL_ANSWER_WITHIN is %q: write a time from 1h to 720h, such as 24h.", said)
		return 0
	}
	return d
}

// zone refuses what other systems would not find: the machine's own zone, and paths.
func (p *Problems) zone(name string) *time.Location {
	zone, err := time.LoadLocation(name)
	if err != nil || name == "Local" {
		p.add("KEYHALL_ANSWER_ZONE is %q: write a time zone's name, such as Europe/Helsinki or UTC.", name)
		return nil
	}
	return zone
}

// hours reads 08:00-16:00. Less than an hour a day would make years of a promise of days.
func (p *Problems) hours(said string) (opens, closes time.Duration, ok bool) {
	first, last, _ := strings.Cut(said, "-")
	opens, fine := sinceMidnight(first)
	closes, also := sinceMidnight(last)
	if !fine || !also || closes-opens < time.Hour {
		p.add("KEYHALL_ANSWER_HOURS is %q: write when a day opens and, an hour or more later, closes, such as 08:00-16:00.", said)
		return 0, 0, false
	}
	return opens, closes, true
}

// sinceMidnight reads 08:00, and 24:00 for the end of a day.
func sinceMidnight(clock string) (time.Duration, bool) {
	if clock = strings.TrimSpace(clock); clock == "24:00" {
		return 24 * time.Hour, true
	}
	t, err := time.Parse("15:04", clock)
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute, err == nil
}

func (p *Problems) number(said, name string, most, such int) int {
	n, err := strconv.Atoi(said)
	if err != nil || n < 1 || n > most {
		p.add("%s is %q: write a whole number from 1 to %d, such as %d.", name, said, most, such)
		return 0
	}
	return n
}
