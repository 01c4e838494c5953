package store_test

import (
	"crypto/sha256"
	"errors"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/store"
)

func (w *world) handOver(by string, key uuid.UUID, to, hours string) error {
	return w.HandOver(w.t.Context(), w.as(by), key, licensing.HandingOver{Email: to + "@Demo.example", Hours: hours}, press("/keys/:id/handover"))
}

// mailed is the hash of the token in the one mail that hands a key over.
func (w *world) mailed() []byte {
	w.t.Helper()
	var hash []byte
	for _, m := range w.mails() {
		if n := m.Detail.News; n != nil && n.Kind == licensing.HandoverOffered {
			sum := sha256.Sum256([]byte(strings.TrimPrefix(n.Secret, "/handover/")))
			hash = sum[:]
		}
	}
	if hash == nil {
		w.t.Fatal("no mail hands a key over")
	}
	return hash
}

// linked is guarded with kaisa's key handed to kevin, who has no right on its licence ID.
func linked(t testing.TB) (w *world, key licensing.NewKey, token []byte) {
	t.Helper()
	w, key, _ = guarded(t)
	w.must(w.handOver("kaisa", key.ID, "kevin", "4"))
	return w, key, w.mailed()
}

// news counts what somebody was told of one kind.
func (w *world) news(name string, kind licensing.NewsKind) (n int) {
	for _, l := range w.notices(name) {
		if l.News != nil && l.News.Kind == kind {
			n++
		}
	}
	return n
}

// S-50, S-51: who hands a key over and who takes the link back: y done, f forbidden, n not found.
func TestWhoHandsAKeyOver(t *testing.T) {
	t.Parallel()
	w, key, _ := linked(t)
	kept, err := w.Key(t.Context(), w.as("kaisa"), key.ID)
	w.must(err)
	for _, c := range []struct{ name, gives, withdraws string }{
		{"lena", "f", "n"},
		{"dirk", "n", "n"},
		{"frode", "n", "n"},
		{"sofia", "f", "f"},
		{"olga", "f", "f"},
		{"kevin", "n", "n"}, // who may open it, but not hand it on
		{"anna", "y", "y"},
		{"kaisa", "y", "c"}, // anna has taken it back
	} {
		if got := outcome(w.handOver(c.name, key.ID, "lena", "24")); got != c.gives {
			t.Errorf("%s hands over: got %s, want %s", c.name, got, c.gives)
		}
		got := outcome(w.WithdrawHandover(t.Context(), w.as(c.name), key.ID, kept.Handovers[0].ID, press("/keys/:id/handover/withdrawal")))
		if got != c.withdraws {
			t.Errorf("%s withdraws: got %s, want %s", c.name, got, c.withdraws)
		}
	}
	for name, want := range map[string]int{"anna": 3, "kaisa": 2, "olga": 3, "sofia": 0, "lena": 0} {
		if k, err := w.Key(t.Context(), w.as(name), key.ID); err != nil || len(k.Handovers) != want {
			t.Errorf("%s sees %d hand-overs, %v, want %d", name, len(k.Handovers), err, want)
		}
	}
	w.whole()
}

// S-61: whom a key is handed to is another of the family, for a day at most, whatever writes it.
func TestAHandoverIsToANamedColleagueForADay(t *testing.T) {
	t.Parallel()
	w, key, _ := guarded(t)
	for _, c := range []struct{ to, hours, want string }{
		{"frode", "4", "handover.problem.unknown"},
		{"nobody", "4", "handover.problem.unknown"},
		{"sofia", "4", "handover.problem.unknown"},
		{"kaisa", "4", "handover.problem.own"},
		{"kevin", "0", "handover.problem.hours"},
		{"kevin", "25", "handover.problem.hours"},
		{"kevin", "soon", "handover.problem.hours"},
		{"kevin", "24", "y"},
		{"kevin", "", "y"}, // four
	} {
		if got := outcome(w.handOver("kaisa", key.ID, c.to, c.hours)); got != c.want {
			t.Errorf("to %s for %s hours: got %s, want %s", c.to, c.hours, got, c.want)
		}
	}
	c := w.connect(w.db.SuperURL)
	for what, change := range map[string]string{
		"a second more than a day": `ends_at = created_at + interval '24 hours 1 second'`, "to oneself": `receiver_id = giver_id`,
	} {
		if err := exec(c, `UPDATE handovers SET `+change); err == nil {
			t.Errorf("%s in the database: got done, want it refused", what)
		}
	}
}

