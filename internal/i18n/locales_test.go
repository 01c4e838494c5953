package i18n

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/go-playground/locales"
)

// sortFiles rewrites the locale files in their order: go test ./internal/i18n -run Files -sort
var sortFiles = flag.Bool("sort", false, "write the locale files sorted by key")

func TestFilesAreSortedAndHaveNoKeyTwice(t *testing.T) {
	t.Parallel()
	for _, lang := range Languages() {
		path := "locales/" + lang + ".json"
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		want, err := tidy(raw)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		if bytes.Equal(raw, want) {
			continue
		}
		if *sortFiles {
			if err := os.WriteFile(path, want, 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		t.Errorf("%s is not sorted by key with one message a line: run go test ./internal/i18n -run Files -sort", path)
	}
}

func TestTidyRefusesWhatWouldLoseAMessage(t *testing.T) {
	t.Parallel()
	for name, file := range map[string]string{
		"a key that stands twice": `{"a.b": "c", "a.b": "d"}`,
		"a list":                  `["a"]`,
		"nested keys":             `{"a": {"b": {"other": "c"}}}`,
		"a key without a noun":    `{"title": "c"}`,
		"a key in capitals":       `{"Key.title": "c"}`,
		"something after the end": `{"a.b": "c"} {"a.d": "e"}`,
	} {
		if got, err := tidy([]byte(file)); err == nil {
			t.Errorf("%s: got %s, want an error", name, got)
		}
	}
	got, err := tidy([]byte(`{"b.b":{"other":"<x> & ä","one":"y"},
		"a.c":"d"}`))
	want := "{\n  \"a.c\": \"d\",\n  \"b.b\": {\"one\": \"y\", \"other\": \"<x> & ä\"}\n}\n"
	if err != nil || string(got) != want {
		t.Errorf("tidy: got %s, %v, want %s", got, err, want)
	}
}

// tidy returns a locale file in its one shape: a message a line, sorted by key, so that
// two people's new messages merge. It reads tokens, since decoding into a map would
// drop the first of two equal keys without a word.
func tidy(raw []byte) ([]byte, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	if start, err := d.Token(); err != nil || start != json.Delim('{') {
		return nil, fmt.Errorf("does not start with a brace: %w", err)
	}
	lines := map[string]string{}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return nil, err
		}
		key := fmt.Sprint(token)
		if _, twice := lines[key]; twice {
			return nil, fmt.Errorf("the key %q stands twice", key)
		}
		if !keyShape.MatchString(key) {
			return nil, fmt.Errorf("the key %q is not of the shape noun.part", key)
		}
		if lines[key], err = line(d); err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
	}
	if _, err := d.Token(); err != nil {
		return nil, err
	}
	if d.More() {
		return nil, fmt.Errorf("something follows the closing brace")
	}
	var rows []string
	for _, key := range slices.Sorted(maps.Keys(lines)) {
		rows = append(rows, "  "+quote(key)+": "+lines[key])
	}
	return []byte("{\n" + strings.Join(rows, ",\n") + "\n}\n"), nil
}

// line reads a message and writes it on one line.
func line(d *json.Decoder) (string, error) {
	var raw json.RawMessage
	if err := d.Decode(&raw); err != nil {
		return "", err
	}
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return quote(text), nil
	}
	var forms map[string]string
	if err := json.Unmarshal(raw, &forms); err != nil {
		return "", fmt.Errorf("is neither a text nor forms of one: %w", err)
	}
	var out []string
	for _, form := range slices.Sorted(maps.Keys(forms)) {
		out = append(out, quote(form)+": "+quote(forms[form]))
	}
	return "{" + strings.Join(out, ", ") + "}", nil
}

func quote(s string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		return err.Error()
	}
	return strings.TrimSpace(b.String())
}

func TestEveryLanguageSaysTheSameThings(t *testing.T) {
	t.Parallel()
	english := catalogues["en"].messages
	for _, lang := range Languages() {
		for _, d := range differences(english, catalogues[lang].messages, translators[lang].PluralsCardinal()) {
			t.Errorf("%s: %s", lang, d)
		}
	}
}

