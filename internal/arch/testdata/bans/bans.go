// Package bans does all that the portal never does.
package bans

import (
	"context"

	"github.com/a-h/templ"
	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"

	"github.com/keyhall/keyhall/internal/licensing"
)

type row struct {
	gorm.Model // found
	Name       string
}

func markup(s string) templ.Component { return templ.Raw(s) } // found

func address(s string) templ.SafeURL {
	var looked templ.SafeURL = templ.URL(s)
	if looked == "" {
		return templ.SafeURL(s) // found
	}
	return looked
}

func handle(c echo.Context, r *row) error {
	c.Logger().Debug("a logger's method is another thing")
	c.Echo().Debug = true                                          // found
	if err := (&echo.DefaultBinder{}).BindBody(c, r); err != nil { // found
		return err
	}
	if err := c.Attachment("keys.tsv", "Org\u202efdp.exe.tsv"); err != nil { // found
		return err
	}
	if err := c.Echo().Start(":80"); err != nil { // found
		return err
	}
	return c.Bind(r) // found
}

func keep(ctx context.Context, db *gorm.DB, r *row) error {
	if _, err := gorm.G[row](db).Preload("Name", nil).Find(ctx); err != nil { // found
		return err
	}
	if err := db.Model(r).AutoMigrate(r); err != nil { // found
		return err
	}
	if err := db.Updates(r).Error; err != nil { // found
		return err
	}
	return db.Save(r).Error // found
}

func connect(c *pgx.ConnConfig) gorm.Dialector {
	c.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol         // found
	return postgres.New(postgres.Config{PreferSimpleProtocol: true}) // found
}

func peek(s licensing.Secret) (string, func() string) {
	return s.Reveal(), // found
		s.Reveal // found
}
