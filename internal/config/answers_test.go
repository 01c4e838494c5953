package config_test

import (
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/keyhall/keyhall/internal/config"
)

func TestAnswersSayWhatIsWrong(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ variable, value, want string }{
		"a promise is a time":                        {"KEYHALL_ANSWER_WITHIN", "24", `KEYHALL_ANSWER_WITHIN is "24"`},
		"a promise is an hour or more":               {"KEYHALL_ANSWER_WITHIN", "59m", "from 1h to 720h"},
		"a promise is 720 hours or less":             {"KEYHALL_ANSWER_WITHIN", "721h", "from 1h to 720h"},
		"hours are two times":                        {"KEYHALL_ANSWER_HOURS", "08:00", `KEYHALL_ANSWER_HOURS is "08:00"`},
		"hours are not three times":                  {"KEYHALL_ANSWER_HOURS", "08:00-12:00-16:00", "such as 08:00-16:00"},
		"hours are of a clock":                       {"KEYHALL_ANSWER_HOURS", "08:00-24:01", "such as 08:00-16:00"},
		"a day closes after it opens":                {"KEYHALL_ANSWER_HOURS", "16:00-08:00", "an hour or more later"},
		"a day has an hour":                          {"KEYHALL_ANSWER_HOURS", "08:00-08:59", "an hour or more later"},
		"a zone has a name":                          {"KEYHALL_ANSWER_ZONE", "Europe/Nordvik", `KEYHALL_ANSWER_ZONE is "Europe/Nordvik"`},
		"a zone is the same on every machine":        {"KEYHALL_ANSWER_ZONE", "Local", "Europe/Helsinki"},
		"a zone is no file elsewhere":                {"KEYHALL_ANSWER_ZONE", "../../etc/passwd", "Europe/Helsinki"},
		"what may be asked is a number":              {"KEYHALL_REQUEST_CAP", "many", `KEYHALL_REQUEST_CAP is "many"`},
		"something may be asked":                     {"KEYHALL_REQUEST_CAP", "0", "from 1 to 1000000, such as 10000"},
		"not everything may be asked":                {"KEYHALL_REQUEST_CAP", "1000001", "from 1 to 1000000"},
		"a total is a number":                        {"KEYHALL_TOTAL_CAP", "1e6", `KEYHALL_TOTAL_CAP is "1e6"`},
		"a total is not endless":                     {"KEYHALL_TOTAL_CAP", "1000000001", "from 1 to 1000000000, such as 100000"},
		"what may be asked may be granted":           {"KEYHALL_TOTAL_CAP", "9999", "below KEYHALL_REQUEST_CAP, which is 10000"},
		"more may not be asked than a total may be":  {"KEYHALL_REQUEST_CAP", "100001", "KEYHALL_TOTAL_CAP is 100000, below"},
		"a number that can't be read is told as one": {"KEYHALL_TOTAL_CAP", "-1", "from 1 to 1000000000"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			environment := good()
			environment[test.variable] = test.value
			c := read(t, environment)
			for command, got := range map[string]config.Problems{"serve": c.ForServe(), "demo": demoOf(t, test.variable, test.value)} {
				if len(got) != 1 || !strings.Contains(got[0], test.want) {
					t.Errorf("%s with %s=%q: got %q, want one problem with %q", command, test.variable, test.value, got, test.want)
				}
			}
		})
	}
}

// demoOf is what the demo says to one setting.
func demoOf(t *testing.T, variable, value string) config.Problems {
	t.Helper()
	return read(t, map[string]string{variable: value}).ForDemo()
}

func TestAnswersAreWhatTheSettingsSay(t *testing.T) {
	t.Parallel()
	helsinki, err := time.LoadLocation("Europe/Helsinki")
	if err != nil {
		t.Fatal(err)
	}
	usual := config.Answers{Within: 24 * time.Hour, Zone: time.UTC, RequestCap: 10_000, TotalCap: 100_000}
	for name, test := range map[string]struct {
		settings map[string]string
		want     func(*config.Answers)
	}{
		"nothing said is a day around the clock": {nil, func(*config.Answers) {}},
		"business hours of a zone with holidays": {
			map[string]string{"KEYHALL_ANSWER_WITHIN": "8h", "KEYHALL_ANSWER_HOURS": "08:00 - 16:30", "KEYHALL_ANSWER_ZONE": "Europe/Helsinki", "KEYHALL_HOLIDAYS": "/etc/keyhall/holidays"},
			func(a *config.Answers) {
				a.Within, a.Business, a.Zone, a.Holidays = 8*time.Hour, true, helsinki, "/etc/keyhall/holidays"
				a.Opens, a.Closes = 8*time.Hour, 16*time.Hour+30*time.Minute
			},
		},
		"a whole day": {
			map[string]string{"KEYHALL_ANSWER_HOURS": "00:00-24:00"},
			func(a *config.Answers) { a.Business, a.Closes = true, 24*time.Hour },
		},
		"holidays mean nothing around the clock": {
			map[string]string{"KEYHALL_HOLIDAYS": "/etc/keyhall/holidays"}, func(*config.Answers) {},
		},
		"the least and the most": {
			map[string]string{"KEYHALL_ANSWER_WITHIN": "720h", "KEYHALL_REQUEST_CAP": "1", "KEYHALL_TOTAL_CAP": "1000000000"},
			func(a *config.Answers) { a.Within, a.RequestCap, a.TotalCap = 720*time.Hour, 1, 1_000_000_000 },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			environment, want := good(), usual
			maps.Copy(environment, test.settings)
			test.want(&want)
			got, problems := read(t, environment).Answers()
			if got.Zone.String() != want.Zone.String() {
				t.Errorf("zone: got %s, want %s", got.Zone, want.Zone)
			}
			if got.Zone = want.Zone; got != want || len(problems) > 0 {
				t.Errorf("got %+v and %q, want %+v", got, problems, want)
			}
		})
	}
}
