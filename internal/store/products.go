package store

import (
	"context"
	"strconv"

	"gorm.io/gorm"

	"github.com/keyhall/keyhall/internal/licensing"
)

// AddProduct adds a product and returns its number. Without a family it is one of its
// own, without a key source its keys are listed. A name that is taken is ErrConflict.
func (s *Store) AddProduct(ctx context.Context, by licensing.Viewer, p licensing.Product) (int32, error) {
	defer s.changed()
	err := s.operate(ctx, by, func(t *tx) error { return t.addProduct(&p) })
	return p.ID, err
}

func (t *tx) addProduct(p *licensing.Product) error {
	if p.Family == "" {
		p.Family = p.Name
	}
	if p.KeySource == "" {
		p.KeySource = licensing.KeyListed
	}
	if p.Instruction == nil {
		p.Instruction = map[string]string{}
	}
	if err := gorm.G[licensing.Product](t.db).Create(t.ctx, p); err != nil {
		return err
	}
	t.tell(licensing.Act{
		RootID: licensing.PublisherRoot, Action: "product.added",
		Object: "product/" + strconv.Itoa(int(p.ID)), Detail: map[string]any{"name": p.Name},
	})
	return nil
}
