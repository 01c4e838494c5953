package store

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"gorm.io/gorm"

	"github.com/keyhall/keyhall/internal/licensing"
)

// catalogueCache keeps the catalogue; the database is asked at most once a second
// whether it has changed, by one request: those that come meanwhile take what is kept,
// or all would wait behind one another for a database that is slow.
type catalogueCache struct {
	asking sync.Mutex
	kept   atomic.Pointer[keptCatalogue]
}

type keptCatalogue struct {
	*licensing.Catalogue
	version int64
	checked time.Time
}

// Catalogue returns the programmes and products, at most a second older than the last
// answer of the database.
func (s *Store) Catalogue(ctx context.Context) (*licensing.Catalogue, error) {
	kept := s.kept.Load()
	if kept != nil && time.Since(kept.checked) < time.Second {
		return kept.Catalogue, nil
	}
	if kept == nil {
		s.asking.Lock()
	} else if !s.asking.TryLock() {
		return kept.Catalogue, nil
	}
	defer s.asking.Unlock()
	fresh, err := s.askCatalogue(ctx, s.kept.Load())
	if err != nil {
		return nil, known(err)
	}
	s.kept.Store(fresh)
	return fresh.Catalogue, nil
}

// changed makes the next question be asked of the database: whoever adds a product here
// finds it at once, and the other servers within a second.
func (c *catalogueCache) changed() { c.kept.Store(nil) }

// askCatalogue reads the catalogue, if it is another than the one that is kept.
func (s *Store) askCatalogue(ctx context.Context, kept *keptCatalogue) (*keptCatalogue, error) {
	now := time.Now()
	var version int64
	err := borrow(ctx, s.pool, func(c *pgxpool.Conn) error {
		return c.QueryRow(ctx, "SELECT version FROM catalogue").Scan(&version)
	})
	if err != nil {
		return nil, err
	}
	if kept != nil && kept.version == version {
		return &keptCatalogue{kept.Catalogue, version, now}, nil
	}
	c, err := s.readCatalogue(ctx)
	return &keptCatalogue{c, version, now}, err
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
