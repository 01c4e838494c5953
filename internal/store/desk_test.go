package store_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/licensing"
)

// Of what a job finds to do one row fails: the rest is done, the job's error counts what
// wasn't, and the next run does that too.
func TestARowThatFailsHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		make  func(*testing.T) *world
		table string
		first string // the first row of two that are due
		work  func(*world, context.Context) error
		left  string // counts the rows that nothing was done about
	}{
		"requests for access": {
			twoAsk, "access_requests", `number = '74120935'`,
			func(w *world, ctx context.Context) error { return w.MindAccess(ctx, monday) },
			`SELECT count(*) FROM access_requests WHERE step = 0`,
		},
		"locks after wrong pairs": {
			twoLocks, "agreement_locks", `holder = 'number/1'`,
			func(w *world, ctx context.Context) error { return w.MindAccess(ctx, monday) },
			`SELECT count(*) FROM agreement_locks WHERE NOT told`,
		},
		"successors": {
			twoSuccessions, "successors", `licence_id = (SELECT id FROM licences WHERE number = '74120935')`,
			func(w *world, ctx context.Context) error { return w.Succeed(ctx) },
			`SELECT count(*) FROM successors WHERE state = 'named'`,
		},
		"cases of emergency": {
			twoCases, "emergency_cases", `licence_id = (SELECT id FROM licences WHERE number = '74120935')`,
			func(w *world, ctx context.Context) error { return w.CarryOutEmergency(ctx) },
			`SELECT count(*) FROM emergency_cases WHERE state = 'opened'`,
		},
		"reviews": {
			twoReviews, "reviews", `root_id = (SELECT root_id FROM licences WHERE number = '74120935')`,
			func(w *world, ctx context.Context) error { return w.MindReviews(ctx, time.Now().AddDate(1, 0, 0)) },
			`SELECT count(*) FROM reviews WHERE closed_at IS NULL`,
		},
		"families of an import": {
			twoTold, "import_families", `root_id = (SELECT min(root_id::text)::uuid FROM import_families)`,
			func(w *world, ctx context.Context) error {
				var id uuid.UUID
				w.must(w.connect(w.db.SuperURL).QueryRow(ctx, `SELECT max(id::text)::uuid FROM imports`).Scan(&id))
				return w.TellFamilies(ctx, id)
			},
			`SELECT count(*) FROM import_families WHERE told_at IS NULL`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := c.make(t)
			if n := w.count(c.left); n != 2 {
				t.Fatalf("rows due: got %d, want 2", n)
			}
			w.do(`CREATE FUNCTION not_this_one() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''not this one''; END'`)
			w.do(`ALTER TABLE ` + c.table + ` ADD COLUMN bad boolean NOT NULL DEFAULT false`)
			w.do(`SET session_replication_role = replica; UPDATE ` + c.table + ` SET bad = true WHERE ` + c.first)
			w.do(`CREATE TRIGGER not_this_one BEFORE UPDATE ON ` + c.table + ` FOR EACH ROW WHEN (new.bad) EXECUTE FUNCTION not_this_one()`)
			if err := c.work(w, t.Context()); err == nil || !strings.Contains(err.Error(), "1 of 2 failed") {
				t.Errorf("the run: got %v, want that 1 of 2 failed", err)
			}
			if n := w.count(c.left); n != 1 {
				t.Errorf("rows left: got %d, want the bad one alone", n)
			}
			w.do(`DROP TRIGGER not_this_one ON ` + c.table)
			w.must(c.work(w, t.Context()))
			if n := w.count(c.left); n != 0 {
				t.Errorf("rows left by the next run: got %d, want none", n)
			}
			w.whole()
		})
	}
}

func twoAsk(t *testing.T) *world {
	w := asking(t)
	w.must(w.wishes("mikko", "74120935", licensing.KeyViewer, false, monday.Add(-1)))
	w.must(w.wishes("nils", "50912277", licensing.KeyViewer, false, monday))
	return w
}

func twoLocks(t *testing.T) *world {
	w := asking(t)
	w.do(`INSERT INTO agreement_locks (holder, until) VALUES ('number/1', now()), ('number/2', now())`)
	return w
}

func twoSuccessions(t *testing.T) *world {
	w := alone(t)
	w.grantOn("gast", licensing.Administrator, "V6380217")
	w.must(w.succeed("gast", "kevin"))
	w.do(`UPDATE persons SET ended_at = now() WHERE name IN ('arne', 'gast')`)
	return w
}

func twoCases(t *testing.T) *world {
	w := newLocked(t)
	w.must(w.open(w.sofia, "74120935", "kaisa@demo.example"))
	w.must(w.open(w.sofia, "V6380217", "kevin@demo.example"))
	w.later()
	return w.world
}

func twoReviews(t *testing.T) *world {
	w := reviewing(t)
	w.must(w.startsReview("berit", reviewStart("", w.org[suomi].ID, licensing.ReviewKept)))
	w.must(w.startsReview("frode", reviewStart("", w.org[kommune].ID, licensing.ReviewKept)))
	return w
}

func twoTold(t *testing.T) *world {
	w := newWorld(t)
	w.applied(licensing.ImportOptions{}, line(2, 1, office, licensing.MAK, counts(0, 50)), line(3, 2, office, licensing.MAK, counts(0, 50), of("50912277", kommune), openValue))
	return w
}
