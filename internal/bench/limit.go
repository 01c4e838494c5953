package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/store"
	"github.com/keyhall/keyhall/internal/vault"
)

// limit is the bare handler: what is left of the two pages when nothing of the portal
// is in the way.
type limit struct {
	pool      *pgxpool.Pool
	wall      bool
	sessions  map[string]licensing.Viewer // by token
	headers   http.Header
	keys      []asked // the statements of the key page, the wall's first
	summary   []asked
	products  map[int32]product
	programme map[string]string
	keyPage   keyPage
	summaries summaryPage
	buffers   sync.Pool
	room      []byte // as the portal has it, so that both collect garbage as rarely
}

type product struct {
	name string
	pool licensing.Pool
	rank int
}

// poolSize is that of the portal's pool.
const poolSize = 8

// newLimit learns from the store what it asks, and from the views what they draw.
func newLimit(ctx context.Context, c childConfig, v *vault.Vault) (*limit, error) {
	l := &limit{room: make([]byte, 32<<20), wall: c.Role == roleLimit, sessions: map[string]licensing.Viewer{}, headers: portalHeaders()}
	l.buffers.New = func() any { b := make([]byte, 0, 128<<10); return &b }
	if err := l.learn(ctx, c, v); err != nil {
		return nil, err
	}
	var err error
	if l.keyPage, err = cutKeyPage(ctx); err != nil {
		return nil, err
	}
	if l.summaries, err = cutSummaryPage(ctx, licensing.Administrator.Permissions()); err != nil {
		return nil, err
	}
	address := c.ServeURL
	if !l.wall {
		address = c.SuperURL
	}
	settings, err := pgxpool.ParseConfig(address)
	if err != nil {
		return nil, err
	}
	settings.MaxConns = poolSize
	settings.ConnConfig.RuntimeParams["timezone"] = "UTC"
	l.pool, err = pgxpool.NewWithConfig(ctx, settings)
	return l, err
}

// learn lets the store ask once while it is listened to.
func (l *limit) learn(ctx context.Context, c childConfig, v *vault.Vault) error {
	var heard recorder
	s, err := store.Open(ctx, c.ServeURL, v, &heard)
	if err != nil {
		return err
	}
	defer s.Close()
	who, err := s.Viewer(ctx, licensing.Session{PersonID: personID(reader), Issuer: c.Issuer, Subject: "bench"})
	if err != nil {
		return err
	}
	for _, t := range c.Tokens {
		l.sessions[t] = who
	}
	if err := l.keepCatalogue(ctx, s); err != nil {
		return err
	}
	heard.take()
	if _, err := s.Keys(ctx, who, markNumber, licensing.KeyFilter{}); err != nil && !errors.Is(err, licensing.ErrNotFound) {
		return err
	}
	if l.keys, err = one(heard.take()); err != nil {
		return fmt.Errorf("the key page: %w", err)
	}
	if _, _, err = s.Summary(ctx, who, licensing.LicenceFilter{Status: "active", Sort: "number", After: "~" + markNumber, Today: today}); err != nil {
		return err
	}
	if l.summary, err = one(heard.take()); err != nil {
		return fmt.Errorf("the relationship summary: %w", err)
	}
	return nil
}

func (l *limit) keepCatalogue(ctx context.Context, s *store.Store) error {
	c, err := s.Catalogue(ctx)
	if err != nil {
		return err
	}
	l.products, l.programme = map[int32]product{}, map[string]string{}
	for _, p := range c.Products {
		l.products[p.ID] = product{p.Name, p.Pool, c.Rank(p.ID)}
	}
	for _, p := range c.Programmes {
		l.programme[p.ID] = p.Name
	}
	return nil
}

// one expects one round trip: the limit sends a page's statements as one batch.
func one(trips [][]asked) ([]asked, error) {
	if len(trips) != 1 || len(trips[0]) < 2 {
		return nil, fmt.Errorf("the store needs %d round trips", len(trips))
	}
	return trips[0], nil
}

