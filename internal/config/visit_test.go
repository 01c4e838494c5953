package config_test

import (
	"testing"
	"time"
)

func TestAVisitIsShort(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		said string
		want time.Duration
		ok   bool
	}{
		"nothing said is an hour":          {"", time.Hour, true},
		"a quarter of an hour is enough":   {"15m", 15 * time.Minute, true},
		"eight hours are a day's work":     {"8h", 8 * time.Hour, true},
		"a minute is too short":            {"1m", time.Hour, false},
		"nobody looks around the clock":    {"24h", time.Hour, false},
		"a number alone is no time":        {"60", time.Hour, false},
		"what can't be read is never long": {"long", time.Hour, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			environment := good()
			environment["KEYHALL_VISIT"] = test.said
			c := read(t, environment)
			if got, problems := c.VisitLength(); got != test.want || (len(problems) == 0) != test.ok {
				t.Errorf("KEYHALL_VISIT=%q: got %v, %q", test.said, got, problems)
			}
			if problems := c.ForServe(); (len(problems) == 0) != test.ok {
				t.Errorf("serve with KEYHALL_VISIT=%q: got %q", test.said, problems)
			}
		})
	}
}
