package store

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"gorm.io/gorm"

	"github.com/keyhall/keyhall/internal/licensing"
)

// Catalogue is every programme and product: hundreds of rows that stand on nearly
// every page, so they are kept in memory. It is never changed, only replaced.
type Catalogue struct {
	Programmes []licensing.Programme // by name
	Products   []licensing.Product   // by name
	programme  map[string]licensing.Programme
	product    map[int32]licensing.Product
	rank       map[int32]int // place of a product in the order of names
	version    int64
}

// Programme returns a programme by its ID; one without a name if there is none.
func (c *Catalogue) Programme(id string) licensing.Programme { return c.programme[id] }

// Product returns a product by its ID; one without a name if there is none.
func (c *Catalogue) Product(id int32) licensing.Product { return c.product[id] }

// Find returns the IDs of the products whose name holds every word of q, in the order
// of their names; all of them for an empty q.
func (c *Catalogue) Find(q string, pool licensing.Pool) []int32 {
	words := strings.Fields(strings.ToLower(q))
	ids := []int32{}
	for _, p := range c.Products {
		if (pool == "" || p.Pool == pool) && holdsAll(strings.ToLower(p.Name+" "+p.Edition), words) {
			ids = append(ids, p.ID)
		}
	}
	return ids
}

func holdsAll(text string, words []string) bool {
	for _, w := range words {
		if !strings.Contains(text, w) {
			return false
		}
	}
	return true
}

// catalogueCache keeps the catalogue; the database is asked at most once a second
// whether it has changed.
type catalogueCache struct {
	mu      sync.Mutex
	kept    *Catalogue
	checked time.Time
}

// Catalogue returns the programmes and products, at most a second old.
func (s *Store) Catalogue(ctx context.Context) (*Catalogue, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.kept != nil && time.Since(s.checked) < time.Second {
		return s.kept, nil
	}
	var version int64
	if err := s.pool.QueryRow(ctx, "SELECT version FROM catalogue").Scan(&version); err != nil {
		return nil, known(err)
	}
	if s.kept == nil || s.kept.version != version {
		c, err := readCatalogue(ctx, s.orm, version)
		if err != nil {
			return nil, known(err)
		}
		s.kept = c
	}
	s.checked = time.Now()
	return s.kept, nil
}

func readCatalogue(ctx context.Context, db *gorm.DB, version int64) (*Catalogue, error) {
	c := &Catalogue{version: version, programme: map[string]licensing.Programme{}, product: map[int32]licensing.Product{}, rank: map[int32]int{}}
	var err error
	if c.Programmes, err = gorm.G[licensing.Programme](db).Order("name").Find(ctx); err != nil {
		return nil, err
	}
	if c.Products, err = gorm.G[licensing.Product](db).Find(ctx); err != nil {
		return nil, err
	}
	slices.SortFunc(c.Products, func(a, b licensing.Product) int {
		return cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
	})
	for _, p := range c.Programmes {
		c.programme[p.ID] = p
	}
	for i, p := range c.Products {
		c.product[p.ID], c.rank[p.ID] = p, i
	}
	return c, nil
}
