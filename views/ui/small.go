package ui

import (
	"context"
	"io"

	"github.com/a-h/templ"

	"github.com/keyhall/keyhall/internal/i18n"
	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/static"
)

// The parts in this file stand many times in each row of a list, so they are types and
// not templates: drawing one allocates nothing.

// Text is a text in a row, escaped like any other.
type Text string

// Render draws it.
func (t Text) Render(_ context.Context, w io.Writer) error {
	_, err := io.WriteString(w, templ.EscapeString(t))
	return err
}

// Icon is a symbol, by its name, that says nothing which the words beside it don't.
type Icon string

// Render draws it.
func (i Icon) Render(_ context.Context, w io.Writer) error {
	return write(w, `<svg class="icon" aria-hidden="true"><use href="`, templ.EscapeString(static.Icon(string(i))), `"></use></svg>`)
}

// Track is the bar of a meter; Label says it to those who don't see it.
type Track struct {
	Used, Total int
	Label       string
}

// Render draws it.
func (t Track) Render(_ context.Context, w io.Writer) error {
	return write(w, `<svg class="track" viewBox="0 0 100 4" preserveAspectRatio="none" role="img" aria-label="`, templ.EscapeString(t.Label),
		`"><rect width="`, share(t.Used, t.Total), `" height="4"></rect></svg>`)
}

// KeyType is the tag of a key's type.
type KeyType licensing.KeyType

// Render draws it.
func (t KeyType) Render(ctx context.Context, w io.Writer) error {
	said := i18n.T(ctx, "key.type."+string(t))
	return write(w, `<span class="`, typeClass(licensing.KeyType(t)), `">`, templ.EscapeString(said), `</span>`)
}

// Masked is the last group of a key, the others as dots.
type Masked string

// Render draws it.
func (last5 Masked) Render(ctx context.Context, w io.Writer) error {
	return write(w, `<s aria-hidden="true">•••••-•••••-•••••-•••••-</s><span class="sr">`,
		templ.EscapeString(i18n.T(ctx, "key.ending")), ` </span>`, templ.EscapeString(last5))
}

// Option is a choice of a select element.
func Option(value, label string, chosen bool) option { return option{value, label, chosen} }

type option struct {
	value, label string
	chosen       bool
}

// Render draws it.
func (o option) Render(_ context.Context, w io.Writer) error {
	ends := `">`
	if o.chosen {
		ends = `" selected>`
	}
	return write(w, `<option value="`, templ.EscapeString(o.value), ends, templ.EscapeString(o.label), `</option>`)
}

func write(w io.Writer, parts ...string) error {
	for _, p := range parts {
		if _, err := io.WriteString(w, p); err != nil {
			return err
		}
	}
	return nil
}
