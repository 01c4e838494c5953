package licensing

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

const inClear = "DEMO1-7QK2M-HV3CR-9PWXT-T6J2K"

// holder has a secret in every place a type can have one.
type holder struct {
	Secret  Secret
	Pointer *Secret
	List    []Secret
	ByName  map[string]Secret
	Any     any
	hidden  Secret
	Row     KeyRow
	New     NewKey
}

func hold() holder {
	s := NewSecret(inClear)
	return holder{s, &s, []Secret{s}, map[string]Secret{"key": s}, s, s, KeyRow{Key: s}, NewKey{Secret: s}}
}

// S-59: whatever prints a secret, or something that holds one, by whatever verb.
func TestNoVerbPrintsASecret(t *testing.T) {
	t.Parallel()
	h := hold()
	values := map[string]any{"secret": h.Secret, "pointer": h.Pointer, "list": h.List, "map": h.ByName, "holder": h, "pointer to a holder": &h, "row": h.Row, "new key": h.New}
	for name, v := range values {
		for _, verb := range strings.Split("vsqxXdbocUeEfFgGtTpz", "") {
			for _, flags := range []string{"", "+", "#", " ", "-40", "040", ".3", "+#"} {
				shows(t, name+" by %"+flags+verb, fmt.Sprintf("%"+flags+verb, v))
			}
		}
		shows(t, name+" by Sprint", fmt.Sprint(v))
		shows(t, name+" in an error", fmt.Errorf("fail: %w", errors.New(fmt.Sprint(v))).Error())
	}
}

func TestNoEncoderOrLoggerPrintsASecret(t *testing.T) {
	t.Parallel()
	h := hold()
	for name, v := range map[string]any{"secret": h.Secret, "pointer": h.Pointer, "list": h.List, "map": h.ByName, "holder": h} {
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		shows(t, name+" as JSON", string(text))
		var b bytes.Buffer
		for _, log := range []*slog.Logger{slog.New(slog.NewJSONHandler(&b, nil)), slog.New(slog.NewTextHandler(&b, nil))} {
			log.Info("it", "value", v, slog.Any("again", v), slog.Group("g", "v", v))
			log.With("value", v).Info(fmt.Sprint(v))
		}
		shows(t, name+" in a log", b.String())
	}
	text, err := xml.Marshal(h.Secret)
	if err != nil {
		t.Fatal(err)
	}
	shows(t, "as XML", string(text))
	if marshalled, err := h.Secret.MarshalText(); err != nil || string(marshalled) != h.Secret.Masked() {
		t.Errorf("as text: got %q, %v", marshalled, err)
	}
}

// shows fails where a group but the last stands, in letters or in hexadecimal, or as numbers.
func shows(t *testing.T, what, text string) {
	t.Helper()
	for _, group := range strings.Split(inClear, "-")[:4] {
		for _, written := range []string{group, fmt.Sprintf("%x", group), fmt.Sprintf("%X", group), fmt.Sprintf("% x", group), strings.Trim(fmt.Sprint([]byte(group)), "[]")} {
			if strings.Contains(text, written) {
				t.Errorf("%s: %s", what, text)
				return
			}
		}
	}
}

func TestASecretIsRevealedAndMasked(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, key, masked string }{
		{"a product key", inClear, "•••••-•••••-•••••-•••••-T6J2K"},
		{"without groups", "DEMO17QK2M", "•••••"},
		{"nothing", "", "•••••"},
		{"another shape", "DEMO1-", "•••••-"},
	} {
		s := NewSecret(c.key)
		if s.Reveal() != c.key || s.Masked() != c.masked || s.String() != c.masked || s.GoString() != c.masked || s.LogValue().String() != c.masked {
			t.Errorf("%s: got %q, masked %q, want %q", c.name, s.Reveal(), s.Masked(), c.masked)
		}
	}
	if zero := (Secret{}); zero.Reveal() != "" || zero.String() != "•••••" {
		t.Errorf("the zero secret: got %q, %s", zero.Reveal(), zero)
	}
}
