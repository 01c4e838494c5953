package jobs_test

import (
	"crypto/ed25519"
	"encoding/json"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/keyhall/keyhall/internal/jobs"
	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/witness"
)

// Checkpoints and entries get out by themselves, to each place that takes them, whatever
// is the matter with another.
func TestTheAuditLogGetsOutByItself(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	dir := t.TempDir()
	public, key, err := ed25519.GenerateKey(nil)
	h.must(err)
	open := func(address string, kind licensing.TargetKind) witness.Target {
		target, err := witness.Open(address, kind, witness.Options{Key: key, Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}})
		h.must(err)
		return target
	}
	checkpoints, entries := filepath.Join(dir, "checkpoints"), filepath.Join(dir, "entries")
	worker, err := jobs.New(h.Store, jobs.Config{Witness: jobs.Witness{
		Key: key, Every: time.Hour,
		Checkpoints: []witness.Target{open("https://127.0.0.1:1/down", licensing.Checkpoints), open("file://"+checkpoints, licensing.Checkpoints)},
		Entries:     []witness.Target{open("file://"+entries, licensing.Entries), open("syslog://127.0.0.1:1", licensing.Entries)},
	}})
	h.must(err)
	h.must(worker.Start(t.Context()))
	h.until(2, `SELECT count(*) FROM audit_targets WHERE delivered_at IS NOT NULL AND failing_at IS NULL`)
	h.until(2, `SELECT count(*) FROM audit_targets WHERE delivered_at IS NULL AND failing_at IS NOT NULL`)
	h.until(2, `SELECT count(*) FROM river_job WHERE kind IN ('deliver_checkpoints', 'stream_audit') AND state = 'retryable' AND scheduled_at < now() + interval '2 minutes'`)
	h.must(worker.Stop(t.Context()))

	f, err := os.Open(checkpoints)
	h.must(err)
	defer f.Close()
	var heads []licensing.ChainHead
	_, err = witness.ReadCheckpoints(f, []ed25519.PublicKey{public}, func(c licensing.ChainHead) error { heads = append(heads, c); return nil })
	h.must(err)
	if bad, err := h.VerifyCheckpoints(t.Context(), heads); len(heads) < 2 || bad != nil || err != nil {
		t.Errorf("the checkpoints: got %d, of which %+v is not there, %v", len(heads), bad, err)
	}
	text, err := os.ReadFile(entries)
	h.must(err)
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	if want := h.count(`SELECT count(*) FROM audit`); len(lines) != want {
		t.Errorf("entries: got %d lines, want %d", len(lines), want)
	}
	for _, line := range lines {
		var e map[string]any
		if err := json.Unmarshal([]byte(line), &e); err != nil || e["root"] == "" || e["action"] == "" || e["hash"] == "" || len(e) != 15 {
			t.Errorf("an entry: got %s, %v, want an object with 15 fields", line, err)
		}
	}
}
