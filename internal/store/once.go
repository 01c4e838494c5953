package store

import (
	"bytes"
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
)

const (
	// A second press while the first is under way waits for it.
	onceHold   = `SELECT pg_advisory_xact_lock(hashtextextended($1::uuid::text || $2::text || ' ' || $3::text, 1))`
	onceBefore = `SELECT body_hash, result FROM once WHERE actor_id = $1 AND route = $2 AND key = $3`
	onceDone   = `INSERT INTO once (actor_id, route, key, root_id, body_hash, result) VALUES ($1, $2, $3, $4, $5, $6)`
)

// errRepeated ends a transaction whose post was carried out before.
var errRepeated = errors.New("carried out before")

// refused is an error that the audit log is told of: its transaction commits.
type refused struct{ error }

// onceOnly is write for a post that must have its effect once, however often it comes
// (S-17). do returns what a repetition is given again; only what succeeds is
// remembered. The same name with another body is a problem of the form.
// The questions of first are asked together with whether it came before.
func (s *Store) onceOnly(ctx context.Context, by licensing.Viewer, o licensing.Once, first []query, do func(*tx) (int64, error)) (int64, error) {
	var result int64
	var refusal refused
	err := s.write(ctx, by, func(t *tx) (err error) {
		if result, err = t.before(o, first...); err != nil {
			return err
		}
		if result, err = do(t); errors.As(err, &refusal) {
			return nil
		}
		if err != nil {
			return err
		}
		t.last(onceDone, by.PersonID, o.Route, o.Key, homeOf(by), o.Body[:], result)
		return nil
	})
	if errors.Is(err, errRepeated) {
		return result, nil
	}
	if err != nil {
		return result, already(err) // and not the refusal, which is not on record
	}
	return result, refusal.error
}

// before returns errRepeated, and what the first was given, if a post was carried out.
// Other questions may travel with it.
func (t *tx) before(o licensing.Once, others ...query) (result int64, err error) {
	var body []byte
	queries := append([]query{
		{onceHold, []any{t.by.PersonID, o.Route, o.Key}, nothing},
		{onceBefore, []any{t.by.PersonID, o.Route, o.Key}, func(rows pgx.Rows) error { return rows.Scan(&body, &result) }},
	}, others...)
	if err := t.all(queries...); err != nil || body == nil {
		return 0, err
	}
	if !bytes.Equal(body, o.Body[:]) {
		return 0, licensing.Problems{{Field: "once", Message: "form.once_other"}}
	}
	return result, errRepeated
}
