package i18n

import "testing"

func TestEveryLanguageHasAZone(t *testing.T) {
	t.Parallel()
	for lang, want := range map[string]string{"en": "UTC", "fi": "Europe/Helsinki", "nb": "Europe/Oslo", "sv": "Europe/Stockholm", "nl": "Europe/Amsterdam", "tlh": "UTC"} {
		if got := Zone(lang).String(); got != want {
			t.Errorf("%s: got %s, want %s", lang, got, want)
		}
	}
	if len(zones) != len(codes) {
		t.Errorf("got %d zones for %d languages", len(zones), len(codes))
	}
}
