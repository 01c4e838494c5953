package store

import (
	"context"
	"errors"
	"net/url"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/keyhall/keyhall/internal/licensing"
)

const (
	identitiesOf = `SELECT issuer, subject, person_id FROM identities WHERE person_id = $1 ORDER BY issuer, subject`
	linkIdentity = `INSERT INTO identities (issuer, subject, person_id) SELECT $1, $2, id FROM persons WHERE id = $3 AND ended_at IS NULL`
	// The last one stays, or nobody could sign in any more. Who takes one away holds the person.
	unlinkIdentity = `DELETE FROM identities WHERE issuer = $1 AND subject = $2 AND person_id = $3
AND EXISTS (SELECT FROM identities WHERE person_id = $3 AND (issuer, subject) <> ($1, $2))`
	endOfIdentity = `DELETE FROM sessions WHERE person_id = $1 AND issuer = $2 AND subject = $3 RETURNING hash`
	// Rights by group at an issuer where the person can't sign in any more.
	rightsNoLongerSaid = `SELECT ` + rightColumns + `, true, p.name, true, m.group_name
FROM grants g JOIN persons p ON p.id = g.person_id JOIN group_roles m ON m.id = g.mapping_id
WHERE g.person_id = $1 AND m.issuer = $2 AND g.revoked_at IS NULL
AND NOT EXISTS (SELECT FROM identities WHERE person_id = $1 AND issuer = $2) ORDER BY g.id`
)

// Identities lists the sign-in accounts of the viewer.
func (s *Store) Identities(ctx context.Context, v licensing.Viewer) (list []licensing.Identity, err error) {
	err = borrow(ctx, s.pool, func(c *pgxpool.Conn) error {
		rows, err := c.Query(ctx, identitiesOf, v.PersonID)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, func(r pgx.CollectableRow) (id licensing.Identity, err error) {
			return id, r.Scan(&id.Issuer, &id.Subject, &id.PersonID)
		})
		return err
	})
	return list, err
}

// MayLink reports whether people may add or remove a sign-in account of an issuer, signed in
// as they are: not of one that speaks for more than theirs does.
func (s *Store) MayLink(by licensing.Viewer, issuer string) bool {
	return s.issuer(issuer).Within(s.issuer(by.Issuer))
}

// LinkIdentity lets the person who acts sign in with one identity more, which they have
// proved to be theirs. One that signs in to an account already is ErrConflict, and one of an
// issuer that speaks for more than theirs does is ErrForbidden: a customer's provider says who
// somebody is in that customer's families, and opens no way to others. The person is written
// to: it may have been somebody else.
func (s *Store) LinkIdentity(ctx context.Context, by licensing.Viewer, id licensing.Identity) error {
	by.May |= licensing.SeeCustomers // in the desk's part of the wall, as own says
	var refusal refused
	err := s.write(ctx, by, func(t *tx) error {
		if !s.MayLink(by, id.Issuer) {
			errors.As(t.refuseOwn("identity.linked", map[string]any{"provider": hostOf(id.Issuer)}), &refusal)
			return nil
		}
		n, err := t.exec(linkIdentity, id.Issuer, id.Subject, by.PersonID)
		if err == nil && n == 0 {
			err = licensing.ErrNotFound
		}
		if err != nil {
			return err
		}
		t.tellOwn("identity.linked", map[string]any{"provider": hostOf(id.Issuer)})
		return t.ownNews(licensing.IdentityLinked, id)
	})
	return errors.Join(already(err), refusal.error)
}

// refuseOwn has on record that people may not do something to their own account as they are
// signed in now.
func (t *tx) refuseOwn(action string, detail map[string]any) error {
	told := len(t.told)
	t.tellOwn(action, detail)
	for i := range t.told[told:] {
		t.told[told+i].Outcome = licensing.Refused
	}
	return refused{licensing.ErrForbidden}
}

