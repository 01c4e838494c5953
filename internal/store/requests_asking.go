package store

import (
	"context"

	"github.com/keyhall/keyhall/internal/licensing"
)

// under construction
func (s *Store) ask(ctx context.Context, q asker, v licensing.Viewer, f licensing.Filing) (licensing.Asking, licensing.Problems, error) {
	return licensing.Asking{}, nil, errNotYet
}
