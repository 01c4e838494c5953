// Package jobs works what happens later or on a timetable: each job calls one method
// of the store.
//
// It is not where jobs are made (the store adds them, within the transaction that
// needs them), and not where their arguments are described (licensing). Every server
// may run it: a job is worked by one of them, at least once and so maybe twice.
package jobs

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/mail"
	"github.com/keyhall/keyhall/internal/store"
)

// Jobs works the queue of one database.
type Jobs struct {
	client *river.Client[pgx.Tx]
}

// atOnce is how many jobs one server works at once: each may hold a connection, and
// pages need some too.
const atOnce = 2

// grace is how long jobs that were told to end at once may take to do so.
const grace = 5 * time.Second

// Config is what jobs stand on beside the store.
type Config struct {
	Sender  mail.Sender // nil where there is no mail server: mails are kept, not sent
	BaseURL string      // that links in mails lead to, without a final slash
	Witness             // where the audit log goes outside
}

// New makes a worker that Start sets going.
func New(s *store.Store, c Config) (*Jobs, error) {
	client, err := river.NewClient(riverpgxv5.New(s.Pool()), &river.Config{
		Logger:       slog.Default(),
		Queues:       map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: atOnce}, licensing.ImportQueue: {MaxWorkers: 1}},
		Workers:      workers(s, c),
		PeriodicJobs: append(timetable(), c.timetable()...),
		// Only the owner of the tables may rebuild an index.
		ReindexerSchedule: river.NeverSchedule(),
	})
	if err != nil {
		return nil, err
	}
	return &Jobs{client: client}, nil
}

// Start works jobs until Stop is called. The context must live as long: when it ends,
// jobs under way are cut off.
func (j *Jobs) Start(ctx context.Context) error { return j.client.Start(ctx) }

// Stop takes no new job and waits for those under way. When the context ends first it
// cuts them off, and they are worked again by another server or the next run.
func (j *Jobs) Stop(ctx context.Context) error {
	err := j.client.Stop(ctx)
	if err == nil || ctx.Err() == nil {
		return err
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	if cut := j.client.StopAndCancel(last); cut != nil {
		return errors.Join(err, cut)
	}
	return nil
}
