package bench

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
)

// plan asks PostgreSQL how it answers the statements of a round trip behind their wall:
// for these values where they are planned anew, else with the one plan that serves all,
// which is what a server that has been up for a minute uses.
func (m *measured) plan(t *testing.T, trip []asked) string {
	t.Helper()
	c, err := pgx.Connect(t.Context(), m.db.ServeURL)
	must(t, err)
	defer func() { _ = c.Close(context.WithoutCancel(t.Context())) }()
	tx, err := c.Begin(t.Context())
	must(t, err)
	_, err = tx.Exec(t.Context(), "SET LOCAL plan_cache_mode = force_generic_plan")
	must(t, err)
	_, err = tx.Exec(t.Context(), trip[0].sql, trip[0].args...)
	must(t, err)
	var plans strings.Builder
	for i, s := range trip[1:] {
		sql, args := "EXPLAIN "+s.sql, s.args
		if !strings.Contains(trip[0].sql, "plan_cache_mode") {
			_, err := tx.Exec(t.Context(), fmt.Sprintf("PREPARE p%d AS %s", i, s.sql))
			must(t, err)
			sql, args = fmt.Sprintf("EXPLAIN EXECUTE p%d (%s)", i, strings.Repeat("NULL, ", len(s.args)-1)+"NULL"), nil
		}
		rows, err := tx.Query(t.Context(), sql, args...)
		must(t, err)
		lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
		must(t, err)
		plans.WriteString(strings.Join(lines, "\n") + "\n")
	}
	return plans.String()
}

// Whatever is asked over and over goes by its index, whoever asks (P5, P9).
func TestPlansUseTheirIndexes(t *testing.T) {
	t.Parallel()
	m := newMeasured(t, 0.1)
	v := m.viewer(t, reader)
	desk := v
	desk.Staff, desk.May = licensing.SupportAgent, licensing.SupportAgent.Permissions()
	visiting := licensing.Visiting{Number: number(7), Reason: "To see how it is planned.", At: time.Now(), For: time.Hour}
	must(t, m.OpenVisit(t.Context(), desk, visiting, licensing.Once{Route: "/support/visits", Key: "planned-once"}))
	must(t, second(m.Licence(t.Context(), desk, number(7)))) // the first look is on record
	whole := licensing.NewSecret(keyOf(7, 3).text(7, 3))
	active := licensing.LicenceFilter{Status: "active", Today: today, After: "~" + number(50)}
	for _, c := range []struct {
		name string
		ask  func() error
		uses []string
	}{
		{"the key page", func() error { return second(m.Keys(t.Context(), v, number(7), licensing.KeyFilter{})) }, []string{"reach_in_order", "keys_of_licence"}},
		{"support's key page", func() error { return second(m.Keys(t.Context(), desk, number(7), licensing.KeyFilter{})) }, []string{"licences_number_key", "keys_of_licence"}},
		{"the relationship summary", func() error { return third(m.Summary(t.Context(), v, active)) }, []string{"reach_in_order", "licences_pkey"}},
		{"support's list of customers", func() error { return third(m.Summary(t.Context(), desk, active)) }, []string{"licences_number_key"}},
		{"one licence ID", func() error { return second(m.Licence(t.Context(), v, number(7))) }, []string{"reach_in_order"}},
		{"support's one licence ID", func() error { return second(m.Licence(t.Context(), desk, number(7))) }, []string{"licences_number_key"}},
		{"a search by a whole key", func() error { return second(m.FindKey(t.Context(), v, whole)) }, []string{"keys_by_fingerprint"}},
		{"support's search by a whole key", func() error { return second(m.FindKey(t.Context(), desk, whole)) }, []string{"keys_by_fingerprint"}},
		{"a search by the last five", func() error {
			return second(m.ProfileKeys(t.Context(), v, licensing.KeyFilter{Last5: keyOf(7, 3).last5}))
		}, []string{"keys_by_last5"}},
		{"support's search by the last five", func() error {
			return second(m.ProfileKeys(t.Context(), desk, licensing.KeyFilter{Last5: keyOf(7, 3).last5}))
		}, []string{"keys_by_last5"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m.heard.take()
			must(t, c.ask())
			trips := m.heard.take()
			plan := m.plan(t, trips[len(trips)-1]) // before it there may be the catalogue
			for _, index := range c.uses {
				if !strings.Contains(plan, index) {
					t.Errorf("does not use %s:\n%s", index, plan)
				}
			}
			for _, table := range []string{"keys", "licences", "reach"} {
				if strings.Contains(plan, "Seq Scan on "+table+" ") {
					t.Errorf("reads the whole of %s:\n%s", table, plan)
				}
			}
		})
	}
}

func second[A any](_ A, err error) error        { return err }
func third[A, B any](_ A, _ B, err error) error { return err }
