package signin

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/singleflight"
)

// Provider is an OpenID provider, and the client that Keyhall is there.
type Provider struct {
	ID             string // names it in addresses: lower-case letters, digits, hyphens
	Name           string // shown to who chooses where to sign in
	Issuer         string // exact, as in its discovery document
	ClientID       string
	ClientSecret   string
	OtherAudiences []string // client IDs that may stand beside ours in an ID token's aud; usually none
	Domains        []string // of e-mail addresses that sign in there, lower case; for choosing only
	GroupsClaim    string   // of the ID token, that tells of groups; "" when none is heard
	Scopes         []string // asked for beside openid and email, such as groups
}

// provider is a Provider at work. What one does, or fails to do, hinders no other.
type provider struct {
	Provider
	baseURL  string // Keyhall's origin
	callback string // path that it sends people back to
	client   *http.Client
	patience time.Duration // how long a browser waits for it, all requests together
	now      func() time.Time
	known    remembered
	flights  singleflight.Group
}

func (s *SignIn) newProvider(c Provider, first bool) *provider {
	p := &provider{Provider: c, baseURL: s.BaseURL, callback: CallbackPath, client: s.ownClient(), patience: 4 * time.Second, now: s.Now}
	if !first {
		p.callback += "/" + c.ID
	}
	p.patience = min(p.patience, p.client.Timeout)
	return p
}

// provider returns the provider of an ID, nil when there is none.
func (s *SignIn) provider(id string) *provider {
	return s.which(func(p *provider) bool { return p.ID == id })
}

// providerOf returns the provider of an issuer, nil when there is none any more.
func (s *SignIn) providerOf(issuer string) *provider {
	return s.which(func(p *provider) bool { return p.Issuer == issuer })
}

func (s *SignIn) which(is func(*provider) bool) *provider {
	i := slices.IndexFunc(s.providers, is)
	if i < 0 {
		return nil
	}
	return s.providers[i]
}

// Choice is what the page where people choose a provider shows.
type Choice struct {
	Options []Option // the one chosen last in this browser first
	Last    bool     // the first was chosen last
	Found   Option   // of the address that was typed; without ID if none
}

// Option is a provider to choose.
type Option struct{ ID, Name, Issuer string }

// Chosen returns the ID of the provider that a request asks for: of the only one, of the
// one that its query names, or of the first where people go straight there; false when the
// person has to choose, as also where they ask for a provider and name none.
func (s *SignIn) Chosen(r *http.Request) (string, bool) {
	q := r.URL.Query()
	if len(s.providers) == 1 || s.Straight && !q.Has("provider") {
		return s.providers[0].ID, true
	}
	named := q.Get("provider")
	return named, s.provider(named) != nil
}

// Choices returns what there is to choose from, and the provider of an e-mail address.
// The address proves nothing: it leads to where somebody proves who they are.
func (s *SignIn) Choices(r *http.Request, email string) (c Choice) {
	_, domain, _ := strings.Cut(strings.ToLower(strings.TrimSpace(email)), "@")
	last := ""
	if kept, err := r.Cookie(s.cookieName(choiceCookie)); err == nil {
		last = kept.Value
	}
	for _, p := range s.providers {
		o := Option{p.ID, p.Name, p.Issuer}
		if domain != "" && slices.Contains(p.Domains, domain) {
			c.Found = o
		}
		if p.ID != last {
			c.Options = append(c.Options, o)
			continue
		}
		c.Options, c.Last = slices.Insert(c.Options, 0, o), true
	}
	return c
}

// choiceCookie remembers which of several providers was chosen last in a browser.
const choiceCookie = "keyhall-provider"

func (s *SignIn) keepChoice(w http.ResponseWriter, p *provider) {
	if len(s.providers) > 1 {
		s.setCookie(w, s.cookieName(choiceCookie), p.ID, 365*24*3600)
	}
}
