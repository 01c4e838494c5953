package worktime_test

import (
	"testing"
	"time"

	"github.com/keyhall/keyhall/internal/worktime"
)

func place(t testing.TB, name string) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// office is open from 08 to 16 in Helsinki, but not on Independence Day, Christmas and
// the Thursday of the Ascension.
func office(t testing.TB) worktime.Clock {
	t.Helper()
	return worktime.Clock{
		Promise: 24 * time.Hour, Business: true, Zone: place(t, "Europe/Helsinki"),
		Opens: 8 * time.Hour, Closes: 16 * time.Hour,
		Holidays: map[string]bool{"2027-12-06": true, "2026-12-24": true, "2026-12-25": true, "2026-05-14": true},
	}
}

// when reads a time that clocks in Helsinki show.
func when(t testing.TB, shown string) time.Time {
	t.Helper()
	at, err := time.ParseInLocation("Mon 2006-01-02 15:04", shown, place(t, "Europe/Helsinki"))
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestAnswersAreDueInBusinessHours(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		promise    time.Duration
		asked, due string
	}{
		"8 hours asked on Friday afternoon are Monday afternoon":         {8 * time.Hour, "Fri 2026-06-05 15:00", "Mon 2026-06-08 15:00"},
		"10 hours asked on Friday afternoon are Tuesday morning":         {10 * time.Hour, "Fri 2026-06-05 15:00", "Tue 2026-06-09 09:00"},
		"24 hours are three working days":                                {24 * time.Hour, "Mon 2026-06-01 10:00", "Thu 2026-06-04 10:00"},
		"24 hours asked at opening end at the third closing":             {24 * time.Hour, "Mon 2026-06-01 08:00", "Wed 2026-06-03 16:00"},
		"what is asked at night counts from the morning":                 {2 * time.Hour, "Tue 2026-06-02 02:00", "Tue 2026-06-02 10:00"},
		"what is asked in the evening counts from the next morning":      {2 * time.Hour, "Tue 2026-06-02 16:00", "Wed 2026-06-03 10:00"},
		"what is asked on Saturday counts from Monday":                   {time.Hour, "Sat 2026-06-06 12:00", "Mon 2026-06-08 09:00"},
		"what ends at closing ends that day":                             {time.Hour, "Fri 2026-06-05 15:00", "Fri 2026-06-05 16:00"},
		"a holiday on Thursday is passed over":                           {8 * time.Hour, "Wed 2026-05-13 12:00", "Fri 2026-05-15 12:00"},
		"holidays before a weekend make it longer":                       {8 * time.Hour, "Wed 2026-12-23 12:00", "Mon 2026-12-28 12:00"},
		"what is asked on a holiday counts from the next day":            {time.Hour, "Mon 2027-12-06 12:00", "Tue 2027-12-07 09:00"},
		"a weekend on which clocks go forward is like any other":         {8 * time.Hour, "Fri 2026-03-27 15:00", "Mon 2026-03-30 15:00"},
		"a weekend on which clocks go back is like any other":            {8 * time.Hour, "Fri 2026-10-23 15:00", "Mon 2026-10-26 15:00"},
		"what is asked on the Sunday of the change counts from Monday":   {time.Hour, "Sun 2026-03-29 02:30", "Mon 2026-03-30 09:00"},
		"what is promised at once is due when it is asked, at night too": {0, "Tue 2026-06-02 02:00", "Tue 2026-06-02 02:00"},
		"720 hours are ninety working days":                              {720 * time.Hour, "Mon 2026-06-01 08:00", "Fri 2026-10-02 16:00"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := office(t)
			c.Promise = test.promise
			if got, want := c.Due(when(t, test.asked)), when(t, test.due); !got.Equal(want) {
				t.Errorf("asked %s within %v: due %s, want %s", test.asked, test.promise, got.Format("Mon 2006-01-02 15:04"), test.due)
			}
		})
	}
}

func TestPausesMoveWhatIsDue(t *testing.T) {
	t.Parallel()
	type pause struct{ from, to string }
	for name, test := range map[string]struct {
		pauses []pause
		due    string
	}{
		"without a pause it is Tuesday":                {nil, "Tue 2026-06-02 10:00"},
		"two hours of a morning are two hours":         {[]pause{{"Mon 2026-06-01 11:00", "Mon 2026-06-01 13:00"}}, "Tue 2026-06-02 12:00"},
		"a night is nothing":                           {[]pause{{"Mon 2026-06-01 16:00", "Tue 2026-06-02 08:00"}}, "Tue 2026-06-02 10:00"},
		"of an evening and a night the evening counts": {[]pause{{"Mon 2026-06-01 15:00", "Tue 2026-06-02 07:00"}}, "Tue 2026-06-02 11:00"},
		"a weekend between is nothing":                 {[]pause{{"Mon 2026-06-01 12:00", "Mon 2026-06-08 12:00"}}, "Tue 2026-06-09 10:00"},
		"no time at all is nothing":                    {[]pause{{"Mon 2026-06-01 12:00", "Mon 2026-06-01 12:00"}}, "Tue 2026-06-02 10:00"},
		"two pauses add up":                            {[]pause{{"Mon 2026-06-01 11:00", "Mon 2026-06-01 12:00"}, {"Mon 2026-06-01 13:00", "Mon 2026-06-01 15:00"}}, "Tue 2026-06-02 13:00"},
		"a question asked too late leaves it late":     {[]pause{{"Wed 2026-06-03 10:00", "Wed 2026-06-03 11:00"}}, "Tue 2026-06-02 11:00"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := office(t)
			c.Promise = 8 * time.Hour
			var stood []worktime.Pause
			for _, p := range test.pauses {
				stood = append(stood, worktime.Pause{From: when(t, p.from), To: when(t, p.to)})
			}
			if got := c.Due(when(t, "Mon 2026-06-01 10:00"), stood...); !got.Equal(when(t, test.due)) {
				t.Errorf("got %s, want %s", got.Format("Mon 2006-01-02 15:04"), test.due)
			}
		})
	}
}