func TestDifferencesBetweenLanguagesAreFound(t *testing.T) {
	t.Parallel()
	english, err := parse([]byte(plantedFile), "planted.en.json")
	if err != nil {
		t.Fatal(err)
	}
	plurals := translators["nb"].PluralsCardinal()
	if d := differences(english, english, plurals); len(d) != 0 {
		t.Errorf("a language against itself: %q", d)
	}
	good := `"key.used": "{{.Used}} av {{.Total}}", "key.title": "Nøkler", "notice.ends": "{{.Number}} {{.Date}}", "key.count": {"one": "én nøkkel", "other": "{{.N}} nøkler"}, "key.problem.none": "Ingen."`
	for want, change := range map[string][2]string{
		"":                              {"Nøkler", "Produktnøkler"},
		"key.title is missing":          {`"key.title": "Nøkler", `, ``},
		"key.extra is not in English":   {`"key.title"`, `"key.extra": "x", "key.title"`},
		"key.used has the placeholders": {`{{.Used}} av`, `av`},
		"notice.ends has the":           {`{{.Number}} `, `{{.Nummer}} `},
		"key.count has the forms":       {`"one": "én nøkkel", `, ``},
		"key.count (one) lacks":         {`{"one": "én nøkkel", "other": "{{.N}} nøkler"}`, `{"one": "én", "other": "{{.N}} nøkler av {{.Total}}"}`},
		"key.title has a blank":         {`"Nøkler"`, `"Nøkler "`},
		"key.title has straight quotes": {`"Nøkler"`, `"Nøkler's"`},
		"key.problem.none ends without": {`"Ingen."`, `"Ingen"`},
	} {
		other, err := parse([]byte("{"+strings.Replace(good, change[0], change[1], 1)+"}"), "planted.nb.json")
		if err != nil {
			t.Fatal(err)
		}
		got := strings.Join(differences(english, other, plurals), "\n")
		if (want == "") != (got == "") || !strings.Contains(got, want) {
			t.Errorf("planted %q: got %q", want, got)
		}
	}
}

// differences says what is wrong with a language: keys that English has and it lacks,
// or the other way round, other placeholders, plural forms that the language doesn't
// need or lacks, and the flaws of each message.
func differences(english, other map[string]message, plurals []locales.PluralRule) []string {
	var found []string
	for _, key := range slices.Sorted(maps.Keys(english)) {
		m, ok := other[key]
		if !ok {
			found = append(found, key+" is missing")
			continue
		}
		if got, want := m.all(), english[key].all(); !slices.Equal(got, want) {
			found = append(found, fmt.Sprintf("%s has the placeholders %q, in English %q", key, got, want))
		}
		counted := english[key][locales.PluralRuleOne] != nil
		if got, want := m.rules(), expected(plurals, counted); !slices.Equal(got, want) {
			found = append(found, fmt.Sprintf("%s has the forms %v, want %v", key, got, want))
		}
		found = append(found, m.flaws(key)...)
	}
	for _, key := range slices.Sorted(maps.Keys(other)) {
		if _, ok := english[key]; !ok {
			found = append(found, key+" is not in English")
		}
	}
	return found
}

func expected(plurals []locales.PluralRule, counted bool) []locales.PluralRule {
	if counted {
		return plurals
	}
	return []locales.PluralRule{locales.PluralRuleOther}
}

// all lists the placeholders of a message over its forms, sorted.
func (m message) all() []string {
	var names []string
	for _, t := range m {
		if t != nil {
			names = append(names, t.placeholders()...)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func (m message) rules() []locales.PluralRule {
	var rules []locales.PluralRule
	for rule, t := range m {
		if t != nil {
			rules = append(rules, locales.PluralRule(rule))
		}
	}
	return rules
}

// flaws finds forms that leave a value out, but for the number ("one key" needs no 1),
// blanks at an end, a typewriter's quotes, and problems that end unlike sentences.
func (m message) flaws(key string) []string {
	var found []string
	for rule, t := range m {
		if t == nil {
			continue
		}
		for _, name := range m.all() {
			if name != "N" && !slices.Contains(t.placeholders(), name) {
				found = append(found, fmt.Sprintf("%s (%s) lacks %s", key, ruleNames[rule], name))
			}
		}
		if strings.TrimSpace(t.whole) != t.whole {
			found = append(found, key+" has a blank at an end")
		}
		if strings.ContainsAny(t.whole, "'\"`") {
			found = append(found, key+" has straight quotes")
		}
		if strings.Contains(key, ".problem.") && !strings.HasSuffix(t.whole, ".") {
			found = append(found, key+" ends without a full stop")
		}
	}
	return found
}

func TestMessagesShowsTheFilesAsTheyAre(t *testing.T) {
	t.Parallel()
	got := Messages("fi")["time.in_days"]
	want := map[string]string{"one": "{{.N}} päivän kuluttua", "other": "{{.N}} päivän kuluttua"}
	if !maps.Equal(got, want) {
		t.Errorf("Messages: got %q, want %q", got, want)
	}
	if Messages("de") != nil {
		t.Errorf("Messages of a language we don't speak: got some")
	}
}

var keyShape = regexp.MustCompile(`^[a-z][a-z0-9_]*(\.[A-Za-z0-9][A-Za-z0-9_]*)+$`)
