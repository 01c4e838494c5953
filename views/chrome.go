package views

import (
	"context"
	"net/url"
	"slices"
	"time"

	"github.com/a-h/templ"

	"github.com/keyhall/keyhall/internal/i18n"
	"github.com/keyhall/keyhall/internal/licensing"
)

// Chrome is what every page knows: who reads it, where it stands, what time it is.
type Chrome struct {
	Viewer  licensing.Viewer // without PersonID: nobody is signed in
	Path    string
	Query   url.Values
	Section string // the main menu's entry that the page belongs to
	Done    Done   // what the reader did just before
	Demo    bool
	Version string
	Now     time.Time
	told    told
}

// Done is what somebody did, for the next page to say.
type Done struct {
	Key   string         `json:"k"` // last part of a message key; "" for nothing
	Role  licensing.Role `json:"r"` // that is theirs now; "" for none
	Place string         `json:"p"` // licence ID or organisation that it is on
}

func (d Done) text(ctx context.Context) string {
	if d.Role == "" {
		return i18n.T(ctx, "done."+d.Key)
	}
	return i18n.T(ctx, "done."+d.Key, "Role", i18n.T(ctx, "role."+string(d.Role)), "Place", d.Place)
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

// entry is a line of the main menu. count is how many things wait there; 0 isn't said.
type entry struct {
	section, path, label string
	count                int
}

// menu lists what the reader can use.
func (c *Chrome) menu() []entry {
	may := c.Viewer.May
	entries := []entry{{"licences", "/licences", "nav.licences", 0}}
	if c.Viewer.SeesAllCustomers() {
		entries[0].label = "nav.customers"
	}
	if may.Has(licensing.SeeKeys) {
		label := "nav.keys"
		if c.Viewer.SeesAllCustomers() {
			label = "nav.find_keys"
		}
		entries = append(entries, entry{"keys", "/keys", label, 0})
	}
	if may.Has(licensing.FileRequests) || c.Viewer.SeesAllCustomers() {
		entries = append(entries, entry{"requests", "/requests", "nav.requests", 0})
	}
	if may.Has(licensing.RevealKeys) || may.Has(licensing.SeeUse) {
		entries = append(entries, entry{"downloads", "/downloads", "nav.downloads", 0})
	}
	if may == 0 {
		entries = append(entries, entry{"access-requests", AccessHome, "access.title", 0})
	}
	if may.Has(licensing.ManagePeople) {
		entries = append(entries, entry{"people", "/people", "nav.people", 0})
	}
	if may.Has(licensing.Operate) {
		entries = append(entries, entry{"imports", "/imports", "nav.imports", 0}, entry{"sessions", "/sessions", "nav.sessions", 0}, entry{"emergency", EmergencyPath, "emergency.title", 0})
	}
	if may.Has(licensing.DecideRequests) {
		entries = slices.Insert(entries, 0, entry{"support", "/support", "nav.queue", c.Viewer.Queue})
	}
	return append(entries, entry{"audit", "/audit", "nav.audit", 0}, entry{"help", "/help", "nav.help", 0})
}

// shortcutsOn says to the scripts whether single letters do something.
func shortcutsOn(ctx context.Context) string {
	if ChromeOf(ctx).Viewer.Plain {
		return "off"
	}
	return "on"
}

// current marks a link to where one is.
func current(here bool) templ.Attributes {
	if !here {
		return nil
	}
	return templ.Attributes{"aria-current": "page"}
}
