package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/keyhall/keyhall/internal/config"
	"github.com/keyhall/keyhall/internal/jobs"
	"github.com/keyhall/keyhall/internal/mail"
	"github.com/keyhall/keyhall/internal/store"
	"github.com/keyhall/keyhall/internal/vault"
	"github.com/keyhall/keyhall/internal/web"
)

type serveCommand struct{}

// Run serves until it is told to stop. It refuses to start with every reason at once.
// The identity provider may be down: it is asked at the first sign-in (R10).
func (serveCommand) Run(ctx context.Context, c config.Config) (err error) {
	log := logJSON(c)
	p := &portal{log: log}
	defer p.close(&err)
	v, err := p.openServe(ctx, c)
	if err != nil {
		return err
	}
	if p.listener, err = listen(ctx, c.Listen); err != nil {
		return err
	}
	up, _ := c.StepUp()
	door := signIn(c.BaseURL, p.providers, v, p.store)
	door.ACR = up.ACR
	pages := web.New(web.Config{
		Store: p.store, SignIn: door, BaseURL: c.BaseURL,
		Version: version(), Log: log, Proxies: c.Proxies(), StepUp: up.Within, Clock: p.promises.Clock, Visit: visit(c),
	})
	log.Info("serving", "listen", p.listener.Addr().String(), "base_url", c.BaseURL, "version", version())
	later, err := p.forLater(c)
	if err != nil {
		return err
	}
	return p.run(ctx, pages.Handler(), later)
}

// forLater is what jobs stand on: without a mail server, mails are kept.
func (p *portal) forLater(c config.Config) (jobs.Config, error) {
	later := jobs.Config{BaseURL: c.BaseURL, Witness: p.witness}
	if !c.SMTPURL.Set() {
		return later, nil
	}
	sender, err := mail.NewSMTP(c.SMTPURL.Value(), c.MailFrom)
	later.Sender = sender
	return later, err
}

// openServe opens the keyset, the lists of holidays and providers, and the database. Where settings are
// wrong it looks at all of them all the same, so that whoever put the settings right is
// not told the next reason only then.
func (p *portal) openServe(ctx context.Context, c config.Config) (*vault.Vault, error) {
	problems := c.ForServe()
	var v *vault.Vault
	if c.Keyset != "" {
		var err error
		if v, err = openVault(c); err != nil {
			problems = append(problems, strings.Split(err.Error(), "\n")...)
		}
	}
	var err error
	if p.promises, err = promises(c); err != nil {
		problems = append(problems, err.Error())
	}
	var wrong config.Problems
	p.witness, wrong = witnessOf(c)
	problems = append(problems, wrong...)
	p.providers, wrong = providers(c)
	problems = append(problems, wrong...)
	if len(problems) == 0 {
		return v, p.openStore(ctx, c, v)
	}
	if c.DatabaseURL.Set() && len(c.ForTools()) == 0 {
		if s, err := store.Open(ctx, c.DatabaseURL.Value(), nil); err != nil {
			problems = append(problems, oneLine(err).Error())
		} else {
			s.Close()
		}
	}
	return nil, problems
}

// openStore opens the database, up to date, as the role that serves.
func (p *portal) openStore(ctx context.Context, c config.Config, v *vault.Vault) error {
	var err error
	if p.db, err = openDatabase(ctx, c); err != nil {
		return err
	}
	if err := p.db.migrate(ctx); err != nil {
		return oneLine(err)
	}
	if p.store, err = store.Open(ctx, p.db.serve, v); err != nil {
		return oneLine(err)
	}
	p.store.Promise(p.promises)
	p.store.WaitForEmergency(emergencyWait(c))
	p.store.Limit(rates(c))
	if _, err := p.store.Catalogue(ctx); err != nil {
		return errors.Join(errors.New("the database is not up to date: run `keyhall migrate` with the owner's address in KEYHALL_MIGRATE_URL"), oneLine(err))
	}
	return trust(ctx, p.store, p.providers, p.log)
}

// oneLine makes a sentence of a driver's error of several lines.
func oneLine(err error) error {
	return fmt.Errorf("%s", strings.Join(strings.Fields(err.Error()), " "))
}
