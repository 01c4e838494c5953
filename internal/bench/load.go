package bench

import (
	"context"
	"fmt"
	"runtime"
	"sync"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/vault"
)

// load fills a migrated, empty database by COPY, as a superuser: for anybody else COPY
// refuses tables with policies. Foreign keys are taken at their word.
func load(ctx context.Context, superURL string, w world, v *vault.Vault) error {
	c, err := pgx.Connect(ctx, superURL)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close(context.WithoutCancel(ctx)) }()
	l := loader{world: w, ctx: ctx, conn: c, vault: v}
	if _, err := c.Exec(ctx, "SET session_replication_role = replica"); err != nil {
		return err
	}
	for _, step := range []func() error{l.catalogue, l.organise, l.license, l.grant, l.seal, l.settle} {
		if err := step(); err != nil {
			return fmt.Errorf("load the data set: %w", err)
		}
	}
	return nil
}

type loader struct {
	world
	ctx   context.Context
	conn  *pgx.Conn
	vault *vault.Vault
}

func (l *loader) copy(table string, columns []string, rows pgx.CopyFromSource) error {
	_, err := l.conn.CopyFrom(l.ctx, pgx.Identifier{table}, columns, rows)
	return err
}

func (l *loader) catalogue() error {
	err := l.copy("programmes", []string{"id", "name", "number_kind", "allotment", "kms_rule"},
		pgx.CopyFromSlice(len(programmes), func(i int) ([]any, error) {
			p := programmes[i]
			return []any{p.ID, p.Name, string(p.NumberKind), string(p.Allotment), string(p.KMSRule)}, nil
		}))
	if err != nil {
		return err
	}
	pools := licensing.Pools()
	return l.copy("products", []string{"id", "name", "family", "pool"},
		pgx.CopyFromSlice(productsN, func(i int) ([]any, error) {
			return []any{int32(i + 1), productName(i), fmt.Sprintf("Product %02d", i/10), string(pools[i%len(pools)])}, nil
		}))
}

func (l *loader) organise() error {
	var rows, closure [][]any
	for f := range familiesN {
		rows = append(rows, []any{familyID(f), familyID(f), nil, fmt.Sprintf("Nordvik %d Group", f), "Helsinki", "FI"})
		closure = append(closure, []any{familyID(f), familyID(f), familyID(f)})
	}
	for _, o := range l.organisations {
		id, root := idOf(forOrganisation, o.index), familyID(o.family)
		rows = append(rows, []any{id, root, root, organisationName(o.index), cities[o.index%len(cities)], "FI"})
		closure = append(closure, []any{id, id, root}, []any{root, id, root})
	}
	err := l.copy("organisations", []string{"id", "root_id", "parent_id", "name", "city", "country"}, pgx.CopyFromRows(rows))
	if err != nil {
		return err
	}
	return l.copy("org_closure", []string{"ancestor_id", "descendant_id", "root_id"}, pgx.CopyFromRows(closure))
}

func (l *loader) license() error {
	var rows, bought [][]any
	for _, o := range l.organisations {
		for n := o.first; n < o.first+o.licence; n++ {
			left, total := lowest(n)
			rows = append(rows, []any{
				licenceID(n), familyID(o.family), idOf(forOrganisation, o.index), programmes[n%len(programmes)].ID, number(n),
				string(licensing.KindEnrolment), number(n), endOf(n).AddDate(-6, 0, 0), endOf(n), 24, keysPerLicence, left, total,
			})
			for k := range boughtPerID {
				bought = append(bought, []any{licenceID(n), int32(keyOf(n, k).product + 1), familyID(o.family), 100, 100})
			}
		}
	}
	err := l.copy("licences", []string{
		"id", "root_id", "organisation_id", "programme_id", "number", "kind", "agreement_no", "starts", "ends",
		"products_n", "keys_n", "lowest_left", "lowest_total",
	}, pgx.CopyFromRows(rows))
	if err != nil {
		return err
	}
	return l.copy("purchases", []string{"licence_id", "product_id", "root_id", "quantity", "effective"}, pgx.CopyFromRows(bought))
}

// lowest is what the counters of a licence ID say, as the store would work them out.
func lowest(licence int) (left, total int) {
	for k := range 20 {
		m := keyOf(licence, k)
		if k == 0 || m.total-m.used < left || m.total-m.used == left && m.total > total {
			left, total = m.total-m.used, m.total
		}
	}
	return left, total
}

