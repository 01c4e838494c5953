package jobs

import (
	"context"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/store"
)

// forgotten is after how long a key file that never ended is given up.
const forgotten = 2 * time.Hour

// remembered is how long a post is known, so that the same one again does nothing.
const remembered = 48 * time.Hour

// kept is how long invitations, hand-overs and the like are kept after their end.
const kept = 90 * 24 * time.Hour

// counted is how long a window of a rate is kept: longer than any lasts.
const counted = 2 * time.Hour

func workers(s *store.Store, c Config) *river.Workers {
	w := river.NewWorkers()
	river.AddWorker(w, &tellFamilies{store: s})
	river.AddWorker(w, &clearSessions{store: s})
	river.AddWorker(w, &breakForgotten{store: s})
	river.AddWorker(w, &clearOnce{store: s})
	river.AddWorker(w, &clearEnded{store: s})
	river.AddWorker(w, &clearRates{store: s})
	river.AddWorker(w, &succeed{store: s})
	river.AddWorker(w, &carryOutEmergency{store: s})
	river.AddWorker(w, &sendMail{store: s, Config: c})
	river.AddWorker(w, &deliverCheckpoints{store: s, Witness: c.Witness})
	river.AddWorker(w, &streamAudit{store: s, Witness: c.Witness})
	river.AddWorker(w, &mindAccess{store: s})
	river.AddWorker(w, &mindReviews{store: s})
	river.AddWorker(w, &mindIssuers{store: s})
	addImports(w, s)
	return w
}

// handover is how soon a successor takes over from a right that ran out, and how soon after
// its wait emergency access is given.
const handover = 5 * time.Minute

// alone lets one job of a kind wait or be tried again: the next on the timetable would
// only do the same.
var alone = river.UniqueOpts{ByState: []rivertype.JobState{
	rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable, rivertype.JobStateRunning, rivertype.JobStateScheduled,
}}

// every is a line of the timetable, which is worked through also when a server takes it over.
func every(interval time.Duration, args river.JobArgs) *river.PeriodicJob {
	return river.NewPeriodicJob(river.PeriodicInterval(interval),
		func() (river.JobArgs, *river.InsertOpts) { return args, &river.InsertOpts{UniqueOpts: alone} },
		&river.PeriodicJobOpts{RunOnStart: true})
}

// timetable is what happens every hour or more often.
func timetable() []*river.PeriodicJob {
	hourly := func(args river.JobArgs) *river.PeriodicJob { return every(time.Hour, args) }
	return []*river.PeriodicJob{
		hourly(licensing.ClearSessions{}), hourly(licensing.BreakForgotten{}), hourly(licensing.ForgetUploads{}), hourly(licensing.ClearOnce{}),
		hourly(licensing.ClearEnded{}), hourly(licensing.ClearRates{}), every(handover, licensing.Succeed{}),
		hourly(licensing.MindAccess{}), hourly(licensing.MindReviews{}), hourly(licensing.MindIssuers{}),
		every(handover, licensing.CarryOutEmergency{}),
	}
}

type tellFamilies struct {
	river.WorkerDefaults[licensing.TellFamilies]
	store *store.Store
}

func (w *tellFamilies) Work(ctx context.Context, job *river.Job[licensing.TellFamilies]) error {
	return w.store.TellFamilies(ctx, job.Args.Import)
}

// Timeout is long: a file may concern thousands of families, each told in a
// transaction of its own.
func (w *tellFamilies) Timeout(*river.Job[licensing.TellFamilies]) time.Duration {
	return 30 * time.Minute
}

type clearSessions struct {
	river.WorkerDefaults[licensing.ClearSessions]
	store *store.Store
}

func (w *clearSessions) Work(ctx context.Context, _ *river.Job[licensing.ClearSessions]) error {
	_, err := w.store.ClearSessions(ctx, time.Now())
	return err
}

type breakForgotten struct {
	river.WorkerDefaults[licensing.BreakForgotten]
	store *store.Store
}

func (w *breakForgotten) Work(ctx context.Context, _ *river.Job[licensing.BreakForgotten]) error {
	return w.store.BreakForgotten(ctx, time.Now().Add(-forgotten))
}

type clearOnce struct {
	river.WorkerDefaults[licensing.ClearOnce]
	store *store.Store
}

func (w *clearOnce) Work(ctx context.Context, _ *river.Job[licensing.ClearOnce]) error {
	return w.store.ClearOnce(ctx, time.Now().Add(-remembered))
}

type clearEnded struct {
	river.WorkerDefaults[licensing.ClearEnded]
	store *store.Store
}

func (w *clearEnded) Work(ctx context.Context, _ *river.Job[licensing.ClearEnded]) error {
	return w.store.ClearEnded(ctx, time.Now().Add(-kept))
}

type clearRates struct {
	river.WorkerDefaults[licensing.ClearRates]
	store *store.Store
}

func (w *clearRates) Work(ctx context.Context, _ *river.Job[licensing.ClearRates]) error {
	return w.store.ClearRates(ctx, time.Now().Add(-counted))
}

type succeed struct {
	river.WorkerDefaults[licensing.Succeed]
	store *store.Store
}

func (w *succeed) Work(ctx context.Context, _ *river.Job[licensing.Succeed]) error {
	return w.store.Succeed(ctx)
}

type carryOutEmergency struct {
	river.WorkerDefaults[licensing.CarryOutEmergency]
	store *store.Store
}

func (w *carryOutEmergency) Work(ctx context.Context, _ *river.Job[licensing.CarryOutEmergency]) error {
	return w.store.CarryOutEmergency(ctx)
}
