package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/store"
	"github.com/keyhall/keyhall/internal/vault"
)

// requestGoals are by how many connections ask.
var requestGoals = []struct {
	conns int
	least float64
}{{1, 0.75}, {16, 0.55}}

// requests is P6: a customer asks for more activations, support grants them. One such
// pair is what is counted.
func (b *run) requests(ctx context.Context) ([]Result, error) {
	pgbench, err := findProgram("pgbench")
	if err != nil {
		b.say("P6 was left out: pgbench, which it is measured against, was not found.")
		return nil, nil
	}
	d, err := b.openDesk(ctx, pgbench)
	if err != nil {
		return nil, err
	}
	defer d.close()
	b.say("P6: a request takes %d round trips to file, %d to approve.", len(d.script.file), len(d.script.approve))
	var all []Result
	for _, g := range requestGoals {
		found, err := d.measure(ctx, g.conns)
		if err != nil {
			return nil, err
		}
		all = append(all, requestResults(g.conns, g.least, found)...)
	}
	return all, d.sound(ctx)
}

// desk is where requests are filed and granted, by the portal and by pgbench in turns.
type desk struct {
	server          *server
	store           *store.Store
	super           *pgx.Conn
	asks            asks
	config          childConfig
	pgbench, folder string
	script          script
	rounds          int
	length          time.Duration
	turn            int // so many have been
	pairs           int // so many were asked and granted
}

func (b *run) openDesk(ctx context.Context, pgbench string) (*desk, error) {
	d := &desk{server: b.portal(), config: b.config, pgbench: pgbench, folder: b.dir, rounds: b.Rounds, length: b.Length}
	if err := d.prepare(ctx, b.world); err != nil {
		d.close()
		return nil, err
	}
	return d, nil
}

// prepare plants who asks and who grants, and learns from the store what that takes.
func (d *desk) prepare(ctx context.Context, w world) error {
	v, err := vault.LoadFiles(d.config.Keyset, d.config.KEK)
	if err != nil {
		return err
	}
	if d.super, err = pgx.Connect(ctx, d.config.SuperURL); err != nil {
		return err
	}
	if d.asks, err = plantAsks(ctx, d.super, w, d.config); err != nil {
		return err
	}
	var heard recorder
	if d.store, err = store.Open(ctx, d.config.ServeURL, v, &heard); err != nil {
		return err
	}
	d.script, err = learnScript(ctx, d, &heard)
	return err
}

func (d *desk) close() {
	if d.store != nil {
		d.store.Close()
	}
	if d.super != nil {
		_ = d.super.Close(context.Background())
	}
}

// requestSamples are what came of the rounds.
type requestSamples struct{ portal, limit, file, approve []sample }

// measure lets the portal and pgbench take turns, every round beginning with the other.
func (d *desk) measure(ctx context.Context, conns int) (requestSamples, error) {
	var s requestSamples
	portal := func() error {
		before := d.server.cpu()
		d.server.forgetPeak()
		turn, err := d.portalTurn(ctx, conns)
		if err != nil {
			return fmt.Errorf("the portal at %d connections: %w", conns, err)
		}
		turn.pair.cpu, turn.pair.peak = turn.share(d.server.cpu()-before), d.server.memory("VmHWM")
		s.portal, s.file, s.approve = append(s.portal, turn.pair), append(s.file, turn.file), append(s.approve, turn.approve)
		return d.effect(ctx)
	}
	limit := func() error {
		got, err := d.limitTurn(ctx, conns)
		s.limit = append(s.limit, got)
		return errors.Join(err, d.effect(ctx))
	}
	turns := []func() error{portal, limit}
	for round := range d.rounds {
		for i := range turns {
			if err := turns[(i+round)%2](); err != nil {
				return s, err
			}
			d.turn++
		}
	}
	return s, nil
}

// What every pair leaves behind, the portal's or pgbench's: one granted request with its
// two events, a ledger entry of one more, a notice, a mail, a job that sends it, two
// posts that won't be carried out again.
const effects = `SELECT ARRAY[(SELECT sum(k.total) FROM keys k JOIN bench_asks a ON a.key::uuid = k.id) - (SELECT sum(total) FROM bench_asks),
	(SELECT sum(granted) FROM requests), (SELECT count(*) FROM requests WHERE state = 'granted'), (SELECT count(*) FROM requests),
	(SELECT count(*) FROM request_events) / 2.0, (SELECT sum(new - old) FROM limit_entries), (SELECT count(*) FROM notices),
	(SELECT count(*) FROM mails), (SELECT count(*) FROM river_job), (SELECT count(*) FROM once) / 2.0]::float8[]`

// effect checks that everything asked was granted once and to the last activation, and
// that the counters of the licence IDs still fit.
func (d *desk) effect(ctx context.Context) error {
	var found []float64
	if err := d.super.QueryRow(ctx, effects).Scan(&found); err != nil {
		return err
	}
	if slices.ContainsFunc(found, func(n float64) bool { return n != float64(d.pairs) }) {
		return fmt.Errorf("%d requests were filed and granted; what they left behind is %v", d.pairs, found)
	}
	wrong, err := d.store.VerifyCounters(ctx)
	if err == nil && wrong != 0 {
		err = fmt.Errorf("the counters of %d licence IDs do not fit any more", wrong)
	}
	return err
}

// sound checks the audit log, once.
func (d *desk) sound(ctx context.Context) error {
	bad, err := d.store.VerifyAudit(ctx)
	if err == nil && bad != nil {
		err = fmt.Errorf("%w: entry %d of the audit log of %s", licensing.ErrIntegrity, bad.Seq, bad.RootID)
	}
	return err
}

func requestResults(conns int, least float64, s requestSamples) []Result {
	portal := summed(fmt.Sprintf("P6 file and approve, %d conn.", conns), s.portal)
	portal.Ratio, portal.Goal = ratios(s.portal, s.limit), fmt.Sprintf("≥ %.2f", least)
	portal.judge(portal.Ratio.Median >= least, spread(s.limit))
	file, approve := summed("  file alone", s.file), summed("  approve alone", s.approve)
	file.PerSecond, approve.PerSecond = 0, 0 // they are the halves of a pair
	return []Result{portal, summed("  pgbench", s.limit), file, approve}
}
