package jobs

import (
	"context"
	"crypto/ed25519"
	"errors"
	"log/slog"
	"time"

	"github.com/riverqueue/river"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/store"
	"github.com/keyhall/keyhall/internal/witness"
)

// Witness is where the audit log goes outside of the database; the zero value is nowhere.
type Witness struct {
	Key         ed25519.PrivateKey // signs checkpoints
	Every       time.Duration      // between two checkpoints
	Checkpoints []witness.Target
	Entries     []witness.Target
}

// Deliver signs the heads of chains that a target does not have yet, and brings them
// there: to each target, whatever comes of the others.
func (w Witness) Deliver(ctx context.Context, s *store.Store) error {
	var failed error
	for _, to := range w.Checkpoints {
		failed = errors.Join(failed, s.DeliverCheckpoints(ctx, to.AuditTarget, func(ctx context.Context, heads []licensing.ChainHead) error {
			lines := make([]witness.Line, len(heads))
			for i, h := range heads {
				lines[i] = witness.Sign(h, w.Key)
			}
			return to.Deliver(ctx, lines)
		}))
	}
	return failed
}

// Stream brings each target the entries that it does not have yet.
func (w Witness) Stream(ctx context.Context, s *store.Store) error {
	var failed error
	for _, to := range w.Entries {
		failed = errors.Join(failed, s.DeliverEntries(ctx, to.AuditTarget, func(ctx context.Context, links []licensing.Link) error {
			lines := make([]witness.Line, len(links))
			for i, l := range links {
				var err error
				if lines[i], err = witness.LineOf(l); err != nil {
					return err
				}
			}
			return to.Deliver(ctx, lines)
		}))
	}
	return failed
}

// streaming is how often new entries are looked for.
const streaming = 10 * time.Second

func (w Witness) timetable() (lines []*river.PeriodicJob) {
	if len(w.Checkpoints) > 0 {
		lines = append(lines, every(w.Every, licensing.DeliverCheckpoints{}))
	}
	if len(w.Entries) > 0 {
		lines = append(lines, every(streaming, licensing.StreamAudit{}))
	}
	return lines
}

// again is when a target that did not take what it was given is tried again.
const again = time.Minute

type deliverCheckpoints struct {
	river.WorkerDefaults[licensing.DeliverCheckpoints]
	Witness
	store *store.Store
}

func (w *deliverCheckpoints) Work(ctx context.Context, _ *river.Job[licensing.DeliverCheckpoints]) error {
	return noted(ctx, w.Deliver(ctx, w.store))
}

// noted logs what the queue would only keep to itself, where nobody looks.
func noted(ctx context.Context, err error) error {
	if err != nil {
		slog.WarnContext(ctx, "audit log not delivered", "error", err)
	}
	return err
}

// NextRetry is soon: what a target lacks is no more than the database alone has.
func (w *deliverCheckpoints) NextRetry(*river.Job[licensing.DeliverCheckpoints]) time.Time {
	return time.Now().Add(again)
}

type streamAudit struct {
	river.WorkerDefaults[licensing.StreamAudit]
	Witness
	store *store.Store
}

func (w *streamAudit) Work(ctx context.Context, _ *river.Job[licensing.StreamAudit]) error {
	return noted(ctx, w.Stream(ctx, w.store))
}

// NextRetry is soon, as that of checkpoints.
func (w *streamAudit) NextRetry(*river.Job[licensing.StreamAudit]) time.Time {
	return time.Now().Add(again)
}

// Timeout is long: the first time a target gets every entry there is.
func (w *streamAudit) Timeout(*river.Job[licensing.StreamAudit]) time.Duration {
	return 30 * time.Minute
}
