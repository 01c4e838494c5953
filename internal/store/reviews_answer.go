package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/licensing"
)

const decideLines = `UPDATE review_lines n SET decision = x.decision, outcome = x.outcome, decided_by = x.decided_by, only_of = x.only_of,
	decided_at = CASE WHEN x.outcome <> 'open' THEN $2::timestamptz END
FROM unnest($3::uuid[], $4::text[], $5::text[], $6::uuid[], $7::text[]) AS x (grant_id, decision, outcome, decided_by, only_of)
WHERE n.review_id = $1 AND n.grant_id = x.grant_id AND n.outcome = 'open'`

// AnswerReview decides about rights in a review. A right that was decided about, or ended,
// since the form was drawn stays as it is; one that is the last administrator's stays open:
// what is returned says how many. Nobody decides about their own: that is ErrForbidden, as
// ErrConflict is a review that has ended.
func (s *Store) AnswerReview(ctx context.Context, by licensing.Viewer, id uuid.UUID, a licensing.ReviewAnswers, once licensing.Once) (licensing.ReviewDone, error) {
	if by.SeesAllCustomers() {
		return licensing.ReviewDone{}, licensing.ErrForbidden
	}
	packed, err := s.onceOnly(ctx, by, once, nil, func(t *tx) (int64, error) {
		d, err := t.reviewHeld(id)
		if err != nil {
			return 0, err
		}
		if err := d.mayAnswer(a); err != nil {
			return 0, err
		}
		err = d.answer(a)
		return d.done.Pack(), err
	})
	return licensing.UnpackReviewDone(packed), err
}

// deciding is a review whose rights are being decided about; its family is held.
type deciding struct {
	*tx
	review licensing.ReviewRow
	lines  []licensing.ReviewLine
	done   licensing.ReviewDone
	made   []licensing.ReviewLine // that become something else
	only   int                    // exceptions, at the end
}

// reviewHeld finds a review of what who acts manages, and holds its family: of several who
// decide about a right at once one is first, and the others find it decided.
func (t *tx) reviewHeld(id uuid.UUID) (*deciding, error) {
	r, err := t.reviewOf(id)
	if err != nil {
		return nil, err
	}
	if err := t.atDesk(func() error { return t.hold(r.RootID) }); err != nil {
		return nil, err
	}
	d := &deciding{tx: t}
	if d.review, err = t.reviewOf(id); err != nil {
		return nil, err
	}
	d.lines, err = t.reviewLines(id)
	return d, err
}

// mayAnswer says why a form can't be taken as it is.
func (d *deciding) mayAnswer(a licensing.ReviewAnswers) error {
	no := func(err error) error {
		act := actOnReview("review.decided", d.review)
		act.Outcome = licensing.Refused
		d.tell(act)
		return refused{err}
	}
	known := 0
	for _, l := range d.lines {
		if _, answered := a.Each[l.RightID]; !answered {
			continue
		}
		if known++; l.PersonID == d.by.PersonID {
			return no(licensing.ErrForbidden)
		}
	}
	switch {
	case known < len(a.Each):
		return licensing.ErrNotFound
	case !d.review.Open(a.At):
		return no(fmt.Errorf("%w: the review has ended", licensing.ErrConflict))
	case known == 0 && !a.Rest:
		return licensing.Problems{{Field: "right", Message: "review.problem.nothing"}}
	}
	return nil
}

func (d *deciding) answer(a licensing.ReviewAnswers) error {
	for _, l := range d.lines {
		wanted, answered := a.Each[l.RightID]
		if !answered && a.Rest && l.Waits() && l.PersonID != d.by.PersonID {
			wanted, answered = licensing.KeepRight, true
		}
		if !answered {
			continue
		}
		if err := d.decide(l, wanted); err != nil {
			return err
		}
	}
	if len(d.told) == 0 { // nothing was left to keep
		return licensing.Problems{{Field: "right", Message: "review.problem.nothing"}}
	}
	return d.write(a.At)
}