// S-16: what a link shows counts as a reveal; past the limit it shows nothing, and can still
// be used.
func TestAHandoverCountsAsAReveal(t *testing.T) {
	t.Parallel()
	w, key, token := linked(t)
	w.Limit(store.Rates{Reveals: 1})
	ctx, kevin := t.Context(), w.as("kevin")
	_, _, err := w.TakeHandover(ctx, kevin, token)
	w.must(err)
	w.do(`DELETE FROM mails`)
	w.must(w.handOver("kaisa", key.ID, "kevin", "4"))
	token = w.mailed()
	if _, secret, err := w.TakeHandover(ctx, kevin, token); !errors.Is(err, licensing.ErrTooMany) || secret.Reveal() != "" {
		t.Errorf("the second in a minute where one may be: got %q, %v, want too many", secret.Reveal(), err)
	}
	if n := w.entries("rate.exceeded", licensing.Refused); n != 1 {
		t.Errorf("entries about too many: got %d, want 1", n)
	}
	w.do(`UPDATE rates SET started = started - interval '1 minute'`)
	if _, secret, err := w.TakeHandover(ctx, kevin, token); err != nil || secret.Reveal() == "" {
		t.Errorf("a minute later: got %q, %v, want the key", secret.Reveal(), err)
	}
	w.whole()
}

// S-16, R18: nobody makes more links in an hour than may be made, however many posts come at
// once through whichever server: no mail goes for what is too much, which is on record once.
func TestHowManyLinksOnePersonMakes(t *testing.T) {
	t.Parallel()
	w, key, _ := guarded(t)
	kaisa := w.as("kaisa")
	stores := [2]*store.Store{w.Store, w.another()}
	n := atOnce(t, 36, stores, func(_ int, s *store.Store) error {
		return s.HandOver(t.Context(), kaisa, key.ID, licensing.HandingOver{Email: "kevin@demo.example"}, press("/keys/:id/handover"))
	})
	if n != 30 {
		t.Errorf("of 36 links: %d made, want 30", n)
	}
	if mails := w.count(`SELECT count(*) FROM mails WHERE event = 'handover_offered'`); mails != 30 {
		t.Errorf("mails: got %d, want 30", mails)
	}
	if n := w.entries("rate.exceeded", licensing.Refused); n != 1 {
		t.Errorf("entries about too many: got %d, want 1", n)
	}
	w.must(w.handOver("anna", key.ID, "kevin", "4"))
	if w.do(`UPDATE rates SET started = started - interval '1 hour'`); w.handOver("kaisa", key.ID, "kevin", "4") != nil {
		t.Error("an hour later: got an error, want another link")
	}
	w.whole()
}