func TestWhatIsLeftIsBusinessHours(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		from, to string
		want     time.Duration
	}{
		"of a working day its hours":           {"Mon 2026-06-01 00:00", "Tue 2026-06-02 00:00", 8 * time.Hour},
		"of a week its five days":              {"Mon 2026-06-01 00:00", "Mon 2026-06-08 00:00", 40 * time.Hour},
		"of a weekend nothing":                 {"Fri 2026-06-05 16:00", "Mon 2026-06-08 08:00", 0},
		"of a weekend when clocks change none": {"Fri 2026-03-27 16:00", "Mon 2026-03-30 08:00", 0},
		"of a holiday nothing":                 {"Thu 2026-05-14 08:00", "Thu 2026-05-14 16:00", 0},
		"of Friday's last hour and Monday's":   {"Fri 2026-06-05 15:00", "Mon 2026-06-08 09:00", 2 * time.Hour},
		"of what is over, as much less":        {"Mon 2026-06-08 09:00", "Fri 2026-06-05 15:00", -2 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := office(t).Left(when(t, test.from), when(t, test.to)); got != test.want {
				t.Errorf("between %s and %s: got %v, want %v", test.from, test.to, got, test.want)
			}
		})
	}
}

// Cairo's clocks go forward at midnight before a Friday, which is a working day here.
func TestADayOnWhichClocksChangeHasWhatItHas(t *testing.T) {
	t.Parallel()
	cairo := place(t, "Africa/Cairo")
	c := worktime.Clock{Promise: time.Hour, Business: true, Zone: cairo, Closes: 24 * time.Hour}
	for day, want := range map[int]time.Duration{23: 24 * time.Hour, 24: 23 * time.Hour} {
		from := time.Date(2026, time.April, day, 0, 0, 0, 0, cairo)
		if got := c.Left(from, time.Date(2026, time.April, day+1, 0, 0, 0, 0, cairo)); got != want {
			t.Errorf("%s: got %v, want %v", from.Format(time.DateOnly), got, want)
		}
	}
	c.Opens, c.Closes = 8*time.Hour, 16*time.Hour
	friday := time.Date(2026, time.April, 24, 8, 0, 0, 0, cairo)
	if got := c.Due(friday.Add(-6 * time.Hour)); !got.Equal(friday.Add(time.Hour)) {
		t.Errorf("an hour promised in the night of the change: due %s, want 09:00", got)
	}
}

// In New York it is still Sunday when the office in Helsinki opens.
func TestHoursAreThoseOfTheirZone(t *testing.T) {
	t.Parallel()
	asked := time.Date(2026, time.June, 7, 20, 0, 0, 0, place(t, "America/New_York"))
	c := office(t)
	c.Promise = time.Hour
	got := c.Due(asked)
	if want := when(t, "Mon 2026-06-08 09:00"); !got.Equal(want) || got.Location() != asked.Location() {
		t.Errorf("got %s, want 09:00 in Helsinki as clocks in New York show it", got)
	}
	c.Zone = nil
	if want := when(t, "Mon 2026-06-08 12:00"); !c.Due(asked).Equal(want) {
		t.Errorf("without a zone: got %s, want 09:00 UTC", c.Due(asked))
	}
}

func TestAroundTheClockEveryHourCounts(t *testing.T) {
	t.Parallel()
	asked := when(t, "Sat 2026-03-28 15:00")
	stood := worktime.Pause{From: asked.Add(time.Hour), To: asked.Add(3 * time.Hour)}
	if got := worktime.Around().Due(asked, stood).Sub(asked); got != 26*time.Hour {
		t.Errorf("24 hours and two of a pause: got %v", got)
	}
	if got := worktime.Around().Left(asked, asked.Add(-time.Hour)); got != -time.Hour {
		t.Errorf("an hour ago: got %v", got)
	}
}

// Whatever the settings are, the clock comes to an end.
func TestAClockThatHardlyCountsComesToAnEnd(t *testing.T) {
	t.Parallel()
	asked := when(t, "Mon 2026-06-01 10:00")
	c := office(t)
	for day := asked; day.Before(asked.AddDate(30, 0, 0)); day = day.AddDate(0, 0, 1) {
		c.Holidays[day.Format(time.DateOnly)] = true
	}
	if got, want := c.Due(asked), asked.AddDate(20, 0, 0); !got.Equal(want) {
		t.Errorf("every day a holiday: due %s, want %s", got, want)
	}
	c.Opens, c.Closes = c.Closes, c.Opens
	if got, want := c.Due(asked), asked.Add(c.Promise); !got.Equal(want) {
		t.Errorf("closing before it opens: due %s, want %s", got, want)
	}
}
