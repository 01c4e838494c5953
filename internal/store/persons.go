package store

import (
	"context"
	"log/slog"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/keyhall/keyhall/internal/licensing"
)

const personByIdentity = `SELECT i.person_id FROM identities i JOIN persons p ON p.id = i.person_id
WHERE i.issuer = $1 AND i.subject = $2 AND (p.staff_role = '' OR $3)`

// PersonByIdentity finds whose account an identity signs in to; ErrNotFound when no
// account is bound to it, and of the staff when the issuer speaks for some families only.
func (s *Store) PersonByIdentity(ctx context.Context, issuer, subject string) (uuid.UUID, error) {
	var id uuid.UUID
	err := borrow(ctx, s.pool, func(c *pgxpool.Conn) error {
		return c.QueryRow(ctx, personByIdentity, issuer, subject, s.issuer(issuer).All).Scan(&id)
	})
	return id, err
}

// asked says what to ask of a person: by the person's own ID, or by the hash of their
// session, so that both are found in one round trip.
type asked struct{ person, roots, waits string }

var (
	ofPerson = asked{
		`SELECT name, business_email, locale, no_shortcuts, staff_role FROM persons WHERE id = $1 AND ended_at IS NULL`,
		`SELECT root_id, licences, rights, stale FROM person_roots($1)`,
		`SELECT unread, queue FROM waiting_for($1)`,
	}
	ofSession = asked{
		`SELECT p.name, p.business_email, p.locale, p.no_shortcuts, p.staff_role FROM sessions s JOIN persons p ON p.id = s.person_id WHERE s.hash = $1 AND p.ended_at IS NULL`,
		`SELECT r.root_id, r.licences, r.rights, r.stale FROM sessions s CROSS JOIN LATERAL person_roots(s.person_id) r WHERE s.hash = $1`,
		`SELECT w.unread, w.queue FROM sessions s CROSS JOIN LATERAL waiting_for(s.person_id) w WHERE s.hash = $1`,
	}
)

// SignedIn finds a session by the hash of its token, and who its person is and may do
// right now; ErrNotFound when there is none, or the account has ended.
func (s *Store) SignedIn(ctx context.Context, hash []byte) (n licensing.Session, v licensing.Viewer, err error) {
	var b pgx.Batch
	b.Queue(sessionByHash, hash).QueryRow(func(r pgx.Row) error {
		err := scanSession(r, &n)
		v.PersonID, v.Issuer, v.Subject = n.PersonID, n.Issuer, n.Subject
		return err
	})
	stale, err := s.askOf(ctx, &b, ofSession, hash, &v)
	if err != nil {
		return licensing.Session{}, licensing.Viewer{}, err
	}
	if stale {
		v, err = s.anew(ctx, n, v)
	}
	return n, v, err
}

// Viewer returns who a session's person is and may do right now; ErrNotFound when the
// account has ended.
func (s *Store) Viewer(ctx context.Context, by licensing.Session) (licensing.Viewer, error) {
	v, stale, err := s.viewer(ctx, by)
	if err != nil || !stale {
		return v, err
	}
	return s.anew(ctx, by, v)
}

// anew works out what a person may do, of whom a right has run out since that was done. If
// nobody else administers what it was on, a successor takes over; where one can't, that keeps
// nobody out, and the timetable tries again.
func (s *Store) anew(ctx context.Context, by licensing.Session, v licensing.Viewer) (licensing.Viewer, error) {
	if err := s.transact(ctx, v, func(t *tx) error { return t.reachOfPerson(v.PersonID) }); err != nil {
		return licensing.Viewer{}, err
	}
	if err := s.Succeed(ctx, v.Roots...); err != nil {
		slog.WarnContext(ctx, "no successor took over yet", "error", err)
	}
	v, _, err := s.viewer(ctx, by)
	return v, err
}

func (s *Store) viewer(ctx context.Context, by licensing.Session) (licensing.Viewer, bool, error) {
	v := licensing.Viewer{PersonID: by.PersonID, Issuer: by.Issuer, Subject: by.Subject}
	stale, err := s.askOf(ctx, &pgx.Batch{}, ofPerson, by.PersonID, &v)
	if err != nil {
		return licensing.Viewer{}, false, err
	}
	return v, stale, nil
}

// askOf adds the questions to a batch, sends it, and reports whether the person's rights
// have to be worked out again. Of the families that the person reaches, those remain that
// the issuer speaks for, which is known when their rows arrive; one that speaks for some
// only signs in no staff.
func (s *Store) askOf(ctx context.Context, b *pgx.Batch, ask asked, by any, v *licensing.Viewer) (stale bool, err error) {
	b.Queue(ask.person, by).QueryRow(func(r pgx.Row) error { return r.Scan(&v.Name, &v.Email, &v.Locale, &v.Plain, &v.Staff) })
	b.Queue(ask.roots, by).Query(func(rows pgx.Rows) error {
		issuer := s.issuer(v.Issuer)
		v.Bound = !issuer.All
		for rows.Next() {
			var root uuid.UUID
			var rights licensing.Permission
			var licences int
			var ran bool
			if err := rows.Scan(&root, &licences, &rights, &ran); err != nil {
				return err
			}
			if !issuer.SpeaksFor(root) {
				continue
			}
			v.Roots, v.Licences = append(v.Roots, root), v.Licences+licences
			v.May, stale = v.May|rights.OnLicence(), stale || ran
		}
		return rows.Err()
	})
	b.Queue(ask.waits, by).QueryRow(func(r pgx.Row) error { return r.Scan(&v.Unread, &v.Queue) })
	err = borrow(ctx, s.pool, func(c *pgxpool.Conn) error { return c.SendBatch(ctx, b).Close() })
	if err == nil && v.Bound {
		if v.Staff != "" {
			return false, licensing.ErrNotFound
		}
		v.Unread, err = s.unreadOf(ctx, *v)
	}
	// The desk's reads ask what the viewer may do once for every customer: a right that
	// one customer gave must not count for all.
	if v.Staff != "" {
		v.May = v.Staff.Permissions()
	}
	return stale, err
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
