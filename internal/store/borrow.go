package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"

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

// overPool is a pool for gorm.
func overPool(pool *pgxpool.Pool) *sql.DB {
	db := sql.OpenDB(lending{stdlib.GetPoolConnector(pool)})
	db.SetMaxIdleConns(0) // whoever is idle is the pool's
	return db
}

// lending is what database/sql takes connections of a pool from.
type lending struct{ driver.Connector }

func (l lending) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := l.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	conn, ok := c.(*stdlib.Conn)
	if !ok {
		return nil, fmt.Errorf("a database connection of type %T", c)
	}
	return &lent{Conn: conn}, nil
}

// lent is a connection that may be kept. database/sql gives one back by itself when a
// statement could not be sent, as when whoever asked has gone. A transaction that used it
// then would share it with the pool, which is closing it, and both at once is a panic of
// pgx that nobody catches.
type lent struct {
	*stdlib.Conn
	kept bool
}

// Close gives the connection back, unless it is kept.
func (l *lent) Close() error {
	if l.kept {
		return nil
	}
	return l.Conn.Close()
}

// keep returns the pgx connection of a database/sql one, which is open until giveBack is
// called. It is used outside Raw on purpose: inside, the connection is locked and gorm
// would wait for ever.
func keep(conn *sql.Conn) (raw *pgx.Conn, giveBack func(), err error) {
	giveBack = func() { _ = conn.Close() }
	err = conn.Raw(func(d any) error {
		l, ok := d.(*lent)
		if !ok {
			return fmt.Errorf("a database connection of type %T", d)
		}
		l.kept, raw = true, l.Conn.Conn()
		giveBack = func() {
			_ = conn.Close()
			_ = l.Conn.Close()
		}
		return nil
	})
	return raw, giveBack, err
}

func noConnection(err error) error {
	return fmt.Errorf("%w: no connection to the database: %w", licensing.ErrUnavailable, err)
}
