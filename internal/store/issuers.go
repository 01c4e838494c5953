package store

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
)

// Trust says whose word counts, and for whom: a session from an issuer sees no family
// that it doesn't speak for, and one that is not among them speaks for nobody. Call it
// before anything is served; until then every issuer speaks for all.
func (s *Store) Trust(issuers []licensing.Issuer) {
	s.issuers = append([]licensing.Issuer{}, issuers...)
}

// SpeaksFor reports whether an issuer's word counts in a family: whether somebody may be
// bound to an identity of it there.
func (s *Store) SpeaksFor(issuer string, root uuid.UUID) bool {
	return s.issuer(issuer).SpeaksFor(root)
}

func (s *Store) issuer(address string) licensing.Issuer {
	if s.issuers == nil {
		return licensing.Issuer{Address: address, All: true}
	}
	for _, i := range s.issuers {
		if i.Address == address {
			return i
		}
	}
	return licensing.Issuer{}
}

const rootsAmong = `SELECT id FROM organisations WHERE id = ANY ($1) AND id = root_id AND id <> $2`

// UnknownRoots returns those of some identifiers that are of no customer's root organisation.
func (s *Store) UnknownRoots(ctx context.Context, ids []uuid.UUID) (unknown []uuid.UUID, err error) {
	found := map[uuid.UUID]bool{}
	err = s.read(ctx, desk, query{rootsAmong, []any{ids, licensing.PublisherRoot}, func(rows pgx.Rows) error {
		var id uuid.UUID
		err := rows.Scan(&id)
		found[id] = true
		return err
	}})
	for _, id := range ids {
		if !found[id] {
			unknown = append(unknown, id)
		}
	}
	return unknown, err
}

const issuersOf = `SELECT DISTINCT issuer FROM identities WHERE person_id = $1`

// vouched reports whether a person has a sign-in account of an issuer that speaks for a
// family, or only of others. For who has none a right there would open nothing.
func (s *Store) vouched(t *tx, person, root uuid.UUID) (here, elsewhere bool, err error) {
	err = t.all(query{issuersOf, []any{person}, func(rows pgx.Rows) error {
		var issuer string
		err := rows.Scan(&issuer)
		here, elsewhere = here || s.SpeaksFor(issuer, root), true
		return err
	}})
	return here, elsewhere && !here, err
}

const unreadAmong = `SELECT count(*) FROM (SELECT FROM notices
WHERE person_id = $1 AND read_at IS NULL AND root_id = ANY ($2) LIMIT 100) n`

// unreadOf counts what somebody was told of in the families that they see.
func (s *Store) unreadOf(ctx context.Context, v licensing.Viewer) (n int, err error) {
	err = s.read(ctx, v, query{unreadAmong, []any{v.PersonID, v.Roots}, func(rows pgx.Rows) error { return rows.Scan(&n) }})
	return n, err
}
