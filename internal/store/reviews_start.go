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
	// A licence ID by its number or an organisation, if who asks manages it or sees it: who
	// reaches a licence ID sees the organisations above it.
	placeToReview = `SELECT g.root_id, g.licence_id, g.organisation_id, g.place, ` + managesG + ` FROM (
	SELECT root_id, id AS licence_id, NULL::uuid AS organisation_id, number AS place FROM licences WHERE number = $1
	UNION ALL SELECT root_id, NULL, id, name FROM organisations WHERE id = $4) g
WHERE ` + managesG + ` OR EXISTS (SELECT FROM reach r JOIN licences l ON l.id = r.licence_id WHERE r.person_id = $2 AND (r.until IS NULL OR r.until > now())
	AND (l.id = g.licence_id OR l.organisation_id IN (SELECT descendant_id FROM org_closure WHERE ancestor_id = g.organisation_id)))`

	reviewUnderWay = `SELECT EXISTS (SELECT FROM reviews WHERE closed_at IS NULL AND (licence_id = $1 OR organisation_id = $2))`

	addReview = `INSERT INTO reviews (id, root_id, organisation_id, licence_id, started_by, started_at, ends_at, every, unanswered, step, due_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`

	// The living rights on a place and below it, those of a person together. Those by group
	// are there for information: the sign-in provider's groups give and end them.
	addReviewLines = `INSERT INTO review_lines (review_id, grant_id, root_id, outcome, position)
SELECT $1, d.id, d.root_id, CASE WHEN d.mapping_id IS NULL THEN 'open' ELSE 'group' END, row_number() OVER (ORDER BY p.name, p.id, l.number NULLS FIRST, o.name, d.id)
FROM grants d JOIN persons p ON p.id = d.person_id LEFT JOIN licences l ON l.id = d.licence_id
JOIN organisations o ON o.id = coalesce(d.organisation_id, l.organisation_id)
WHERE ` + liveLine + ` AND (d.licence_id = $2 OR o.id IN (SELECT descendant_id FROM org_closure WHERE ancestor_id = $3))`
)

// StartReview starts a review of the rights on what who acts manages. What is wrong with the
// form is licensing.Problems.
func (s *Store) StartReview(ctx context.Context, by licensing.Viewer, f licensing.ReviewStart, once licensing.Once) error {
	return s.onRights(ctx, by, once, func(t *tx) error {
		r, problems := f.Review()
		if len(problems) > 0 {
			return problems
		}
		row, err := t.placeToReview(f, r)
		if err != nil {
			return err
		}
		return t.startReview(row)
	})
}

// placeToReview finds the place of a review and holds its family.
func (t *tx) placeToReview(f licensing.ReviewStart, r licensing.Review) (row licensing.ReviewRow, err error) {
	var managed, busy bool
	find := func() error {
		row = licensing.ReviewRow{Review: r}
		var above *uuid.UUID
		if f.Organisation != uuid.Nil {
			above = &f.Organisation
		}
		return t.all(query{placeToReview, []any{f.Number, t.by.PersonID, managing(), above}, func(rows pgx.Rows) error {
			return rows.Scan(&row.RootID, &row.LicenceID, &row.OrganisationID, &row.Place, &managed)
		}})
	}
	unknown := licensing.Problems{{Field: "number", Message: "review.problem.unknown"}}
	if err := find(); err != nil || row.RootID == uuid.Nil {
		return row, orElse(err, unknown)
	}
	if err := t.atDesk(func() error { return t.hold(row.RootID) }); err != nil {
		return row, err
	}
	if err := find(); err != nil || row.RootID == uuid.Nil {
		return row, orElse(err, unknown)
	}
	if !managed {
		a := actOnReview("review.started", row)
		a.Object, a.Outcome = "place/"+row.Place, licensing.Refused
		t.tell(a)
		return row, refused{licensing.ErrForbidden}
	}
	err = t.all(query{reviewUnderWay, []any{row.LicenceID, row.OrganisationID}, func(rows pgx.Rows) error { return rows.Scan(&busy) }})
	if err == nil && busy {
		err = licensing.Problems{{Field: "number", Message: "review.problem.busy"}}
	}
	row.StartedBy = &t.by.PersonID
	return row, err
}

func orElse(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

// startReview writes a review and its rights, and tells of it.
func (t *tx) startReview(r licensing.ReviewRow) error {
	r.ID = uuid.Must(uuid.NewV7())
	step, due := r.Reminded(r.StartedAt)
	var rights int64
	err := t.atDesk(func() (err error) {
		if _, err = t.exec(addReview, r.ID, r.RootID, r.OrganisationID, r.LicenceID, r.StartedBy, r.StartedAt, r.EndsAt, string(r.Every), string(r.Unanswered), step, due); err != nil {
			return err
		}
		rights, err = t.exec(addReviewLines, r.ID, r.LicenceID, r.OrganisationID)
		return err
	})
	switch {
	case err != nil:
		return err
	case r.StartedBy != nil && rights == 0:
		return licensing.Problems{{Field: "number", Message: "review.problem.empty"}}
	case r.StartedBy != nil && rights > licensing.ReviewRights:
		return licensing.Problems{{Field: "number", Message: "review.problem.many", Args: map[string]any{"N": rights, "Most": licensing.ReviewRights}}}
	}
	a := actOnReview("review.started", r)
	a.Detail["rights"], a.Detail["until"] = rights, r.EndsAt.UTC().Format(time.RFC3339)
	t.tell(a)
	return t.tellReview(licensing.ReviewStartedNews, r)
}

const endSeries = `UPDATE reviews SET every = 'none', due_at = CASE WHEN closed_at IS NULL THEN due_at END WHERE id = $1`

// EndReviewSeries lets a review be the last of those that follow each other; ErrConflict
// when none would follow it any more.
func (s *Store) EndReviewSeries(ctx context.Context, by licensing.Viewer, id uuid.UUID, once licensing.Once) error {
	return s.onRights(ctx, by, once, func(t *tx) error {
		d, err := t.reviewHeld(id)
		if err != nil {
			return err
		}
		if !d.review.Repeats() {
			return fmt.Errorf("%w: no review follows", licensing.ErrConflict)
		}
		t.tell(actOnReview("review.series_ended", d.review))
		return t.atDesk(func() error {
			_, err := t.exec(endSeries, id)
			return err
		})
	})
}
