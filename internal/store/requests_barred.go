package store

import (
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
)

// The key may be another licence ID's of the family.
const hasRight = `SELECT EXISTS (SELECT FROM reach WHERE person_id = $1 AND licence_id IN ($2, (SELECT licence_id FROM keys WHERE id = $3)))`

// rightQuery asks whether an agent holds a right on a request's licence ID, or its key's.
func rightQuery(agent uuid.UUID, r licensing.Request, into *bool) query {
	return query{hasRight, []any{agent, r.LicenceID, r.KeyID}, func(rows pgx.Rows) error { return rows.Scan(into) }}
}

// barredBy says why an agent may not decide a request, as a message key; "" where nothing
// stands against it. Nobody decides what they asked or filed, nor anything about a
// licence ID on which they hold a right themselves, nor what raises a key of such a one (S-13).
func barredBy(agent uuid.UUID, r licensing.Request, right bool) string {
	switch {
	case agent == r.RequesterID || agent == r.FiledBy:
		return "request.barred.own"
	case right:
		return "request.barred.right"
	}
	return ""
}
