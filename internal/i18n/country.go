package i18n

import (
	"context"
	"sync"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

// countries remembers names, since looking one up costs more than a row of a page.
var countries sync.Map // lang + code → string

// corrections are names that have changed since the tables of x/text were made.
var corrections = map[string]string{"nbNL": "Nederland"}

// Country returns the name of a country by its ISO 3166-1 code, or the code itself if
// it is nobody's; "" for "".
func Country(ctx context.Context, code string) string {
	if code == "" {
		return ""
	}
	key := Lang(ctx) + code
	if name, ok := countries.Load(key); ok {
		return name.(string)
	}
	name := code
	if better, ok := corrections[key]; ok {
		return better
	}
	if region, err := language.ParseRegion(code); err == nil {
		if n := display.Regions(language.Make(Lang(ctx))).Name(region); n != "" {
			name = n
		}
		countries.Store(key, name)
	}
	return name
}
