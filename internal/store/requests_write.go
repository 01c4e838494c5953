package store

import (
	"context"
	"slices"

	"github.com/keyhall/keyhall/internal/licensing"
)

// RejectRequest refuses a request for d.Code, with a message.
func (s *Store) RejectRequest(ctx context.Context, by licensing.Viewer, id int64, d licensing.Decision, once licensing.Once) error {
	return s.take(ctx, by, id, once, step{licensing.Reject, d.Version, d.At, func(t *tx, r *subject) (licensing.RequestEvent, error) {
		e := licensing.RequestEvent{Kind: licensing.EventRejected}
		var problems licensing.Problems
		e.Detail.Text = said(d.Message, "message", true, &problems)
		if e.Detail.Code = d.Code; !slices.Contains(licensing.RejectionReasons(), d.Code) {
			problems = append(problems, licensing.Problem{Field: "reason", Message: "request.problem.rejection_reason"})
		}
		if len(problems) > 0 {
			return e, problems
		}
		r.ReasonCode = d.Code
		return e, s.closed(t, &r.Request, licensing.Rejected, d, &e)
	}})
}

// QuestionRequest asks the customer d.Message; the clock stands still until the answer.
func (s *Store) QuestionRequest(ctx context.Context, by licensing.Viewer, id int64, d licensing.Decision, once licensing.Once) error {
	return s.take(ctx, by, id, once, step{licensing.Question, d.Version, d.At, func(_ *tx, r *subject) (licensing.RequestEvent, error) {
		e := licensing.RequestEvent{Kind: licensing.EventAsked}
		var problems licensing.Problems
		e.Detail.Text = said(d.Message, "message", true, &problems)
		r.State, r.PausedAt, r.Version = licensing.Waiting, &d.At, r.Version+1
		if len(problems) > 0 {
			return e, problems
		}
		return e, nil
	}})
}

// AnswerRequest answers support's question with d.Message; the clock goes on.
func (s *Store) AnswerRequest(ctx context.Context, by licensing.Viewer, id int64, d licensing.Decision, once licensing.Once) error {
	return s.take(ctx, by, id, once, step{licensing.Answer, d.Version, d.At, func(t *tx, r *subject) (licensing.RequestEvent, error) {
		e := licensing.RequestEvent{Kind: licensing.EventAnswered}
		var problems licensing.Problems
		if e.Detail.Text = said(d.Message, "message", true, &problems); len(problems) > 0 {
			return e, problems
		}
		var err error
		e.Detail.Paused, err = s.goOn(t, &r.Request, d.At)
		r.State, r.Version = licensing.Submitted, r.Version+1
		return e, err
	}})
}

// WithdrawRequest takes a request back; d.Message may say why.
func (s *Store) WithdrawRequest(ctx context.Context, by licensing.Viewer, id int64, d licensing.Decision, once licensing.Once) error {
	return s.take(ctx, by, id, once, step{licensing.Withdraw, d.Version, d.At, func(t *tx, r *subject) (licensing.RequestEvent, error) {
		e := licensing.RequestEvent{Kind: licensing.EventWithdrawn}
		var problems licensing.Problems
		if e.Detail.Text = said(d.Message, "message", false, &problems); len(problems) > 0 {
			return e, problems
		}
		return e, s.closed(t, &r.Request, licensing.Withdrawn, d, &e)
	}})
}

// AssignRequest gives an open request to the agent who acts, or, with mine false, to
// nobody. Customers are not told.
func (s *Store) AssignRequest(ctx context.Context, by licensing.Viewer, id int64, mine bool, d licensing.Decision, once licensing.Once) error {
	return s.take(ctx, by, id, once, step{licensing.Assign, 0, d.At, func(t *tx, r *subject) (licensing.RequestEvent, error) {
		e := licensing.RequestEvent{Kind: licensing.EventAssigned, Internal: true}
		r.AssigneeID = nil
		if mine {
			r.AssigneeID, e.Detail.Assignee = &t.by.PersonID, t.by.Name
		}
		return e, nil
	}})
}

// NoteRequest adds d.Message as a note that customers don't see.
func (s *Store) NoteRequest(ctx context.Context, by licensing.Viewer, id int64, d licensing.Decision, once licensing.Once) error {
	return s.take(ctx, by, id, once, step{licensing.Note, 0, d.At, func(_ *tx, _ *subject) (licensing.RequestEvent, error) {
		e := licensing.RequestEvent{Kind: licensing.EventNoted, Internal: true}
		var problems licensing.Problems
		if e.Detail.Text = said(d.Message, "text", true, &problems); len(problems) > 0 {
			return e, problems
		}
		return e, nil
	}})
}

// closed ends a request; its clock stops.
func (s *Store) closed(t *tx, r *licensing.Request, state licensing.RequestState, d licensing.Decision, e *licensing.RequestEvent) (err error) {
	if e.Detail.Paused, err = s.goOn(t, r, d.At); err != nil {
		return err
	}
	r.State, r.ClosedAt, r.Version = state, &d.At, r.Version+1
	if state != licensing.Withdrawn {
		r.DecidedBy = &t.by.PersonID
	}
	return nil
}

// said is a text of a form as it is kept; what is wrong with it goes to problems.
func said(text, field string, needed bool, problems *licensing.Problems) string {
	clean, code := licensing.CleanText(text, licensing.LongText)
	if code == "" && clean == "" && needed {
		code = "request.problem.message_missing"
	}
	if code != "" {
		*problems = append(*problems, licensing.Problem{Field: field, Message: code, Args: map[string]any{"Most": licensing.LongText}})
	}
	return clean
}
