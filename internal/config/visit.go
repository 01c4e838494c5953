package config

import "time"

// VisitLength reads how long an agent of support may look at a customer by a visit, and
// says what is wrong with the setting. What is wrong is an hour in what it returns.
func (c Config) VisitLength() (time.Duration, Problems) {
	var p Problems
	d, err := time.ParseDuration(c.Visit)
	if err != nil || d < 15*time.Minute || d > 8*time.Hour {
		p.add("KEYHALL_VISIT is %q: write a time from 15m to 8h, such as 1h.", c.Visit)
		return time.Hour, p
	}
	return d, nil
}
