package store

import (
	"context"
	"errors"

	"github.com/keyhall/keyhall/internal/licensing"
)

var errNotYet = errors.New("under construction")

// SubmitRequest files a request and returns its number. What is wrong with the form is
// licensing.Problems; so is a second open request about the same key, unless
// f.Duplicate says that it is meant. The same post again returns the first's number.
func (s *Store) SubmitRequest(ctx context.Context, by licensing.Viewer, f licensing.Filing, once licensing.Once) (int64, error) {
	return 0, errNotYet
}

// ApproveRequest grants a request, in part where d.Quantity is less than was asked, and
// does what that means: see licensing.Effect.
func (s *Store) ApproveRequest(ctx context.Context, by licensing.Viewer, id int64, d licensing.Decision, once licensing.Once) error {
	return errNotYet
}

// RejectRequest refuses a request for d.Code, with a message.
func (s *Store) RejectRequest(ctx context.Context, by licensing.Viewer, id int64, d licensing.Decision, once licensing.Once) error {
	return errNotYet
}

// QuestionRequest asks the customer d.Message; the clock stands still until the answer.
func (s *Store) QuestionRequest(ctx context.Context, by licensing.Viewer, id int64, d licensing.Decision, once licensing.Once) error {
	return errNotYet
}

// AnswerRequest answers support's question with d.Message.
func (s *Store) AnswerRequest(ctx context.Context, by licensing.Viewer, id int64, d licensing.Decision, once licensing.Once) error {
	return errNotYet
}

// WithdrawRequest takes a request back.
func (s *Store) WithdrawRequest(ctx context.Context, by licensing.Viewer, id int64, d licensing.Decision, once licensing.Once) error {
	return errNotYet
}

// AssignRequest gives an open request to the agent who acts, or, with mine false, to nobody.
func (s *Store) AssignRequest(ctx context.Context, by licensing.Viewer, id int64, mine bool, once licensing.Once) error {
	return errNotYet
}

// NoteRequest adds a note that customers don't see.
func (s *Store) NoteRequest(ctx context.Context, by licensing.Viewer, id int64, text string, once licensing.Once) error {
	return errNotYet
}
