package store_test

import (
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/store"
)

// guarded is family with sofia of support and olga, the operator; anna has revealed ours.
func guarded(t testing.TB) (w *world, ours, other licensing.NewKey) {
	t.Helper()
	w, ours, other = family(t)
	for name, role := range map[string]licensing.Role{"sofia": licensing.SupportAgent, "olga": licensing.Operator} {
		w.someone(name)
		w.do(`UPDATE persons SET staff_role = $2 WHERE name = $1`, name, string(role))
	}
	w.must(w.OpenVisit(t.Context(), w.as("sofia"), licensing.Visiting{
		Number: "74120935", Reason: "A key of theirs has turned up", At: time.Now(), For: time.Hour,
	}, press("/support/visits")))
	_, err := w.RevealKey(t.Context(), w.as("anna"), ours.ID, store.ToShow)
	w.must(err)
	return w, ours, other
}

// another is a store as another server has it.
func (w *world) another() *store.Store {
	w.t.Helper()
	s, err := store.Open(w.t.Context(), w.db.ServeURL, w.Vault())
	w.must(err)
	w.t.Cleanup(s.Close)
	return s
}

func (w *world) mark(by string, key uuid.UUID) error {
	return w.MarkKey(w.t.Context(), w.as(by), key, "On a shared drive", press("/keys/:id/compromise"))
}

// leak is the one case there is.
func (w *world) leak() (id uuid.UUID) {
	w.t.Helper()
	c := w.connect(w.db.SuperURL)
	w.must(c.QueryRow(w.t.Context(), `SELECT id FROM leaks`).Scan(&id))
	w.must(c.Close(w.t.Context()))
	return id
}

func (w *world) end(by string, id uuid.UUID, state licensing.LeakState, key uuid.UUID, version int) error {
	return w.EndLeak(w.t.Context(), w.as(by), id, licensing.LeakEnd{State: state, Replacement: key, Version: version}, press("/leaks/:id/end"))
}

// S-50, S-51: who marks a key, sees its case and ends it: y done, f forbidden, n not found.
func TestWhoMarksAKeyAndSeesItsCase(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, mark, see, end string }{
		{"anna", "y", "y", "y"},
		{"kaisa", "y", "y", "f"},
		{"sofia", "y", "y", "y"},
		{"olga", "y", "y", "y"},
		{"kevin", "n", "n", "n"}, // of another licence ID
		{"lena", "f", "n", "n"},
		{"dirk", "n", "n", "n"},
		{"frode", "n", "n", "n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w, ours, _ := guarded(t)
			if got := outcome(w.mark(c.name, ours.ID)); got != c.mark {
				t.Errorf("marks: got %s, want %s", got, c.mark)
			}
			if c.mark != "y" {
				if n := w.entries("leak.opened", licensing.Refused); (n == 1) != (c.mark == "f") {
					t.Errorf("refusals on record: got %d", n)
				}
				w.must(w.mark("kaisa", ours.ID))
			}
			id := w.leak()
			if _, err := w.Leak(t.Context(), w.as(c.name), id); outcome(err) != c.see {
				t.Errorf("sees the case: got %s, want %s", outcome(err), c.see)
			}
			if got := outcome(w.NoteLeak(t.Context(), w.as(c.name), id, "Seen.", press("/leaks/:id/notes"))); got != c.see {
				t.Errorf("writes a note: got %s, want %s", got, c.see)
			}
			list, _, err := w.Leaks(t.Context(), w.as(c.name), "")
			w.must(err)
			if (len(list) == 1) != (c.see == "y") {
				t.Errorf("lists %d cases, want %s", len(list), c.see)
			}
			next := w.mak("74120935", office, 9, 0, 10)
			w.must(w.AddKeys(t.Context(), w.op, []licensing.NewKey{next}))
			if got := outcome(w.end(c.name, id, licensing.LeakReplaced, next.ID, 1)); got != c.end {
				t.Errorf("ends the case: got %s, want %s", got, c.end)
			}
			w.whole()
		})
	}
}

