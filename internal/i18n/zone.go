package i18n

import (
	"time"
	_ "time/tzdata" // readers' time zones, also where the machine has none
)

// zones are where a language's readers mostly are.
var zones = map[string]string{
	"en": "UTC", "fi": "Europe/Helsinki", "nb": "Europe/Oslo", "sv": "Europe/Stockholm", "nl": "Europe/Amsterdam",
}

var locations = func() map[string]*time.Location {
	all := map[string]*time.Location{}
	for lang, name := range zones {
		zone, err := time.LoadLocation(name)
		if err != nil {
			panic(err) // it is built in
		}
		all[lang] = zone
	}
	return all
}()

// Zone is the time zone where a language's readers mostly are, until something says
// better; its String names it. UTC for a language we don't speak.
func Zone(lang string) *time.Location {
	if zone, ok := locations[lang]; ok {
		return zone
	}
	return time.UTC
}
