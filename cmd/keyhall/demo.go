package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/keyhall/keyhall/internal/config"
	"github.com/keyhall/keyhall/internal/demo"
	"github.com/keyhall/keyhall/internal/jobs"
	"github.com/keyhall/keyhall/internal/store"
	"github.com/keyhall/keyhall/internal/web"
)

type demoCommand struct {
	Keys int `help:"Give Nordvik Group this many product keys; fewer than the demo has anyway add nothing."`
}

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
	doors, err := doorsOfDemo(c)
	if err != nil {
		return nil, err
	}
	p.store.Trust(issuers(doors.all))
	if err := d.build(ctx, p.store, doors); err != nil {
		return nil, err
	}
	if err := trust(ctx, p.store, doors.all, p.log); err != nil {
		return nil, err
	}
	p.store.Limit(store.Rates(c.DemoRates()))
	up := c.DemoStepUp()
	door := signIn(c.BaseURL, doors.all, v, p.store)
	door.ACR, door.Straight = up.ACR, doors.branch != ""
	return web.New(web.Config{
		Store: p.store, SignIn: door, BaseURL: c.BaseURL, DemoIDP: doors.idp, Demo: true,
		Version: version(), Log: p.log, Proxies: c.Proxies(), StepUp: up.Within, Clock: p.promises.Clock, Visit: visit(c),
	}).Handler(), nil
}

// build makes the demo world, but never in a database that holds something else: the
// demo's accounts, with no password, could then see it.
func (d demoCommand) build(ctx context.Context, s *store.Store, doors demoDoors) error {
	catalogue, err := s.Catalogue(ctx)
	if err != nil {
		return err
	}
	if len(catalogue.Programmes) > 0 && !begun(ctx, s, doors.all[0].Issuer) {
		return errors.New("the database holds something else than the demo: give the demo a KEYHALL_DATA_DIR or a database of its own")
	}
	return demo.Build(ctx, s, doors.all[0].Issuer, demo.Options{Keys: d.Keys, Now: time.Now(), Branch: doors.branch})
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
