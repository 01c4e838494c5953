package store

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
)

const (
	reviewsDue = `SELECT id, root_id FROM reviews WHERE due_at <= $1 ORDER BY due_at, id`
	dueReview  = reviewColumns + `WHERE g.id = $1 AND g.due_at <= $2`

	mindedReview = `UPDATE reviews SET step = $2, due_at = $3 WHERE id = $1`
	closeReview  = `UPDATE reviews SET closed_at = $2, due_at = $3 WHERE id = $1`
)

// MindReviews does what there is to do about reviews by a time: reminds administrators,
// ends what has come to its end, and starts those that follow. Each is a transaction of its
// own, and several servers may do it at once.
func (s *Store) MindReviews(ctx context.Context, at time.Time) error {
	return s.eachDue(ctx, query{reviewsDue, []any{at}, nil}, func(t *tx, d due) error { return t.mindReview(d, at) })
}

// mindReview looks again, with the family held, and does what is due.
func (t *tx) mindReview(held due, at time.Time) error {
	if err := t.hold(held.root); err != nil {
		return err
	}
	var r licensing.ReviewRow
	err := t.all(query{dueReview, []any{held.id, at}, intoReview(&r)})
	switch {
	case err != nil || r.ID == uuid.Nil:
		return err
	case r.ClosedAt != nil:
		return t.startNext(r, at)
	case r.Open(at):
		return t.remind(r, at)
	}
	return t.closeReview(r, at)
}

// remind tells administrators that rights wait; reminders that fall together, as after a
// standstill, are one.
func (t *tx) remind(r licensing.ReviewRow, at time.Time) error {
	step, due := r.Reminded(at)
	if _, err := t.exec(mindedReview, r.ID, step, due); err != nil || step <= r.Step || r.Left == 0 {
		return err
	}
	return t.tellReview(licensing.ReviewReminderNews, r)
}

// closeReview does what was set about rights that nobody decided about, and ends a review.
func (t *tx) closeReview(r licensing.ReviewRow, at time.Time) (err error) {
	d := &deciding{tx: t, review: r}
	if d.lines, err = t.reviewLines(r.ID); err != nil {
		return err
	}
	for _, l := range d.lines {
		if l.Outcome != licensing.ReviewOpen {
			continue
		}
		if err := d.settle(l); err != nil {
			return err
		}
	}
	if err := d.write(at); err != nil {
		return err
	}
	r.ClosedAt = &at
	if _, err := t.exec(closeReview, r.ID, at, r.NextAt()); err != nil {
		return err
	}
	a := actOnReview("review.closed", r)
	a.Detail["rights"], a.Detail["undecided"], a.Detail["exceptions"] = r.Lines, r.Left, d.only
	t.tell(a)
	return t.tellReview(licensing.ReviewClosedNews, r)
}

// settle does what was set about a right that nobody decided about. The last administrator's
// stays, as an exception.
func (d *deciding) settle(l licensing.ReviewLine) error {
	switch {
	case !l.Live:
		d.become(l, "", licensing.ReviewGone)
		return nil
	case d.review.Unanswered == licensing.ReviewKept:
		d.become(l, licensing.KeepRight, licensing.ReviewKept)
		return nil
	}
	only, err := d.end(l)
	if err != nil {
		return err
	}
	if l.OnlyOf = only; only != "" {
		d.only++
		d.become(l, licensing.StopRight, licensing.ReviewException)
		return nil
	}
	d.become(l, licensing.StopRight, licensing.ReviewEnded)
	return nil
}

// startNext starts the review after one, unless somebody has started another meanwhile: then
// that one goes on alone.
func (t *tx) startNext(r licensing.ReviewRow, at time.Time) error {
	if _, err := t.exec(mindedReview, r.ID, r.Step, nil); err != nil {
		return err
	}
	var busy bool
	err := t.all(query{reviewUnderWay, []any{r.LicenceID, r.OrganisationID}, func(rows pgx.Rows) error { return rows.Scan(&busy) }})
	if err != nil || busy {
		return err
	}
	return t.startReview(licensing.ReviewRow{Review: r.Next(at), Place: r.Place})
}
