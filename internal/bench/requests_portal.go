package bench

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// finished is one pair that was carried out.
type finished struct {
	at            time.Time // its end
	file, approve time.Duration
}

// portalTurn is what came of one turn of the portal.
type portalTurn struct {
	pair, file, approve sample
	all                 int // pairs, those of the warming up too
}

// share is what the measured pairs have of what the whole turn took.
func (t portalTurn) share(cpu time.Duration) time.Duration {
	return cpu * time.Duration(t.pair.requests) / time.Duration(max(1, t.all))
}

// portalTurn files and grants over HTTP, with a connection for each customer and one for
// the agent who answers them; one of the two is waited for at any time.
func (d *desk) portalTurn(ctx context.Context, conns int) (portalTurn, error) {
	workers := make([]*worker, conns)
	for n := range workers {
		w, err := d.newWorker(ctx, n)
		if err != nil {
			return portalTurn{}, err
		}
		defer w.close()
		workers[n] = w
	}
	var failed error
	var mu sync.Mutex
	var done sync.WaitGroup
	began := time.Now()
	for _, w := range workers {
		done.Go(func() {
			err := w.work(ctx, began.Add(warmUp+d.length))
			mu.Lock()
			defer mu.Unlock()
			failed = errors.Join(failed, err)
		})
	}
	done.Wait()
	var all []finished
	for _, w := range workers {
		all = append(all, w.done...)
	}
	d.pairs += len(all)
	return d.turnOf(all, began), failed
}

// turnOf leaves out the pairs of the warming up.
func (d *desk) turnOf(all []finished, began time.Time) portalTurn {
	t := portalTurn{all: len(all)}
	for _, f := range all {
		if counts(f.at.Sub(began), d.length) {
			t.pair.latencies = append(t.pair.latencies, f.file+f.approve)
			t.file.latencies = append(t.file.latencies, f.file)
			t.approve.latencies = append(t.approve.latencies, f.approve)
		}
	}
	for _, s := range []*sample{&t.pair, &t.file, &t.approve} {
		s.requests, s.took = len(s.latencies), d.length
		slices.Sort(s.latencies)
	}
	return t
}

// counts reports whether what ended so long after a turn's begin counts.
func counts(after, length time.Duration) bool { return after > warmUp && after <= warmUp+length }

// worker is a customer and the agent who grants what they ask.
type worker struct {
	desk            *desk
	n               int
	customer, agent *conn
	done            []finished
}

func (d *desk) newWorker(ctx context.Context, n int) (*worker, error) {
	customer, err := dial(ctx, d.server.address, d.asks.customers[n])
	if err != nil {
		return nil, err
	}
	agent, err := dial(ctx, d.server.address, d.asks.agents[n])
	if err != nil {
		return nil, errors.Join(err, customer.Close())
	}
	return &worker{desk: d, n: n, customer: customer, agent: agent}, nil
}

func (w *worker) close() {
	_ = w.customer.Close()
	_ = w.agent.Close()
}

func (w *worker) work(ctx context.Context, end time.Time) error {
	for i := 0; ; i++ {
		began := time.Now()
		if i > 0 && began.After(end) || ctx.Err() != nil {
			return ctx.Err()
		}
		if err := w.pair(w.desk.asks.of(w.desk.turn, w.n, i), began); err != nil {
			return err
		}
	}
}

// reason is what the customers write.
const reason = "Forty machines were replaced this autumn and need their activations anew."

// pair files a request and grants it.
func (w *worker) pair(a ask, began time.Time) error {
	path, err := w.customer.post("/requests", url.Values{
		"kind": {"mak_increase"}, "key": {a.key.String()}, "quantity": {"1"}, "reason": {reason}, "once": {newOnce()},
	})
	if err != nil || !strings.HasPrefix(path, "/requests/") {
		return errors.Join(err, fmt.Errorf("filed, and sent to %q", path))
	}
	filed := time.Now()
	back, err := w.agent.post(path+"/approval", url.Values{"once": {newOnce()}, "version": {"1"}, "quantity": {"1"}})
	if err != nil || back != path {
		return errors.Join(err, fmt.Errorf("approved %s, and sent to %q", path, back))
	}
	now := time.Now()
	w.done = append(w.done, finished{now, filed.Sub(began), now.Sub(filed)})
	return nil
}

// Names of posts are as pgbench can make them up: numbers of 19 digits.
const onceLeast, onceMost = 1_000_000_000_000_000_000, 9_000_000_000_000_000_000

func newOnce() string {
	n, _ := rand.Int(rand.Reader, big.NewInt(onceMost-onceLeast)) // never fails: the program would end
	return n.Add(n, big.NewInt(onceLeast)).String()
}
