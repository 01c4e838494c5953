package store

import (
	"context"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
)

const (
	// A right in a review is live while nobody ended it otherwise.
	liveLine = `d.revoked_at IS NULL AND (d.expires_at IS NULL OR d.expires_at > now()) AND p.ended_at IS NULL`

	reviewColumns = `SELECT g.id, g.root_id, g.organisation_id, g.licence_id, g.started_by, g.started_at, g.ends_at, g.every, g.unanswered,
	g.step, g.due_at, g.closed_at, coalesce(l.number, o.name), n.lines, n.left_open
FROM reviews g LEFT JOIN licences l ON l.id = g.licence_id LEFT JOIN organisations o ON o.id = g.organisation_id
CROSS JOIN LATERAL (SELECT count(*) AS lines, count(*) FILTER (WHERE n.outcome = 'open' AND ` + liveLine + `) AS left_open
	FROM review_lines n JOIN grants d ON d.id = n.grant_id JOIN persons p ON p.id = d.person_id WHERE n.review_id = g.id) n `

	// A review is for who manages what it is on, right now.
	reviewByID = reviewColumns + `WHERE g.id = $1 AND ` + managesG
	reviewList = reviewColumns + `WHERE g.root_id = ANY ($1) AND ` + managesG + ` ORDER BY g.closed_at IS NOT NULL, g.started_at DESC, g.id LIMIT $4`

	// The organisations that somebody manages, those below included.
	managedOrganisations = `SELECT g.id, g.name FROM (SELECT id, root_id, name, NULL::uuid AS licence_id, id AS organisation_id FROM organisations) g
WHERE g.root_id = ANY ($1) AND ` + managesG + ` ORDER BY g.name, g.id LIMIT $4`

	reviewLines = `SELECT n.grant_id, n.position, p.id, p.name, p.business_email, d.role, d.organisation_id, d.licence_id, coalesce(l.number, ''), o.name,
	d.expires_at, ` + liveLine + `, n.decision, n.outcome, coalesce(h.name, ''), n.decided_at, n.only_of
FROM review_lines n JOIN grants d ON d.id = n.grant_id JOIN persons p ON p.id = d.person_id
LEFT JOIN licences l ON l.id = d.licence_id JOIN organisations o ON o.id = coalesce(d.organisation_id, l.organisation_id)
LEFT JOIN persons h ON h.id = n.decided_by
WHERE n.review_id = $1 AND n.position > $2 ORDER BY n.position LIMIT $3`
)

// mostPlaces is how many organisations a form offers.
const mostPlaces = 500

// Reviews lists the reviews of what the viewer manages, the open ones first, one page of
// them, and the organisations that the viewer may start one on.
func (s *Store) Reviews(ctx context.Context, v licensing.Viewer) (list []licensing.ReviewRow, places []licensing.Organisation, err error) {
	args := []any{v.Roots, v.PersonID, managing()}
	err = s.read(ctx, v,
		query{reviewList, append(args, PageSize), func(rows pgx.Rows) error {
			r, err := scanReview(rows)
			list = append(list, r)
			return err
		}},
		query{managedOrganisations, append(args, mostPlaces), func(rows pgx.Rows) error {
			var o licensing.Organisation
			err := rows.Scan(&o.ID, &o.Name)
			places = append(places, o)
			return err
		}})
	return list, places, err
}

// Review is one page of a review's rights, those of a person together. It is there for who
// manages what it is on. A cursor that can't be read gives the first page.
func (s *Store) Review(ctx context.Context, v licensing.Viewer, id uuid.UUID, after string) (page licensing.ReviewPage, err error) {
	from, _ := strconv.ParseInt(after, 10, 32)
	err = s.read(ctx, v,
		query{reviewByID, []any{id, v.PersonID, managing()}, intoReview(&page.ReviewRow)},
		query{reviewLines, []any{id, from, PageSize + 1}, intoReviewLines(&page.Lines)})
	if err == nil && page.ID == uuid.Nil {
		return licensing.ReviewPage{}, licensing.ErrNotFound
	}
	if len(page.Lines) > PageSize {
		page.Lines = page.Lines[:PageSize]
		page.Next = strconv.Itoa(page.Lines[PageSize-1].Position)
	}
	return page, err
}

// ExportReview is a whole review as its report, and notes that somebody takes a copy of it
// under a file name.
func (s *Store) ExportReview(ctx context.Context, by licensing.Viewer, id uuid.UUID, name string) (page licensing.ReviewPage, err error) {
	err = s.write(ctx, by, func(t *tx) error {
		if page.ReviewRow, err = t.reviewOf(id); err != nil {
			return err
		}
		a := actOnReview("review.exported", page.ReviewRow)
		a.Detail["file"] = name
		t.tell(a)
		page.Lines, err = t.reviewLines(id)
		return err
	})
	return page, err
}

func scanReview(rows pgx.Rows) (r licensing.ReviewRow, err error) {
	err = rows.Scan(&r.ID, &r.RootID, &r.OrganisationID, &r.LicenceID, &r.StartedBy, &r.StartedAt, &r.EndsAt, &r.Every, &r.Unanswered,
		&r.Step, &r.DueAt, &r.ClosedAt, &r.Place, &r.Lines, &r.Left)
	return r, err
}

func intoReview(into *licensing.ReviewRow) func(pgx.Rows) error {
	return func(rows pgx.Rows) (err error) {
		*into, err = scanReview(rows)
		return err
	}
}

func intoReviewLines(into *[]licensing.ReviewLine) func(pgx.Rows) error {
	return func(rows pgx.Rows) error {
		var l licensing.ReviewLine
		err := rows.Scan(&l.RightID, &l.Position, &l.PersonID, &l.Name, &l.Email, &l.Role, &l.OrganisationID, &l.LicenceID, &l.Number, &l.Organisation,
			&l.ExpiresAt, &l.Live, &l.Decision, &l.Outcome, &l.Decider, &l.DecidedAt, &l.OnlyOf)
		*into = append(*into, l)
		return err
	}
}

// reviewOf finds a review of what who acts manages.
func (t *tx) reviewOf(id uuid.UUID) (r licensing.ReviewRow, err error) {
	err = t.all(query{reviewByID, []any{id, t.by.PersonID, managing()}, intoReview(&r)})
	if err == nil && r.ID == uuid.Nil {
		err = licensing.ErrNotFound
	}
	return r, err
}

// reviewLines are all the rights of a review, in order.
func (t *tx) reviewLines(id uuid.UUID) (lines []licensing.ReviewLine, err error) {
	err = t.all(query{reviewLines, []any{id, 0, nil}, intoReviewLines(&lines)})
	return lines, err
}

func actOnReview(action string, r licensing.ReviewRow) licensing.Act {
	return licensing.Act{
		RootID: r.RootID, Action: action, LicenceID: r.LicenceID, Object: "review/" + r.ID.String(),
		Detail: map[string]any{"name": r.Place},
	}
}

// tellReview lets the administrators of what a review is on know of it.
func (t *tx) tellReview(kind licensing.NewsKind, r licensing.ReviewRow) error {
	people, err := t.managersOf(r.LicenceID, r.OrganisationID)
	if err != nil {
		return err
	}
	return t.newsToAll(people, licensing.News{
		Kind: kind, RootID: r.RootID, Path: "/people/reviews/" + r.ID.String(),
		Args: map[string]string{"Place": r.Place, licensing.NewsDay: r.EndsAt.UTC().Format(time.RFC3339)},
	})
}
