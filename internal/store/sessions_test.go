package store_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/licensing"
)

// session is one of anna's, an hour old.
func (w *world) session(token string) licensing.Session { return w.sessionOf("anna", token) }

func (w *world) sessionOf(name, token string) licensing.Session {
	w.t.Helper()
	hash := sha256.Sum256([]byte(token))
	now := time.Now().UTC().Truncate(time.Microsecond)
	n := licensing.Session{
		Hash: hash[:], PersonID: w.person[name].ID, Issuer: "https://idp.example", Subject: name, SID: "sid",
		IDToken: []byte("sealed"), AuthTime: now.Add(-time.Hour), LastSeen: now.Add(-time.Hour), EndsAt: now.Add(11 * time.Hour),
		Address: "192.0.2.7", Agent: "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
	}
	w.must(w.SaveSession(w.t.Context(), n))
	return n
}

func TestSessionsAreKeptAndEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n, other := w.session("one"), w.session("other")
	got, err := w.Session(t.Context(), n.Hash)
	if err != nil || !bytes.Equal(got.Hash, n.Hash) || got.PersonID != n.PersonID || got.Issuer != n.Issuer || got.Subject != n.Subject ||
		got.SID != n.SID || !bytes.Equal(got.IDToken, n.IDToken) || !got.AuthTime.Equal(n.AuthTime) || !got.LastSeen.Equal(n.LastSeen) || !got.EndsAt.Equal(n.EndsAt) ||
		got.Address != n.Address || got.Agent != n.Agent || got.ID == uuid.Nil || got.StartedAt.IsZero() {
		t.Errorf("found: got %+v, %v, want %+v", got, err, n)
	}
	if err := w.SaveSession(t.Context(), n); err == nil {
		t.Error("a token's hash was saved twice")
	}
	w.must(w.EndSession(t.Context(), n.Hash))
	w.must(w.EndSession(t.Context(), n.Hash)) // gone already
	if _, err := w.Session(t.Context(), n.Hash); !errors.Is(err, licensing.ErrNotFound) {
		t.Errorf("an ended session: got %v, want not found", err)
	}
	if _, err := w.Session(t.Context(), other.Hash); err != nil {
		t.Errorf("another session of the same person: got %v", err)
	}
	for name, hash := range map[string][]byte{"a token": []byte("other"), "nothing": nil, "too much": make([]byte, 4096)} {
		if _, err := w.Session(t.Context(), hash); !errors.Is(err, licensing.ErrNotFound) {
			t.Errorf("the session of %s: got %v, want not found", name, err)
		}
	}
}

// S-47: signs of life only go forward, and move nothing but themselves.
func TestATouchNeverGoesBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.session("one")
	later := n.LastSeen.Add(10 * time.Minute)
	for _, at := range []time.Time{later, n.LastSeen.Add(time.Minute), n.LastSeen.Add(-time.Minute)} {
		w.must(w.TouchSession(t.Context(), n.Hash, at))
	}
	got, err := w.Session(t.Context(), n.Hash)
	if err != nil || !got.LastSeen.Equal(later) || !got.EndsAt.Equal(n.EndsAt) {
		t.Errorf("last seen: got %v until %v, %v, want %v until %v", got.LastSeen, got.EndsAt, err, later, n.EndsAt)
	}
	w.must(w.EndSession(t.Context(), n.Hash))
	w.must(w.TouchSession(t.Context(), n.Hash, later.Add(time.Hour)))
	if _, err := w.Session(t.Context(), n.Hash); !errors.Is(err, licensing.ErrNotFound) {
		t.Errorf("a session touched after its end: got %v, want not found", err)
	}
}

func TestEndedSessionsAreClearedAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	old, young := w.session("old"), w.session("young")
	w.do(`UPDATE sessions SET ends_at = now() - interval '1 hour' WHERE hash = $1`, old.Hash)
	if n, err := w.ClearSessions(t.Context(), time.Now()); err != nil || n != 1 {
		t.Errorf("cleared: got %d, %v, want 1", n, err)
	}
	if _, err := w.Session(t.Context(), young.Hash); err != nil {
		t.Errorf("the one that goes on: got %v", err)
	}
}

// S-63: coming and going is on record in each of the person's families, being turned
// away in the publisher's chain.
func TestComingAndGoingIsOnRecord(t *testing.T) {
	t.Parallel()
	w, _, _ := twoFamilies(t)
	w.must(w.RecordSignIn(t.Context(), w.as("bo")))
	w.must(w.RecordSignOut(t.Context(), w.as("bo")))
	w.must(w.RecordSignInRefused(t.Context(), licensing.Origin{Address: "192.0.2.9"}, "https://idp.example", "gast", "no_account"))
	w.someone("olli")
	w.must(w.RecordSignIn(t.Context(), w.as("olli"))) // in no family
	const at = `SELECT count(*) FROM audit WHERE action = $1 AND root_id = $2 AND outcome = $3`
	for _, c := range []struct {
		action, outcome string
		family          string
	}{
		{"session.started", "done", nordvik}, {"session.started", "done", kommune}, {"session.ended", "done", nordvik}, {"session.ended", "done", kommune},
	} {
		if n := w.count(at, c.action, w.org[c.family].RootID, c.outcome); n != 1 {
			t.Errorf("%s in the chain of %s: got %d, want 1", c.action, c.family, n)
		}
	}
	for action, outcome := range map[string]string{"session.refused": "refused", "session.started": "done"} {
		if n := w.count(at, action, licensing.PublisherRoot, outcome); n != 1 {
			t.Errorf("%s in the publisher's chain: got %d, want 1", action, n)
		}
	}
	w.whole()
}

// S-36: an identity is an issuer and a subject, to the letter.
func TestAnIdentityIsExact(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if id, err := w.PersonByIdentity(t.Context(), "https://idp.example", "anna"); err != nil || id != w.person["anna"].ID {
		t.Errorf("anna's identity: got %v, %v", id, err)
	}
	for _, c := range [][2]string{{"https://idp.example", "Anna"}, {"https://idp.example/", "anna"}, {"https://idp.example", "anna "}, {"https://other.example", "anna"}, {"", ""}, {"https://idp.example", ""}} {
		if _, err := w.PersonByIdentity(t.Context(), c[0], c[1]); !errors.Is(err, licensing.ErrNotFound) {
			t.Errorf("%q at %q: got %v, want not found", c[1], c[0], err)
		}
	}
}
