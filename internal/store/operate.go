package store

import (
	"context"
	"errors"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/keyhall/keyhall/internal/licensing"
)

// AtCommandLine is whoever works at the machine itself, by the name of the account
// there: an operator who did not sign in.
func AtCommandLine(account string) licensing.Viewer {
	return licensing.Viewer{
		Name: account, Subject: "command line",
		Staff: licensing.Operator, May: licensing.Operator.Permissions(),
	}
}

// operate is a write that only the operator may do.
func (s *Store) operate(ctx context.Context, by licensing.Viewer, do func(*tx) error) error {
	if !mayOperate(by) {
		return licensing.ErrForbidden
	}
	return already(s.write(ctx, by, do))
}

func mayOperate(by licensing.Viewer) bool {
	return by.May.Has(licensing.SeeCustomers | licensing.Operate)
}

// already turns the database's word for a duplicate into licensing's.
func already(err error) error {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok && pg.Code == "23505" {
		return errors.Join(licensing.ErrConflict, errors.New(pg.ConstraintName))
	}
	return err
}

const holdFamilies = `SELECT FROM organisations WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE`

// hold lets one transaction at a time change the rights, licence IDs and counters of
// a family: reach and counters are worked out from rows that others may be adding.
func (t *tx) hold(roots ...uuid.UUID) error {
	_, err := t.exec(holdFamilies, roots)
	return err
}

// distinct returns every value of ids but the zero one, once.
func distinct(ids []uuid.UUID) []uuid.UUID {
	ids = slices.Clone(ids)
	slices.SortFunc(ids, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
	ids = slices.Compact(ids)
	return slices.DeleteFunc(ids, func(id uuid.UUID) bool { return id == uuid.Nil })
}
