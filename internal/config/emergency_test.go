package config_test

import (
	"testing"
	"time"
)

func TestTheWaitForEmergencyIsLongEnoughToObject(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		said string
		want time.Duration
		ok   bool
	}{
		"nothing said is three days":       {"", 72 * time.Hour, true},
		"an hour is the least":             {"1h", time.Hour, true},
		"thirty days are the most":         {"720h", 720 * time.Hour, true},
		"no wait is refused":               {"0s", 72 * time.Hour, false},
		"under an hour is refused":         {"59m", 72 * time.Hour, false},
		"more than thirty days is never":   {"721h", 72 * time.Hour, false},
		"what can't be read is no time":    {"soon", 72 * time.Hour, false},
		"a time before now is no wait":     {"-72h", 72 * time.Hour, false},
		"a number alone is no time either": {"72", 72 * time.Hour, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			environment := good()
			environment["KEYHALL_BREAK_GLASS_WAIT"] = test.said
			c := read(t, environment)
			if got, problems := c.EmergencyWait(); got != test.want || (len(problems) == 0) != test.ok {
				t.Errorf("KEYHALL_BREAK_GLASS_WAIT=%q: got %v, %q", test.said, got, problems)
			}
			if problems := c.ForServe(); (len(problems) == 0) != test.ok {
				t.Errorf("serve with KEYHALL_BREAK_GLASS_WAIT=%q: got %q", test.said, problems)
			}
		})
	}
}