func (l *loader) grant() error {
	var who, grants, reach [][]any
	rights := int32(licensing.Administrator.Permissions())
	for p, name := range people {
		who = append(who, []any{personID(p), name, name + "@nordvik.example", "en"})
		for _, o := range l.organisations {
			n := l.reaches(p, o)
			if n == 0 {
				continue
			}
			grants = append(grants, []any{
				idOf(forGrant, len(grants)), personID(p), familyID(o.family), string(licensing.Administrator), idOf(forOrganisation, o.index),
			})
			for i := o.first; i < o.first+n; i++ {
				reach = append(reach, []any{personID(p), licenceID(i), familyID(o.family), number(i), rights})
			}
		}
	}
	for n := range crowdN {
		who = append(who, []any{crowdPerson(n), fmt.Sprintf("Reader %d", n), "", "en"})
		reached := map[int]bool{} // a small data set has fewer than ten
		for k := range crowdReaches {
			if i := l.crowdLicence(n, k); !reached[i] {
				reached[i] = true
				reach = append(reach, []any{crowdPerson(n), licenceID(i), familyID(0), number(i), rights})
			}
		}
	}
	if err := l.copy("persons", []string{"id", "name", "business_email", "locale"}, pgx.CopyFromRows(who)); err != nil {
		return err
	}
	if err := l.copy("grants", []string{"id", "person_id", "root_id", "role", "organisation_id"}, pgx.CopyFromRows(grants)); err != nil {
		return err
	}
	return l.copy("reach", []string{"person_id", "licence_id", "root_id", "number", "rights"}, pgx.CopyFromRows(reach))
}

var keyColumns = []string{
	"id", "root_id", "licence_id", "product_id", "type", "last5", "fingerprint", "used", "total", "as_of",
	"seats", "osa_status", "created_at", "sealed",
}

// seal copies the keys. Every processor seals; one connection copies, in order.
func (l *loader) seal() error {
	ctx, cancel := context.WithCancel(l.ctx)
	defer cancel()
	done := make(chan chan [][]any, 4*runtime.NumCPU())
	var workers sync.WaitGroup
	gate := make(chan struct{}, runtime.NumCPU())
	workers.Go(func() {
		defer close(done)
		for _, o := range l.organisations {
			for n := o.first; n < o.first+o.licence; n++ {
				made := make(chan [][]any, 1)
				select {
				case done <- made:
				case <-ctx.Done():
					return
				}
				gate <- struct{}{}
				workers.Go(func() { made <- l.sealed(n, o.family); <-gate })
			}
		}
	})
	source := &batches{in: done}
	err := l.copy("keys", keyColumns, source)
	cancel()
	workers.Wait()
	if err == nil && source.rows != l.keys() {
		err = fmt.Errorf("%d keys instead of %d", source.rows, l.keys())
	}
	return err
}

func (l *loader) sealed(licence, family int) [][]any {
	rows := make([][]any, keysPerLicence)
	for k := range rows {
		made, id := keyOf(licence, k), idOf(forKey, licence*keysPerLicence+k)
		text := made.text(licence, k)
		sealed, err := l.vault.Seal(text, vault.Place{Root: familyID(family), Key: id, Version: 1})
		if err != nil {
			return nil // the count will tell
		}
		var asOf any
		if made.kind == licensing.MAK || made.kind == licensing.KMS {
			asOf = today.AddDate(0, -1, -licence%28)
		}
		rows[k] = []any{
			id, familyID(family), licenceID(licence), int32(made.product + 1), string(made.kind), made.last5, l.vault.Fingerprint(text),
			made.used, made.total, asOf, made.seats, (*string)(made.status), today.AddDate(-1, 0, 0), sealed,
		}
	}
	return rows
}

// batches is a source of rows that come a licence ID at a time.
type batches struct {
	in   chan chan [][]any
	now  [][]any
	rows int
}

func (b *batches) Next() bool {
	if len(b.now) > 1 {
		b.now = b.now[1:]
		b.rows++
		return true
	}
	next, ok := <-b.in
	if !ok {
		return false
	}
	b.now = <-next
	b.rows++
	return len(b.now) > 0
}

func (b *batches) Values() ([]any, error) { return b.now[0], nil }
func (b *batches) Err() error             { return nil }

// settle leaves the tables as a day's work of an installation would.
func (l *loader) settle() error {
	_, err := l.conn.Exec(l.ctx, "UPDATE catalogue SET version = version + 1")
	if err != nil {
		return err
	}
	_, err = l.conn.Exec(l.ctx, "VACUUM ANALYZE")
	return err
}

// plantSessions signs people in, one with each token.
func plantSessions(ctx context.Context, superURL, issuer string, persons []uuid.UUID, tokens []string) error {
	c, err := pgx.Connect(ctx, superURL)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close(context.WithoutCancel(ctx)) }()
	_, err = c.Exec(ctx, `INSERT INTO sessions (hash, person_id, issuer, subject, auth_time, last_seen, ends_at)
SELECT sha256(convert_to(t, 'UTF8')), p, $1, 'bench', now(), now(), now() + interval '12 hours'
FROM unnest($2::uuid[], $3::text[]) AS s (p, t)`, issuer, persons, tokens)
	return err
}
