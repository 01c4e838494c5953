package jobs

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/keyhall/keyhall/internal/keyfile"
	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/store"
)

const (
	// keptFor is how long a file that was sent waits to be taken in.
	keptFor = 24 * time.Hour
	// importTime is enough for a spreadsheet of a million rows on a slow machine.
	importTime = 30 * time.Minute
	// whileAnother is how long an import waits for another one before it asks again.
	whileAnother = 5 * time.Second
)

func addImports(w *river.Workers, s *store.Store) {
	river.AddWorker(w, &checkUpload{store: s})
	river.AddWorker(w, &applyUpload{store: s})
	river.AddWorker(w, &forgetUploads{store: s})
}

type checkUpload struct {
	river.WorkerDefaults[licensing.CheckUpload]
	store *store.Store
}

func (w *checkUpload) Work(ctx context.Context, job *river.Job[licensing.CheckUpload]) error {
	err := w.store.CheckUpload(ctx, job.Args.Upload, keyfile.Source)
	return orGiveUp(ctx, w.store, job.Args.Upload, job.JobRow, err)
}

func (w *checkUpload) Timeout(*river.Job[licensing.CheckUpload]) time.Duration { return importTime }

type applyUpload struct {
	river.WorkerDefaults[licensing.ApplyUpload]
	store *store.Store
}

func (w *applyUpload) Work(ctx context.Context, job *river.Job[licensing.ApplyUpload]) error {
	err := w.store.ApplyUpload(ctx, job.Args.Upload, keyfile.Source)
	return orGiveUp(ctx, w.store, job.Args.Upload, job.JobRow, err)
}

func (w *applyUpload) Timeout(*river.Job[licensing.ApplyUpload]) time.Duration { return importTime }

// orGiveUp waits where another import is under way, and after the last try tells whoever
// waits for the upload that nothing comes of it.
func orGiveUp(ctx context.Context, s *store.Store, upload uuid.UUID, job *rivertype.JobRow, err error) error {
	if errors.Is(err, licensing.ErrConflict) {
		return river.JobSnooze(whileAnother)
	}
	if err == nil || job.Attempt < job.MaxAttempts {
		return err
	}
	return errors.Join(err, s.GiveUpUpload(context.WithoutCancel(ctx), upload))
}

type forgetUploads struct {
	river.WorkerDefaults[licensing.ForgetUploads]
	store *store.Store
}

func (w *forgetUploads) Work(ctx context.Context, _ *river.Job[licensing.ForgetUploads]) error {
	return w.store.ForgetUploads(ctx, time.Now().Add(-keptFor))
}
