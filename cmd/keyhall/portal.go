package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/keyhall/keyhall/internal/config"
	"github.com/keyhall/keyhall/internal/jobs"
	"github.com/keyhall/keyhall/internal/store"
)

// portal is what runs while Keyhall serves. A part is nil until it was started.
type portal struct {
	log       *slog.Logger
	listener  net.Listener
	db        *database
	store     *store.Store
	promises  store.Promises    // to who files a request
	providers []config.Provider // where people sign in
	witness   jobs.Witness      // where the audit log goes outside
}

// run answers requests and works jobs until the context ends: then requests under way
// finish, and after them jobs.
func (p *portal) run(ctx context.Context, h http.Handler, c jobs.Config) error {
	worker, err := jobs.New(p.store, c)
	if err != nil {
		return err
	}
	if err := worker.Start(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	err = answer(ctx, newServer(h, p.log), p.listener)
	patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	return errors.Join(err, worker.Stop(patience))
}

// close is deferred: it ends what was started, the last first, whatever came of it.
func (p *portal) close(err *error) {
	if p.listener != nil {
		_ = p.listener.Close() // a server that stopped has closed it
	}
	if p.store != nil {
		p.store.Close()
	}
	if p.db != nil {
		leaving(p.db, err)
	}
}
