package bench

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/localpg"
	"github.com/keyhall/keyhall/internal/store"
	"github.com/keyhall/keyhall/internal/vault"
)

// Options says what to measure, and how thoroughly.
type Options struct {
	Scale   float64       // of the data set; 1 is the whole
	Rounds  int           // of each measurement
	Length  time.Duration // of each server's turn in a round
	Only    []string      // of Works; all if empty
	Profile string        // file for a processor profile of the portal; "" for none
	Command []string      // what runs Serve in a process of its own
}

// Works lists what can be measured.
func Works() []string { return []string{"P1", "P2", "P3", "P6", "P8"} }

// ErrShort says that the portal is slower than it is meant to be.
var ErrShort = errors.New("the portal falls short of its goals")

// Run builds the data set, measures, and writes the table to out. ErrShort says that a
// goal was missed and the machine was not too noisy to tell.
func Run(ctx context.Context, o Options, out io.Writer) (err error) {
	b, err := begin(ctx, o, out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.end()) }()
	steps := []struct {
		work string
		do   func(context.Context) ([]Result, error)
	}{{"P1", b.keyPages}, {"P2", b.summaries}, {"P3", b.keyFile}, {"P8", b.crowd}, {"P6", b.requests}} // P6 last: it changes the data
	var all []Result
	for _, s := range steps {
		if len(o.Only) > 0 && !slices.Contains(o.Only, s.work) {
			continue
		}
		found, err := s.do(ctx)
		if err != nil {
			printTable(out, all)
			return fmt.Errorf("%s: %w", s.work, err)
		}
		all = append(all, found...)
	}
	printTable(out, all)
	if slices.ContainsFunc(all, func(r Result) bool { return r.Verdict == Short }) {
		return ErrShort
	}
	return nil
}

// run is one run of the benchmark: a cluster, a data set and the servers over it.
type run struct {
	Options
	world
	out     io.Writer
	dir     string
	cluster *localpg.Server
	config  childConfig
	tokens  []string // sessions of the reader
	servers []*server
}

// tokensN is how many sessions the reader has, one for each connection.
const tokensN = 64

func begin(ctx context.Context, o Options, out io.Writer) (*run, error) {
	b := &run{Options: o, world: newWorld(o.Scale), out: out}
	if err := b.prepare(ctx); err != nil {
		return nil, errors.Join(err, b.end())
	}
	return b, nil
}

// settings are those of an installation whose data fits into memory: nothing is traded
// for speed. Checkpoints are rare, so that those of the load are over.
var settings = map[string]string{"shared_buffers": "1GB", "max_wal_size": "4GB", "max_connections": "60"}

func (b *run) prepare(ctx context.Context) (err error) {
	if b.dir, err = os.MkdirTemp("", "keyhall-bench-"); err != nil {
		return err
	}
	// PostgreSQL's user, who is not root, has to pass through.
	if err = os.Chmod(b.dir, 0o711); err != nil {
		return err
	}
	began := time.Now()
	b.say("%d keys of %d licence IDs are loaded …", b.keys(), b.world.licences)
	b.cluster, err = localpg.Start(ctx, localpg.Options{Dir: filepath.Join(b.dir, "postgres"), Settings: settings})
	if err != nil {
		return err
	}
	if err := store.Migrate(ctx, b.url(localpg.Owner)); err != nil {
		return err
	}
	b.config = childConfig{
		ServeURL: b.url(localpg.Serve), SuperURL: b.url(localpg.Superuser), Issuer: "https://signin.bench.example",
		Keyset: filepath.Join(b.dir, "keyset"), KEK: filepath.Join(b.dir, "kek"), Profile: b.Profile,
	}
	if err := b.fill(ctx); err != nil {
		return err
	}
	b.say("%d keys of %d licence IDs were loaded in %.0f s.", b.keys(), b.world.licences, time.Since(began).Seconds())
	return b.startServers(ctx)
}

func (b *run) fill(ctx context.Context) error {
	if err := vault.CreateFiles(b.config.Keyset, b.config.KEK); err != nil {
		return err
	}
	v, err := vault.LoadFiles(b.config.Keyset, b.config.KEK)
	if err != nil {
		return err
	}
	if err := load(ctx, b.config.SuperURL, b.world, v); err != nil {
		return err
	}
	if b.tokens, err = b.signIn(ctx, reader, tokensN); err != nil {
		return err
	}
	b.config.Tokens = b.tokens
	return nil
}

// signIn begins sessions of a person and returns their tokens.
func (b *run) signIn(ctx context.Context, person, n int) ([]string, error) {
	return b.signInAll(ctx, slices.Repeat([]uuid.UUID{personID(person)}, n))
}

// signInAll begins a session for each of some people.
func (b *run) signInAll(ctx context.Context, persons []uuid.UUID) ([]string, error) {
	tokens := make([]string, len(persons))
	for i := range tokens {
		tokens[i] = rand.Text()
	}
	return tokens, plantSessions(ctx, b.config.SuperURL, b.config.Issuer, persons, tokens)
}

func (b *run) startServers(ctx context.Context) error {
	for _, role := range []string{rolePortal, roleLimit, roleOpen} {
		c := b.config
		c.Role = role
		s, err := startServer(ctx, b.Command, c)
		if err != nil {
			return err
		}
		b.servers = append(b.servers, s)
	}
	return nil
}

func (b *run) url(role string) string { return b.cluster.URL(role, localpg.Database) }

func (b *run) portal() *server { return b.servers[0] }

func (b *run) say(format string, args ...any) { fmt.Fprintf(b.out, format+"\n", args...) }

// end stops everything and removes it, whatever the context says.
func (b *run) end() error {
	for _, s := range b.servers {
		s.stop()
	}
	var err error
	if b.cluster != nil {
		err = b.cluster.Stop(context.Background())
	}
	return errors.Join(err, os.RemoveAll(b.dir))
}
