package config_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/keyhall/keyhall/internal/config"
)

// S-41: what can't be read never asks nobody.
func TestStepUpIsWhatTheSettingsSay(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		within, acr string
		want        config.StepUp
		problem     string // "" for none
	}{
		"nothing said is a quarter of an hour": {"", "", config.StepUp{Within: 15 * time.Minute}, ""},
		"a time of one's own":                  {"12h", "", config.StepUp{Within: 12 * time.Hour}, ""},
		"nobody is asked":                      {"off", "", config.StepUp{}, ""},
		"by one of two ways":                   {"1m", "urn:mfa  phr", config.StepUp{Within: time.Minute, ACR: []string{"urn:mfa", "phr"}}, ""},
		"nought is no time":                    {"0", "", config.StepUp{Within: 15 * time.Minute}, `KEYHALL_STEP_UP is "0": write a time from 1m to 12h, such as 15m, or off.`},
		"a time has a unit":                    {"15", "", config.StepUp{Within: 15 * time.Minute}, `KEYHALL_STEP_UP is "15"`},
		"a session lives no longer":            {"12h1s", "", config.StepUp{Within: 15 * time.Minute}, "from 1m to 12h"},
		"a way that nobody is asked for":       {"off", "mfa", config.StepUp{ACR: []string{"mfa"}}, "nobody would be asked for it"},
		"a way without end":                    {"", strings.Repeat("x", 256), config.StepUp{Within: 15 * time.Minute, ACR: []string{strings.Repeat("x", 256)}}, "more than 255"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			environment := good()
			environment["KEYHALL_STEP_UP"], environment["KEYHALL_ACR"] = test.within, test.acr
			c := read(t, environment)
			got, problems := c.StepUp()
			if got.Within != test.want.Within || !slices.Equal(got.ACR, test.want.ACR) {
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
	if got := read(t, nil).DemoStepUp(); got.Within != 0 {
		t.Errorf("the demo asks after %v, want never", got.Within)
	}
	if got := read(t, map[string]string{"KEYHALL_STEP_UP": "5m"}).DemoStepUp(); got.Within != 5*time.Minute {
		t.Errorf("the demo asks after %v, want as set", got.Within)
	}
}