// S-61: the link shows the key to the one it was mailed to, once; the second time, and to
// anybody else, it is nothing, and sounds an alarm.
func TestALinkShowsItsKeyOnceAndThenAlarms(t *testing.T) {
	t.Parallel()
	w, key, token := linked(t)
	ctx := t.Context()
	for _, name := range []string{"frode", "lena", "sofia", "kaisa"} {
		if h, err := w.LookAtHandover(ctx, w.as(name), token); !errors.Is(err, licensing.ErrNotFound) || h.Last5 != "" {
			t.Errorf("%s looks: got %+v, %v, want not found", name, h, err)
		}
		if _, secret, err := w.TakeHandover(ctx, w.as(name), token); !errors.Is(err, licensing.ErrNotFound) || secret.Reveal() != "" {
			t.Errorf("%s takes: got %q, %v, want not found", name, secret.Reveal(), err)
		}
	}
	if n := w.entries("handover.misdirected", licensing.Refused); n != 8 {
		t.Errorf("alarms on record: got %d, want one for each look and each use", n)
	}
	kevin := w.as("kevin")
	h, err := w.LookAtHandover(ctx, kevin, token)
	if err != nil || h.Last5 != demoKey(1)[24:] || h.Giver != "kaisa" || h.Number != "74120935" {
		t.Fatalf("kevin looks: got %+v, %v", h, err)
	}
	_, secret, err := w.TakeHandover(ctx, kevin, token)
	if err != nil || secret.Reveal() != demoKey(1) {
		t.Fatalf("kevin takes: got %q, %v, want the key", secret.Reveal(), err)
	}
	alarms := w.news("kaisa", licensing.HandoverAlarm)
	if _, secret, err := w.TakeHandover(ctx, kevin, token); !errors.Is(err, licensing.ErrNotFound) || secret.Reveal() != "" {
		t.Errorf("kevin takes again: got %q, %v, want not found", secret.Reveal(), err)
	}
	for range 2 { // within a minute a look is one alarm
		if _, err := w.LookAtHandover(ctx, kevin, token); !errors.Is(err, licensing.ErrNotFound) {
			t.Errorf("kevin looks again: got %v, want not found", err)
		}
	}
	if _, _, err := w.TakeHandover(ctx, kevin, token); !errors.Is(err, licensing.ErrNotFound) {
		t.Errorf("kevin takes a third time: got %v, want not found", err)
	}
	if n := w.entries("handover.reused", licensing.Refused); n != 2 {
		t.Errorf("later uses on record: got %d, want 2", n)
	}
	if got := w.news("kaisa", licensing.HandoverAlarm); got != alarms+1 || w.news("anna", licensing.HandoverAlarm) == 0 || w.news("kevin", licensing.HandoverAlarm) != 0 {
		t.Errorf("kaisa was told of %d alarms after %d, want one for the hour", got, alarms)
	}
	if w.news("kaisa", licensing.HandoverTaken) != 1 {
		t.Error("kaisa isn't told that the key was read")
	}
	const revealed = `SELECT count(*) FROM audit WHERE action = 'key.revealed' AND outcome = 'done' AND actor = 'kevin' AND object = 'key/' || $1
AND detail ? 'handover' AND licence_id = $2`
	if n := w.count(revealed, key.ID.String(), key.LicenceID); n != 1 {
		t.Errorf("reveals by the link on record: got %d, want 1", n)
	}
	if n := w.count(`SELECT taken FROM rates WHERE holder = $1 AND what = 'reveal'`, kevin.PersonID); n != 1 {
		t.Errorf("reveals that count for kevin: got %d, want 1", n)
	}
	w.whole()
}

