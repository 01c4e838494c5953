package store_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/store"
)

var (
	vaultRoom = licensing.AuditTarget{ID: "checkpoint 1", Kind: licensing.Checkpoints, Label: "file:///mnt/elsewhere/checkpoints"}
	watchers  = licensing.AuditTarget{ID: "stream 1", Kind: licensing.Entries, Label: "syslog://watch.example:514"}
)

var errDown = errors.New("down")

// Each target gets the heads that it lacks, at least once, and again those that went back.
func TestCheckpointsAreDeliveredAtLeastOnce(t *testing.T) {
	t.Parallel()
	w, _, _ := stocked(t)
	root := w.org[nordvik].RootID
	deliver := func(answer error) map[uuid.UUID]int64 {
		t.Helper()
		got := map[uuid.UUID]int64{}
		err := w.DeliverCheckpoints(t.Context(), vaultRoom, func(_ context.Context, heads []licensing.ChainHead) error {
			for _, h := range heads {
				got[h.RootID] = h.Seq
			}
			return answer
		})
		if !errors.Is(err, answer) {
			t.Fatalf("deliver: got %v, want %v", err, answer)
		}
		return got
	}
	if got := deliver(errDown); len(got) != 3 {
		t.Errorf("a target that is down was offered %v, want three chains", got)
	}
	if got := deliver(nil); len(got) != 3 || got[root] != w.seq(nordvik) {
		t.Errorf("when it is back: got %v, want the three heads", got)
	}
	if got := deliver(nil); len(got) != 1 || got[licensing.PublisherRoot] == 0 {
		t.Errorf("with nothing new: got %v, want a sign of life alone", got)
	}
	w.must(w.RecordSignIn(t.Context(), w.as("anna")))
	if got := deliver(nil); len(got) != 2 || got[root] != w.seq(nordvik) {
		t.Errorf("after an entry: got %v, want Nordvik's head too", got)
	}
	w.do(`UPDATE audit_heads SET seq = seq - 1 WHERE root_id = $1`, root)
	if got := deliver(nil); got[root] != w.seq(nordvik) {
		t.Errorf("after the head went back: got %v, want it told", got)
	}
}

// Entries arrive at least once, whole, and those of a chain in their order, whoever
// delivers and however often it fails.
func TestEntriesAreDeliveredInOrder(t *testing.T) {
	t.Parallel()
	w, k, _ := stocked(t)
	other := openStore(t, w.db)
	anna, frode := w.as("anna"), w.as("frode")
	var mu sync.Mutex
	last, calls := map[uuid.UUID]int64{}, 0
	take := func(_ context.Context, links []licensing.Link) error {
		mu.Lock()
		defer mu.Unlock()
		if calls++; calls%3 == 2 {
			return errDown
		}
		for _, l := range links {
			if l.Seq > last[l.RootID]+1 {
				t.Errorf("entry %d of %s came after %d", l.Seq, l.RootID, last[l.RootID])
			}
			last[l.RootID] = max(last[l.RootID], l.Seq)
		}
		return nil
	}
	crowd(1, 40, func(i int) {
		s := []*store.Store{w.Store, other}[i%2]
		if _, err := w.RevealKey(t.Context(), anna, k.ID, store.ToShow); err != nil {
			t.Errorf("reveal: %v", err)
		}
		if err := s.RecordSignIn(t.Context(), frode); err != nil {
			t.Errorf("sign in: %v", err)
		}
		if err := s.DeliverEntries(t.Context(), watchers, take); err != nil && !errors.Is(err, errDown) {
			t.Errorf("deliver: %v", err)
		}
	})
	for w.DeliverEntries(t.Context(), watchers, take) != nil {
	}
	for _, name := range []string{nordvik, kommune} {
		if got, want := last[w.org[name].RootID], w.seq(name); got != want {
			t.Errorf("%s: entries up to %d were delivered, want %d", name, got, want)
		}
	}
	w.whole()
}

