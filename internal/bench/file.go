package bench

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/localpg"
	"github.com/keyhall/keyhall/internal/store"
	"github.com/keyhall/keyhall/internal/vault"
)

// Goals of the key file.
const (
	fileGoal      = 1.25     // times psql
	fileMemory    = 64 << 20 // bytes over the process at rest
	fileGrowth    = 1.15     // times the memory of the small file
	fileFirstByte = 2 * time.Second
)

// smallFiles is how often the small file is fetched, until its garbage is collected as
// often as that of a large one.
const smallFiles = 20

// keyFile is P3: the key file of everything against psql and \copy.
func (b *run) keyFile(ctx context.Context) ([]Result, error) {
	statement, err := b.exportStatement(ctx)
	if err != nil {
		return nil, err
	}
	small, err := b.smallFile(ctx)
	if err != nil {
		return nil, err
	}
	tokens, err := b.signIn(ctx, everyones, 1)
	if err != nil {
		return nil, err
	}
	c, err := dial(ctx, b.portal().address, tokens[0])
	if err != nil {
		return nil, err
	}
	defer func() { _ = c.Close() }()
	if err := b.checkFile(ctx, c); err != nil {
		return nil, err
	}
	f := fileRounds{run: b, conn: c, statement: statement}
	for range b.Rounds {
		if err := f.round(ctx); err != nil {
			return nil, err
		}
	}
	return f.results(small), nil
}

// files are how a process at rest and with a small file looks.
type files struct{ rest, peak int64 }

// smallFile fetches the file of about ten thousand rows. The portal is one that has
// done nothing else.
func (b *run) smallFile(ctx context.Context) (files, error) {
	tokens, err := b.signIn(ctx, someones, 1)
	if err != nil {
		return files{}, err
	}
	s, err := b.freshPortal(ctx)
	if err != nil {
		return files{}, err
	}
	c, err := dial(ctx, s.address, tokens[0])
	if err != nil {
		return files{}, err
	}
	defer func() { _ = c.Close() }()
	if _, err := c.fetch("/licences"); err != nil {
		return files{}, err
	}
	f := files{rest: s.memory("VmRSS")}
	s.forgetPeak()
	for range smallFiles {
		if _, err := c.discard("/keys.tsv"); err != nil {
			return files{}, err
		}
	}
	f.peak = s.memory("VmHWM")
	return f, nil
}

// freshPortal puts a new portal in the place of the one that has served pages: what
// they left in memory is not the file's.
func (b *run) freshPortal(ctx context.Context) (*server, error) {
	b.portal().stop()
	c := b.config
	c.Role = rolePortal
	if c.Profile != "" {
		c.Profile += ".files"
	}
	s, err := startServer(ctx, b.Command, c)
	if err == nil {
		b.servers[0] = s
	}
	return s, err
}

// got is a file that was fetched.
type got struct {
	first, whole time.Duration
	bytes, lines int
}

// discard fetches a file and counts.
func (c *conn) discard(path string) (got, error) {
	var g got
	began := time.Now()
	status, err := c.ask(path, func(b []byte) {
		if g.bytes == 0 {
			g.first = time.Since(began)
		}
		g.bytes += len(b)
		g.lines += bytes.Count(b, []byte("\n"))
	})
	g.whole = time.Since(began)
	if err == nil && status != 200 {
		err = fmt.Errorf("%s: status %d", path, status)
	}
	return g, err
}

// checkFile fetches the file once to hash it: it has every row, and is the one that the
// ledger knows.
func (b *run) checkFile(ctx context.Context, c *conn) error {
	sum, lines := sha256.New(), 0
	status, err := c.ask("/keys.tsv", func(p []byte) { sum.Write(p); lines += bytes.Count(p, []byte("\n")) })
	if err != nil || status != 200 || lines != b.keys()+1 {
		return errors.Join(err, fmt.Errorf("the key file has %d lines, status %d", lines, status))
	}
	db, err := pgx.Connect(ctx, b.config.SuperURL)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close(context.WithoutCancel(ctx)) }()
	var known bool
	err = db.QueryRow(ctx, "SELECT EXISTS (SELECT FROM downloads WHERE sha256 = $1 AND state = 'finished')", sum.Sum(nil)).Scan(&known)
	if err == nil && !known {
		err = errors.New("the ledger does not know the key file that arrived")
	}
	return err
}

// fileRounds measures the file and psql in turns.
type fileRounds struct {
	*run
	conn      *conn
	statement []string // of psql

	portal, psql []sample
	first        time.Duration // the slowest first byte
	peak         int64
	backends     int // most connections that worked at once
	bytes        int
}

