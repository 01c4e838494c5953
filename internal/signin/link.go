package signin

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"net/http"

	"github.com/keyhall/keyhall/internal/licensing"
)

// BeginLink begins to add a sign-in account, at the provider of an ID, to the account of
// who is signed in. It returns the provider's address to go to. Call it for a post from our
// own pages alone: a link would do for somebody else to have their account added. What
// comes back counts in the session that began it, and in no other. The error is a *Failure
// when the provider can't be reached, licensing.ErrNotFound when there is none of that ID
// or nobody is signed in.
func (s *SignIn) BeginLink(w http.ResponseWriter, r *http.Request, id string) (location string, err error) {
	e, err := s.look(r)
	if err != nil {
		return "", err
	}
	p := s.provider(id)
	if p == nil {
		return "", licensing.ErrNotFound
	}
	state, a := newAttempt(p, "/account", s.Now())
	a.Link = linkOf(e.session)
	return s.depart(w, r, p, state, a)
}

// linkOf binds a link to the session that began it.
func linkOf(session licensing.Session) []byte {
	sum := sha256.Sum256(append([]byte("link "), session.Hash...))
	return sum[:]
}

// link binds an identity that the provider has just vouched for to the account of who is
// signed in, as it was when the link began. The session stays as it is.
func (s *SignIn) link(r *http.Request, id identity, a attempt, from licensing.Origin) error {
	fail := &Failure{Identity: licensing.Identity{Issuer: id.Issuer, Subject: id.Subject}, Email: id.Email}
	e, err := s.look(r)
	if errors.Is(err, licensing.ErrNotFound) || err == nil && !bytes.Equal(a.Link, linkOf(e.session)) {
		fail.Reason, fail.Check = Stale, "link"
		return fail
	}
	if err != nil {
		return err
	}
	person, err := s.keeper.PersonByIdentity(r.Context(), id.Issuer, id.Subject)
	if err == nil && person == e.viewer.PersonID {
		fail.Reason = Yours
		return fail
	}
	if errors.Is(err, licensing.ErrNotFound) {
		by := e.viewer
		by.From = from
		err = s.keeper.LinkIdentity(r.Context(), by, licensing.Identity{Issuer: id.Issuer, Subject: id.Subject, PersonID: by.PersonID})
	} else if err == nil {
		err = licensing.ErrConflict
	}
	if errors.Is(err, licensing.ErrConflict) {
		fail.Reason, fail.Identity.PersonID = Taken, person
		return fail
	}
	return err
}
