package store

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/keyhall/keyhall/internal/licensing"
)

// Sessions leave no audit entry of their own; signing in and out does.

const saveSession = `INSERT INTO sessions (hash, person_id, issuer, subject, sid, id_token, auth_time, last_seen, ends_at, address, agent, acr)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`

// SaveSession adds a session.
func (s *Store) SaveSession(ctx context.Context, n licensing.Session) error {
	_, err := s.exec(ctx, saveSession, n.Hash, n.PersonID, n.Issuer, n.Subject, n.SID, n.IDToken, n.AuthTime, n.LastSeen, n.EndsAt, n.Address, n.Agent, n.ACR)
	return err
}

const sessionByHash = `SELECT hash, person_id, issuer, subject, sid, id_token, auth_time, last_seen, ends_at, id, started_at, address, agent, acr
FROM sessions WHERE hash = $1`

// Session finds a session by the hash of its token.
func (s *Store) Session(ctx context.Context, hash []byte) (licensing.Session, error) {
	var n licensing.Session
	err := borrow(ctx, s.pool, func(c *pgxpool.Conn) error {
		return scanSession(c.QueryRow(ctx, sessionByHash, hash), &n)
	})
	return n, err
}

func scanSession(r pgx.Row, n *licensing.Session) error {
	return r.Scan(&n.Hash, &n.PersonID, &n.Issuer, &n.Subject, &n.SID, &n.IDToken, &n.AuthTime, &n.LastSeen, &n.EndsAt, &n.ID, &n.StartedAt, &n.Address, &n.Agent, &n.ACR)
}

// TouchSession notes when a session was last used.
func (s *Store) TouchSession(ctx context.Context, hash []byte, lastSeen time.Time) error {
	_, err := s.exec(ctx, `UPDATE sessions SET last_seen = $2 WHERE hash = $1 AND last_seen < $2`, hash, lastSeen)
	return err
}

// EndSession removes a session; one that is gone already is no error.
func (s *Store) EndSession(ctx context.Context, hash []byte) error {
	_, err := s.exec(ctx, `DELETE FROM sessions WHERE hash = $1`, hash)
	return err
}

// ClearSessions removes the sessions that ended before a time, and counts them. With them
// go the words of providers that can't be said again.
func (s *Store) ClearSessions(ctx context.Context, before time.Time) (int64, error) {
	if _, err := s.exec(ctx, clearLogouts, before); err != nil {
		return 0, err
	}
	return s.exec(ctx, `DELETE FROM sessions WHERE ends_at < $1`, before)
}

// exec runs one statement on no family's rows, and counts the rows it touched.
func (s *Store) exec(ctx context.Context, sql string, args ...any) (rows int64, err error) {
	err = borrow(ctx, s.pool, func(c *pgxpool.Conn) error {
		tag, err := c.Exec(ctx, sql, args...)
		rows = tag.RowsAffected()
		return err
	})
	return rows, err
}

// RecordSignIn tells the audit log that a person signed in.
func (s *Store) RecordSignIn(ctx context.Context, by licensing.Viewer) error {
	return s.write(ctx, by, func(t *tx) error { t.tellOwn("session.started", nil); return nil })
}

// RecordSignOut tells the audit log that a person signed out.
func (s *Store) RecordSignOut(ctx context.Context, by licensing.Viewer) error {
	return s.write(ctx, by, func(t *tx) error { t.tellOwn("session.ended", nil); return nil })
}

// RecordSignInRefused tells the publisher's chain that somebody could not sign in.
func (s *Store) RecordSignInRefused(ctx context.Context, from licensing.Origin, issuer, subject, reason string) error {
	by := licensing.Viewer{Issuer: issuer, Subject: subject, From: from, Roots: []uuid.UUID{licensing.PublisherRoot}}
	return s.write(ctx, by, func(t *tx) error {
		t.tell(licensing.Act{
			RootID: licensing.PublisherRoot, Action: "session.refused", Object: "session",
			Outcome: licensing.Refused, Detail: map[string]any{"reason": reason},
		})
		return nil
	})
}
