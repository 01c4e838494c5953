package bench

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Goals of the crowd.
const (
	crowdN      = 5000
	crowdMemory = 40 << 10 // bytes for each connection
	crowdGoal   = 0.85     // of the throughput at 64 connections
	crowdMany   = 1000
	crowdFew    = 64
)

// crowd is P8: thousands of people who are signed in and keep their connections.
func (b *run) crowd(ctx context.Context) ([]Result, error) {
	s, err := b.freshPortal(ctx)
	if err != nil {
		return nil, err
	}
	var paths []string
	for n := range min(keyPagesN, b.organisations[0].licence) {
		paths = append(paths, "/licences/"+number(n)+"/keys")
	}
	targets, err := b.compare(ctx, paths)
	if err != nil {
		return nil, err
	}
	if _, err := (closedLoop{s.address, b.tokens[:crowdFew], targets, b.Length}).run(ctx); err != nil {
		return nil, err
	}
	held, err := b.hold(ctx, s, targets)
	if err != nil {
		return nil, err
	}
	var few, many []sample
	for round := range b.Rounds {
		for turn := range 2 {
			n, into := crowdFew, &few
			if (round+turn)%2 == 0 {
				n, into = crowdMany, &many
			}
			got, err := b.turn(ctx, s, closedLoop{s.address, b.tokens[:n], targets, b.Length})
			if err != nil {
				return nil, err
			}
			*into = append(*into, got)
		}
	}
	all := summed(fmt.Sprintf("P8 key page, %d conn.", crowdMany), many)
	all.Ratio, all.Goal = ratios(many, few), fmt.Sprintf("≥ %.2f of %d conn.", crowdGoal, crowdFew)
	all.judge(all.Ratio.Median >= crowdGoal, spread(few))
	return []Result{all, summed(fmt.Sprintf("  %d conn.", crowdFew), few), held}, nil
}

// hold opens a connection for everybody, lets each fetch one page, and weighs the process.
func (b *run) hold(ctx context.Context, s *server, targets []target) (Result, error) {
	before := s.memory("VmRSS")
	conns := make([]*conn, crowdN)
	defer func() {
		for _, c := range conns {
			if c != nil {
				_ = c.Close()
			}
		}
	}()
	if err := b.gather(ctx, s, conns, targets); err != nil {
		return Result{}, err
	}
	time.Sleep(b.Length)
	growth := s.memory("VmRSS") - before
	held := Result{Work: fmt.Sprintf("  %d conn. held", crowdN), Memory: growth, Goal: fmt.Sprintf("≤ %d KB each", crowdMemory>>10)}
	held.Said = fmt.Sprintf("%.1f KB", float64(growth)/crowdN/1024)
	held.judge(growth <= crowdN*crowdMemory, 0)
	return held, nil
}

// gather opens the connections, a few at a time. Each asks at once: one that says nothing
// for five seconds is closed.
func (b *run) gather(ctx context.Context, s *server, conns []*conn, targets []target) error {
	var wait sync.WaitGroup
	failed := make([]error, crowdFew)
	for lane := range crowdFew {
		wait.Go(func() {
			for i := lane; i < len(conns) && failed[lane] == nil; i += crowdFew {
				if conns[i], failed[lane] = dial(ctx, s.address, b.tokens[i]); failed[lane] == nil {
					_, failed[lane] = conns[i].fetch(targets[i%len(targets)].path)
				}
			}
		})
	}
	wait.Wait()
	return errors.Join(failed...)
}
