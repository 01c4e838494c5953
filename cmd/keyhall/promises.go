package main

import (
	"fmt"
	"os"
	"time"

	"github.com/keyhall/keyhall/internal/config"
	"github.com/keyhall/keyhall/internal/store"
	"github.com/keyhall/keyhall/internal/worktime"
)

// promises makes the answer clock and the caps of the settings, with the holidays of
// the list that they name. The error is a sentence on that list: what else is wrong is
// for config to say.
func promises(c config.Config) (store.Promises, error) {
	a, _ := c.Answers()
	above, _ := c.TwoAbove()
	days, err := holidays(a.Holidays)
	if err != nil {
		return store.Promises{}, fmt.Errorf("KEYHALL_HOLIDAYS can't be read: %w", err)
	}
	return store.Promises{
		Clock: worktime.Clock{
			Promise: a.Within, Business: a.Business, Zone: a.Zone,
			Opens: a.Opens, Closes: a.Closes, Holidays: days,
		},
		RequestCap: a.RequestCap, TotalCap: a.TotalCap, TwoAbove: above,
	}, nil
}

// holidays reads a list, or none where no path is given.
func holidays(path string) (map[string]bool, error) {
	if path == "" {
		return nil, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // only read
	days, err := worktime.ReadHolidays(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return days, nil
}

// visit is how long support looks at a customer: what is wrong with it is for config to say.
func visit(c config.Config) time.Duration {
	d, _ := c.VisitLength()
	return d
}

// emergencyWait is how long one may object to emergency access: what is wrong with it is for
// config to say.
func emergencyWait(c config.Config) time.Duration {
	d, _ := c.EmergencyWait()
	return d
}

// rates are those of the settings: what is wrong with them is for config to say.
func rates(c config.Config) store.Rates {
	r, _ := c.Rates()
	return store.Rates(r)
}
