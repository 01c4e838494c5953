package bench

import (
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/store"
	"github.com/keyhall/keyhall/internal/vault"
	"github.com/keyhall/keyhall/internal/worktime"
)

// newDesk is a desk over a small data set, with the portal in this process.
func newDesk(t *testing.T) *desk {
	t.Helper()
	m := newMeasured(t, 0.02)
	s := httptest.NewServer(m.pages)
	t.Cleanup(s.Close)
	pgbench, err := findProgram("pgbench")
	must(t, err)
	d := &desk{
		server: &server{address: strings.TrimPrefix(s.URL, "http://")}, config: m.config,
		pgbench: pgbench, folder: t.TempDir(), length: time.Millisecond,
	}
	t.Cleanup(d.close)
	must(t, d.prepare(t.Context(), m.world))
	must(t, d.effect(t.Context()))
	return d
}

// What the portal is measured against leaves behind what the portal leaves behind.
func TestPgbenchGrantsWhatThePortalGrants(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	before := d.pairs
	turn, err := d.portalTurn(t.Context(), 3)
	must(t, err)
	if turn.all < 3 || d.pairs != before+turn.all {
		t.Errorf("three customers of the portal: got %d pairs, and %d counted, want as many and at least three", turn.all, d.pairs-before)
	}
	must(t, d.effect(t.Context()))
	d.turn++
	log, err := d.pgbenchRun(t.Context(), 3, "-t", "10")
	must(t, err)
	if len(log) != 30 {
		t.Errorf("three clients of pgbench, ten pairs each: got %d", len(log))
	}
	d.pairs += len(log)
	must(t, d.effect(t.Context()))
	must(t, d.sound(t.Context()))
}

// An amount above which two agents approve costs those that one approves no round trip.
func TestAnApprovalByOneTakesEightRoundTrips(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	v, err := vault.LoadFiles(d.config.Keyset, d.config.KEK)
	must(t, err)
	var heard recorder
	d.store.Close()
	d.store, err = store.Open(t.Context(), d.config.ServeURL, v, &heard)
	must(t, err)
	for n, above := range []int{0, 0, 1} { // with the first the store learns things too
		d.store.Promise(store.Promises{Clock: worktime.Around(), RequestCap: 10_000, TotalCap: 100_000, TwoAbove: above})
		a, err := d.asks.telling(n)
		must(t, err)
		c, err := d.carry(t.Context(), &heard, a)
		must(t, err)
		if n > 0 && len(c.approve) != 8 {
			t.Errorf("two approvers above %d: got %d round trips, want 8: %v", above, len(c.approve), c.approve)
		}
	}
}

func TestALostGrantIsNoticed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, harm string }{
		{"an activation too many", "UPDATE keys SET total = total + 1 WHERE id = (SELECT key::uuid FROM bench_asks LIMIT 1)"},
		{"a counter that does not fit", "UPDATE licences SET lowest_total = 49 WHERE number = (SELECT number FROM bench_asks LIMIT 1)"},
		{"a mail without a job", "DELETE FROM river_job WHERE id = (SELECT max(id) FROM river_job)"},
		{"a post that is not remembered", "DELETE FROM once WHERE key = (SELECT key FROM once LIMIT 1)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			_, err := d.super.Exec(t.Context(), c.harm)
			must(t, err)
			if d.effect(t.Context()) == nil {
				t.Error("nobody noticed")
			}
		})
	}
}

func TestArgumentsFallApart(t *testing.T) {
	t.Parallel()
	id := uuid.UUID{1, 2, 3}.String()
	s := newSubstitution(map[string]string{"licence": id, "licences": "{" + id + "}", "number": "70000012", "total": "250", "product": "113"})
	v := func(name string) part { return part{name, true} }
	c := func(text string) part { return part{text, false} }
	for _, tc := range []struct {
		name, kind, text string
		want             []part
	}{
		{"a value is its variable", "uuid", id, []part{v("licence")}},
		{"an array stays whole", "uuid[]", "{" + id + "}", []part{v("licences")}},
		{"a value within a text", "jsonb", `{"licence": "70000012"}`, []part{c(`{"licence": "`), v("number"), c(`"}`)}},
		{"a small number that is all there is", "integer", "250", []part{v("total")}},
		{"a small number within a text", "jsonb", `{"new": 250}`, []part{c(`{"new": 250}`)}},
		{"what was made up", "uuid", "01990000-0000-7000-8000-000000000001", []part{v("lead"), v("fresh1")}},
		{"the same again", "text", "mail/01990000-0000-7000-8000-000000000001", []part{c("mail/"), v("lead"), v("fresh1")}},
		{"something else that was made up", "uuid", "01990000-0000-7000-8000-000000000002", []part{v("lead"), v("fresh2")}},
		{"nothing", "text", "", []part{c("")}},
	} {
		if got := s.split(parameter{name: tc.kind}, tc.text); !slices.Equal(got, tc.want) {
			t.Errorf("%s: got %v, want %v", tc.name, got, tc.want)
		}
	}
}

// A batch of the store's is one of pgbench's, but for an answer that has to be kept.
func TestBatchesStayBatches(t *testing.T) {
	t.Parallel()
	got := written([]trip{{"one;"}, {"two;", "three;"}, {"four;", `five \gset`}})
	want := "one;\n\\startpipeline\ntwo;\nthree;\n\\endpipeline\n\n\\startpipeline\nfour;\n\\endpipeline\nfive \\gset\n"
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestPgbenchsLogIsRead(t *testing.T) {
	t.Parallel()
	got, err := readLogged("3 17 4250 0 1761998400 500000")
	if want := (logged{time.Unix(1761998400, 500_000_000), 4250 * time.Microsecond}); err != nil || got != want {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	if _, err := readLogged("3 17 failed 0 1761998400 500000"); err == nil {
		t.Error("a transaction that failed counts")
	}
}
