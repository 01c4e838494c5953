package store

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
)

const (
	// Of several posts of one person at once each counts those before it.
	holdAsker = `SELECT pg_advisory_xact_lock(hashtextextended($1::uuid::text, 4))`

	// What somebody has asked: how much is open, how much since yesterday, and whether this.
	askedBefore = `SELECT count(*) FILTER (WHERE closed_at IS NULL), count(*) FILTER (WHERE asked_at > $2),
	count(*) FILTER (WHERE closed_at IS NULL AND number = $3 AND whole = $4 AND (authorisation <> '') = $5) FROM access_requests WHERE person_id = $1`
	// Whether somebody holds one of the roles $4 on a licence ID by its number, or if $3 on its
	// organisation; of the families $5 alone.
	heldAlready = `SELECT EXISTS (SELECT FROM grants g JOIN licences l ON l.id = g.licence_id AND NOT $3
	OR g.organisation_id IN (SELECT ancestor_id FROM org_closure WHERE descendant_id = l.organisation_id)
WHERE g.person_id = $1 AND l.number = $2 AND g.role = ANY ($4) AND g.root_id = ANY ($5) AND g.revoked_at IS NULL AND (g.expires_at IS NULL OR g.expires_at > now()))`

	askAccess = `INSERT INTO access_requests (id, root_id, person_id, issuer, number, whole, role, reason, asked_at, due_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)`
	ownAccess = `SELECT id, version, state FROM access_requests WHERE id = $1 AND person_id = $2 FOR UPDATE`
	takeBack  = `UPDATE access_requests SET state = 'withdrawn', version = version + 1, closed_at = $2, due_at = $2 WHERE id = $1`
)

// AskAccess asks for a role on the licence ID that has a number. What is wrong with the form
// is licensing.Problems. Every number that could be one is taken the same way: whether a
// licence ID has it, MindAccess finds out. The same post again does nothing.
func (s *Store) AskAccess(ctx context.Context, by licensing.Viewer, f licensing.AccessForm, once licensing.Once) error {
	if by.SeesAllCustomers() {
		return licensing.ErrForbidden
	}
	r, problems := f.Request()
	if len(problems) > 0 {
		return problems
	}
	return s.own(ctx, by, once, func(t *tx) error {
		if err := t.mayAsk(r); err != nil {
			return err
		}
		if _, err := t.exec(askAccess, uuid.Must(uuid.NewV7()), licensing.PublisherRoot, by.PersonID, by.Issuer, r.Number, r.Whole,
			string(r.Role), r.Reason, r.AskedAt); err != nil {
			return err
		}
		t.tellOwn("access.asked", accessDetail(r))
		return t.mindSoon()
	})
}

// mayAsk says what keeps somebody from asking: that they ask too much, or this already, or
// have it. All of it they know themselves; but whoever signed in by a provider that doesn't
// speak for a family may not be they, and is told of no right there.
func (t *tx) mayAsk(r licensing.AccessRequest) error {
	var open, lately, same int
	var held bool
	err := t.all(
		query{holdAsker, []any{t.by.PersonID}, nothing},
		query{askedBefore, []any{t.by.PersonID, r.AskedAt.Add(-24 * time.Hour), r.Number, r.Whole, r.Adds()}, func(rows pgx.Rows) error { return rows.Scan(&open, &lately, &same) }},
		query{heldAlready, []any{t.by.PersonID, r.Number, r.Whole, names(r.Role.Covering()), t.by.Roots}, func(rows pgx.Rows) error { return rows.Scan(&held) }},
	)
	wrong := func(message string, most int) error {
		return licensing.Problems{{Field: "number", Message: message, Args: map[string]any{"Most": most}}}
	}
	switch {
	case err != nil:
		return err
	case held:
		return wrong("access.problem.held", 0)
	case same > 0:
		return wrong("access.problem.same", 0)
	case open >= licensing.AccessMost:
		return wrong("access.problem.open", licensing.AccessMost)
	case lately >= licensing.AccessADay:
		return wrong("access.problem.day", licensing.AccessADay)
	}
	return nil
}

func names(roles []licensing.Role) (list []string) {
	for _, r := range roles {
		list = append(list, string(r))
	}
	return list
}

// mindSoon lets a worker look what there is to do about requests for access.
func (t *tx) mindSoon() error {
	if _, err := t.queue.InsertTx(t.ctx, t.pgx, licensing.MindAccess{}, nil); err != nil {
		return fmt.Errorf("enqueue job: %w", err)
	}
	return nil
}

// WithdrawAccess takes back what the person asked for; ErrNotFound for another's,
// ErrConflict when it has been answered or isn't the version any more.
func (s *Store) WithdrawAccess(ctx context.Context, by licensing.Viewer, id uuid.UUID, a licensing.AccessAnswer, once licensing.Once) error {
	return s.own(ctx, by, once, func(t *tx) error {
		var r licensing.AccessRequest
		err := t.all(query{ownAccess, []any{id, by.PersonID}, func(rows pgx.Rows) error { return rows.Scan(&r.ID, &r.Version, &r.State) }})
		switch {
		case err != nil:
			return err
		case r.ID == uuid.Nil:
			return licensing.ErrNotFound
		case !r.Open() || r.Version != a.Version:
			return fmt.Errorf("%w: %s, version %d", licensing.ErrConflict, r.State, r.Version)
		}
		if _, err := t.exec(takeBack, id, a.At); err != nil {
			return err
		}
		t.tellOwn("access.withdrawn", nil)
		return t.mindSoon()
	})
}

func accessDetail(r licensing.AccessRequest) map[string]any {
	detail := map[string]any{"number": r.Number, "role": r.Role}
	if r.Whole {
		detail["whole"] = true
	}
	return detail
}
