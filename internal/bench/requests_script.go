package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/keyhall/keyhall/internal/licensing"
)

// script is what pgbench runs: one request filed and granted, in the store's own
// statements, written down while the store carried it out.
type script struct {
	text          string
	constants     map[string]string // variables whose values are always the same
	file, approve []trip
}

// trip is a round trip of the store: what it says as pgbench does.
type trip []string

// carried is one request, filed and granted by the store.
type carried struct {
	values        map[string]string // of the variables
	file, approve [][]asked
}

// learnScript lets the store carry out two requests of different customers. What is the
// same in both is a constant; what isn't has to be one of the variables.
func learnScript(ctx context.Context, d *desk, heard *recorder) (script, error) {
	var seen [2]carried
	c := composer{ctx: ctx, super: d.super, constants: map[string]string{}, names: map[string]string{}, learns: map[string]bool{}}
	for _, n := range []int{2, 0, 1} { // with the first the store learns things too
		a, err := d.asks.telling(n)
		if err != nil {
			return script{}, err
		}
		got, err := d.carry(ctx, heard, a)
		if err != nil {
			return script{}, err
		}
		seen[n%2] = got
		d.pairs++
	}
	for n := range seen {
		c.known[n] = newSubstitution(seen[n].values)
	}
	file, err := c.trips(seen[0].file, seen[1].file)
	if err != nil {
		return script{}, fmt.Errorf("filing: %w", err)
	}
	approve, err := c.trips(seen[0].approve, seen[1].approve)
	if err != nil {
		return script{}, fmt.Errorf("approving: %w", err)
	}
	for _, name := range []string{"id", "total"} {
		if !c.learns[name] {
			return script{}, fmt.Errorf("the store learns the %s in another way now", name)
		}
	}
	text := prologue(len(c.known[0].fresh)) + written(file) + written(approve)
	return script{text, c.constants, file, approve}, nil
}

// telling returns something that the n-th customer asks for whose numbers can't be taken
// for each other, nor for a version or a quantity.
func (a asks) telling(n int) (ask, error) {
	for i := n; i < len(a.list); i += askersN {
		found := a.list[i]
		if p := found.product; p > 10 && p != found.total && p != found.total+1 {
			return found, nil
		}
	}
	return ask{}, errors.New("no key is good to learn from")
}

// carry lets the store file and grant one request, and listens.
func (d *desk) carry(ctx context.Context, heard *recorder, a ask) (carried, error) {
	c := carried{values: map[string]string{}}
	for i, value := range a.values() {
		c.values[askColumns[i]] = value.(string)
	}
	asker, err := d.store.Viewer(ctx, licensing.Session{PersonID: a.customer, Issuer: d.config.Issuer, Subject: "bench"})
	if err != nil {
		return c, err
	}
	agent, err := d.store.Viewer(ctx, licensing.Session{PersonID: a.agent, Issuer: d.config.Issuer, Subject: "bench"})
	if err != nil {
		return c, err
	}
	asker.From = licensing.Origin{Address: "127.0.0.1", RequestID: strings.Repeat("0", 26)}
	agent.From = asker.From
	for _, name := range []string{"once_file", "once_approve"} {
		c.values[name] = newOnce()
	}
	heard.take()
	id, err := d.store.SubmitRequest(ctx, asker, licensing.Filing{
		Kind: licensing.MAKIncrease, Key: a.key, Quantity: "1", Reason: reason, Language: "en", At: today,
	}, licensing.Once{Route: "/requests", Key: c.values["once_file"]})
	if err != nil {
		return c, err
	}
	c.file = transaction(heard.take())
	err = d.store.ApproveRequest(ctx, agent, id, licensing.Decision{Version: 1, Quantity: "1", At: today},
		licensing.Once{Route: "/requests/:id/approval", Key: c.values["once_approve"]})
	if err != nil {
		return c, err
	}
	c.approve = transaction(heard.take())
	c.values["id"], c.values["old"], c.values["total"] = strconv.FormatInt(id, 10), strconv.Itoa(a.total), strconv.Itoa(a.total+1)
	return c, nil
}

// transaction leaves out what comes before, which pages share (the catalogue's version),
// and the queue's knock on its workers' door, which it sends a few times a second at most.
func transaction(trips [][]asked) [][]asked {
	begin := slices.IndexFunc(trips, func(t []asked) bool { return t[0].sql == "begin" })
	return slices.DeleteFunc(trips[max(0, begin):], func(t []asked) bool { return strings.Contains(t[0].sql, "pg_notify") })
}

// prologue goes on to the next key every so often, which is one question more than the
// store has in hundreds. Numbers of the turn, the pair and the client make identifiers
// that are new and in order, as the store's are.
func prologue(fresh int) string {
	var b strings.Builder
	fmt.Fprintf(&b, `\if :left = 0
\set n :at %% :each * %d + :client_id
\set at :at + 1
\set left %d
SELECT %[5]s FROM bench_asks WHERE n = :n \gset
\endif
\set left :left - 1
\set serial :serial + 1
\set once_file random(%[3]d, %[4]d)
\set once_approve random(%[3]d, %[4]d)
`, askersN, stay, onceLeast, onceMost, strings.Join(askColumns, ", "))
	for i := range fresh {
		fmt.Fprintf(&b, "\\set fresh%d :base + :serial * 1000 + :client_id * 10 + %d\n", i+1, i)
	}
	return b.String()
}

// written is what pgbench reads of some round trips. What comes back of the last
// statement of one may be kept, and pgbench can't keep what comes in a batch.
func written(trips []trip) string {
	var b strings.Builder
	for _, t := range trips {
		alone := t[len(t)-1:]
		if len(t) > 1 && !strings.Contains(alone[0], `\gset`) {
			alone = nil
		}
		if batch := t[:len(t)-len(alone)]; len(batch) > 0 {
			b.WriteString("\\startpipeline\n" + strings.Join(batch, "\n") + "\n\\endpipeline\n")
		}
		b.WriteString(strings.Join(alone, "\n") + "\n")
	}
	return b.String()
}
