package bench

import (
	"context"
	"regexp"
	"sync"

	"github.com/jackc/pgx/v5"
)

// asked is one statement with its arguments.
type asked struct {
	sql  string
	args []any
}

// recorder notes what is asked of the database, a round trip at a time.
type recorder struct {
	mu    sync.Mutex
	trips [][]asked
}

func (r *recorder) note(trip ...asked) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.trips = append(r.trips, trip)
}

// take returns what was noted since the last time.
func (r *recorder) take() [][]asked {
	r.mu.Lock()
	defer r.mu.Unlock()
	trips := r.trips
	r.trips = nil
	return trips
}

// beginning is how the store begins a transaction behind the wall, in one round trip.
var beginning = regexp.MustCompile(`^BEGIN; SELECT set_config\('role', '([^']*)', true\), set_config\('keyhall.roots', '([^']*)', true\)$`)

// TraceQueryStart notes a statement by itself, and the two that begin a transaction.
func (r *recorder) TraceQueryStart(ctx context.Context, _ *pgx.Conn, d pgx.TraceQueryStartData) context.Context {
	if wall := beginning.FindStringSubmatch(d.SQL); wall != nil {
		r.note(asked{sql: "begin"}, asked{
			`SELECT set_config('role', $1, true), set_config('keyhall.roots', $2, true)`, []any{wall[1], wall[2]},
		})
		return ctx
	}
	r.note(asked{d.SQL, d.Args})
	return ctx
}

// TraceQueryEnd is of no interest.
func (*recorder) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// TraceBatchStart notes the statements of a batch.
func (r *recorder) TraceBatchStart(ctx context.Context, _ *pgx.Conn, d pgx.TraceBatchStartData) context.Context {
	var trip []asked
	for _, q := range d.Batch.QueuedQueries {
		trip = append(trip, asked{q.SQL, q.Arguments})
	}
	r.note(trip...)
	return ctx
}

// TraceBatchQuery is of no interest.
func (*recorder) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {}

// TraceBatchEnd is of no interest.
func (*recorder) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}
