package i18n

import "testing"

func TestCountriesAreNamedInTheReadersLanguage(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ lang, code, want string }{
		{"en", "NL", "Netherlands"},
		{"nb", "NL", "Nederland"},
		{"fi", "SE", "Ruotsi"},
		{"sv", "FI", "Finland"},
		{"nl", "NO", "Noorwegen"},
		{"en", "", ""},
		{"en", "XQ", "XQ"},
	} {
		if got := Country(With(t.Context(), c.lang), c.code); got != c.want {
			t.Errorf("%s in %s: got %q, want %q", c.code, c.lang, got, c.want)
		}
	}
}
