package store

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
)

// asker is what a question can be put to: a transaction, or a connection in a read.
type asker interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

const hasRight = `SELECT EXISTS (SELECT FROM reach WHERE person_id = $1 AND licence_id = $2)`

// barred says why an agent may not decide a request, as a message key; "" where nothing
// stands against it. Nobody decides what they asked or filed, nor anything about a
// licence ID on which they hold a right themselves (S-13).
func barred(ctx context.Context, q asker, agent uuid.UUID, r licensing.Request) (string, error) {
	if agent == r.RequesterID || agent == r.FiledBy {
		return "request.barred.own", nil
	}
	if r.LicenceID == nil {
		return "", nil
	}
	var has bool
	if err := q.QueryRow(ctx, hasRight, agent, *r.LicenceID).Scan(&has); err != nil || !has {
		return "", err
	}
	return "request.barred.right", nil
}
