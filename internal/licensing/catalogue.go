package licensing

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// Catalogue is every programme and product: hundreds of rows that stand on nearly
// every page, so they are kept in memory. It is never changed, only replaced.
type Catalogue struct {
	Programmes []Programme // by name
	Products   []Product   // by name
	programme  map[string]Programme
	product    map[int32]Product
	rank       map[int32]int // place of a product in the order of names
}

// NewCatalogue puts programmes and products in the order of their names.
func NewCatalogue(programmes []Programme, products []Product) *Catalogue {
	c := &Catalogue{
		Programmes: programmes, Products: products,
		programme: map[string]Programme{}, product: map[int32]Product{}, rank: map[int32]int{},
	}
	slices.SortFunc(programmes, func(a, b Programme) int { return byName(a.Name, b.Name) })
	slices.SortFunc(products, func(a, b Product) int { return byName(a.Name, b.Name) })
	for _, p := range programmes {
		c.programme[p.ID] = p
	}
	for i, p := range products {
		c.product[p.ID], c.rank[p.ID] = p, i
	}
	return c
}

func byName(a, b string) int { return cmp.Compare(strings.ToLower(a), strings.ToLower(b)) }

// Rank is a product's place in the order of names, from 0.
func (c *Catalogue) Rank(id int32) int { return c.rank[id] }

// Programme returns a programme by its ID; one without a name if there is none.
func (c *Catalogue) Programme(id string) Programme { return c.programme[id] }

// Product returns a product by its ID; one without a name if there is none.
func (c *Catalogue) Product(id int32) Product { return c.product[id] }

// Find returns the IDs of the products whose name holds every word of q, in the order
// of their names; all of them for an empty q.
func (c *Catalogue) Find(q string, pool Pool) []int32 {
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

// Named returns the product that is called so, or has that number; else the first of
// those whose names hold every word of it, for somebody to choose from.
func (c *Catalogue) Named(q string) (one Product, several []Product) {
	if n, err := strconv.ParseInt(q, 10, 32); err == nil {
		return c.product[int32(n)], nil
	}
	for _, p := range c.Products {
		if strings.EqualFold(p.Name, q) {
			return p, nil
		}
	}
	ids := c.Find(q, "")
	if len(ids) == 1 {
		return c.product[ids[0]], nil
	}
	for _, id := range ids[:min(len(ids), 10)] {
		several = append(several, c.product[id])
	}
	return one, several
}