// S-58, S-63: a marked key is taken in clear in no way, by nobody, and the attempt is on
// record; its row is in no file, and the ledger says so.
func TestAMarkedKeyIsTakenInNoWay(t *testing.T) {
	t.Parallel()
	w, ours, _ := guarded(t)
	w.must(w.AddKeys(t.Context(), w.op, []licensing.NewKey{w.mak("74120935", server, 7, 1, 5)}))
	w.must(w.mark("kaisa", ours.ID))
	anna := w.as("anna")
	for _, s := range []*store.Store{w.Store, w.another()} {
		for _, why := range []store.Purpose{store.ToShow, store.ToCopy} {
			secret, err := s.RevealKey(t.Context(), anna, ours.ID, why)
			if !errors.Is(err, licensing.ErrFrozen) || !errors.Is(err, licensing.ErrConflict) || secret.Reveal() != "" {
				t.Errorf("%s: got %q, %v, want frozen and no key", why, secret.Reveal(), err)
			}
		}
	}
	if shown, copied := w.entries("key.revealed", licensing.Refused), w.entries("key.copied", licensing.Refused); shown != 2 || copied != 2 {
		t.Errorf("refusals on record: got %d and %d, want two each", shown, copied)
	}
	for _, number := range []string{"74120935", ""} {
		if got := w.export(anna, number); holdsAny(got, []string{demoKey(1)}) || !holdsAny(got, []string{demoKey(7)}) {
			t.Errorf("file of %q: got %s, want the other key alone", number, got)
		}
		d := w.begin(anna, number)
		w.must(w.StillWhole(t.Context(), anna, d))
		w.must(w.FinishDownload(t.Context(), anna, d, nil, make([]byte, 32)))
		if n := w.count(`SELECT withheld FROM downloads WHERE file_id = $1`, d.FileID); n != 1 || d.Withheld != 1 {
			t.Errorf("file of %q: got %d left out in the ledger and %d in hand, want 1", number, n, d.Withheld)
		}
	}
	if list, _, err := w.Downloads(t.Context(), anna, ""); err != nil || len(list) != 2 || list[0].Withheld != 1 {
		t.Errorf("the list of files: got %+v, %v, want one left out of each", list, err)
	}
	keys, err := w.Keys(t.Context(), anna, "74120935", licensing.KeyFilter{})
	w.must(err)
	frozen := slices.IndexFunc(keys.Keys, func(k licensing.Key) bool { return k.ID == ours.ID })
	if keys.Withheld != 1 || !keys.Keys[frozen].Frozen() || keys.Keys[1-frozen].Frozen() {
		t.Errorf("the list of keys: got %+v, want one of two frozen", keys)
	}
	if page, err := w.ProfileKeys(t.Context(), anna, licensing.KeyFilter{}); err != nil || page.Withheld != 1 {
		t.Errorf("the profile: got %d left out, %v, want 1", page.Withheld, err)
	}
	if got := outcome(w.mark("anna", ours.ID)); got != "c" {
		t.Errorf("marking it a second time: got %s, want a conflict", got)
	}
	w.whole()
}

// No reveal comes after the mark, however many run at once through two servers: in the
// chain, which is in the order of commits, none stands behind it.
func TestNoRevealCommitsAfterTheMark(t *testing.T) {
	t.Parallel()
	w, ours, _ := guarded(t)
	w.Limit(store.Rates{})
	other := w.another()
	other.Limit(store.Rates{})
	anna, kaisa := w.as("anna"), w.as("kaisa")
	var running, underWay sync.WaitGroup
	var marked atomic.Bool
	underWay.Add(6)
	for i := range 6 {
		s := []*store.Store{w.Store, other}[i%2]
		running.Go(func() {
			begun := sync.OnceFunc(underWay.Done)
			defer begun()
			for {
				late := marked.Load()
				_, err := s.RevealKey(t.Context(), anna, ours.ID, store.ToShow)
				if errors.Is(err, licensing.ErrFrozen) {
					return
				}
				if err != nil || late {
					t.Errorf("a reveal that began after the mark %v: got %v", late, err)
					return
				}
				begun()
			}
		})
	}
	underWay.Wait()
	w.must(other.MarkKey(t.Context(), kaisa, ours.ID, "Seen elsewhere", press("/keys/:id/compromise")))
	marked.Store(true)
	running.Wait()
	const after = `SELECT count(*) FROM audit r JOIN audit m ON m.root_id = r.root_id AND m.action = 'leak.opened'
WHERE r.action = 'key.revealed' AND r.outcome = 'done' AND r.seq > m.seq`
	if n := w.count(after); n != 0 {
		t.Errorf("reveals behind the mark: got %d, want none", n)
	}
	if n := w.count(`SELECT count(*) FROM audit WHERE action = 'key.revealed' AND outcome = 'done'`); n < 3 {
		t.Errorf("reveals before the mark: got %d, too few to tell", n)
	}
	w.whole()
}

