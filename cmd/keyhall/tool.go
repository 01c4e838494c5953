package main

import (
	"context"
	"errors"

	"github.com/keyhall/keyhall/internal/config"
	"github.com/keyhall/keyhall/internal/store"
	"github.com/keyhall/keyhall/internal/vault"
)

// openTool opens the database for a command that does one thing to it and ends. A
// private database may be brought up to date by whoever comes first.
func openTool(ctx context.Context, c config.Config, v *vault.Vault) (*database, *store.Store, error) {
	if p := c.ForTools(); len(p) > 0 {
		return nil, nil, p
	}
	db, err := openDatabase(ctx, c)
	if err != nil {
		return nil, nil, err
	}
	if !c.DatabaseURL.Set() {
		err = db.migrate(ctx)
	}
	var s *store.Store
	if err == nil {
		s, err = store.Open(ctx, db.serve, v)
	}
	if err != nil {
		return nil, nil, errors.Join(err, db.leave())
	}
	return db, s, nil
}

// leaving is deferred: an error of it counts like any other.
func leaving(db *database, err *error) { *err = errors.Join(*err, db.leave()) }
