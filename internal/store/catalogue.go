package store

import (
	"context"
	"sync"
	"time"

	"gorm.io/gorm"

	"github.com/keyhall/keyhall/internal/licensing"
)

// catalogueCache keeps the catalogue; the database is asked at most once a second
// whether it has changed.
type catalogueCache struct {
	mu      sync.Mutex
	kept    *licensing.Catalogue
	version int64
	checked time.Time
}

// Catalogue returns the programmes and products, at most a second old.
func (s *Store) Catalogue(ctx context.Context) (*licensing.Catalogue, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.kept != nil && time.Since(s.checked) < time.Second {
		return s.kept, nil
	}
	var version int64
	if err := s.pool.QueryRow(ctx, "SELECT version FROM catalogue").Scan(&version); err != nil {
		return nil, known(err)
	}
	if s.kept == nil || s.version != version {
		c, err := s.readCatalogue(ctx)
		if err != nil {
			return nil, known(err)
		}
		s.kept, s.version = c, version
	}
	s.checked = time.Now()
	return s.kept, nil
}

func (s *Store) readCatalogue(ctx context.Context) (*licensing.Catalogue, error) {
	programmes, err := gorm.G[licensing.Programme](s.orm).Find(ctx)
	if err != nil {
		return nil, err
	}
	products, err := gorm.G[licensing.Product](s.orm).Find(ctx)
	if err != nil {
		return nil, err
	}
	return licensing.NewCatalogue(programmes, products), nil
}
