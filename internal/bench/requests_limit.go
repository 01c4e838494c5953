package bench

import (
	"bufio"
	"context"
	"fmt"
	"maps"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// limitTurn lets pgbench file and grant: the same statements for the same keys, a
// connection to the database for each client.
func (d *desk) limitTurn(ctx context.Context, conns int) (sample, error) {
	seconds := int(math.Ceil((warmUp + d.length).Seconds()))
	log, err := d.pgbenchRun(ctx, conns, "-T", strconv.Itoa(seconds))
	if err != nil {
		return sample{}, err
	}
	d.pairs += len(log)
	return sampleOf(log, d.length), nil
}

// pgbenchRun runs the script and returns every transaction that it logged.
func (d *desk) pgbenchRun(ctx context.Context, clients int, until ...string) ([]logged, error) {
	folder, err := os.MkdirTemp(d.folder, "pgbench-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	path := filepath.Join(folder, "script.sql")
	if err := os.WriteFile(path, []byte(d.script.text), 0o600); err != nil {
		return nil, err
	}
	args := append([]string{"-n", "-M", "prepared", "-c", strconv.Itoa(clients), "-f", path, "-l", "--log-prefix", filepath.Join(folder, "log")}, until...)
	args = append(args, d.variables()...)
	cmd := exec.CommandContext(ctx, d.pgbench, append(args, d.config.ServeURL)...)
	cmd.Env = append(os.Environ(), "PGOPTIONS=-c jit=off -c timezone=UTC")
	if said, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("pgbench: %w: %s", err, said)
	}
	return readLogs(filepath.Join(folder, "log.*"))
}

// variables are what the script begins with. Identifiers that the store makes up begin
// with the time; those of pgbench begin with the time that the turn began.
func (d *desk) variables() []string {
	all := maps.Clone(d.script.constants)
	maps.Copy(all, map[string]string{
		"left": "0", "serial": "0", "at": strconv.Itoa(d.asks.first(d.turn)), "each": strconv.Itoa(d.asks.each()),
		"lead": strings.ReplaceAll(uuid.Must(uuid.NewV7()).String(), "-", "")[:13], "base": strconv.Itoa(onceLeast + d.turn*1_000_000_000_000_000),
	})
	var args []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		args = append(args, "-D", name+"="+all[name])
	}
	return args
}

// logged is one transaction in pgbench's log.
type logged struct {
	end  time.Time
	took time.Duration
}

func readLogs(pattern string) ([]logged, error) {
	names, err := filepath.Glob(pattern)
	if err != nil {
		return nil, err
	}
	var all []logged
	for _, name := range names {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer func() { _ = f.Close() }()
		lines := bufio.NewScanner(f)
		for lines.Scan() {
			l, err := readLogged(lines.Text())
			if err != nil {
				return nil, err
			}
			all = append(all, l)
		}
		if err := lines.Err(); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// readLogged reads client, transaction, microseconds that it took, script, and the
// second and microsecond of its end.
func readLogged(line string) (logged, error) {
	fields := strings.Fields(line)
	if len(fields) < 6 {
		return logged{}, fmt.Errorf("pgbench logged %q", line)
	}
	var n [6]int64
	for i := range n {
		var err error
		if n[i], err = strconv.ParseInt(fields[i], 10, 64); err != nil {
			return logged{}, fmt.Errorf("pgbench logged %q", line)
		}
	}
	return logged{time.Unix(n[4], n[5]*1000), time.Duration(n[2]) * time.Microsecond}, nil
}

// sampleOf leaves out the transactions of the warming up: the statements are prepared
// and planned then.
func sampleOf(log []logged, length time.Duration) sample {
	s := sample{took: length}
	var began time.Time
	for _, l := range log {
		if first := l.end.Add(-l.took); began.IsZero() || first.Before(began) {
			began = first
		}
	}
	for _, l := range log {
		if counts(l.end.Sub(began), length) {
			s.latencies = append(s.latencies, l.took)
		}
	}
	s.requests = len(s.latencies)
	slices.Sort(s.latencies)
	return s
}
