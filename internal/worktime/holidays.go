package worktime

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// ReadHolidays reads the days that don't count for a Clock: on each line a date such as
// 2026-12-06, and after a blank whatever else. Empty lines and those that begin with #
// say nothing. The error names the first line that can't be read, and doesn't quote it:
// it may be of a file that was never meant to be shown.
func ReadHolidays(r io.Reader) (map[string]bool, error) {
	days := map[string]bool{}
	lines := bufio.NewScanner(r)
	number := 1
	for ; lines.Scan(); number++ {
		words := strings.Fields(strings.TrimPrefix(lines.Text(), "\ufeff")) // as editors on Windows begin a file
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		if _, err := time.Parse(time.DateOnly, words[0]); err != nil {
			return nil, fmt.Errorf("line %d does not begin with a date such as 2026-12-06", number)
		}
		days[words[0]] = true
	}
	if errors.Is(lines.Err(), bufio.ErrTooLong) {
		return nil, fmt.Errorf("line %d is too long to be a holiday", number)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("line %d: %w", number, err)
	}
	return days, nil
}
