package store

import (
	"context"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/licensing"
)

// TellNews is tx.news in a transaction of its own.
func (s *Store) TellNews(ctx context.Context, by licensing.Viewer, person uuid.UUID, n licensing.News) error {
	return s.transact(ctx, by, func(t *tx) error { return t.news(person, n) })
}

// WriteTo is tx.newsTo in a transaction of its own.
func (s *Store) WriteTo(ctx context.Context, by licensing.Viewer, to licensing.Addressee, n licensing.News) error {
	return s.transact(ctx, by, func(t *tx) error { return t.newsTo(to, n) })
}
