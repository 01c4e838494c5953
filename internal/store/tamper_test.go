package store_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
)

// do runs a statement past every wall, as somebody with the database in their hands
// could, and returns how many rows it touched.
func (w *world) do(sql string, args ...any) int64 {
	w.t.Helper()
	c := w.connect(w.db.SuperURL)
	tag, err := c.Exec(w.t.Context(), sql, args...)
	w.must(err)
	w.must(c.Close(w.t.Context()))
	return tag.RowsAffected()
}

// connect opens a connection of the test's own until the test ends.
func (w *world) connect(url string) *pgx.Conn {
	w.t.Helper()
	c, err := pgx.Connect(w.t.Context(), url)
	w.must(err)
	w.t.Cleanup(func() { _ = c.Close(context.WithoutCancel(w.t.Context())) })
	return c
}

// grantOn gives a person, who is added if new, a role on one licence ID.
func (w *world) grantOn(name string, role licensing.Role, number string) {
	w.t.Helper()
	l := w.licence[number]
	w.must(w.GrantRole(w.t.Context(), w.op, licensing.Grant{
		PersonID: w.someone(name).ID, RootID: l.RootID, Role: role, LicenceID: &l.ID,
	}))
}

// entries counts the audit entries of an action and outcome.
func (w *world) entries(action string, outcome licensing.Outcome) int64 {
	w.t.Helper()
	return w.count(`SELECT count(*) FROM audit WHERE action = $1 AND outcome = $2`, action, string(outcome))
}

// stocked is a world with a key in each family: k in Nordvik's 74120935, with a total
// of 777,777,777 and 888,888,888 bought, and f in Fjellheim's 50912277.
func stocked(t testing.TB) (w *world, k, f licensing.NewKey) {
	t.Helper()
	w = newWorld(t)
	k, f = w.mak("74120935", office, 1, 700, 777_777_777), w.mak("50912277", office, 2, 1, 10)
	w.must(w.AddKeys(t.Context(), w.op, []licensing.NewKey{k, f}))
	w.must(w.SetPurchases(t.Context(), w.op, []licensing.Purchase{
		{LicenceID: *k.LicenceID, ProductID: w.product[office], Quantity: 888_888_888, Effective: 888_888_888},
	}))
	return w, k, f
}

// exec is for statements that are expected to fail.
func exec(c *pgx.Conn, sql string, args ...any) error {
	_, err := c.Exec(context.Background(), sql, args...)
	return err
}
