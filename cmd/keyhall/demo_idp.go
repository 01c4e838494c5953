package main

import (
	"cmp"
	"crypto/rand"
	"net/http"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/config"
	"github.com/keyhall/keyhall/internal/demo"
	"github.com/keyhall/keyhall/internal/demoidp"
	"github.com/keyhall/keyhall/internal/i18n"
	"github.com/keyhall/keyhall/internal/signin"
	"github.com/keyhall/keyhall/static"
)

// demoPath is where the demo's first OpenID provider answers, below the base URL.
const demoPath = "/demo-idp"

// chooseProvider is where people choose a provider, though without asking for one they go
// straight to the first.
const chooseProvider = "/signin?provider="

// demoDoors are where people sign in to the demo.
type demoDoors struct {
	all    []config.Provider // the first speaks for all
	branch string            // address of the branch's own provider; "" for none
	idp    http.Handler      // the demo's own ones, below demoPath; nil where the first is a real one
}

// doorsOfDemo makes the demo's own providers: the first unless the settings name a real
// one, and a branch's unless they name others beside it.
func doorsOfDemo(c config.Config) (d demoDoors, err error) {
	own := c.OIDCIssuer == ""
	if own {
		c.OIDCIssuer, c.OIDCClientID, c.OIDCClientSecret = c.BaseURL+demoPath, "keyhall-demo", config.NewSecret(rand.Text())
		c.OIDCName = cmp.Or(c.OIDCName, "Keyhall demo")
	}
	all, problems := providers(c)
	if len(problems) > 0 {
		return d, problems
	}
	d.all = all
	if !own {
		return d, nil
	}
	mux := http.NewServeMux()
	d.idp = mux
	first := demoProvider(c.BaseURL, all[0], demo.Accounts())
	if c.OIDCProviders == "" {
		first.Elsewhere = chooseProvider
		branch := branchProvider(c)
		d.all, d.branch = append(all, branch), branch.Issuer
		if err := mount(mux, demoProvider(c.BaseURL, branch, demo.BranchAccounts())); err != nil {
			return d, err
		}
	}
	return d, mount(mux, first)
}

// branchProvider is the provider of the branch, which speaks for its family alone.
func branchProvider(c config.Config) config.Provider {
	b := demo.Branch()
	return config.Provider{
		ID: b.ID, Name: b.Name, Issuer: c.OIDCIssuer + "/" + b.ID, ClientID: c.OIDCClientID, Secret: config.NewSecret(rand.Text()),
		Domains: []string{b.Domain}, SpeaksFor: []uuid.UUID{b.Root}, Groups: "groups",
	}
}

func mount(mux *http.ServeMux, c demoidp.Config) error {
	p, err := demoidp.New(c)
	if err == nil {
		mux.Handle(p.Path()+"/", p)
	}
	return err
}

// demoProvider says what a provider of the demo is like, and whom it offers.
func demoProvider(baseURL string, p config.Provider, accounts []demo.Account) demoidp.Config {
	c := demoidp.Config{
		Issuer: p.Issuer, Stylesheet: static.Path("keyhall.css"), Language: languageOf,
		Client: demoidp.Client{
			ID: p.ClientID, Secret: p.Secret.Value(),
			RedirectURIs:           []string{baseURL + signin.CallbackPath},
			PostLogoutRedirectURIs: []string{baseURL + signin.SignedOutPath},
		},
		Text: func(r *http.Request, key string) string {
			return i18n.T(i18n.With(r.Context(), languageOf(r)), key)
		},
	}
	groups := map[string][]string{}
	for _, a := range accounts {
		c.Accounts = append(c.Accounts, demoidp.Account{Email: a.Email, Name: a.Name, Locale: a.Locale, Note: a.Note})
		groups[a.Email] = a.Groups
	}
	if p.ID != config.FirstProvider {
		c.Name, c.Elsewhere = p.Name, chooseProvider
		c.Client.RedirectURIs = []string{baseURL + signin.CallbackPath + "/" + p.ID}
		c.Groups = func(email string) []string { return groups[email] }
	}
	return c
}

// languageOf is the language that the reader chose on a page, else the browser's.
func languageOf(r *http.Request) string {
	chosen := ""
	if kept, err := r.Cookie("lang"); err == nil {
		chosen = kept.Value
	}
	return i18n.Match(r.Header.Get("Accept-Language"), chosen, "")
}