// decide does what a person wants of a right.
func (d *deciding) decide(l licensing.ReviewLine, wanted licensing.ReviewDecision) error {
	switch {
	case l.Outcome != licensing.ReviewOpen:
		d.done.Late++
		d.refuse(l, l.Outcome)
		return nil
	case !l.Live:
		d.done.Late++
		d.become(l, "", licensing.ReviewGone)
		return nil
	case wanted == licensing.KeepRight:
		d.done.Kept++
		l.OnlyOf = ""
		d.become(l, wanted, licensing.ReviewKept)
		return nil
	}
	only, err := d.end(l)
	if err != nil {
		return err
	}
	if l.OnlyOf = only; only != "" {
		d.done.Only++
		d.made = append(d.made, l) // stays open
		d.refuse(l, licensing.ReviewException)
		return nil
	}
	d.done.Ended++
	d.become(l, wanted, licensing.ReviewEnded)
	return nil
}

// end ends a right, unless it is the last administrator's: then it says of which licence ID.
func (d *deciding) end(l licensing.ReviewLine) (only string, err error) {
	err = d.attempt(func() error { return d.endRights(d.right(l)) })
	problems, alone := errors.AsType[licensing.Problems](err)
	if !alone {
		return "", err
	}
	return fmt.Sprint(problems[0].Args["Number"]), nil
}

// become notes what a right comes to.
func (d *deciding) become(l licensing.ReviewLine, wanted licensing.ReviewDecision, outcome licensing.ReviewOutcome) {
	l.Decision, l.Outcome = wanted, outcome
	d.made = append(d.made, l)
	d.tell(d.actOnLine(l, outcome))
}

// refuse tells of a decision that changed nothing.
func (d *deciding) refuse(l licensing.ReviewLine, outcome licensing.ReviewOutcome) {
	a := d.actOnLine(l, outcome)
	a.Outcome = licensing.Refused
	d.tell(a)
}

func (d *deciding) actOnLine(l licensing.ReviewLine, outcome licensing.ReviewOutcome) licensing.Act {
	a := actOnRight("review.decided", d.right(l))
	a.Detail["outcome"], a.Detail["review"] = outcome, d.review.ID
	return a
}

func (d *deciding) right(l licensing.ReviewLine) right {
	return right{live: l.Live, managed: true, name: l.Name, Grant: licensing.Grant{
		ID: l.RightID, PersonID: l.PersonID, RootID: d.review.RootID, Role: l.Role, OrganisationID: l.OrganisationID, LicenceID: l.LicenceID, ExpiresAt: l.ExpiresAt,
	}}
}

// write keeps what became of rights.
func (d *deciding) write(at time.Time) error {
	var ids []uuid.UUID
	var decisions, outcomes, onlyOf []string
	var deciders []*uuid.UUID
	for _, l := range d.made {
		var by *uuid.UUID
		if d.by.PersonID != uuid.Nil && (l.Outcome == licensing.ReviewKept || l.Outcome == licensing.ReviewEnded) {
			by = &d.by.PersonID
		}
		ids, decisions, outcomes = append(ids, l.RightID), append(decisions, string(l.Decision)), append(outcomes, string(l.Outcome))
		deciders, onlyOf = append(deciders, by), append(onlyOf, l.OnlyOf)
	}
	return d.atDesk(func() error {
		_, err := d.exec(decideLines, d.review.ID, at, ids, decisions, outcomes, deciders, onlyOf)
		return err
	})
}

// attempt does something within the transaction of which nothing remains if it is
// licensing.Problems; the transaction goes on.
func (t *tx) attempt(do func() error) error {
	told, tail := len(t.told), len(t.tail)
	if _, err := t.exec(`SAVEPOINT attempt`); err != nil {
		return err
	}
	err := do()
	if _, wrong := errors.AsType[licensing.Problems](err); err != nil && !wrong {
		return err
	}
	if err == nil {
		_, err := t.exec(`RELEASE SAVEPOINT attempt`)
		return err
	}
	t.told, t.tail = t.told[:told], t.tail[:tail]
	if _, failed := t.exec(`ROLLBACK TO SAVEPOINT attempt`); failed != nil {
		return failed
	}
	return err
}
