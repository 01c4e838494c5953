package store_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"gorm.io/gorm"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/store"
)

// A verb that forgets the audit log changes nothing, nor does one that breaks.
func TestAnUntoldWriteIsNotCommitted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const rename = `UPDATE organisations SET name = 'Renamed' WHERE name = $1`
	if err := w.WriteUntold(t.Context(), w.op, rename, suomi); err == nil {
		t.Error("a write that tells nothing: got no error")
	}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("a verb that breaks: the panic was lost")
			}
		}()
		_ = w.WriteThenPanic(t.Context(), w.op, rename, suomi)
	}()
	if n := w.count(`SELECT count(*) FROM organisations WHERE name = 'Renamed'`); n != 0 {
		t.Errorf("organisations renamed: got %d, want none", n)
	}
	for range 20 { // more than there are connections: none is lost
		_ = w.WriteUntold(t.Context(), w.op, rename, suomi)
	}
	if _, err := w.Licence(t.Context(), w.as("anna"), "74120935"); err != nil {
		t.Errorf("afterwards: got %v", err)
	}
}

// A transaction has its connection to itself, also when database/sql gives it back because
// a statement could not be sent: whoever goes away costs nobody a connection.
func TestWhoGoesAwayCostsNoConnection(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for range 20 {
		made := w.Pool().Stat().NewConnsCount()
		ctx, leave := context.WithCancel(t.Context())
		o := licensing.Organisation{ID: uuid.New(), Name: "Nordvik Oulu Oy"}
		if err := w.WriteThenLeave(ctx, w.op, leave, o); err == nil {
			t.Fatal("a statement of who has gone: got no error")
		}
		w.must(w.Ready(t.Context()))
		if more := w.Pool().Stat().NewConnsCount() - made; more != 0 {
			t.Fatalf("%d connections were made anew", more)
		}
	}
}

func TestErrorsOfDriversAreKnown(t *testing.T) {
	t.Parallel()
	pg := func(code string) error { return fmt.Errorf("ask: %w", &pgconn.PgError{Code: code}) }
	none := errors.New("another")
	for _, c := range []struct {
		name string
		err  error
		want error // nil: as it came
	}{
		{"no row", pgx.ErrNoRows, licensing.ErrNotFound},
		{"no record", fmt.Errorf("find: %w", gorm.ErrRecordNotFound), licensing.ErrNotFound},
		{"connection lost", pg("08006"), licensing.ErrUnavailable},
		{"too many connections", pg("53300"), licensing.ErrUnavailable},
		{"disk full", pg("53100"), licensing.ErrUnavailable},
		{"shutting down", pg("57P01"), licensing.ErrUnavailable},
		{"took too long", pg("57014"), licensing.ErrUnavailable},
		{"input or output failed", pg("58030"), licensing.ErrUnavailable},
		{"locked too long", pg("55P03"), licensing.ErrUnavailable},
		{"deadlock", pg("40P01"), licensing.ErrUnavailable},
		{"a right was taken away", pg("42501"), licensing.ErrUnavailable},
		{"a standby", pg("25006"), licensing.ErrUnavailable},
		{"the time is up", fmt.Errorf("wait: %w", context.DeadlineExceeded), licensing.ErrUnavailable},
		{"no route", &net.OpError{Op: "dial", Err: io.EOF}, licensing.ErrUnavailable},
		{"a syntax error is ours", pg("42601"), nil},
		{"a duplicate is the verb's", pg("23505"), nil},
		{"text that can't be is a fault", pg("22021"), nil},
		{"refused", licensing.ErrForbidden, nil},
		{"something else", none, nil},
	} {
		got := store.Known(c.err)
		if c.want != nil && !errors.Is(got, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
		if c.want != licensing.ErrNotFound && !errors.Is(got, c.err) {
			t.Errorf("%s: got %v, which has lost what it was", c.name, got)
		}
		for _, kind := range []error{licensing.ErrNotFound, licensing.ErrUnavailable} {
			if kind != c.want && errors.Is(got, kind) {
				t.Errorf("%s: got %v, which is %v too", c.name, got, kind)
			}
		}
	}
	if store.Known(nil) != nil {
		t.Error("no error became one")
	}
	if twice := store.Known(store.Known(pg("53100"))); strings.Count(twice.Error(), "unavailable") != 1 {
		t.Errorf("known twice: got %q", twice)
	}
}

// S-53: the families of one question never stay on a connection for the next. Every
// sort of question goes over the few connections at once.
func TestConnectionsForgetWhoseTheyWere(t *testing.T) {
	t.Parallel()
	w, k, f := stocked(t)
	anna, frode := w.as("anna"), w.as("frode")
	crowd(1, 200, func(i int) {
		v, ours, theirs, key, foreign := anna, "74120935", "50912277", k, f
		if i%2 == 0 {
			v, ours, theirs, key, foreign = frode, theirs, ours, f, k
		}
		if err := w.asks(v, i/2%7, ours, theirs, key, foreign); err != nil {
			t.Errorf("%s, question %d: %v", v.Name, i/2%7, err)
		}
	})
	w.eachConnection(func(c *pgxpool.Conn) {
		var n int
		var role string
		w.must(c.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM licences) + (SELECT count(*) FROM keys), current_user`).Scan(&n, &role))
		if n != 0 || role != "keyhall_serve" {
			t.Errorf("a connection that was given back: sees %d rows as %s, want none as keyhall_serve", n, role)
		}
	})
}

// eachConnection does something on all connections of the pool, taken at once.
func (w *world) eachConnection(do func(*pgxpool.Conn)) {
	w.t.Helper()
	var taken []*pgxpool.Conn
	for range w.Pool().Config().MaxConns {
		c, err := w.Pool().Acquire(w.t.Context())
		w.must(err)
		taken = append(taken, c)
	}
	for _, c := range taken {
		do(c)
		c.Release()
	}
}

// asks asks one of seven questions and says what is wrong with the answer.
func (w *world) asks(v licensing.Viewer, question int, ours, theirs string, key, foreign licensing.NewKey) error {
	ctx := w.t.Context()
	var got string
	switch question {
	case 0:
		page, err := w.Licences(ctx, v, licensing.LicenceFilter{})
		got = said(page, err)
	case 1:
		got = told(w.Keys(ctx, v, ours, licensing.KeyFilter{}))
	case 2:
		got = told(w.ProfileKeys(ctx, v, licensing.KeyFilter{}))
	case 3:
		got = told(w.Key(ctx, v, key.ID))
	case 4:
		secret, err := w.RevealKey(ctx, v, key.ID, store.ToShow)
		got = said(ours, secret.Reveal() == key.Secret.Reveal(), err)
	case 5:
		got = w.export(v, "")
	case 6:
		page, err := w.Licences(ctx, w.op, licensing.LicenceFilter{}) // the desk, in between
		got = said(page, err)
		if strings.Contains(got, ours) && strings.Contains(got, theirs) {
			return nil
		}
	}
	if !strings.Contains(got, ours) || strings.Contains(got, theirs) || strings.Contains(got, foreign.ID.String()) || strings.Contains(got, "false") {
		return fmt.Errorf("got %s, want %s and nothing of %s", got, ours, theirs)
	}
	return nil
}