func (f *fileRounds) round(ctx context.Context) error {
	s := f.run.portal()
	s.forgetPeak()
	before := s.cpu()
	watched := f.watch(ctx)
	g, err := f.conn.discard("/keys.tsv")
	backends := watched()
	if err != nil {
		return err
	}
	if g.lines != f.keys()+1 || f.bytes != 0 && g.bytes != f.bytes {
		return fmt.Errorf("the key file has %d lines and %d bytes", g.lines, g.bytes)
	}
	one := sample{requests: f.keys(), took: g.whole, latencies: []time.Duration{g.whole}, cpu: s.cpu() - before, peak: s.memory("VmHWM")}
	f.portal = append(f.portal, one)
	f.first, f.peak, f.bytes, f.backends = max(f.first, g.first), max(f.peak, one.peak), g.bytes, max(f.backends, backends)
	began := time.Now()
	said, err := exec.CommandContext(ctx, f.statement[0], f.statement[1:]...).CombinedOutput()
	if err != nil || !strings.Contains(string(said), fmt.Sprint(f.keys())) {
		return fmt.Errorf("psql: %s %w", said, errors.Join(err))
	}
	took := time.Since(began)
	f.psql = append(f.psql, sample{requests: f.keys(), took: took, latencies: []time.Duration{took}})
	return nil
}

// watch counts the portal's connections that are at work, until it is told to stop.
func (f *fileRounds) watch(ctx context.Context) (stop func() int) {
	ctx, cancel := context.WithCancel(ctx)
	most := make(chan int, 1)
	go func() {
		n := 0
		defer func() { most <- n }()
		db, err := pgx.Connect(ctx, f.config.SuperURL)
		if err != nil {
			return
		}
		defer func() { _ = db.Close(context.WithoutCancel(ctx)) }()
		for ctx.Err() == nil {
			var now int
			err := db.QueryRow(ctx, "SELECT count(*) FROM pg_stat_activity WHERE usename = $1 AND application_name LIKE 'keyhall%' AND state <> 'idle'", localpg.Serve).Scan(&now)
			if err == nil {
				n = max(n, now)
			}
			time.Sleep(20 * time.Millisecond)
		}
	}()
	return func() int { cancel(); return <-most }
}

func (f *fileRounds) results(small files) []Result {
	name := fmt.Sprintf("P3 key file, %d rows", f.keys())
	portal := summed(name, f.portal)
	var list []float64
	for i := range f.portal {
		list = append(list, f.portal[i].took.Seconds()/f.psql[i].took.Seconds())
	}
	portal.Ratio, portal.Goal = rangeOf(list), fmt.Sprintf("time ≤ %.2f of psql's", fileGoal)
	portal.judge(portal.Ratio.Median <= fileGoal, spread(f.psql))
	over := Result{Work: "  memory over rest", Memory: f.peak - small.rest, Goal: "≤ " + megabytes(fileMemory)}
	over.judge(over.Memory <= fileMemory, 0)
	growth := Result{Work: "  memory by small file's", Memory: small.peak, Goal: fmt.Sprintf("≤ %.2f", fileGrowth)}
	growth.Said = fmt.Sprintf("%.2f", float64(f.peak)/float64(small.peak))
	growth.judge(float64(f.peak) <= fileGrowth*float64(small.peak), 0)
	first := Result{Work: "  first byte, slowest", P99: f.first, Goal: "≤ " + brief(fileFirstByte)}
	first.judge(f.first <= fileFirstByte, 0)
	backends := Result{Work: "  connections at work", Said: fmt.Sprint(f.backends), Goal: "1"}
	backends.judge(f.backends <= 1, 0)
	return []Result{portal, summed("  psql \\copy", f.psql), over, growth, first, backends}
}

// exportStatement is psql's command line for the statement of the store's export, with
// the same role and the same wall.
func (b *run) exportStatement(ctx context.Context) ([]string, error) {
	psql, err := findProgram("psql")
	if err != nil {
		return nil, err
	}
	trip, err := b.heardExport(ctx)
	if err != nil {
		return nil, err
	}
	sql := trip[1].sql
	for i, a := range trip[1].args {
		sql = strings.ReplaceAll(sql, fmt.Sprintf("$%d", i+1), fmt.Sprintf("'%v'", a))
	}
	return []string{
		psql, "-X", "-d", b.config.ServeURL, "-c", "SET jit = off", "-c", fmt.Sprintf("SET keyhall.roots = '%v'", trip[0].args[1]),
		"-c", `\copy (` + strings.Join(strings.Fields(sql), " ") + `) TO '/dev/null'`,
	}, nil
}

// heardExport is what the store asks for the key file of everything.
func (b *run) heardExport(ctx context.Context) ([]asked, error) {
	v, err := vault.LoadFiles(b.config.Keyset, b.config.KEK)
	if err != nil {
		return nil, err
	}
	var heard recorder
	s, err := store.Open(ctx, b.config.ServeURL, v, &heard)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	who, err := s.Viewer(ctx, licensing.Session{PersonID: personID(everyones)})
	if err != nil {
		return nil, err
	}
	enough := errors.New("one row is enough")
	_, err = s.ExportKeys(ctx, who, licensing.Download{}, func(licensing.KeyRow) error { return enough })
	if !errors.Is(err, enough) {
		return nil, fmt.Errorf("the export: %w", err)
	}
	for _, trip := range heard.take() {
		if len(trip) == 2 && strings.Contains(trip[1].sql, "sealed") {
			return trip, nil
		}
	}
	return nil, errors.New("the export asks in another way now")
}

// findProgram looks for a program of PostgreSQL's where localpg looks for the server.
func findProgram(name string) (string, error) {
	kept, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name) // the pattern is well-formed
	for _, path := range append([]string{filepath.Join(os.Getenv("PGBIN"), name)}, kept...) {
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
	}
	return exec.LookPath(name)
}
