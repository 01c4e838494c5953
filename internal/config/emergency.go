package config

import "time"

// usualEmergencyWait is what an unreadable setting comes to, beside the problem.
const usualEmergencyWait = 72 * time.Hour

// EmergencyWait reads how long everybody concerned may object to emergency access, and says
// what is wrong with the setting. What is wrong is 72 hours in what it returns.
func (c Config) EmergencyWait() (time.Duration, Problems) {
	var p Problems
	d, err := time.ParseDuration(c.BreakGlassWait)
	if err != nil || d < time.Hour || d > 720*time.Hour {
		p.add("KEYHALL_BREAK_GLASS_WAIT is %q: write a time from 1h to 720h, such as 72h.", c.BreakGlassWait)
		return usualEmergencyWait, p
	}
	return d, nil
}
