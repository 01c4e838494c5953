package signin

import (
	"context"
	"log/slog"
	"maps"
	"net/http"
	"sync"
	"time"

	"github.com/keyhall/keyhall/internal/licensing"
)

const (
	cachedFor  = time.Second // how long an ended session, or a right taken away, may still be obeyed (S-48)
	touchEvery = time.Minute // last_seen is written no more often
)

// Viewer returns who is signed in; licensing.ErrNotFound when nobody is. It counts as
// a sign of life. From is the caller's to fill in.
func (s *SignIn) Viewer(r *http.Request) (licensing.Viewer, error) {
	e, err := s.look(r)
	if err != nil {
		return licensing.Viewer{}, err
	}
	s.touch(r.Context(), e)
	return e.viewer, nil
}

// Peek is Viewer for what a page asks by itself, on a timer: it keeps no session alive (S-47).
func (s *SignIn) Peek(r *http.Request) (licensing.Viewer, error) {
	e, err := s.look(r)
	return e.viewer, err
}

// Forget makes the next request of a session ask anew who its person is: something that
// pages say of them, such as how much waits for them, has just changed.
func (s *SignIn) Forget(r *http.Request) {
	if hash, ok := s.hash(r); ok {
		s.sessions.forget(hash)
	}
}

// ForgetSessions is Forget for sessions that were ended elsewhere than in their browsers,
// by the hashes of their tokens. Other processes obey within a second (S-48).
func (s *SignIn) ForgetSessions(hashes [][]byte) {
	for _, hash := range hashes {
		s.sessions.forget(hash)
	}
}

// Session returns the session of a request, for its hash (a list of
// sessions says which one is this) and its AuthTime (which is zero when the provider
// didn't say); licensing.ErrNotFound when nobody is signed in. It is no sign of life.
func (s *SignIn) Session(r *http.Request) (licensing.Session, error) {
	e, err := s.look(r)
	return e.session, err
}

// look finds the session of a request and its person, and says not found when the
// session has had its time.
func (s *SignIn) look(r *http.Request) (entry, error) {
	hash, ok := s.hash(r)
	if !ok {
		return entry{}, licensing.ErrNotFound
	}
	now := s.Now()
	e, ok := s.sessions.get(hash)
	if !ok || now.Sub(e.loaded).Abs() >= cachedFor {
		loaded, err := s.load(r.Context(), hash, now)
		if err != nil {
			s.sessions.forget(hash)
			return entry{}, err
		}
		e = s.sessions.put(loaded)
	}
	if !now.Before(e.session.EndsAt) || now.Sub(e.seen) >= Idle(e.viewer) {
		s.sessions.forget(hash)
		return entry{}, licensing.ErrNotFound
	}
	return e, nil
}

func (s *SignIn) load(ctx context.Context, hash []byte, now time.Time) (entry, error) {
	session, viewer, err := s.keeper.SignedIn(ctx, hash)
	if err != nil {
		return entry{}, err
	}
	if s.providerOf(session.Issuer) == nil {
		return entry{}, licensing.ErrNotFound // of a provider that is no longer ours
	}
	return entry{session: session, viewer: viewer, loaded: now, seen: session.LastSeen, written: session.LastSeen}, nil
}

// touch notes a sign of life. In this process it counts at once; in the table, and so
// for the other processes, within a minute: there a session may seem idle a minute
// early, never late. That it can't be written (a full disk) must not keep anyone from
// reading (R4).
func (s *SignIn) touch(ctx context.Context, e entry) {
	now := s.Now()
	if !s.sessions.seen(e.session.Hash, now) {
		return
	}
	if err := s.keeper.TouchSession(ctx, e.session.Hash, now); err != nil {
		slog.WarnContext(ctx, "session not marked as used", "error", err)
	}
}

// entry is a session as this process knows it.
type entry struct {
	session licensing.Session
	viewer  licensing.Viewer
	loaded  time.Time // when session and viewer were read
	seen    time.Time // the last sign of life, at this process or in the table
	written time.Time // the last sign of life that was written
}

// sessionCache knows the sessions that this process has lately seen. Its zero value is ready.
type sessionCache struct {
	mu      sync.Mutex
	entries map[string]entry
	swept   time.Time
}

func (c *sessionCache) get(hash []byte) (entry, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.entries[string(hash)]
	return e, ok
}

func (c *sessionCache) forget(hash []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.entries, string(hash))
}

// put keeps what was read and returns it with the latest sign of life that is known.
func (c *sessionCache) put(e entry) entry {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.entries == nil {
		c.entries = map[string]entry{}
	}
	if e.loaded.Sub(c.swept) > time.Minute {
		maps.DeleteFunc(c.entries, func(_ string, old entry) bool { return e.loaded.Sub(old.seen) > IdleFor })
		c.swept = e.loaded
	}
	if old, ok := c.entries[string(e.session.Hash)]; ok && old.seen.After(e.seen) {
		e.seen = old.seen
	}
	if old, ok := c.entries[string(e.session.Hash)]; ok && old.written.After(e.written) {
		e.written = old.written
	}
	c.entries[string(e.session.Hash)] = e
	return e
}

// seen notes a sign of life and reports whether it is time to write it down.
func (c *sessionCache) seen(hash []byte, now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.entries[string(hash)]
	if !ok || !now.After(e.seen) {
		return false
	}
	e.seen = now
	due := now.Sub(e.written) >= touchEvery
	if due {
		e.written = now
	}
	c.entries[string(hash)] = e
	return due
}
