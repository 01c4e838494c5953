package store

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"gorm.io/gorm"

	"github.com/keyhall/keyhall/internal/licensing"
)

// known turns the errors of drivers into those of licensing: no row is not found; a
// database that can't be reached, is full, or takes too long is unavailable.
func known(err error) error {
	var pg *pgconn.PgError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, pgx.ErrNoRows), errors.Is(err, gorm.ErrRecordNotFound):
		return licensing.ErrNotFound
	case errors.Is(err, licensing.ErrUnavailable):
		return err
	case asksTooMuch(err, &pg):
		return tooMany(pg)
	case unavailable(err):
		return fmt.Errorf("%w: %w", licensing.ErrUnavailable, err)
	}
	return err
}

// asksTooMuch finds the database's word on it.
func asksTooMuch(err error, pg **pgconn.PgError) bool {
	return errors.As(err, pg) && (*pg).Code == usedUp
}

func unavailable(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return unavailableCode(pg.Code)
	}
	var connect *pgconn.ConnectError
	var network net.Error
	return errors.As(err, &connect) || errors.As(err, &network) ||
		errors.Is(err, context.DeadlineExceeded) || pgconn.SafeToRetry(err)
}

// unavailableCode knows PostgreSQL's error codes that pass by themselves or with an
// administrator's help: https://www.postgresql.org/docs/15/errcodes-appendix.html
func unavailableCode(code string) bool {
	switch {
	case strings.HasPrefix(code, "08"), // connection
		strings.HasPrefix(code, "40"), // the other of two transactions goes first
		strings.HasPrefix(code, "53"), // disk full, too many connections
		strings.HasPrefix(code, "57"), // shut down, cancelled by a timeout
		strings.HasPrefix(code, "58"), // input or output failed
		code == "55P03",               // lock not available in time
		code == "42501",               // a right was taken from the role: no entry, no act
		code == "42883",               // or a function was taken away
		code == "25006":               // read only: a standby
		return true
	}
	return false
}
