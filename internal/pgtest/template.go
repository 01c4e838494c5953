package pgtest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/localpg"
	"github.com/keyhall/keyhall/internal/store"
	"github.com/keyhall/keyhall/migrations"
)

// templateLock keeps two processes from building the template at once.
const templateLock = 0x7067_7465_7374 // "pgtest"

// makeTemplate makes sure of the template of these migrations. It is built under
// another name, so that a template that is there is whole.
func (m *member) makeTemplate(ctx context.Context) error {
	sum, err := fingerprint()
	if err != nil {
		return err
	}
	m.template = "template_" + sum
	return super(ctx, m.server, func(c *pgx.Conn) error {
		// Let go of with the connection.
		if _, err := c.Exec(ctx, "SELECT pg_advisory_lock($1)", int64(templateLock)); err != nil {
			return err
		}
		var version int
		var there bool
		err := c.QueryRow(ctx, `SELECT current_setting('server_version_num')::int,
			EXISTS (SELECT FROM pg_database WHERE datname = $1)`, m.template).Scan(&version, &there)
		if err != nil {
			return err
		}
		if version >= 150000 {
			m.strategy = " STRATEGY = FILE_COPY"
		}
		if there {
			return nil
		}
		return m.build(ctx, c)
	})
}

func (m *member) build(ctx context.Context, c *pgx.Conn) error {
	half := m.template + "_half"
	for _, sql := range []string{
		"DROP DATABASE IF EXISTS " + half + " WITH (FORCE)", // of a process that was killed
		"CREATE DATABASE " + half + " OWNER " + localpg.Owner + m.strategy,
	} {
		if _, err := c.Exec(ctx, sql); err != nil {
			return err
		}
	}
	if err := store.Migrate(ctx, m.server.URL(localpg.Owner, half)); err != nil {
		return err
	}
	for _, sql := range []string{
		"ALTER DATABASE " + half + " ALLOW_CONNECTIONS false", // one would keep others from copying it
		"ALTER DATABASE " + half + " RENAME TO " + m.template,
	} {
		if _, err := c.Exec(ctx, sql); err != nil {
			return err
		}
	}
	return nil
}

// fingerprint names the migrations. What store.Migrate does besides, as the job
// queue's own, changes the templates of the next server only.
func fingerprint() (string, error) {
	sum := sha256.New()
	err := fs.WalkDir(migrations.FS, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(migrations.FS, path)
		_, _ = fmt.Fprintf(sum, "%s %d\n%s", path, len(text), text) // a hash takes everything
		return err
	})
	return hex.EncodeToString(sum.Sum(nil)[:8]), err
}