// A file that is on its way when a key is marked, or released, does not end; another
// licence ID's does.
func TestAFileUnderWayIsCutByAMark(t *testing.T) {
	t.Parallel()
	w, ours, _ := guarded(t)
	anna := w.as("anna")
	one, profile, elsewhere := w.begin(anna, "74120935"), w.begin(anna, ""), w.begin(anna, "V6380217")
	w.must(w.mark("kaisa", ours.ID))
	after := w.begin(anna, "")
	for name, d := range map[string]licensing.Download{"the licence ID's file": one, "the profile's file": profile} {
		if err := w.StillWhole(t.Context(), anna, d); !errors.Is(err, licensing.ErrFrozen) {
			t.Errorf("%s, before its next part: got %v, want frozen", name, err)
		}
		if err := w.FinishDownload(t.Context(), anna, d, nil, make([]byte, 32)); !errors.Is(err, licensing.ErrFrozen) {
			t.Errorf("%s, at its end: got %v, want frozen", name, err)
		}
		w.must(w.BreakDownload(t.Context(), anna, d, nil))
	}
	w.must(w.FinishDownload(t.Context(), anna, elsewhere, nil, make([]byte, 32)))
	w.must(w.end("anna", w.leak(), licensing.LeakFalseAlarm, uuid.Nil, 1))
	if err := w.FinishDownload(t.Context(), anna, after, nil, make([]byte, 32)); !errors.Is(err, licensing.ErrFrozen) {
		t.Errorf("a file that left the key out when it was released: got %v, want frozen", err)
	}
}

// S-10: a case ends once, in a way that who ends it may say, and as it was shown; what
// else is tried is on record. Only a false alarm lets the key be taken again.
func TestACaseEndsOnce(t *testing.T) {
	t.Parallel()
	w, ours, other := guarded(t)
	next := w.mak("74120935", office, 9, 0, 10)
	w.must(w.AddKeys(t.Context(), w.op, []licensing.NewKey{next}))
	w.must(w.mark("anna", ours.ID))
	id := w.leak()
	for _, c := range []struct {
		what, by string
		state    licensing.LeakState
		key      uuid.UUID
		version  int
		want     string
	}{
		{"nothing chosen", "anna", "", uuid.Nil, 1, "leak.problem.state"},
		{"open again", "anna", licensing.LeakOpen, uuid.Nil, 1, "leak.problem.state"},
		{"her own alarm", "anna", licensing.LeakFalseAlarm, uuid.Nil, 1, "f"},
		{"blocked, which the publisher knows", "anna", licensing.LeakBlocked, uuid.Nil, 1, "f"},
		{"no key in its place", "anna", licensing.LeakReplaced, uuid.Nil, 1, "leak.problem.replacement"},
		{"the key itself", "anna", licensing.LeakReplaced, ours.ID, 1, "leak.problem.replacement"},
		{"another licence ID's key", "anna", licensing.LeakReplaced, other.ID, 1, "leak.problem.replacement"},
		{"as it was not shown", "sofia", licensing.LeakFalseAlarm, uuid.Nil, 2, "c"},
		{"a false alarm", "sofia", licensing.LeakFalseAlarm, uuid.Nil, 1, "y"},
		{"a second time", "sofia", licensing.LeakFalseAlarm, uuid.Nil, 2, "c"},
		{"replaced, too late", "anna", licensing.LeakReplaced, next.ID, 2, "c"},
	} {
		if got := outcome(w.end(c.by, id, c.state, c.key, c.version)); got != c.want {
			t.Errorf("%s: got %s, want %s", c.what, got, c.want)
		}
	}
	if refused, done := w.entries("leak.ended", licensing.Refused), w.entries("leak.ended", licensing.Done); refused != 5 || done != 1 {
		t.Errorf("entries: got %d refused, %d done, want 5 and 1", refused, done)
	}
	if _, err := w.RevealKey(t.Context(), w.as("anna"), ours.ID, store.ToShow); err != nil {
		t.Errorf("the key after a false alarm: got %v", err)
	}
	w.must(w.mark("kaisa", ours.ID)) // it is one after all
	w.do(`DELETE FROM leaks WHERE state = 'false_alarm'`)
	w.must(w.end("olga", w.leak(), licensing.LeakBlocked, uuid.Nil, 1))
	if _, err := w.RevealKey(t.Context(), w.as("anna"), ours.ID, store.ToShow); !errors.Is(err, licensing.ErrFrozen) {
		t.Errorf("a key that is blocked: got %v, want frozen", err)
	}
	w.whole()
}

