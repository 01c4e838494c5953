package bench

import (
	"context"
	"crypto/rand"
	"fmt"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
)

const (
	askersN = 16 // customers, and as many agents: one of each for a connection
	asksN   = 64 // keys of each customer that more is asked for
	stay    = 8  // requests in a row for one key
)

// asks are what is asked for, and by whom. The n-th customer is of the n-th
// organisation, so that the families are asked for alike by whatever is measured: the
// head of a family's audit log is what its requests wait for.
type asks struct {
	list              []ask    // the k-th of the n-th customer is at k*askersN+n
	customers, agents []string // sessions
}

// ask is a key and who asks for more of it.
type ask struct {
	customer, agent    uuid.UUID
	root, licence, key uuid.UUID
	number, last5      string
	product, total     int
	n                  int // of customer and agent
}

// each is how many keys a customer asks for.
func (a asks) each() int { return len(a.list) / askersN }

// of is what the n-th customer asks for at their i-th pair of a turn. Turns begin with
// other keys.
func (a asks) of(turn, n, i int) ask { return a.list[(a.first(turn)+i/stay)%a.each()*askersN+n] }

func (a asks) first(turn int) int { return turn * 11 % a.each() }

// askers are numbered after the crowd.
func askerID(n int) uuid.UUID   { return crowdPerson(crowdN + n) }
func granterID(n int) uuid.UUID { return crowdPerson(crowdN + askersN + n) }

func askersName(n int) string    { return fmt.Sprintf("Asker %02d", n) }
func grantersName(n int) string  { return fmt.Sprintf("Granter %02d", n) }
func askersAddress(n int) string { return fmt.Sprintf("asker%02d@nordvik.example", n) }

// asksOf lists the asks of a data set: MAKs, of as many licence IDs as there are.
func asksOf(w world) []ask {
	each := asksN
	for _, o := range w.organisations[:askersN] {
		each = min(each, o.licence*20)
	}
	var list []ask
	for k := range each {
		for n, o := range w.organisations[:askersN] {
			licence, slot := o.first+k%o.licence, k/o.licence
			made := keyOf(licence, slot)
			list = append(list, ask{
				customer: askerID(n), agent: granterID(n), root: familyID(o.family), licence: licenceID(licence),
				key: idOf(forKey, licence*keysPerLicence+slot), number: number(licence), last5: made.last5,
				product: made.product + 1, total: made.total, n: n,
			})
		}
	}
	return list
}

// plantAsks adds the people, signs them in, and writes down for pgbench what they ask.
func plantAsks(ctx context.Context, super *pgx.Conn, w world, c childConfig) (asks, error) {
	a := asks{list: asksOf(w)}
	l := loader{world: w, ctx: ctx, conn: super}
	for _, step := range []func() error{l.askers, func() error { return l.asks(a.list) }} {
		if err := step(); err != nil {
			return a, fmt.Errorf("plant who asks: %w", err)
		}
	}
	var persons []uuid.UUID
	var tokens []string
	for n := range askersN {
		persons = append(persons, askerID(n), granterID(n))
		a.customers, a.agents = append(a.customers, rand.Text()), append(a.agents, rand.Text())
		tokens = append(tokens, a.customers[n], a.agents[n])
	}
	return a, plantSessions(ctx, c.SuperURL, c.Issuer, persons, tokens)
}

func (l *loader) askers() error {
	var who, grants, reach [][]any
	rights := int32(licensing.Administrator.Permissions())
	for n, o := range l.organisations[:askersN] {
		who = append(who, []any{askerID(n), askersName(n), askersAddress(n), "en", ""},
			[]any{granterID(n), grantersName(n), "", "en", string(licensing.SupportAgent)})
		grants = append(grants, []any{
			idOf(forGrant, grantsOfAskers+n), askerID(n), familyID(o.family), string(licensing.Administrator), idOf(forOrganisation, o.index),
		})
		for i := o.first; i < o.first+o.licence; i++ {
			reach = append(reach, []any{askerID(n), licenceID(i), familyID(o.family), number(i), rights})
		}
	}
	if err := l.copy("persons", []string{"id", "name", "business_email", "locale", "staff_role"}, pgx.CopyFromRows(who)); err != nil {
		return err
	}
	if err := l.copy("grants", []string{"id", "person_id", "root_id", "role", "organisation_id"}, pgx.CopyFromRows(grants)); err != nil {
		return err
	}
	return l.copy("reach", []string{"person_id", "licence_id", "root_id", "number", "rights"}, pgx.CopyFromRows(reach))
}

// grantsOfAskers is past the grants of the data set.
const grantsOfAskers = 1 << 20

// askColumns are the variables that pgbench reads; in its table all of them are texts.
// Arrays are there whole: one that is put together can't be planned for.
var askColumns = []string{"customer", "agent", "root", "roots", "licence", "licences", "key", "number", "last5", "product", "asks", "grants", "address"}

func (a ask) values() []any {
	return []any{
		a.customer.String(), a.agent.String(), a.root.String(), "{" + a.root.String() + "}", a.licence.String(), "{" + a.licence.String() + "}",
		a.key.String(), a.number, a.last5,
		strconv.Itoa(a.product), askersName(a.n), grantersName(a.n), askersAddress(a.n),
	}
}

// asks writes the table.
func (l *loader) asks(list []ask) error {
	_, err := l.conn.Exec(l.ctx, "CREATE TABLE bench_asks (n integer PRIMARY KEY, total integer, "+strings.Join(askColumns, " text, ")+
		" text); GRANT SELECT ON bench_asks TO keyhall_serve")
	if err != nil {
		return err
	}
	err = l.copy("bench_asks", append([]string{"n", "total"}, askColumns...), pgx.CopyFromSlice(len(list), func(i int) ([]any, error) {
		return append([]any{i, list[i].total}, list[i].values()...), nil
	}))
	if err != nil {
		return err
	}
	_, err = l.conn.Exec(l.ctx, "ANALYZE bench_asks, persons, reach, grants")
	return err
}
