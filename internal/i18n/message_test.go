package i18n

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/go-playground/locales"
	goi18n "github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

// planted is a reader with messages of the test's own, in a real language.
func planted(t *testing.T, lang, file string) context.Context {
	t.Helper()
	messages, err := parse([]byte(file), "planted."+lang+".json")
	if err != nil {
		t.Fatal(err)
	}
	c := *catalogues[lang]
	c.messages = messages
	return context.WithValue(t.Context(), readerKey{}, &reader{catalogue: &c, zone: anyone.zone})
}

const plantedFile = `{
	"key.used": "{{.Used}} of {{.Total}} used",
	"key.title": "Product keys",
	"key.count": {"one": "{{.N}} key", "other": "{{.N}} keys"},
	"notice.ends": "Licence ID {{.Number}} ends on {{.Date}}.",
	"key.problem.none": "None."
}`

type keyType string

func TestAMessageIsFilledWithItsValues(t *testing.T) {
	t.Parallel()
	en, fi := planted(t, "en", plantedFile), planted(t, "fi", plantedFile)
	for name, c := range map[string]struct{ got, want string }{
		"a message without placeholders is said as it stands":     {T(en, "key.title"), "Product keys"},
		"values go where their names stand":                       {T(en, "key.used", "Used", 98, "Total", 100), "98 of 100 used"},
		"the order of values does not matter":                     {T(en, "key.used", "Total", 100, "Used", 98), "98 of 100 used"},
		"numbers are written the language's way":                  {T(fi, "key.used", "Used", 1204, "Total", int64(2500000)), "1\u00a0204 of 2\u00a0500\u00a0000 used"},
		"text stays as it is, a type made of text too":            {T(en, "key.used", "Used", "2024", "Total", keyType("MAK")), "2024 of MAK used"},
		"one takes the singular":                                  {N(en, "key.count", 1), "1 key"},
		"none takes the plural":                                   {N(en, "key.count", 0), "0 keys"},
		"many take the plural":                                    {N(en, "key.count", 1204), "1,204 keys"},
		"minus one is one":                                        {N(en, "key.count", -1), "-1 key"},
		"N of a message without forms says its only text":         {N(en, "key.title", 3), "Product keys"},
		"values in a map are said too":                            {Named(en, "key.used", map[string]any{"Used": 1, "Total": 2}), "1 of 2 used"},
		"N in a map picks the form":                               {Named(en, "key.count", map[string]any{"N": 1}), "1 key"},
		"no values in a map is like none":                         {Named(en, "key.title", nil), "Product keys"},
		"a value that can't be shown leaves the placeholder":      {T(en, "key.used", "Used", 1.5, "Total", 2), "{{.Used}} of 2 used"},
		"a placeholder without a value stays, rather than a hole": {T(en, "key.used", "Used", 1), "1 of {{.Total}} used"},
		"an unknown key comes back":                               {T(en, "no.such"), "no.such"},
		"an unknown key comes back from a plural":                 {N(en, "no.such", 2), "no.such"},
		"a language without the message says it in English":       {T(planted(t, "sv", `{"a.b": "c"}`), "time.today"), "today"},
	} {
		if c.got != c.want {
			t.Errorf("%s: got %q, want %q", name, c.got, c.want)
		}
	}
}

func TestPartsLeaveTheRestToTheCaller(t *testing.T) {
	t.Parallel()
	en := planted(t, "en", plantedFile)
	got := Parts(en, "notice.ends", "Date", "15 December")
	want := []Part{{Text: "Licence ID "}, {Name: "Number"}, {Text: " ends on 15 December."}}
	if !slices.Equal(got, want) {
		t.Errorf("Parts: got %q, want %q", got, want)
	}
	if got := Parts(en, "no.such"); !slices.Equal(got, []Part{{Text: "no.such"}}) {
		t.Errorf("Parts of an unknown key: got %q", got)
	}
}

