package store

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/keyhall/keyhall/internal/licensing"
)

const personByIdentity = `SELECT person_id FROM identities WHERE issuer = $1 AND subject = $2`

// PersonByIdentity finds whose account an identity signs in to; ErrNotFound when no
// account is bound to it.
func (s *Store) PersonByIdentity(ctx context.Context, issuer, subject string) (uuid.UUID, error) {
	var id uuid.UUID
	err := borrow(ctx, s.pool, func(c *pgxpool.Conn) error {
		return c.QueryRow(ctx, personByIdentity, issuer, subject).Scan(&id)
	})
	return id, err
}

const (
	personNow = `SELECT name, business_email, locale, staff_role FROM persons WHERE id = $1 AND ended_at IS NULL`
	rootsNow  = `SELECT root_id, licences, rights, stale FROM person_roots($1)`
	waitsNow  = `SELECT unread, queue FROM waiting_for($1)`
)

// Viewer returns who a session's person is and may do right now; ErrNotFound when the
// account has ended.
func (s *Store) Viewer(ctx context.Context, by licensing.Session) (licensing.Viewer, error) {
	v, stale, err := s.viewer(ctx, by)
	if err != nil || !stale {
		return v, err
	}
	// A right has run out since it was worked out.
	if err := s.transact(ctx, v, func(t *tx) error { return t.reachOfPerson(v.PersonID) }); err != nil {
		return licensing.Viewer{}, err
	}
	v, _, err = s.viewer(ctx, by)
	return v, err
}

func (s *Store) viewer(ctx context.Context, by licensing.Session) (v licensing.Viewer, stale bool, err error) {
	v = licensing.Viewer{PersonID: by.PersonID, Issuer: by.Issuer, Subject: by.Subject}
	var b pgx.Batch
	b.Queue(personNow, by.PersonID).QueryRow(func(r pgx.Row) error {
		return r.Scan(&v.Name, &v.Email, &v.Locale, &v.Staff)
	})
	b.Queue(rootsNow, by.PersonID).Query(func(rows pgx.Rows) error {
		for rows.Next() {
			var root uuid.UUID
			var rights licensing.Permission
			var licences int
			var ran bool
			if err := rows.Scan(&root, &licences, &rights, &ran); err != nil {
				return err
			}
			v.Roots, v.Licences = append(v.Roots, root), v.Licences+licences
			v.May, stale = v.May|rights.OnLicence(), stale || ran
		}
		return rows.Err()
	})
	b.Queue(waitsNow, by.PersonID).QueryRow(func(r pgx.Row) error { return r.Scan(&v.Unread, &v.Queue) })
	err = borrow(ctx, s.pool, func(c *pgxpool.Conn) error { return c.SendBatch(ctx, &b).Close() })
	if err != nil {
		return licensing.Viewer{}, false, err
	}
	// The desk's reads ask what the viewer may do once for every customer: a right that
	// one customer gave must not count for all.
	if v.Staff != "" {
		v.May = v.Staff.Permissions()
	}
	return v, stale, nil
}

// tellOwn tells the chains of the families a person belongs to, or the publisher's,
// about something that concerns the person alone.
func (t *tx) tellOwn(action string, detail map[string]any) {
	roots := t.by.Roots
	if len(roots) == 0 {
		roots = []uuid.UUID{licensing.PublisherRoot}
	}
	for _, r := range roots {
		t.tell(licensing.Act{RootID: r, Action: action, Object: "person/" + t.by.PersonID.String(), Detail: detail})
	}
}
