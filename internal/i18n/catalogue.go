package i18n

import (
	"embed"
	"fmt"
	"regexp"
	"strings"

	"github.com/go-playground/locales"
	"github.com/nicksnyder/go-i18n/v2/i18n"
)

//go:embed locales/*.json
var files embed.FS

// catalogue is one language: its messages and how it writes numbers and dates.
type catalogue struct {
	lang     string
	messages map[string]message
	locale   locales.Translator
	group    string // between thousands
	minus    string
}

// message is a text with the forms that its language's plurals need, by CLDR rule. A
// message without plurals has the last alone, PluralRuleOther.
type message [locales.PluralRuleOther + 1]*text

// text is a message taken apart. Without a placeholder it is one part, whole.
type text struct {
	whole string
	parts []part
}

// part is what stands before a placeholder, and the placeholder's name; the last
// part of a text may have none.
type part struct{ literal, name string }

// The files are part of the program: a broken one is found by the first test that
// imports the package, never by a customer.
var catalogues = mustLoad()

func mustLoad() map[string]*catalogue {
	all := make(map[string]*catalogue, len(codes))
	for _, lang := range codes {
		c, err := load(lang)
		if err != nil {
			panic(err)
		}
		all[lang] = c
	}
	return all
}

func load(lang string) (*catalogue, error) {
	path := "locales/" + lang + ".json"
	raw, err := files.ReadFile(path)
	if err != nil {
		return nil, err
	}
	messages, err := parse(raw, path)
	if err != nil {
		return nil, err
	}
	// The library's interface leaves the signs out, its locales have them.
	signs := translators[lang].(interface {
		Group() string
		Minus() string
	})
	return &catalogue{
		lang: lang, messages: messages, locale: translators[lang],
		group: signs.Group(), minus: signs.Minus(),
	}, nil
}

func parse(raw []byte, path string) (map[string]message, error) {
	file, err := i18n.ParseMessageFileBytes(raw, path, nil)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	messages := make(map[string]message, len(file.Messages))
	for _, m := range file.Messages {
		if messages[m.ID], err = compile(m); err != nil {
			return nil, fmt.Errorf("%s: message %q: %w", path, m.ID, err)
		}
	}
	return messages, nil
}

func compile(m *i18n.Message) (message, error) {
	var out message
	for rule, source := range forms(m) {
		t, err := split(source)
		if err != nil {
			return message{}, err
		}
		out[rule] = t
	}
	if out[locales.PluralRuleOther] == nil {
		return message{}, fmt.Errorf("has no text")
	}
	return out, nil
}

func forms(m *i18n.Message) map[locales.PluralRule]string {
	all := map[locales.PluralRule]string{
		locales.PluralRuleZero: m.Zero, locales.PluralRuleOne: m.One, locales.PluralRuleTwo: m.Two,
		locales.PluralRuleFew: m.Few, locales.PluralRuleMany: m.Many, locales.PluralRuleOther: m.Other,
	}
	for rule, source := range all {
		if source == "" {
			delete(all, rule)
		}
	}
	return all
}

var placeholder = regexp.MustCompile(`\{\{\.([A-Z][A-Za-z0-9]*)\}\}`)

// split takes a text apart at its placeholders. go-i18n would run any template; a
// translator has no business with more than {{.Name}}.
func split(source string) (*text, error) {
	t := &text{whole: source}
	end := 0
	for _, at := range placeholder.FindAllStringSubmatchIndex(source, -1) {
		t.parts = append(t.parts, part{literal: source[end:at[0]], name: source[at[2]:at[3]]})
		end = at[1]
	}
	if rest := source[end:]; rest != "" {
		t.parts = append(t.parts, part{literal: rest})
	}
	for _, p := range t.parts {
		if strings.Contains(p.literal, "{{") || strings.Contains(p.literal, "}}") {
			return nil, fmt.Errorf("%q holds braces other than {{.Name}}", source)
		}
	}
	return t, nil
}

// placeholders lists the names in a text, in its order.
func (t *text) placeholders() []string {
	var names []string
	for _, p := range t.parts {
		if p.name != "" {
			names = append(names, p.name)
		}
	}
	return names
}

// Messages returns the messages of a language as they stand in its file: key, plural
// form ("one", "other"), text. Tests compare languages with it; it is nil for a
// language we don't speak.
func Messages(lang string) map[string]map[string]string {
	c, ok := catalogues[lang]
	if !ok {
		return nil
	}
	all := make(map[string]map[string]string, len(c.messages))
	for key, m := range c.messages {
		all[key] = map[string]string{}
		for rule, t := range m {
			if t != nil {
				all[key][ruleNames[rule]] = t.whole
			}
		}
	}
	return all
}

var ruleNames = [...]string{"", "zero", "one", "two", "few", "many", "other"}
