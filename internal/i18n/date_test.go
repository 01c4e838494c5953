package i18n

import (
	"testing"
	"time"
)

func TestNumbersAreWrittenTheLanguagesWay(t *testing.T) {
	t.Parallel()
	for lang, want := range map[string][3]string{
		"en": {"98", "1,204", "-1,000,020"},
		"fi": {"98", "1\u00a0204", "\u22121\u00a0000\u00a0020"},
		"nb": {"98", "1\u00a0204", "\u22121\u00a0000\u00a0020"},
		"sv": {"98", "1\u00a0204", "\u22121\u00a0000\u00a0020"},
		"nl": {"98", "1.204", "-1.000.020"},
	} {
		ctx := With(t.Context(), lang)
		if got := [3]string{Number(ctx, 98), Number(ctx, 1204), Number(ctx, -1000020)}; got != want {
			t.Errorf("%s: got %q, want %q", lang, got, want)
		}
	}
}

func TestDaysAndMomentsAreWrittenTheLanguagesWay(t *testing.T) {
	t.Parallel()
	day := time.Date(2027, 6, 30, 0, 0, 0, 0, time.UTC)
	moment := time.Date(2026, 11, 21, 7, 40, 0, 0, time.UTC)
	for lang, want := range map[string][4]string{
		"en": {"30 June 2027", "30 Jun 2027", "09:40", "21 Nov 2026, 09:40"},
		"fi": {"30.6.2027", "30.6.2027", "9.40", "21.11.2026 klo 9.40"},
		"nb": {"30. juni 2027", "30. jun. 2027", "09:40", "21. nov. 2026 kl. 09:40"},
		"sv": {"30 juni 2027", "30 juni 2027", "09:40", "21 nov. 2026 kl. 09:40"},
		"nl": {"30 juni 2027", "30 jun. 2027", "09:40", "21 nov. 2026 om 09:40"},
	} {
		ctx := in(t, lang, "Europe/Helsinki")
		got := [4]string{Date(ctx, day), ShortDate(ctx, day), Time(ctx, moment), DateTime(ctx, moment)}
		if got != want {
			t.Errorf("%s: got %q, want %q", lang, got, want)
		}
	}
}

func TestADayIsTheSameDayEverywhere(t *testing.T) {
	t.Parallel()
	day := time.Date(2027, 6, 30, 0, 0, 0, 0, time.UTC)
	lateUTC := time.Date(2027, 6, 30, 23, 30, 0, 0, time.UTC)
	for name, c := range map[string]struct{ got, want string }{
		"a last day, west of Greenwich": {Date(in(t, "en", "America/New_York"), day), "30 June 2027"},
		"a last day, east of it":        {Date(in(t, "en", "Europe/Helsinki"), day), "30 June 2027"},
		"a day read in another zone":    {Date(in(t, "en", "America/New_York"), day.In(time.FixedZone("", 3600))), "30 June 2027"},
		"a moment is where it is seen":  {Date(in(t, "en", "Europe/Helsinki"), lateUTC), "1 July 2027"},
	} {
		if c.got != c.want {
			t.Errorf("%s: got %q, want %q", name, c.got, c.want)
		}
	}
}

