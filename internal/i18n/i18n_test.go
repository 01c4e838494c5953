package i18n

import (
	"context"
	"testing"
	"time"
)

func TestMatchPicksTheLanguage(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ header, cookie, account, want string }{
		"the account's wish comes first":               {"nl", "sv", "fi", "fi"},
		"then the cookie's":                            {"nl", "sv", "", "sv"},
		"then the browser's":                           {"nl", "", "", "nl"},
		"nothing said is English":                      {"", "", "", "en"},
		"a language we don't speak is English":         {"fr", "", "", "en"},
		"the browser's order holds":                    {"en;q=0.5, fi", "", "", "fi"},
		"a language of a country will do":              {"sv-FI,en;q=0.3", "", "", "sv"},
		"Norwegian is Bokmål":                          {"no", "", "", "nb"},
		"Norwegian in Norway is Bokmål":                {"no-NO,en;q=0.9", "", "", "nb"},
		"Nynorsk gets Bokmål even where English is ok": {"nn-NO,en;q=0.9", "", "", "nb"},
		"an account set to no is Bokmål":               {"", "", "no", "nb"},
		"a forged cookie is passed over":               {"fi", "../../etc", "", "fi"},
		"a cookie in an unknown language too":          {"fi", "xx", "", "fi"},
		"a malformed header is English":                {"fi;q=\x00;;;,,", "", "", "en"},
		"whatever you have":                            {"*", "", "", "en"},
	} {
		if got := Match(c.header, c.cookie, c.account); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

func TestALanguageIsCarriedByTheContext(t *testing.T) {
	t.Parallel()
	fi := With(t.Context(), "fi")
	for name, c := range map[string]struct{ got, want string }{
		"nobody said":                     {Lang(t.Context()), "en"},
		"somebody said":                   {Lang(fi), "fi"},
		"said again":                      {Lang(With(fi, "sv")), "sv"},
		"an unknown one":                  {Lang(With(fi, "de")), "en"},
		"a zone leaves it":                {Lang(WithZone(fi, time.UTC)), "fi"},
		"its name is its own":             {Name("nb"), "Norsk bokmål"},
		"the name of one we don't speak":  {Name("de"), "de"},
		"a new language leaves the zone":  {Time(With(in(t, "en", "Europe/Helsinki"), "nb"), noon), "14:00"},
		"the zone is UTC till it is said": {Time(t.Context(), noon), "12:00"},
	} {
		if c.got != c.want {
			t.Errorf("%s: got %q, want %q", name, c.got, c.want)
		}
	}
	for _, lang := range Languages() {
		if Name(lang) == lang {
			t.Errorf("%s has no name", lang)
		}
	}
}

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func in(t *testing.T, lang, zone string) context.Context {
	t.Helper()
	l, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	return WithZone(With(t.Context(), lang), l)
}
