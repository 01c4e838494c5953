package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/keyhall/keyhall/internal/config"
)

// holidayList is the path of a file with this in it.
func holidayList(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "holidays")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestPromisesAreThoseOfTheSettings(t *testing.T) {
	t.Parallel()
	c, err := config.Read(map[string]string{
		"KEYHALL_ANSWER_WITHIN": "8h", "KEYHALL_ANSWER_HOURS": "08:00-16:00", "KEYHALL_ANSWER_ZONE": "Europe/Helsinki",
		"KEYHALL_HOLIDAYS":    holidayList(t, "2026-05-14 Ascension Day\n"),
		"KEYHALL_REQUEST_CAP": "500", "KEYHALL_TOTAL_CAP": "900", "KEYHALL_TWO_APPROVERS_ABOVE": "300",
	})
	if err != nil {
		t.Fatal(err)
	}
	p, err := promises(c)
	if err != nil {
		t.Fatal(err)
	}
	// 12:00 in Helsinki on the Wednesday before is 09:00 UTC.
	asked := time.Date(2026, time.May, 13, 9, 0, 0, 0, time.UTC)
	if got, want := p.Clock.Due(asked), asked.AddDate(0, 0, 2); !got.Equal(want) {
		t.Errorf("asked the day before a holiday: due %s, want %s", got, want)
	}
	if p.RequestCap != 500 || p.TotalCap != 900 || p.TwoAbove != 300 {
		t.Errorf("caps: got %d and %d, and two approvers above %d, want 500, 900 and 300", p.RequestCap, p.TotalCap, p.TwoAbove)
	}
}

func TestAListOfHolidaysThatCannotBeReadStopsTheStart(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ path, want string }{
		"a file that is not there": {filepath.Join(t.TempDir(), "none"), "no such file"},
		"a line that is no date":   {holidayList(t, "2026-05-14\nAscension Day\n"), "holidays: line 2 does not begin with a date"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			settings := map[string]string{"KEYHALL_ANSWER_HOURS": "08:00-16:00", "KEYHALL_HOLIDAYS": test.path, "KEYHALL_LISTEN": "localhost:0", "KEYHALL_DATA_DIR": t.TempDir()}
			for _, command := range []string{"serve", "demo"} {
				code, said := complaints(t, command, settings)
				all := strings.Join(said, "\n")
				if code != exitUsage || !strings.Contains(all, "KEYHALL_HOLIDAYS can't be read") || !strings.Contains(all, test.want) {
					t.Errorf("keyhall %s: got %d %q, want 2 and a sentence with %q", command, code, said, test.want)
				}
			}
		})
	}
}
