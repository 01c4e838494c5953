package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/keyhall/keyhall/internal/licensing"
)

// connWait is how long anybody waits for a connection. With all of them taken, a queue
// that grows helps nobody: whoever waited is told to come back (R17).
const connWait = 2 * time.Second

// exportWait is the same for imports, which hold a connection for long.
const exportWait = connWait

// borrow lends a connection of a pool. The context bounds the work, connWait the wait
// for it; having waited in vain is ErrUnavailable.
func borrow(ctx context.Context, pool *pgxpool.Pool, do func(*pgxpool.Conn) error) error {
	waiting, cancel := context.WithTimeout(ctx, connWait)
	conn, err := pool.Acquire(waiting)
	cancel()
	if err != nil {
		return noConnection(err)
	}
	defer conn.Release()
	return known(do(conn))
}

// borrowSQL is borrow for gorm. Give the connection back.
func (s *Store) borrowSQL(ctx context.Context) (*sql.Conn, error) {
	waiting, cancel := context.WithTimeout(ctx, connWait)
	defer cancel()
	conn, err := s.sql.Conn(waiting)
	if err != nil {
		return nil, noConnection(err)
	}
	return conn, nil
}

func noConnection(err error) error {
	return fmt.Errorf("%w: no connection to the database: %w", licensing.ErrUnavailable, err)
}