func TestAMistakeIsKeptOnce(t *testing.T) {
	t.Parallel()
	for range 3 {
		T(t.Context(), "mistake.unknown")
	}
	n := 0
	for _, d := range Defects() {
		if strings.Contains(d, "mistake.unknown") {
			n++
		}
	}
	if n != 1 {
		t.Errorf("an unknown key said three times: %d defects, want 1", n)
	}
}

func TestABrokenMessageIsRefused(t *testing.T) {
	t.Parallel()
	for name, file := range map[string]string{
		"a template's program is no placeholder": `{"a.b": "{{if .X}}y{{end}}"}`,
		"a placeholder that is not closed":       `{"a.b": "{{.X is open"}`,
		"a function call":                        `{"a.b": "{{print 1}}"}`,
		"a message without a text":               `{"a.b": {"one": "x"}}`,
		"something that is not JSON":             `{"a.b": `,
	} {
		if _, err := parse([]byte(file), "x.en.json"); err == nil {
			t.Errorf("%s: parsed, want an error", name)
		}
	}
}

// The fast way must say what go-i18n, whose syntax the files have, would say.
func TestMessagesReadAsGoI18nSaysThem(t *testing.T) {
	t.Parallel()
	for _, lang := range Languages() {
		bundle := goi18n.NewBundle(language.English)
		raw, err := files.ReadFile("locales/" + lang + ".json")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := bundle.ParseMessageFileBytes(raw, lang+".json"); err != nil {
			t.Fatal(err)
		}
		theirs := goi18n.NewLocalizer(bundle, lang)
		ours := With(t.Context(), lang)
		for key, m := range catalogues[lang].messages {
			args, data := sampleValues(m)
			for _, n := range []int{0, 1, 2, 21} {
				data["N"] = n
				config := goi18n.LocalizeConfig{MessageID: key, TemplateData: data}
				if m[locales.PluralRuleOne] != nil { // else it knows no form to look for
					config.PluralCount = n
				}
				want, err := theirs.Localize(&config)
				if err != nil {
					t.Fatalf("%s %s: %v", lang, key, err)
				}
				if got := N(ours, key, n, args...); got != want {
					t.Errorf("%s %s for %d: got %q, want %q", lang, key, n, got, want)
				}
			}
		}
	}
}

func sampleValues(m message) (args []any, data map[string]any) {
	data = map[string]any{}
	for _, t := range m {
		if t == nil {
			continue
		}
		for _, name := range t.placeholders() {
			if _, ok := data[name]; !ok && name != "N" {
				args, data[name] = append(args, name, "«"+name+"»"), "«"+name+"»"
			}
		}
	}
	return args, data
}

// A page says some hundred messages (performance.md P1): those without values may not
// allocate, those with values only the string.
func TestSayingAllocatesTheStringAlone(t *testing.T) {
	ctx := planted(t, "fi", plantedFile)
	total := 2500
	for name, c := range map[string]struct {
		say  func() string
		most float64
	}{
		"without values":         {func() string { return T(ctx, "key.title") }, 0},
		"a plain one, counted":   {func() string { return N(ctx, "key.title", total) }, 1},
		"with two numbers":       {func() string { return T(ctx, "key.used", "Used", total-1, "Total", total) }, 1},
		"with a plural's number": {func() string { return N(ctx, "key.count", total) }, 1},
		"a number":               {func() string { return Number(ctx, total) }, 1},
	} {
		if got := testing.AllocsPerRun(100, func() { sink = c.say() }); got > c.most {
			t.Errorf("%s: %v allocations, want at most %v", name, got, c.most)
		}
	}
}

var sink string

func BenchmarkMessages(b *testing.B) {
	messages, err := parse([]byte(plantedFile), "planted.fi.json")
	if err != nil {
		b.Fatal(err)
	}
	c := *catalogues["fi"]
	c.messages = messages
	ctx := context.WithValue(b.Context(), readerKey{}, &reader{catalogue: &c, zone: anyone.zone})
	total := 2500
	b.Run("plain", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			sink = T(ctx, "key.title")
		}
	})
	b.Run("two numbers", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			sink = T(ctx, "key.used", "Used", total-1, "Total", total)
		}
	})
	b.Run("plural", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			sink = N(ctx, "key.count", total)
		}
	})
}