// What a target gets of an entry is every field, as the database has it.
func TestAnEntryIsStreamedWhole(t *testing.T) {
	t.Parallel()
	w, k, _ := stocked(t)
	_, err := w.RevealKey(t.Context(), w.as("anna"), k.ID, store.ToShow)
	w.must(err)
	var found *licensing.Link
	n := int64(0)
	w.must(w.Stream(t.Context(), time.Time{}, false, func(l licensing.Link) error {
		if n++; l.Action == "key.revealed" {
			found = &l
		}
		return nil
	}))
	if want := w.count(`SELECT count(*) FROM audit`); n != want {
		t.Errorf("all entries: got %d, want %d", n, want)
	}
	if found == nil {
		t.Fatal("the reveal was not streamed")
	}
	const same = `SELECT count(*) FROM audit WHERE root_id = $1 AND seq = $2 AND at = $3 AND actor_id = $4 AND actor = $5 AND identity = $6 AND object = $7
AND licence_id = $8 AND outcome = $9 AND detail = $10 AND prev = $11 AND hash = $12`
	if w.count(same, found.RootID, found.Seq, found.At, found.ActorID, found.Actor, found.Identity, found.Object, found.LicenceID, string(found.Outcome), string(found.Detail), found.Prev, found.Hash) != 1 {
		t.Errorf("got %+v, want the entry as it is", found)
	}
	n = 0
	w.must(w.Stream(t.Context(), found.At.Add(-time.Microsecond), false, func(licensing.Link) error { n++; return nil }))
	if want := w.count(`SELECT count(*) FROM audit WHERE at >= $1`, found.At); n != want {
		t.Errorf("since the reveal: got %d entries, want %d", n, want)
	}
}

// Who follows sees what is new, until they have enough.
func TestTheStreamIsFollowed(t *testing.T) {
	t.Parallel()
	w, _, _ := stocked(t)
	anna := w.as("anna")
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	was := w.seq(nordvik)
	w.must(w.Stream(ctx, time.Time{}, true, func(l licensing.Link) error {
		if l.RootID != w.org[nordvik].RootID {
			return nil
		}
		switch l.Seq {
		case was:
			go func() { _ = w.RecordSignIn(t.Context(), anna) }()
		case was + 1:
			cancel()
		}
		return nil
	}))
	if ctx.Err() != context.Canceled { //nolint:errorlint // the one or the other
		t.Error("the entry that was made meanwhile never came")
	}
}

// The operator sees where the audit log goes and whether it arrives; nobody else does.
func TestTheOperatorSeesWhereTheLogGoes(t *testing.T) {
	t.Parallel()
	w, _, _ := stocked(t)
	list := func(v licensing.Viewer) []licensing.AuditDelivery {
		t.Helper()
		all, err := w.AuditDeliveries(t.Context(), v)
		w.must(err)
		return all
	}
	fine := func(context.Context, []licensing.ChainHead) error { return nil }
	down := func(context.Context, []licensing.ChainHead) error { return errDown }
	if got := list(w.op); len(got) != 0 {
		t.Errorf("at first: got %+v, want nothing", got)
	}
	w.must(w.DeliverCheckpoints(t.Context(), vaultRoom, fine))
	if got := list(w.op); len(got) != 1 || got[0].Label != vaultRoom.Label || got[0].DeliveredAt == nil || got[0].FailingAt != nil {
		t.Errorf("delivered: got %+v", got)
	}
	_ = w.DeliverCheckpoints(t.Context(), vaultRoom, down)
	first := list(w.op)
	_ = w.DeliverCheckpoints(t.Context(), vaultRoom, down)
	second := list(w.op)
	if len(first) != 1 || first[0].FailingAt == nil || first[0].DeliveredAt == nil || second[0].FailingAt == nil || !first[0].FailingAt.Equal(*second[0].FailingAt) {
		t.Errorf("failing: got %+v, then %+v, want since the first time, and when it last took something", first, second)
	}
	w.must(w.DeliverCheckpoints(t.Context(), vaultRoom, fine))
	if got := list(w.op); got[0].FailingAt != nil {
		t.Errorf("back again: got %+v, want well", got)
	}
	if got := list(w.as("anna")); len(got) != 0 {
		t.Errorf("an administrator: got %+v, want nothing", got)
	}
}