// ask sends the statements of a page with a number in the place of the marked one.
func (l *limit) ask(ctx context.Context, statements []asked, number string) pgx.BatchResults {
	var b pgx.Batch
	if l.wall {
		b.Queue(statements[0].sql, statements[0].args...)
	}
	for _, s := range statements[1:] {
		args := make([]any, len(s.args))
		for i, a := range s.args {
			if a == any(markNumber) {
				a = number
			}
			args[i] = a
		}
		b.Queue(s.sql, args...)
	}
	return l.pool.SendBatch(ctx, &b)
}

// each calls row for each row of the next answer, which was scanned into the columns of
// these names; others are passed over.
func each(answers pgx.BatchResults, into map[string]any, row func()) error {
	rows, err := answers.Query()
	if err != nil {
		return err
	}
	defer rows.Close()
	fields := rows.FieldDescriptions()
	targets := make([]any, len(fields))
	for i := range fields {
		targets[i] = into[fields[i].Name]
	}
	for rows.Next() {
		if err := rows.Scan(targets...); err != nil {
			return err
		}
		row()
	}
	return rows.Err()
}

// ServeHTTP draws one of the two pages.
func (l *limit) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	who, ok := l.viewer(r)
	if !ok {
		http.Error(w, "nobody is signed in", http.StatusForbidden)
		return
	}
	kept := l.buffers.Get().(*[]byte)
	defer l.buffers.Put(kept)
	var err error
	b := (*kept)[:0]
	if number, ok := strings.CutSuffix(strings.TrimPrefix(r.URL.Path, "/licences/"), "/keys"); ok {
		b, err = l.drawKeys(r.Context(), b, who, number)
	} else {
		b, err = l.drawSummary(r.Context(), b, who, strings.TrimPrefix(r.URL.Query().Get("after"), "~"))
	}
	*kept = b
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	h := w.Header()
	for name, value := range l.headers {
		h[name] = value
	}
	h["Content-Length"] = []string{strconv.Itoa(len(b))}
	_, _ = w.Write(b) // a reader who has gone is no matter
}

func (l *limit) viewer(r *http.Request) (licensing.Viewer, bool) {
	c, err := r.Cookie(cookie)
	if err != nil {
		return licensing.Viewer{}, false
	}
	who, ok := l.sessions[c.Value]
	return who, ok
}

// portalHeaders are those that the portal sets on every page.
func portalHeaders() http.Header {
	h := http.Header{}
	h.Set("Content-Type", "text/html; charset=UTF-8")
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	h.Set("Vary", "Accept-Encoding")
	return h
}

// limitKey is what the key page shows of a key.
type limitKey struct {
	id          uuid.UUID
	product     int32
	kind        licensing.KeyType
	last5       string
	used, total int
	asOf        *time.Time
	status      *string
}

func (l *limit) drawKeys(ctx context.Context, b []byte, who licensing.Viewer, number string) ([]byte, error) {
	v := values{viewer: who.Name, email: who.Email, number: number}
	answers := l.ask(ctx, l.keys, number)
	keys, err := l.readKeys(answers, &v)
	if err = errors.Join(err, answers.Close()); err != nil {
		return b, err
	}
	slices.SortFunc(keys, func(x, y limitKey) int {
		return cmp.Or(cmp.Compare(l.products[x.product].rank, l.products[y.product].rank), cmp.Compare(x.kind, y.kind), cmp.Compare(x.last5, y.last5))
	})
	b = l.keyPage.head.fill(b, &v)
	for len(keys) > 0 {
		n := 1
		for n < len(keys) && keys[n].product == keys[0].product {
			n++
		}
		b = l.drawGroup(b, &v, keys[:n])
		keys = keys[n:]
	}
	return l.keyPage.tail.fill(b, &v), nil
}

