package signin

import (
	"errors"
	"net/http"
	"slices"
	"time"
)

// Fresh reports whether the person of a request proved who they are within a time, in one
// of the ways that the configuration asks for, if it names any (S-41). Of a provider that
// doesn't say when, nobody ever did. The error is licensing.ErrNotFound when nobody is
// signed in.
func (s *SignIn) Fresh(r *http.Request, within time.Duration) (bool, error) {
	e, err := s.look(r)
	if err != nil {
		return false, err
	}
	return !e.session.AuthTime.IsZero() && s.Now().Sub(e.session.AuthTime) < within && s.provenWell(e.session.ACR), nil
}

// provenWell reports whether a way to prove who one is will do.
func (s *SignIn) provenWell(acr string) bool {
	return len(s.ACR) == 0 || slices.Contains(s.ACR, acr)
}

var errNoAuthTime = errors.New("the provider's ID token has no auth_time, so that nobody can be asked to prove anew who they are: have the provider send it, or set KEYHALL_STEP_UP to off")

// proven refuses somebody who was to prove anew who they are and didn't. A minute is left
// for the clocks. Who adds a sign-in account was asked to, at a provider that may not say
// when; a post of theirs began it, so nobody else's page had them do it.
func (a attempt) proven(authTime time.Time) error {
	switch {
	case !a.Fresh && (a.Link == nil || authTime.IsZero()):
		return nil
	case authTime.IsZero():
		return &Failure{Reason: Invalid, Check: "auth_time", Err: errNoAuthTime}
	case authTime.Before(time.Unix(a.Began, 0).Add(-skew)):
		return &Failure{Reason: Invalid, Check: "auth_time"}
	}
	return nil
}
