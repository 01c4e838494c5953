package views

import (
	"context"
	"net/url"
	"time"

	"github.com/a-h/templ"

	"github.com/keyhall/keyhall/internal/licensing"
)

// Chrome is what every page knows: who reads it, where it stands, what time it is.
type Chrome struct {
	Viewer  licensing.Viewer // without PersonID: nobody is signed in
	Path    string
	Query   url.Values
	Section string // the main menu's entry that the page belongs to
	Flash   string // message key of what was just done; "" if nothing
	Demo    bool
	Version string
	Now     time.Time
	told    told
}

type chromeKey struct{}

// WithChrome returns a context whose pages know c.
func WithChrome(ctx context.Context, c *Chrome) context.Context {
	return context.WithValue(ctx, chromeKey{}, c)
}

// ChromeOf returns what the page knows; an empty Chrome outside one.
func ChromeOf(ctx context.Context) *Chrome {
	if c, ok := ctx.Value(chromeKey{}).(*Chrome); ok {
		return c
	}
	return &Chrome{}
}

// SignedIn reports whether somebody is signed in.
func (c *Chrome) SignedIn() bool { return c.Viewer.Name != "" }

// entry is a line of the main menu.
type entry struct{ section, path, label string }

// menu lists what the reader can use.
func (c *Chrome) menu() []entry {
	may := c.Viewer.May
	entries := []entry{{"licences", "/licences", "nav.licences"}}
	if c.Viewer.SeesAllCustomers() {
		entries[0].label = "nav.customers"
	}
	if may.Has(licensing.SeeKeys) {
		label := "nav.keys"
		if c.Viewer.SeesAllCustomers() {
			label = "nav.find_keys"
		}
		entries = append(entries, entry{"keys", "/keys", label})
	}
	if may.Has(licensing.RevealKeys) || may.Has(licensing.SeeUse) {
		entries = append(entries, entry{"downloads", "/downloads", "nav.downloads"})
	}
	if may.Has(licensing.Operate) {
		entries = append(entries, entry{"imports", "/imports", "nav.imports"})
	}
	return append(entries, entry{"audit", "/audit", "nav.audit"}, entry{"help", "/help", "nav.help"})
}

// current marks a link to where one is.
func current(here bool) templ.Attributes {
	if !here {
		return nil
	}
	return templ.Attributes{"aria-current": "page"}
}