// S-61: whoever was handed a key gets nothing by a link that is too old or withdrawn, when
// the key is frozen, when who gave it may no longer reveal it, or when they are nobody of
// the family any more, or not by the word of their issuer.
func TestALinkEndsWithItsTimeItsKeyAndItsGiver(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		end    func(*world, licensing.NewKey)
		alarms int64
	}{
		"too old": {func(w *world, _ licensing.NewKey) {
			w.do(`UPDATE handovers SET created_at = created_at - interval '5 hours', ends_at = ends_at - interval '5 hours'`)
		}, 1},
		"withdrawn": {func(w *world, _ licensing.NewKey) { w.do(`UPDATE handovers SET withdrawn_at = now()`) }, 1},
		"frozen":    {func(w *world, k licensing.NewKey) { w.must(w.mark("anna", k.ID)) }, 0},
		"a right lost": {func(w *world, _ licensing.NewKey) {
			w.do(`DELETE FROM reach WHERE person_id = $1`, w.person["kaisa"].ID)
		}, 0},
		"an account ended": {func(w *world, _ licensing.NewKey) {
			w.do(`UPDATE persons SET ended_at = now() WHERE name = 'kaisa'`)
		}, 0},
		"who has it left the family": {func(w *world, _ licensing.NewKey) {
			w.do(`UPDATE grants SET revoked_at = now() WHERE person_id = $1`, w.person["kevin"].ID)
		}, 0},
		"an issuer of other families": {func(w *world, _ licensing.NewKey) {
			w.Trust([]licensing.Issuer{{Address: everybodys, Roots: []uuid.UUID{w.org[kommune].ID}}})
		}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, key, token := linked(t)
			c.end(w, key)
			if _, err := w.LookAtHandover(t.Context(), w.as("kevin"), token); !errors.Is(err, licensing.ErrNotFound) {
				t.Errorf("looks: got %v, want not found", err)
			}
			if _, secret, err := w.TakeHandover(t.Context(), w.as("kevin"), token); !errors.Is(err, licensing.ErrNotFound) || secret.Reveal() != "" {
				t.Errorf("takes: got %q, %v, want not found", secret.Reveal(), err)
			}
			if n := w.entries("handover.reused", licensing.Refused); n != 2*c.alarms {
				t.Errorf("alarms: got %d, want %d", n, 2*c.alarms)
			}
			w.whole()
		})
	}
}

// S-61, S-12: of many uses at once, through two servers, exactly one shows the key.
func TestOneOfManyUsesShowsTheKey(t *testing.T) {
	t.Parallel()
	w, _, token := linked(t)
	kevin, other := w.as("kevin"), w.another()
	results := make(chan error, 10)
	for i := range 10 {
		s := []*store.Store{w.Store, other}[i%2]
		go func() {
			_, _, err := s.TakeHandover(t.Context(), kevin, token)
			results <- err
		}()
	}
	shown := 0
	for range 10 {
		switch err := <-results; {
		case err == nil:
			shown++
		case !errors.Is(err, licensing.ErrNotFound):
			t.Errorf("one of ten: got %v", err)
		}
	}
	if alarms := w.entries("handover.reused", licensing.Refused); shown != 1 || alarms != 9 {
		t.Errorf("shown %d times with %d alarms, want once and 9", shown, alarms)
	}
	w.whole()
}

// S-57, S-59: the token stands in the mail alone: not in the audit log, no notice, no row.
func TestATokenStandsInTheMailAlone(t *testing.T) {
	t.Parallel()
	w, _, _ := linked(t)
	token := ""
	for _, m := range w.mails() {
		if n := m.Detail.News; n != nil && n.Secret != "" {
			token = strings.TrimPrefix(n.Secret, "/handover/")
		}
	}
	if len(token) != 43 {
		t.Fatalf("the token %q has not 256 bits", token)
	}
	for _, table := range []string{
		`SELECT count(*) FROM audit r WHERE r::text LIKE '%' || $1 || '%'`, `SELECT count(*) FROM notices r WHERE r::text LIKE '%' || $1 || '%'`,
		`SELECT count(*) FROM mails r WHERE r::text LIKE '%' || $1 || '%'`, `SELECT count(*) FROM handovers r WHERE r::text LIKE '%' || $1 || '%'`,
		`SELECT count(*) FROM river_job r WHERE r::text LIKE '%' || $1 || '%'`, `SELECT count(*) FROM once r WHERE r::text LIKE '%' || $1 || '%'`,
	} {
		if n := w.count(table, token); n != 0 {
			t.Errorf("%s: got %d rows with the token, want none", table, n)
		}
	}
	if n := w.count(`SELECT count(*) FROM audit WHERE audit::text LIKE '%DEMO%'`); n != 0 {
		t.Errorf("entries that hold a key: got %d", n)
	}
}