// S-17, S-12: the same press twice marks once, and of two at once one ends the case.
func TestAMarkAndAnEndHappenOnce(t *testing.T) {
	t.Parallel()
	w, ours, _ := guarded(t)
	kaisa, o := w.as("kaisa"), press("/keys/:id/compromise")
	for range 2 {
		w.must(w.MarkKey(t.Context(), kaisa, ours.ID, "Seen elsewhere", o))
	}
	id, other := w.leak(), w.another()
	results := make(chan string, 8)
	for i := range 8 {
		s, by := []*store.Store{w.Store, other}[i%2], w.as([]string{"anna", "sofia"}[i%2])
		go func() {
			results <- outcome(s.EndLeak(t.Context(), by, id, licensing.LeakEnd{State: licensing.LeakFalseAlarm, Version: 1}, press("/leaks/:id/end")))
		}()
	}
	done := 0
	for range 8 {
		switch got := <-results; got {
		case "y":
			done++
		case "c":
		default:
			t.Errorf("one of eight: got %s", got)
		}
	}
	if done != 1 {
		t.Errorf("ended: got %d times, want once", done)
	}
	w.whole()
}

// The case tells who took the key, and with which files, to those alone who may see its
// use; the same key elsewhere as far as each sees it; and everybody concerned is told.
func TestACaseTellsWhoHadTheKey(t *testing.T) {
	t.Parallel()
	w, ours, _ := guarded(t)
	twin := w.mak("V6380217", server, 1, 0, 5) // the same key
	w.must(w.AddKeys(t.Context(), w.op, []licensing.NewKey{twin}))
	kaisa := w.as("kaisa")
	kaisa.From.Address = "192.0.2.7"
	d, err := w.StartDownload(t.Context(), kaisa, store.NewFile{Number: "74120935", Name: "keys.tsv", Format: "tsv"})
	w.must(err)
	sum := make([]byte, 32)
	sum[0] = 0xAB
	w.must(w.FinishDownload(t.Context(), kaisa, d, store.RowCounts{ours.RootID: 1}, sum))
	w.must(w.mark("sofia", ours.ID))
	id := w.leak()
	after := w.begin(kaisa, "74120935")
	for _, c := range []struct {
		name         string
		people       []string
		address      string
		copies, ends int
	}{
		{"anna", []string{"kaisa", "anna"}, "192.0.2.7", 1, 2},
		{"olga", []string{"kaisa", "anna"}, "192.0.2.7", 1, 3},
		{"sofia", []string{"", ""}, "", 1, 2},
		{"kaisa", []string{"", ""}, "", 0, 0},
	} {
		l, err := w.Leak(t.Context(), w.as(c.name), id)
		w.must(err)
		if len(l.Uses) != 2 || l.Uses[0].FileID == after.FileID {
			t.Fatalf("%s: got uses %+v, want kaisa's file and anna's reveal", c.name, l.Uses)
		}
		if got := []string{l.Uses[0].Person, l.Uses[1].Person}; !slices.Equal(got, c.people) || l.Uses[0].Address != c.address {
			t.Errorf("%s: got %q from %q, want %q from %q", c.name, got, l.Uses[0].Address, c.people, c.address)
		}
		if u := l.Uses[0]; u.FileID != d.FileID || !slices.Equal(u.SHA256, sum) || u.Rows != 1 || u.Action != "file.finished" {
			t.Errorf("%s: got the file %+v", c.name, u)
		}
		if len(l.Copies) != c.copies || len(l.Ends(w.as(c.name), l.Rights)) != c.ends {
			t.Errorf("%s: got %d copies and %d ends, want %d and %d", c.name, len(l.Copies), len(l.Ends(w.as(c.name), l.Rights)), c.copies, c.ends)
		}
	}
	for name, want := range map[string][]licensing.NewsKind{
		"anna": {licensing.KeyToDestroy, licensing.LeakOpened}, "olga": {licensing.LeakOpened}, "kaisa": {licensing.KeyToDestroy}, "lena": nil, "kevin": nil, "sofia": nil,
	} {
		var got []licensing.NewsKind
		for _, l := range w.notices(name) {
			got = append(got, l.News.Kind)
		}
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("%s is told of %q, want %q", name, got, want)
		}
	}
	if n := w.count(`SELECT count(*) FROM audit WHERE audit::text LIKE '%DEMO%'`); n != 0 {
		t.Errorf("entries that hold a key: got %d, want none", n)
	}
}

