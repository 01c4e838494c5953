package config_test

import (
	"strings"
	"testing"
)

// S-13: what can't be read never lets one agent be enough.
func TestTwoApproversAreWhatTheSettingSays(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		set        string
		want, demo int
		problem    string // "" for none
	}{
		"nothing said is never, but in the demo": {"", 0, 1000, ""},
		"never":                                  {"0", 0, 0, ""},
		"an amount":                              {" 250 ", 250, 250, ""},
		"an amount is a number":                  {"1,000", 1, 1, `KEYHALL_TWO_APPROVERS_ABOVE is "1,000": write a whole number from 1 to 1000000, such as 1000, or 0 for never.`},
		"an amount is not below nothing":         {"-1", 1, 1, `KEYHALL_TWO_APPROVERS_ABOVE is "-1"`},
		"an amount is not endless":               {"1000001", 1, 1, "from 1 to 1000000"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			environment := good()
			environment["KEYHALL_TWO_APPROVERS_ABOVE"] = test.set
			c := read(t, environment)
			got, problems := c.TwoAbove()
			if demo := c.DemoTwoAbove(); got != test.want || demo != test.demo {
				t.Errorf("got %d and in the demo %d, want %d and %d", got, demo, test.want, test.demo)
			}
			if said := strings.Join(problems, " "); (said == "") != (test.problem == "") || !strings.Contains(said, test.problem) {
				t.Errorf("said %q, want %q", said, test.problem)
			}
			if said := c.ForServe().Error(); !strings.Contains(said, test.problem) {
				t.Errorf("serve said %q, want %q", said, test.problem)
			}
		})
	}
}
