package licensing

import (
	"strings"
	"testing"
)

func TestTextsAsTheyAreKept(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string][2]string{
		"  Two hundred laptops.\r\nFor Tampere. ": {"Two hundred laptops.\nFor Tampere."},
		"Tab\tand ääkköset":                       {"Tab\tand ääkköset"},
		"":                                        {""},
		"a\x00b":                                  {"", "request.problem.text_bad"},
		"a\xffb":                                  {"", "request.problem.text_bad"},
		"\x1b[2J":                                 {"", "request.problem.text_bad"},
		"Org\u202efdp.exe":                        {"", "request.problem.text_bad"},
		strings.Repeat("ä", 50):                   {strings.Repeat("ä", 50)},
		strings.Repeat("ä", 51):                   {strings.Repeat("ä", 51), "request.problem.text_long"},
		// S-59: a key that somebody pastes is not kept.
		"DEMO1-7QK2M-HV3CR-9PWXT-T6J2K":          {"DEMO1-7QK2M-HV3CR-9PWXT-T6J2K", "request.problem.text_has_key"},
		"It is demo1 7qk2m hv3cr 9pwxt t6j2k.":   {"It is demo1 7qk2m hv3cr 9pwxt t6j2k.", "request.problem.text_has_key"},
		"DEMO1–7QK2M – HV3CR–9PWXT\n–T6J2K":      {"DEMO1–7QK2M – HV3CR–9PWXT\n–T6J2K", "request.problem.text_has_key"},
		"It is DEMO17QK2MHV3CR9PWXTT6J2K.":       {"It is DEMO17QK2MHV3CR9PWXTT6J2K.", "request.problem.text_has_key"},
		"key_DEMO17QK2MHV3CR9PWXTT6J2K_old":      {"key_DEMO17QK2MHV3CR9PWXTT6J2K_old", "request.problem.text_has_key"},
		"keyDEMO1-7QK2M-HV3CR-9PWXT-T6J2Kold":    {"keyDEMO1-7QK2M-HV3CR-9PWXT-T6J2Kold", "request.problem.text_has_key"},
		"activation deployment 10250":            {"activation deployment 10250"},
		"10000 20000 30000 40000 50000":          {"10000 20000 30000 40000 50000"},
		"fewer seats along their large halls":    {"fewer seats along their large halls"},
		"The key ending T6J2K, R-20417, V638021": {"The key ending T6J2K, R-20417, V638021"},
	} {
		if text, message := CleanText(typed, 50); text != want[0] || message != want[1] {
			t.Errorf("%q: got %q, %q, want %q, %q", typed, text, message, want[0], want[1])
		}
	}
}

// S-59: of a key in a text the last five are left, whatever it is glued to.
func TestOfAKeyTheLastFiveAreLeft(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"for DEMO1-7QK2M-HV3CR-9PWXT-T6J2K.":         "for …-T6J2K.",
		"keys_DEMO1-7QK2M-HV3CR-9PWXT-T6J2K_old.tsv": "keys…-T6J2Kold.tsv",
		"xDEMO1-7QK2M-HV3CR-9PWXT-T6J2Ky":            "x…-T6J2Ky",
		"01990f5e-6d2c-7c1a-9f3e-0123456789ab":       "01990f5e-6d2c-7c1a-9f3e-0123456789ab",
		"alpha-bravo-cargo-delta-echos":              "alpha-bravo-cargo-delta-echos",
	} {
		if got := VeilKeys(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

// S-14: a number is plain digits, from 1, and not too many of them.
func TestNumbersAsTheyAreTyped(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]int{
		"200": 200, " 5 ": 5, "999999999": 999999999,
		"": 0, "0": 0, "007": 0, "-5": 0, "+5": 0, "1e3": 0, "5,000": 0, "5 000": 0, "5.0": 0, "１": 0, "٣": 0, "0x10": 0, "2147483648": 0, "\t5": 0,
	} {
		if n, message := ReadQuantity(typed); n != want || (message == "") != (want > 0) {
			t.Errorf("%q: got %d, %q, want %d", typed, n, message, want)
		}
	}
}
