package store

import (
	"context"
	"errors"

	"github.com/keyhall/keyhall/internal/licensing"
)

// Requests lists requests: a customer's own and those of the licence IDs on which they
// may file requests, the latest first; for the desk all of them. With f.Open the desk
// gets the queue: by due time, those that wait for a customer last.
func (s *Store) Requests(ctx context.Context, v licensing.Viewer, f licensing.RequestFilter) (licensing.RequestPage, error) {
	return licensing.RequestPage{}, errNotYet
}

// Request finds one request that the viewer may see. Customers get no internal events
// and not who it is assigned to.
func (s *Store) Request(ctx context.Context, v licensing.Viewer, id int64) (licensing.RequestDetail, error) {
	return licensing.RequestDetail{}, errNotYet
}

// Asking works out what a form names as far as it was filled, and what speaks for and
// against it. What is wrong with it is returned beside it, not as the error; a key that
// the viewer may not see is ErrNotFound.
func (s *Store) Asking(ctx context.Context, v licensing.Viewer, f licensing.Filing) (licensing.Asking, licensing.Problems, error) {
	return licensing.Asking{}, nil, errNotYet
}

var errNotYet = errors.New("under construction")
