package signin

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/licensing"
)

// How long a session lives (S-47).
const (
	IdleFor      = 30 * time.Minute // without a request of the person's own
	StaffIdleFor = 15 * time.Minute // the same for support agents and operators
	EndsAfter    = 12 * time.Hour   // whatever happens
)

// newSession makes a session and the token that opens it. Only the token's hash is in
// the session: who reads the table signs in as nobody (S-45).
func (s *SignIn) newSession(person uuid.UUID, id identity) (token string, _ licensing.Session, err error) {
	bits := make([]byte, 32)
	_, _ = rand.Read(bits) // never fails: the program would end
	token = base64.RawURLEncoding.EncodeToString(bits)
	hash, now := hashOf(token), s.Now()
	sealed, err := s.Seal([]byte(id.IDToken), placeOf(hash))
	if err != nil {
		return "", licensing.Session{}, err
	}
	return token, licensing.Session{
		Hash: hash, PersonID: person, Issuer: id.Issuer, Subject: id.Subject, SID: id.SID,
		IDToken: sealed, AuthTime: id.AuthTime, ACR: id.ACR, LastSeen: now, EndsAt: now.Add(EndsAfter),
	}, nil
}

// longestAgent is how much of what a browser says of itself is kept, in characters.
const longestAgent = 200

// agentOf is what a browser says of itself, fit to be kept and shown.
func agentOf(said string) string {
	clean := []rune(strings.Map(func(r rune) rune {
		if unsafeRune(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(said, "")))
	return string(clean[:min(len(clean), longestAgent)])
}

// Idle is how long a session of somebody lives without a request of their own.
func Idle(v licensing.Viewer) time.Duration {
	if v.Staff != "" {
		return StaffIdleFor
	}
	return IdleFor
}

// start tells the audit log, then keeps a session: without the entry there is never one.
func (s *SignIn) start(ctx context.Context, by licensing.Viewer, session licensing.Session) error {
	if err := s.keeper.RecordSignIn(ctx, by); err != nil {
		return err
	}
	return s.keeper.SaveSession(ctx, session)
}

// replace gives the browser the token of its new session and ends the one it had. The
// old one can be of no more use by then, so what goes wrong with it harms nobody.
func (s *SignIn) replace(w http.ResponseWriter, r *http.Request, token string) {
	if old, ok := s.hash(r); ok {
		_ = s.keeper.EndSession(r.Context(), old)
		s.sessions.forget(old)
	}
	s.setCookie(w, s.cookieName("keyhall"), token, 0)
}

// SignOut ends the browser's session, here first, whatever the provider does (S-43).
// It returns the provider's address to go to next, so that the person is signed out
// there too; "" if the provider has none, can't be reached, or nobody was signed in.
func (s *SignIn) SignOut(w http.ResponseWriter, r *http.Request, from licensing.Origin) (endSession string, err error) {
	s.setCookie(w, s.cookieName("keyhall"), "", -1)
	hash, ok := s.hash(r)
	if !ok {
		return "", nil
	}
	ctx := r.Context()
	defer s.sessions.forget(hash)
	session, err := s.keeper.Session(ctx, hash)
	if errors.Is(err, licensing.ErrNotFound) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	if err := s.keeper.EndSession(ctx, hash); err != nil && !errors.Is(err, licensing.ErrNotFound) {
		return "", err
	}
	by, err := s.keeper.Viewer(ctx, session)
	if err == nil {
		by.From = from
		err = s.keeper.RecordSignOut(ctx, by)
	}
	if err != nil && !errors.Is(err, licensing.ErrNotFound) {
		return "", err
	}
	return s.endSession(ctx, session), nil
}

// endSession is where the session's provider ends its own.
func (s *SignIn) endSession(ctx context.Context, session licensing.Session) string {
	p := s.providerOf(session.Issuer)
	if p == nil {
		return ""
	}
	d, err := p.lastGood(ctx)
	if err != nil || d.EndURL == "" {
		return ""
	}
	u, err := url.Parse(d.EndURL)
	if err != nil {
		return ""
	}
	q := u.Query()
	q.Set("client_id", p.ClientID)
	q.Set("post_logout_redirect_uri", s.BaseURL+SignedOutPath)
	// Without the hint (the keys were changed since) the provider asks the person.
	if hint, err := s.Open(session.IDToken, placeOf(session.Hash)); err == nil {
		q.Set("id_token_hint", string(hint))
	}
	u.RawQuery = q.Encode()
	return u.String()
}

// hash finds the hash of the token that a browser sends. Of two cookies with the name
// one was planted: then there is no token.
func (s *SignIn) hash(r *http.Request) ([]byte, bool) {
	cookies := r.CookiesNamed(s.cookieName("keyhall"))
	if len(cookies) != 1 {
		return nil, false
	}
	return hashOf(cookies[0].Value), true
}

func hashOf(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// placeOf binds a sealed ID token to its session.
func placeOf(hash []byte) []byte { return append([]byte("session id token "), hash...) }