func TestAgoSaysTodayAndYesterdayInTheReadersZone(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 22, 30, 0, 0, time.UTC) // half past midnight of the 23rd in Helsinki
	helsinki, here := in(t, "en", "Europe/Helsinki"), With(t.Context(), "en")
	for name, c := range map[string]struct{ got, want string }{
		"this morning":                 {Ago(here, now.Add(-10*time.Hour), now), "today 12:30"},
		"the same, seen past midnight": {Ago(helsinki, now.Add(-10*time.Hour), now), "yesterday 14:30"},
		"the day before":               {Ago(here, now.Add(-30*time.Hour), now), "yesterday 16:30"},
		"what is due the day after":    {Ago(here, now.Add(12*time.Hour), now), "tomorrow 10:30"},
		"longer ago gets its date":     {Ago(here, now.Add(-72*time.Hour), now), "19 Nov 2026, 22:30"},
		"in Finnish":                   {Ago(With(here, "fi"), now.Add(-10*time.Hour), now), "tänään klo 12.30"},
		"in Norwegian":                 {Ago(With(here, "nb"), now.Add(-30*time.Hour), now), "i går kl. 16:30"},
		"in Dutch":                     {Ago(With(here, "nl"), now.Add(12*time.Hour), now), "morgen om 10:30"},
		"two nights and a moved clock": {Ago(helsinki, time.Date(2026, 10, 24, 21, 30, 0, 0, time.UTC), time.Date(2026, 10, 26, 21, 30, 0, 0, time.UTC)), "yesterday 00:30"},
	} {
		if c.got != c.want {
			t.Errorf("%s: got %q, want %q", name, c.got, c.want)
		}
	}
}

func TestInSaysHowFarOffALastDayIs(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 15, 4, 5, 0, time.UTC)
	day := func(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }
	for name, c := range map[string]struct {
		lang  string
		until time.Time
		want  string
	}{
		"the same day":          {"en", day(2026, 11, 21), "today"},
		"the day after":         {"en", day(2026, 11, 22), "tomorrow"},
		"within sixty days":     {"en", day(2026, 12, 15), "in 24 days"},
		"the sixtieth day":      {"en", day(2027, 1, 20), "in 60 days"},
		"a day more":            {"en", day(2027, 1, 21), "in 2 months"},
		"a month short of two":  {"en", day(2028, 10, 21), "in 23 months"},
		"two years":             {"en", day(2028, 11, 21), "in 2 years"},
		"a day less":            {"en", day(2028, 11, 20), "in 23 months"},
		"the day before":        {"en", day(2026, 11, 20), "ended yesterday"},
		"three days before":     {"en", day(2026, 11, 18), "ended 3 days ago"},
		"some months before":    {"en", day(2026, 6, 30), "ended 4 months ago"},
		"some years before":     {"en", day(2019, 6, 30), "ended 7 years ago"},
		"in Finnish":            {"fi", day(2026, 12, 15), "24 päivän kuluttua"},
		"past, in Finnish":      {"fi", day(2026, 11, 18), "päättyi 3 päivää sitten"},
		"in Norwegian":          {"nb", day(2027, 6, 30), "om 7 måneder"},
		"in Swedish":            {"sv", day(2027, 6, 30), "om 7 månader"},
		"years in Dutch":        {"nl", day(2029, 12, 31), "over 3 jaar"},
		"one year, past, Dutch": {"nl", day(2023, 12, 31), "2 jaar geleden verlopen"},
	} {
		if got := In(With(t.Context(), c.lang), c.until, now); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

func TestDurationShowsTwoUnits(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		lang string
		d    time.Duration
		want string
	}{
		"minutes":                       {"en", 12*time.Minute + 59*time.Second, "12\u00a0min"},
		"hours":                         {"en", 3*time.Hour + 12*time.Minute, "3\u00a0h 12\u00a0min"},
		"days":                          {"en", 52 * time.Hour, "2\u00a0d 4\u00a0h"},
		"whole hours":                   {"fi", 20 * time.Hour, "20\u00a0t"},
		"whole days":                    {"nl", 72 * time.Hour, "3\u00a0d"},
		"no time at all":                {"en", 0, "0\u00a0min"},
		"a span past is no less a span": {"en", -90 * time.Minute, "1\u00a0h 30\u00a0min"},
		"hours in Finnish":              {"fi", 3*time.Hour + 12*time.Minute, "3\u00a0t 12\u00a0min"},
		"days in Swedish":               {"sv", 52 * time.Hour, "2\u00a0d 4\u00a0tim"},
	} {
		if got := Duration(With(t.Context(), c.lang), c.d); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}
