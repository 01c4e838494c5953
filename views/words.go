package views

import (
	"context"
	"slices"
	"time"

	"github.com/a-h/templ"

	"github.com/keyhall/keyhall/internal/i18n"
	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/views/ui"
)

// summaryTitle is what the list of licence IDs is to its reader.
func summaryTitle(ctx context.Context) string {
	if ChromeOf(ctx).Viewer.SeesAllCustomers() {
		return i18n.T(ctx, "licences.customers")
	}
	return i18n.T(ctx, "licences.title")
}

// nextPage is this page's address with another cursor; "" for none.
func nextPage(ctx context.Context, cursor string) string {
	if cursor == "" {
		return ""
	}
	c := ChromeOf(ctx)
	return with(c.Path, c.Query, "after", cursor, "lang", "", "done", "")
}

// counted reports whether a list over customers tells its reader what is counted of each.
func counted(ctx context.Context) bool { return !ChromeOf(ctx).Viewer.LooksForAReason() }

func runsLow(r licensing.LicenceRow) bool {
	return r.LowestLeft != nil && licensing.LevelOf(*r.LowestLeft, *r.LowestTotal) == licensing.LevelOut
}

func levelText(l licensing.Level) string {
	if l == licensing.LevelOut {
		return "is-bad"
	}
	return "is-warn"
}

// ending is how a day in a table looks: small, and a warning where it is near.
func ending(soon bool) ui.Class {
	if soon {
		return "fine is-warn"
	}
	return "fine"
}

func sorted(here bool) templ.Attributes {
	if !here {
		return nil
	}
	return templ.Attributes{"aria-sort": "ascending"}
}

// place says where an organisation is, as far as is known.
func place(ctx context.Context, city, country string) string {
	name := i18n.Country(ctx, country)
	if city == "" || name == "" {
		return city + name
	}
	return city + ", " + name
}

func firstOf[T any](all []T, n int) []T { return all[:min(n, len(all))] }

// asOf says when a counter was true and who said so. All keys of a file were told at
// once, so it is mostly what was said of the key before.
func asOf(ctx context.Context, k *licensing.Key) string {
	if k.AsOf == nil {
		return i18n.T(ctx, "key.as_of_unknown")
	}
	c := ChromeOf(ctx)
	if !c.told.at.Equal(*k.AsOf) || c.told.source != k.Source {
		c.told = told{*k.AsOf, k.Source, i18n.T(ctx, "key.as_of."+k.Source, "When", i18n.Ago(ctx, *k.AsOf, c.Now))}
	}
	return c.told.text
}

// told is what asOf said last on a page.
type told struct {
	at     time.Time
	source string
	text   string
}

// keyTexts are what the script says of the keys in an element, once for all of them.
func keyTexts(ctx context.Context) templ.Attributes {
	return templ.Attributes{
		"data-left-text": i18n.T(ctx, "key.hides_in"), "data-done-text": i18n.T(ctx, "copy.done"), "data-failed-text": i18n.T(ctx, "copy.failed"),
	}
}

func useIcon(action string) string {
	switch action {
	case "key.revealed":
		return "eye"
	case "key.copied":
		return "copy"
	}
	return "download"
}

// Speaks reports whether pages can be had in a language.
func Speaks(lang string) bool { return slices.Contains(i18n.Languages(), lang) }
