package jobs

import (
	"context"
	"time"

	"github.com/riverqueue/river"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/store"
)

type mindIssuers struct {
	river.WorkerDefaults[licensing.MindIssuers]
	store *store.Store
}

func (w *mindIssuers) Work(ctx context.Context, _ *river.Job[licensing.MindIssuers]) error {
	return w.store.MindIssuers(ctx)
}

// Timeout is long: a provider may be behind thousands of rights.
func (w *mindIssuers) Timeout(*river.Job[licensing.MindIssuers]) time.Duration {
	return 10 * time.Minute
}
