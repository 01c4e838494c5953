package bench

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"sync"
	"time"

	"github.com/google/uuid"
)

// Goals of the crowd.
const (
	crowdMemory = 40 << 10 // bytes for each connection
	crowdGoal   = 0.85     // of the throughput at a few connections
	crowdMany   = 1000
	crowdFew    = 64
)

// crowd is P8: thousands of people who are signed in and keep their connections.
func (b *run) crowd(ctx context.Context) ([]Result, error) {
	s, err := b.freshPortal(ctx)
	if err != nil {
		return nil, err
	}
	persons := make([]uuid.UUID, crowdN)
	for n := range persons {
		persons[n] = crowdPerson(n)
	}
	c := gathering{run: b, server: s, own: make([][]target, crowdN)}
	if c.tokens, err = b.signInAll(ctx, persons); err != nil {
		return nil, err
	}
	// What the process needs to be at work at all is not the crowd's.
	few := closedLoop{address: s.address, tokens: b.tokens[:crowdFew], length: b.Length}
	if few.targets, err = b.compare(ctx, []string{"/licences/" + number(0) + "/keys"}); err != nil {
		return nil, err
	}
	if _, err := few.run(ctx); err != nil {
		return nil, err
	}
	held, err := c.hold(ctx)
	if err != nil {
		return nil, err
	}
	found, err := c.measure(ctx)
	return append(found, held), err
}

// gathering is the crowd in front of one server.
type gathering struct {
	*run
	server *server
	tokens []string
	own    [][]target // the pages that each of them asks for
}

// hold opens a connection for everybody, lets each fetch their pages, and weighs the
// process.
func (c *gathering) hold(ctx context.Context) (Result, error) {
	before := c.server.memory("VmRSS")
	conns := make([]*conn, crowdN)
	defer func() {
		for _, c := range conns {
			if c != nil {
				_ = c.Close()
			}
		}
	}()
	if err := c.gather(ctx, conns); err != nil {
		return Result{}, err
	}
	time.Sleep(c.Length)
	growth := c.server.memory("VmRSS") - before
	held := Result{Work: fmt.Sprintf("  %d conn. held", crowdN), Memory: growth, Goal: fmt.Sprintf("≤ %d KB each", crowdMemory>>10)}
	held.Said = fmt.Sprintf("%.1f KB", float64(growth)/crowdN/1024)
	held.judge(growth <= crowdN*crowdMemory, 0)
	return held, nil
}

// gather opens the connections, a few at a time. Each asks at once: one that says nothing
// for five seconds is closed.
func (c *gathering) gather(ctx context.Context, conns []*conn) error {
	var wait sync.WaitGroup
	failed := make([]error, crowdFew)
	for lane := range crowdFew {
		wait.Go(func() {
			for i := lane; i < len(conns) && failed[lane] == nil; i += crowdFew {
				if conns[i], failed[lane] = dial(ctx, c.server.address, c.tokens[i]); failed[lane] == nil {
					failed[lane] = c.learn(conns[i], i)
				}
			}
		})
	}
	wait.Wait()
	return errors.Join(failed...)
}

// learn fetches the pages of the n-th person, to know them again.
func (c *gathering) learn(conn *conn, n int) error {
	for k := range 2 {
		path := "/licences/" + number(c.crowdLicence(n, k)) + "/keys"
		body, err := conn.fetch(path)
		if err != nil {
			return fmt.Errorf("reader %d: %s: %w", n, path, err)
		}
		c.own[n] = append(c.own[n], target{path: path, crc: crc32.Checksum(body, table)})
	}
	return nil
}

// measure compares many connections and few, in turns.
func (c *gathering) measure(ctx context.Context) ([]Result, error) {
	var few, many []sample
	for round := range c.Rounds {
		for turn := range 2 {
			n, into := crowdFew, &few
			if (round+turn)%2 == 0 {
				n, into = crowdMany, &many
			}
			got, err := c.turn(ctx, c.server, closedLoop{address: c.server.address, tokens: c.tokens[:n], own: c.own, length: c.Length})
			if err != nil {
				return nil, err
			}
			*into = append(*into, got)
		}
	}
	all := summed(fmt.Sprintf("P8 key page, %d conn.", crowdMany), many)
	all.Ratio, all.Goal = ratios(many, few), fmt.Sprintf("≥ %.2f of %d conn.", crowdGoal, crowdFew)
	all.judge(all.Ratio.Median >= crowdGoal, spread(few))
	return []Result{all, summed(fmt.Sprintf("  %d conn.", crowdFew), few)}, nil
}
