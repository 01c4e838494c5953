package config_test

import (
	"strings"
	"testing"

	"github.com/keyhall/keyhall/internal/config"
)

func TestRatesAreWhatTheSettingsSay(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		reveals, files string
		want           config.Rates
		problem        string // "" for none
	}{
		"nothing said is sixty keys a minute and ten files an hour": {"", "", config.Rates{Reveals: 60, Files: 10, SignIns: 30}, ""},
		"each has its own":                     {"5", "1000000", config.Rates{Reveals: 5, Files: 1_000_000, SignIns: 30}, ""},
		"nought is no limit":                   {"0", "0", config.Rates{SignIns: 30}, ""},
		"what can't be read is never no limit": {"many", "10", config.Rates{Reveals: 60, Files: 10, SignIns: 30}, `KEYHALL_REVEALS_PER_MINUTE is "many": write a whole number from 1 to 1000000, such as 60, or 0 for no limit.`},
		"nothing is less than no limit":        {"60", "-1", config.Rates{Reveals: 60, Files: 10, SignIns: 30}, `KEYHALL_FILES_PER_HOUR is "-1"`},
		"a limit is not endless":               {"60", "1000001", config.Rates{Reveals: 60, Files: 10, SignIns: 30}, "such as 10, or 0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			environment := good()
			environment["KEYHALL_REVEALS_PER_MINUTE"], environment["KEYHALL_FILES_PER_HOUR"] = test.reveals, test.files
			c := read(t, environment)
			got, problems := c.Rates()
			if got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
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