// UnlinkIdentity takes a sign-in account from the person who acts and ends the sessions
// that began with it; it returns the hashes of their tokens. With the last one of an issuer
// go the rights by its groups: it would never say that the person has left them. One that isn't theirs is
// ErrNotFound; the one they are signed in with, or have left, is licensing.Problems; one of
// an issuer that speaks for more than theirs does is ErrForbidden. The same post again does
// nothing.
func (s *Store) UnlinkIdentity(ctx context.Context, by licensing.Viewer, id licensing.Identity, once licensing.Once) (ended [][]byte, err error) {
	err = s.own(ctx, by, once, func(t *tx) (err error) {
		if id.Issuer == by.Issuer && id.Subject == by.Subject {
			return licensing.Problems{{Field: "identity", Message: "account.identity_used"}}
		}
		if !s.MayLink(by, id.Issuer) {
			return t.refuseOwn("identity.unlinked", map[string]any{"provider": hostOf(id.Issuer)})
		}
		if _, err := t.exec(holdPerson, by.PersonID); err != nil {
			return err
		}
		n, err := t.exec(unlinkIdentity, id.Issuer, id.Subject, by.PersonID)
		if err == nil && n == 0 {
			err = licensing.ErrNotFound
		}
		if err != nil {
			return err
		}
		if ended, err = t.endOfIdentity(id); err != nil {
			return err
		}
		if err := t.endNoLongerSaid(id.Issuer); err != nil {
			return err
		}
		t.tellOwn("identity.unlinked", map[string]any{"provider": hostOf(id.Issuer), "ended": len(ended)})
		return t.ownNews(licensing.IdentityUnlinked, id)
	})
	return ended, err
}

// endNoLongerSaid ends the rights by group of who acts at an issuer where they can't sign in
// any more.
func (t *tx) endNoLongerSaid(issuer string) error {
	var gone []right
	var roots []uuid.UUID
	find := query{rightsNoLongerSaid, []any{t.by.PersonID, issuer}, func(rows pgx.Rows) error {
		r, err := scanRight(rows)
		gone, roots = append(gone, r), append(roots, r.RootID)
		return err
	}}
	if err := t.all(find); err != nil || len(gone) == 0 {
		return err
	}
	if err := t.hold(distinct(roots)...); err != nil {
		return err
	}
	gone = nil
	if err := t.all(find); err != nil || len(gone) == 0 {
		return err
	}
	for _, r := range gone {
		t.tell(actOnRight("role.ended", r))
	}
	if err := t.revoke(gone...); err != nil {
		return err
	}
	return t.unattended(t.by.Name, gone)
}

// endOfIdentity ends the sessions that began with a sign-in account. With which one a
// session began the desk doesn't see.
func (t *tx) endOfIdentity(id licensing.Identity) (ended [][]byte, err error) {
	if _, err := t.exec(leaveDesk); err != nil {
		return nil, err
	}
	rows, err := t.pgx.Query(t.ctx, endOfIdentity, t.by.PersonID, id.Issuer, id.Subject)
	if err != nil {
		return nil, err
	}
	if ended, err = pgx.CollectRows(rows, pgx.RowTo[[]byte]); err != nil {
		return nil, err
	}
	_, err = t.exec(takeDesk)
	return ended, err
}

// ownNews tells the person who acts of a change to their own account.
func (t *tx) ownNews(kind licensing.NewsKind, id licensing.Identity) error {
	root := licensing.PublisherRoot
	if len(t.by.Roots) > 0 {
		root = t.by.Roots[0]
	}
	return t.news(t.by.PersonID, licensing.News{Kind: kind, RootID: root, Path: "/account", Args: map[string]string{"Provider": hostOf(id.Issuer)}})
}

// hostOf is what people know an issuer by.
func hostOf(issuer string) string {
	if u, err := url.Parse(issuer); err == nil && u.Host != "" {
		return u.Host
	}
	return issuer
}