func (l *limit) readKeys(answers pgx.BatchResults, v *values) ([]limitKey, error) {
	if l.wall {
		if _, err := answers.Exec(); err != nil {
			return nil, err
		}
	}
	var programme string
	err := each(answers, map[string]any{
		"organisation_id": &v.organisationID, "programme_id": &programme, "ends": &v.ends, "keys_n": &v.keysN,
		"name": &v.organisation, "city": &v.city,
	}, func() {})
	if err != nil {
		return nil, err
	}
	v.programme = l.programme[programme]
	var k limitKey
	keys := make([]limitKey, 0, keysPerLicence)
	err = each(answers, map[string]any{
		"id": &k.id, "product_id": &k.product, "type": &k.kind, "last5": &k.last5, "used": &k.used, "total": &k.total,
		"as_of": &k.asOf, "osa_status": &k.status,
	}, func() { keys = append(keys, k) })
	if err != nil {
		return nil, err
	}
	// Every product that was bought has a key here, so there is nothing to add for one.
	return keys, each(answers, nil, func() {})
}

// drawGroup appends the keys of one product.
func (l *limit) drawGroup(b []byte, v *values, keys []limitKey) []byte {
	p := l.products[keys[0].product]
	v.product = p.name
	b = l.keyPage.group[p.pool].fill(b, v)
	most := -1
	for i, k := range keys {
		if k.kind == licensing.MAK && (most < 0 || k.total-k.used > keys[most].total-keys[most].used) {
			most = i
		}
	}
	for _, k := range keys {
		look := variant{kind: k.kind, redeemed: k.status != nil && *k.status == string(licensing.OSARedeemed)}
		v.keyID, v.last5, v.used, v.total, v.left = k.id, k.last5, k.used, k.total, k.total-k.used
		if k.asOf != nil {
			v.asOf = *k.asOf
		}
		if k.kind == licensing.MAK {
			look.level = licensing.LevelOf(v.left, k.total)
			if v.left < keys[most].total-keys[most].used {
				look.first, v.first = true, keys[most].last5
			}
		}
		b = l.keyPage.line[look].fill(b, v)
	}
	return append(b, groupEnds...)
}

func (l *limit) drawSummary(ctx context.Context, b []byte, who licensing.Viewer, after string) ([]byte, error) {
	answers := l.ask(ctx, l.summary, after)
	b, err := l.fillSummary(answers, b, &values{viewer: who.Name, email: who.Email, after: after})
	return b, errors.Join(err, answers.Close())
}

func (l *limit) fillSummary(answers pgx.BatchResults, b []byte, v *values) ([]byte, error) {
	if l.wall {
		if _, err := answers.Exec(); err != nil {
			return b, err
		}
	}
	type row struct {
		number, programme, organisation, city string
		ends                                  time.Time
		productsN, keysN, left, total         int
	}
	var r row
	rows := make([]row, 0, rowsPerPage+1)
	err := each(answers, map[string]any{
		"number": &r.number, "programme_id": &r.programme, "name": &r.organisation, "city": &r.city, "ends": &r.ends,
		"products_n": &r.productsN, "keys_n": &r.keysN, "lowest_left": &r.left, "lowest_total": &r.total,
	}, func() { rows = append(rows, r) })
	if err != nil || len(rows) <= rowsPerPage {
		return b, cmp.Or(err, errors.New("a page of the summary is not full"))
	}
	b = l.summaries.head.fill(b, v)
	err = each(answers, map[string]any{"id": &v.organisationID, "name": &v.organisation}, func() { b = l.summaries.choice.fill(b, v) })
	if err != nil {
		return b, err
	}
	b = l.summaries.middle.fill(b, v)
	for _, r := range rows[:rowsPerPage] {
		v.number, v.programme, v.organisation, v.city = r.number, l.programme[r.programme], r.organisation, r.city
		v.ends, v.productsN, v.keysN, v.left, v.total, v.used = r.ends, r.productsN, r.keysN, r.left, r.total, r.total-r.left
		b = l.summaries.row[licensing.LevelOf(r.left, r.total)].fill(b, v)
	}
	v.next = rows[rowsPerPage-1].number
	return l.summaries.tail.fill(b, v), nil
}
