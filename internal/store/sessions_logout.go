package store

import (
	"context"
	"errors"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
)

const (
	// A provider's word counts once, at whichever server: the second waits for the first.
	takeLogout = `INSERT INTO logout_tokens (issuer, jti, until) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`
	obeyLogout = `DELETE FROM sessions WHERE issuer = $1 AND ($2 = '' OR subject = $2) AND ($3 = '' OR sid = $3) RETURNING hash, person_id`
	whoseRoots = `SELECT DISTINCT r.root_id FROM unnest($1::uuid[]) p (id) CROSS JOIN LATERAL person_roots(p.id) r`

	clearLogouts = `DELETE FROM logout_tokens WHERE until < $1`
)

var errNamesNobody = errors.New("a logout that names neither subject nor session")

// SignOutByProvider ends the sessions that a provider says have ended there, and returns
// the hashes of their tokens. A word that came before is ErrConflict.
func (s *Store) SignOutByProvider(ctx context.Context, from licensing.Origin, l licensing.Logout) (ended [][]byte, err error) {
	if l.Subject == "" && l.SID == "" {
		return nil, errNamesNobody
	}
	by := licensing.Viewer{Issuer: l.Issuer, Subject: l.Subject, From: from, Roots: []uuid.UUID{licensing.PublisherRoot}}
	err = s.write(ctx, by, func(t *tx) error {
		n, err := t.exec(takeLogout, l.Issuer, l.ID, l.Until)
		if err == nil && n == 0 {
			err = licensing.ErrConflict
		}
		if err != nil {
			return err
		}
		var people []uuid.UUID
		err = t.all(query{obeyLogout, []any{l.Issuer, l.Subject, l.SID}, func(rows pgx.Rows) error {
			var hash []byte
			var person uuid.UUID
			err := rows.Scan(&hash, &person)
			ended, people = append(ended, hash), append(people, person)
			return err
		}})
		if err != nil {
			return err
		}
		return t.tellLogout(people)
	})
	if err != nil {
		return nil, err
	}
	return ended, nil
}

// tellLogout tells the publisher's chain, and those of the families of whose sessions ended.
func (t *tx) tellLogout(people []uuid.UUID) error {
	roots := []uuid.UUID{licensing.PublisherRoot}
	err := t.all(query{whoseRoots, []any{people}, func(rows pgx.Rows) error {
		var root uuid.UUID
		err := rows.Scan(&root)
		roots = append(roots, root)
		return err
	}})
	if err != nil {
		return err
	}
	object := "session"
	if whose := distinct(slices.Clone(people)); len(whose) == 1 {
		object = "person/" + whose[0].String()
	}
	for _, root := range roots {
		t.tell(licensing.Act{RootID: root, Action: "session.revoked", Object: object, Detail: map[string]any{"ended": len(people)}})
	}
	return nil
}
