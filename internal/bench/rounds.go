package bench

import (
	"bytes"
	"context"
	"fmt"
	"hash/crc32"
	"strconv"
	"time"
)

// The connections at which pages are measured.
var connections = []int{1, 16, 64}

// Of the licence IDs and pages that there are, so many are asked for.
const (
	keyPagesN  = 1000
	summariesN = 60
	warmUp     = 300 * time.Millisecond
	pageGoal   = 0.70
	pageFloor  = 0.60
)

// keyPages is P1: the key page of one licence ID.
func (b *run) keyPages(ctx context.Context) ([]Result, error) {
	var paths []string
	for n := range min(keyPagesN, b.organisations[0].licence) {
		paths = append(paths, "/licences/"+number(n)+"/keys")
	}
	return b.pages(ctx, "P1 key page", paths)
}

// summaries is P2: the relationship summary, page by page through thousands.
func (b *run) summaries(ctx context.Context) ([]Result, error) {
	var paths []string
	for n := range min(summariesN, b.organisations[0].licence/rowsPerPage-1) {
		paths = append(paths, "/licences?after=~"+number(n*rowsPerPage))
	}
	return b.pages(ctx, "P2 summary", paths)
}

func (b *run) pages(ctx context.Context, work string, paths []string) ([]Result, error) {
	targets, err := b.compare(ctx, paths)
	if err != nil {
		return nil, err
	}
	b.say("%s: %d pages are the same from every server, %d bytes each or so.", work, len(targets), targets[0].size)
	var all []Result
	for _, n := range connections {
		samples, err := b.rounds(ctx, targets, n)
		if err != nil {
			return nil, err
		}
		all = append(all, pageResults(work, n, samples)...)
	}
	return all, nil
}

// compare fetches every page from every server: it has to be the same, byte for byte.
func (b *run) compare(ctx context.Context, paths []string) ([]target, error) {
	var targets []target
	for i, s := range b.servers {
		c, err := dial(ctx, s.address, b.tokens[0])
		if err != nil {
			return nil, err
		}
		defer func() { _ = c.Close() }()
		for n, path := range paths {
			body, err := c.fetch(path)
			if err != nil {
				return nil, fmt.Errorf("the %s: %s: %w", s.role, path, err)
			}
			if i == 0 {
				targets = append(targets, target{path, crc32.Checksum(body, table), len(body), body})
				continue
			}
			if err := same(targets[n].body, body); err != nil {
				return nil, fmt.Errorf("%s: %w", path, err)
			}
		}
	}
	for i := range targets {
		targets[i].body = nil
	}
	return targets, nil
}

// fetch returns a page.
func (c *conn) fetch(path string) ([]byte, error) {
	var body []byte
	status, err := c.ask(path, func(b []byte) { body = append(body, b...) })
	if err == nil && status != 200 {
		err = fmt.Errorf("status %d", status)
	}
	return body, err
}

// same says where the limit's page is another than the portal's.
func same(portal, limit []byte) error {
	if bytes.Equal(portal, limit) {
		return nil
	}
	at := 0
	for at < len(portal) && at < len(limit) && portal[at] == limit[at] {
		at++
	}
	near := func(b []byte) string { return strconv.Quote(string(b[max(0, min(len(b), at-60)):min(len(b), at+60)])) }
	return fmt.Errorf("the limit draws another page than the portal, from byte %d on: portal %s, limit %s", at, near(portal), near(limit))
}

// rounds lets the servers take turns, every round beginning with another. It returns
// the samples by server and round.
func (b *run) rounds(ctx context.Context, targets []target, n int) ([][]sample, error) {
	samples := make([][]sample, len(b.servers))
	for _, s := range b.servers {
		if _, err := (closedLoop{address: s.address, tokens: b.tokens[:n], targets: targets, length: warmUp}).run(ctx); err != nil {
			return nil, fmt.Errorf("the %s: %w", s.role, err)
		}
	}
	for round := range b.Rounds {
		for i := range b.servers {
			turn := (i + round) % len(b.servers)
			got, err := b.turn(ctx, b.servers[turn], closedLoop{address: b.servers[turn].address, tokens: b.tokens[:n], targets: targets, length: b.Length})
			if err != nil {
				return nil, err
			}
			samples[turn] = append(samples[turn], got)
		}
	}
	return samples, nil
}

// turn measures one server.
func (b *run) turn(ctx context.Context, s *server, l closedLoop) (sample, error) {
	s.forgetPeak()
	before := s.cpu()
	got, err := l.run(ctx)
	if err != nil {
		return got, fmt.Errorf("the %s at %d connections: %w", s.role, len(l.tokens), err)
	}
	got.cpu, got.peak = s.cpu()-before, s.memory("VmHWM")
	return got, nil
}

// pageResults are three lines of the table: the portal against the limit, the limit,
// and the limit without the wall.
func pageResults(work string, conns int, samples [][]sample) []Result {
	name := fmt.Sprintf("%s, %d conn.", work, conns)
	portal := summed(name, samples[0])
	portal.Ratio = ratios(samples[0], samples[1])
	if conns > 1 {
		portal.Goal = fmt.Sprintf("≥ %.2f, never < %.2f", pageGoal, pageFloor)
		portal.judge(portal.Ratio.Median >= pageGoal && portal.Ratio.Least >= pageFloor, spread(samples[1]))
	}
	bare := summed("  limit", samples[1])
	open := summed("  without wall", samples[2])
	open.Ratio = ratios(samples[0], samples[2])
	return []Result{portal, bare, open}
}