// S-59: a reason or note with a product key in it is not taken.
func TestNoKeyStandsInACase(t *testing.T) {
	t.Parallel()
	w, ours, _ := guarded(t)
	got := outcome(w.MarkKey(t.Context(), w.as("anna"), ours.ID, "It is "+demoKey(1), press("/keys/:id/compromise")))
	if got != "request.problem.text_has_key" {
		t.Errorf("a reason with a key: got %s", got)
	}
	if got := outcome(w.MarkKey(t.Context(), w.as("anna"), ours.ID, "  ", press("/keys/:id/compromise"))); got != "leak.problem.reason" {
		t.Errorf("no reason: got %s", got)
	}
	w.must(w.mark("anna", ours.ID))
	if got := outcome(w.NoteLeak(t.Context(), w.as("anna"), w.leak(), demoKey(1), press("/leaks/:id/notes"))); got != "request.problem.text_has_key" {
		t.Errorf("a note with a key: got %s", got)
	}
}

// S-54: the list tells support that there is a case, whose and since when; which key it is
// about, who marked it and why stands on its page, which asks for the reason.
func TestTheListOfCasesTellsSupportWhoseTheyAre(t *testing.T) {
	t.Parallel()
	w, ours, _ := guarded(t)
	w.must(w.mark("anna", ours.ID))
	w.must(w.end("olga", w.leak(), licensing.LeakBlocked, uuid.Nil, 1))
	list := func(name string) licensing.LeakRow {
		all, _, err := w.Leaks(t.Context(), w.as(name), "")
		w.must(err)
		if len(all) != 1 {
			t.Fatalf("%s lists %d cases, want 1", name, len(all))
		}
		return all[0]
	}
	whole, got := list("olga"), list("sofia")
	if whole.Opener == "" || whole.Reason == "" || whole.Last5 == "" || whole.Resolver == "" {
		t.Errorf("the operator's list: got %+v, want all of it", whole)
	}
	want := licensing.LeakRow{Number: whole.Number, Organisation: whole.Organisation, Rights: got.Rights, Leak: licensing.Leak{
		ID: whole.ID, RootID: whole.RootID, LicenceID: whole.LicenceID, OpenedAt: whole.OpenedAt, State: whole.State,
	}}
	if got != want {
		t.Errorf("support's list: got %+v, want %+v", got, want)
	}
	if n := w.entries("support.viewed", licensing.Done); n != 0 {
		t.Errorf("looks on record: got %d, want none", n)
	}
}

// S-54, S-63: support marks keys and sees cases while it has a reason to look at the
// customer; what it tries without stands on the customer's record, once a minute.
func TestSupportNeedsAReasonForACase(t *testing.T) {
	t.Parallel()
	w, ours, _ := guarded(t)
	w.must(w.mark("anna", ours.ID))
	sofia, id := w.as("sofia"), w.leak()
	w.do(`UPDATE visits SET ended_at = now()`)
	for range 2 {
		if err := w.mark("sofia", ours.ID); !errors.As(err, new(licensing.NeedsReason)) {
			t.Errorf("marks without a reason: got %v", err)
		}
	}
	if _, err := w.Leak(t.Context(), sofia, id); !errors.As(err, new(licensing.NeedsReason)) {
		t.Errorf("sees the case without a reason: got %v", err)
	}
	if err := w.end("sofia", id, licensing.LeakFalseAlarm, uuid.Nil, 1); !errors.As(err, new(licensing.NeedsReason)) {
		t.Errorf("ends the case without a reason: got %v", err)
	}
	if err := w.NoteLeak(t.Context(), sofia, id, "Seen.", press("/leaks/:id/notes")); !errors.As(err, new(licensing.NeedsReason)) {
		t.Errorf("writes a note without a reason: got %v", err)
	}
	const told = `SELECT count(*) FROM audit WHERE action = $1 AND outcome = 'refused' AND actor = 'sofia'
AND licence_id = (SELECT id FROM licences WHERE number = '74120935') AND root_id <> '00000000-0000-0000-0000-000000000000'`
	for _, action := range []string{"leak.opened", "leak.ended", "leak.noted"} {
		if n := w.count(told, action); n != 1 {
			t.Errorf("%s: got %d refusals on the customer's record, want 1", action, n)
		}
	}
	w.whole()
}
