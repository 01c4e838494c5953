package main

import (
	"context"
	"fmt"

	"github.com/keyhall/keyhall/internal/config"
)

type migrateCommand struct{}

// Run migrates as the owner. Several may run at once, one of them works.
func (migrateCommand) Run(ctx context.Context, c config.Config) (err error) {
	if p := c.ForMigrate(); len(p) > 0 {
		return p
	}
	db := &database{owner: c.MigrateURL.Value(), leave: func() error { return nil }}
	if db.owner == "" {
		if db, err = openDatabase(ctx, c); err != nil {
			return err
		}
	}
	defer leaving(db, &err)
	if err := db.migrate(ctx); err != nil {
		return err
	}
	fmt.Println("The database is up to date.")
	return nil
}
