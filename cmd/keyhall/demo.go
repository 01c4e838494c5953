package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/keyhall/keyhall/internal/config"
	"github.com/keyhall/keyhall/internal/demo"
	"github.com/keyhall/keyhall/internal/demoidp"
	"github.com/keyhall/keyhall/internal/i18n"
	"github.com/keyhall/keyhall/internal/jobs"
	"github.com/keyhall/keyhall/internal/signin"
	"github.com/keyhall/keyhall/internal/store"
	"github.com/keyhall/keyhall/internal/web"
	"github.com/keyhall/keyhall/static"
)

type demoCommand struct {
	Keys int `help:"Give Nordvik Group this many product keys; fewer than the demo has anyway add nothing."`
}

// demoPath is where the demo's OpenID provider answers, below the base URL.
const demoPath = "/demo-idp"

// Run makes what is missing and serves until it is told to stop.
func (d demoCommand) Run(ctx context.Context, c config.Config) (err error) {
	if problems := c.ForDemo(); len(problems) > 0 {
		return problems
	}
	w, problems := witnessOf(c)
	if len(problems) > 0 {
		return problems
	}
	c.BaseURL = cmp.Or(c.BaseURL, c.DemoBaseURL())
	p := &portal{log: logText(c)}
	defer p.close(&err)
	if p.listener, err = listen(ctx, c.Listen); err != nil {
		return err
	}
	pages, err := d.open(ctx, c, p)
	if err != nil {
		return err
	}
	fmt.Printf("Keyhall is ready at %s - sign in as %s, or any other account of the list. Ctrl-C stops it.\n", c.BaseURL, demo.Accounts()[0].Email)
	return p.run(ctx, pages, jobs.Config{BaseURL: c.BaseURL, Witness: w}) // made-up people get no mail
}

// open makes database, keyset and world, and returns the pages over them.
func (d demoCommand) open(ctx context.Context, c config.Config, p *portal) (http.Handler, error) {
	var err error
	if p.promises, err = promises(c); err != nil {
		return nil, config.Problems{err.Error()}
	}
	p.promises.TwoAbove = c.DemoTwoAbove()
	if p.db, err = openDatabase(ctx, c); err != nil {
		return nil, err
	}
	v, err := demoVault(c)
	if err != nil {
		return nil, err
	}
	if err := p.db.migrate(ctx); err != nil {
		return nil, oneLine(err)
	}
	if p.store, err = store.Open(ctx, p.db.serve, v); err != nil {
		return nil, oneLine(err)
	}
	p.store.Promise(p.promises)
	p.store.WaitForEmergency(emergencyWait(c))
	p.store.Limit(store.Rates{}) // a world is built faster than people work
	provider, c, err := demoProvider(c)
	if err != nil {
		return nil, err
	}
	if err := d.build(ctx, p.store, c.OIDCIssuer); err != nil {
		return nil, err
	}
	all, problems := providers(c)
	if len(problems) > 0 {
		return nil, problems
	}
	if err := trust(ctx, p.store, all, p.log); err != nil {
		return nil, err
	}
	p.store.Limit(store.Rates(c.DemoRates()))
	up := c.DemoStepUp()
	door := signIn(c.BaseURL, all, v, p.store)
	door.ACR = up.ACR
	return web.New(web.Config{
		Store: p.store, SignIn: door, BaseURL: c.BaseURL, DemoIDP: provider, Demo: true,
		Version: version(), Log: p.log, Proxies: c.Proxies(), StepUp: up.Within, Clock: p.promises.Clock, Visit: visit(c),
	}).Handler(), nil
}

// demoProvider makes the provider, unless the settings name a real one, and returns the
// settings with it in them.
func demoProvider(c config.Config) (http.Handler, config.Config, error) {
	if c.OIDCIssuer != "" {
		return nil, c, nil
	}
	c.OIDCIssuer, c.OIDCClientID, c.OIDCClientSecret = c.BaseURL+demoPath, "keyhall-demo", config.NewSecret(rand.Text())
	var accounts []demoidp.Account
	for _, a := range demo.Accounts() {
		accounts = append(accounts, demoidp.Account{Email: a.Email, Name: a.Name, Locale: a.Locale, Note: a.Note})
	}
	provider, err := demoidp.New(demoidp.Config{
		Issuer: c.OIDCIssuer,
		Client: demoidp.Client{
			ID: c.OIDCClientID, Secret: c.OIDCClientSecret.Value(),
			RedirectURIs:           []string{c.BaseURL + signin.CallbackPath},
			PostLogoutRedirectURIs: []string{c.BaseURL + signin.SignedOutPath},
		},
		Accounts: accounts, Stylesheet: static.Path("keyhall.css"), Language: languageOf,
		Text: func(r *http.Request, key string) string {
			return i18n.T(i18n.With(r.Context(), languageOf(r)), key)
		},
	})
	return provider, c, err
}

// languageOf is the language that the reader chose on a page, else the browser's.
func languageOf(r *http.Request) string {
	chosen := ""
	if kept, err := r.Cookie("lang"); err == nil {
		chosen = kept.Value
	}
	return i18n.Match(r.Header.Get("Accept-Language"), chosen, "")
}

// build makes the demo world, but never in a database that holds something else: the
// demo's accounts, with no password, could then see it.
func (d demoCommand) build(ctx context.Context, s *store.Store, issuer string) error {
	catalogue, err := s.Catalogue(ctx)
	if err != nil {
		return err
	}
	if len(catalogue.Programmes) > 0 && !begun(ctx, s, issuer) {
		return errors.New("the database holds something else than the demo: give the demo a KEYHALL_DATA_DIR or a database of its own")
	}
	return demo.Build(ctx, s, issuer, demo.Options{Keys: d.Keys, Now: time.Now()})
}

// begun reports whether the demo's world is there, or a half of it: its people by this
// issuer, or its best-known licence ID, if it was built for another address.
func begun(ctx context.Context, s *store.Store, issuer string) bool {
	known := slices.ContainsFunc(demo.Accounts(), func(a demo.Account) bool {
		_, err := s.PersonByIdentity(ctx, issuer, a.Subject)
		return err == nil
	})
	if known {
		return true
	}
	l, err := s.Licence(ctx, store.AtCommandLine("keyhall demo"), "74120935")
	return err == nil && l.Organisation == "Nordvik Suomi Oy"
}
