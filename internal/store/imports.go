package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
)

// errRehearsed ends an import that is not to be kept.
var errRehearsed = errors.New("an import was tried out")

// ImportKeys reads a key file and says what it adds, changes and has wrong. With
// Apply it also does so, all of it or, if anything is wrong, nothing: then Applied is
// false and the error nil. Keys that the file no longer has stay. Rows are taken as
// they come, so memory does not grow with the file. While another import is being
// applied it returns ErrConflict.
func (s *Store) ImportKeys(ctx context.Context, by licensing.Viewer, in licensing.ImportSource, o licensing.ImportOptions) (licensing.ImportReport, error) {
	var r licensing.ImportReport
	if !mayOperate(by) {
		return r, licensing.ErrForbidden
	}
	if o.Pool == "" {
		o.Pool = licensing.PoolApplications
	}
	err := s.long(ctx, by, func(t *tx) error {
		i := &importing{tx: t, s: s, in: in, o: o, r: &r}
		if err := i.run(); err != nil {
			return err
		}
		if !o.Apply || r.ProblemCount > 0 {
			return errRehearsed
		}
		if err := i.conclude(); err != nil {
			return err
		}
		return i.lookAnew(i.r.Added)
	})
	if errors.Is(err, errRehearsed) {
		return r, nil
	}
	r.Applied = err == nil
	s.changed()
	return r, already(err)
}

// long is write on a connection that may be held for minutes.
func (s *Store) long(ctx context.Context, by licensing.Viewer, do func(*tx) error) error {
	waiting, cancel := context.WithTimeout(ctx, exportWait)
	conn, err := s.exports.Acquire(waiting)
	cancel()
	if err != nil {
		return fmt.Errorf("%w: no connection for an import: %w", licensing.ErrUnavailable, err)
	}
	defer conn.Release()
	begun, err := conn.Begin(ctx)
	if err != nil {
		return known(err)
	}
	defer func() { _ = begun.Rollback(context.WithoutCancel(ctx)) }()
	role, roots := wallOf(by)
	if _, err := begun.Exec(ctx, asViewer, role, roots); err != nil {
		return known(err)
	}
	t := &tx{ctx: ctx, by: by, pgx: begun, queue: s.queue}
	if err := do(t); err != nil {
		return known(err)
	}
	if len(t.told) == 0 {
		return errUntold
	}
	if err := t.append(); err != nil {
		return known(err)
	}
	return known(begun.Commit(ctx))
}

// importing is one import under way.
type importing struct {
	*tx
	s  *Store
	in licensing.ImportSource
	o  licensing.ImportOptions
	r  *licensing.ImportReport

	catalogue importCatalogue
	places    map[string]place                    // of licence IDs, by number
	owners    map[string][]licensing.Organisation // by name as the file writes it
}

const (
	oneImport = `SELECT pg_try_advisory_xact_lock(hashtext('keyhall import'))`
	// Room to compare a million rows without going to disk more often than needed.
	roomToCompare = `SET LOCAL work_mem = '64MB'`
	familiesHere  = `SELECT DISTINCT root_id FROM staged ORDER BY root_id`
)

func (i *importing) run() error {
	if i.o.Apply {
		var free bool
		if err := i.pgx.QueryRow(i.ctx, oneImport).Scan(&free); err != nil {
			return err
		}
		if !free {
			return fmt.Errorf("%w: another import is being applied", licensing.ErrConflict)
		}
	}
	for _, step := range []func() error{
		i.prepare,
		func() error { return i.gather(i.in.Next) },
		i.holdAll,
		i.dropRepeated,
		i.compare,
		i.add,
		i.change,
		i.confirm,
		i.findGone,
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return i.takenBefore(i.in.Sum())
}

// holdAll keeps others out of the families in the file until the import is over.
func (i *importing) holdAll() error {
	if !i.o.Apply {
		return nil
	}
	rows, err := i.pgx.Query(i.ctx, familiesHere)
	if err != nil {
		return err
	}
	roots, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil {
		return err
	}
	return i.hold(roots...)
}

// takenBefore looks whether the same file was taken in before.
func (i *importing) takenBefore(sum []byte) error {
	return i.pgx.QueryRow(i.ctx, `SELECT max(at) FROM imports WHERE sha256 = $1`, sum).Scan(&i.r.Before)
}
