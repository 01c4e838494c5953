package i18n

import (
	"context"
	"math"
	"reflect"
	"strings"

	"github.com/go-playground/locales"
)

// T says the message of a key in the context's language. args alternate the name of a
// placeholder and its value: T(ctx, "key.used", "Used", 98, "Total", 100). Values are
// strings, shown as they are, and whole numbers, written the language's way; a number
// that names something (a year, a licence ID) is passed as a string, and dates through
// Date and its siblings. An unknown key comes back as it is and becomes a defect.
//
// The text is not HTML: templ escapes it like any other string.
func T(ctx context.Context, key string, args ...any) string {
	r := of(ctx)
	t := r.find(key, locales.PluralRuleOther)
	if t == nil {
		return key
	}
	if len(args) == 0 && t.bare() {
		return t.whole
	}
	return r.fill(t, key, values{args: args})
}

// N says the message of a key in the plural form for n, which is also the value of
// the placeholder N.
func N(ctx context.Context, key string, n int, args ...any) string {
	r := of(ctx)
	t := r.find(key, r.rule(n))
	if t == nil {
		return key
	}
	return r.fill(t, key, values{args: args, n: n, counted: true})
}

// Named says a message whose values come as a map, as a licensing.Problem carries
// them. Where N is among them as an int, it picks the plural form.
func Named(ctx context.Context, key string, values map[string]any) string {
	args := make([]any, 0, 2*len(values))
	for name, value := range values {
		args = append(args, name, value)
	}
	if n, ok := values["N"].(int); ok {
		return N(ctx, key, n, args...)
	}
	return T(ctx, key, args...)
}

// Part is a piece of a message: either text, or the name of a placeholder that the
// caller draws itself, such as a link.
type Part struct{ Text, Name string }

// Parts says a message like T, but leaves the placeholders without a value to the
// caller, in the order that the language puts them. A view draws "Licence ID
// {{.Number}} ends on {{.Date}}." with a link for the number by it.
func Parts(ctx context.Context, key string, args ...any) []Part {
	r := of(ctx)
	t := r.find(key, locales.PluralRuleOther)
	if t == nil {
		return []Part{{Text: key}}
	}
	var parts []Part
	var said strings.Builder
	flush := func() {
		if said.Len() > 0 {
			parts = append(parts, Part{Text: said.String()})
			said.Reset()
		}
	}
	for _, p := range t.parts {
		said.WriteString(p.literal)
		if p.name == "" {
			continue
		}
		if value, ok := r.append(nil, p.name, values{args: args}); ok {
			said.Write(value)
			continue
		}
		flush()
		parts = append(parts, Part{Name: p.name})
	}
	flush()
	return parts
}

// bare reports whether a text has no placeholder.
func (t *text) bare() bool { return len(t.parts) == 1 && t.parts[0].name == "" }

// find returns a message's text for a plural rule: English where the language has
// none, nil where no language has.
func (c *catalogue) find(key string, rule locales.PluralRule) *text {
	m, ok := c.messages[key]
	if !ok {
		report(key, "no message "+key+" in "+c.lang)
		m = anyone.messages[key]
	}
	if t := m[rule]; t != nil {
		return t
	}
	return m[locales.PluralRuleOther]
}

func (c *catalogue) rule(n int) locales.PluralRule {
	return c.locale.CardinalPluralRule(math.Abs(float64(n)), 0)
}

// values are what the placeholders of one message stand for.
type values struct {
	args    []any
	n       int
	counted bool // n was given
}

func (c *catalogue) fill(t *text, key string, v values) string {
	var room [160]byte // most messages fit, so that only the string is allocated
	b := room[:0]
	for _, p := range t.parts {
		b = append(b, p.literal...)
		if p.name == "" {
			continue
		}
		filled, ok := c.append(b, p.name, v)
		if !ok {
			report(key+p.name, "message "+key+" got no value for "+p.name)
			filled = append(append(append(b, "{{."...), p.name...), "}}"...)
		}
		b = filled
	}
	return string(b)
}

// append adds the value of a placeholder to b, and reports false where there is none
// that can be shown. It looks at values by reflection, not through their methods:
// what is called could keep the value, and then every call would allocate.
func (c *catalogue) append(b []byte, name string, v values) ([]byte, bool) {
	for i := 0; i+1 < len(v.args); i += 2 {
		if s, ok := v.args[i].(string); !ok || s != name {
			continue
		}
		switch value := reflect.ValueOf(v.args[i+1]); {
		case value.Kind() == reflect.String:
			return append(b, value.String()...), true
		case value.CanInt():
			return c.appendNumber(b, value.Int()), true
		}
		return b, false
	}
	if v.counted && name == "N" {
		return c.appendNumber(b, int64(v.n)), true
	}
	return b, false
}
