package jobs

import (
	"context"
	"time"

	"github.com/riverqueue/river"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/store"
)

type mindReviews struct {
	river.WorkerDefaults[licensing.MindReviews]
	store *store.Store
}

func (w *mindReviews) Work(ctx context.Context, _ *river.Job[licensing.MindReviews]) error {
	return w.store.MindReviews(ctx, time.Now())
}

// Timeout is long: a review may end thousands of rights, and tell of each.
func (w *mindReviews) Timeout(*river.Job[licensing.MindReviews]) time.Duration {
	return 10 * time.Minute
}
