package worktime_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/keyhall/keyhall/internal/worktime"
)

func TestHolidaysAreRead(t *testing.T) {
	t.Parallel()
	got, err := worktime.ReadHolidays(strings.NewReader("\ufeff# Finland\r\n2026-12-06 Independence Day\r\n\r\n  2026-12-25\tChristmas\n2026-12-26\n2026-12-26 once more"))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"2026-12-06", "2026-12-25", "2026-12-26"}
	if days := slices.Sorted(maps.Keys(got)); !slices.Equal(days, want) {
		t.Errorf("got %q, want %q", days, want)
	}
}

func TestTheLineOfWhatIsNoHolidayIsNamed(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ list, want string }{
		"a date of another form":            {"2026-01-01\n6.12.2026 Independence Day", "line 2 does not begin"},
		"a day that no month has":           {"# leap days\n\n2026-02-29", "line 3 does not begin"},
		"a name alone":                      {"Christmas", "line 1 does not begin"},
		"a date and a name with no blank":   {"2026-12-25,Christmas", "line 1 does not begin"},
		"a file of something else entirely": {"2026-12-25\n" + strings.Repeat("\x00", 1<<20), "line 2 is too long"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := worktime.ReadHolidays(strings.NewReader(test.list))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, %v, want an error with %q", got, err, test.want)
			}
		})
	}
}
