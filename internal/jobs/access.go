package jobs

import (
	"context"
	"time"

	"github.com/riverqueue/river"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/store"
)

type mindAccess struct {
	river.WorkerDefaults[licensing.MindAccess]
	store *store.Store
}

func (w *mindAccess) Work(ctx context.Context, _ *river.Job[licensing.MindAccess]) error {
	return w.store.MindAccess(ctx, time.Now())
}
