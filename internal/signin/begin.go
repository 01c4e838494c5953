package signin

import (
	"net/http"
	"strings"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/keyhall/keyhall/internal/licensing"
)

// Begin sends a browser to the provider of an ID, 303, and to next (a local path, see
// LocalPath) after it. It passes on login_hint from the request's query. Whoever is signed
// in and begins again wants to be somebody else: the provider is asked to let them choose,
// and not to take the account that it still knows. The error is a
// *Failure when the provider can't be reached, nothing is written then, and
// licensing.ErrNotFound when there is none of that ID.
func (s *SignIn) Begin(w http.ResponseWriter, r *http.Request, id, next string) error {
	p := s.provider(id)
	if p == nil {
		return licensing.ErrNotFound
	}
	state, a := newAttempt(p, LocalPath(next), s.Now())
	_, err := s.look(r)
	a.other = err == nil
	return s.leave(w, r, p, state, a)
}

// BeginAnew is Begin for someone who is signed in and must prove again that it is
// them, before an act that asks for it (S-41). It is asked of the provider that vouched
// for them. The session that comes of it is a new one, and its AuthTime is no older than
// this call, but for a minute of skew. The error is licensing.ErrNotFound when nobody is
// signed in.
//
// Both are for GET requests: under the policy's form-action a browser follows no form
// to another origin, by redirects neither.
func (s *SignIn) BeginAnew(w http.ResponseWriter, r *http.Request, next string) error {
	e, err := s.look(r)
	if err != nil {
		return err
	}
	p := s.providerOf(e.session.Issuer)
	state, a := newAttempt(p, LocalPath(next), s.Now())
	a.Fresh = true
	return s.leave(w, r, p, state, a)
}

func (s *SignIn) leave(w http.ResponseWriter, r *http.Request, p *provider, state string, a attempt) error {
	location, err := s.depart(w, r, p, state, a)
	if err != nil {
		return err
	}
	w.Header().Set("Location", location)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusSeeOther)
	return nil
}

// depart gives the browser an attempt to keep and returns where it goes with it.
func (s *SignIn) depart(w http.ResponseWriter, r *http.Request, p *provider, state string, a attempt) (location string, err error) {
	d, err := p.alive(r.Context())
	if err != nil {
		return "", onTheWay(err, a.Next)
	}
	a.Invited = s.invitationOf(r, a.Next)
	s.tidyAttempts(w, r)
	s.keepChoice(w, p)
	if err := s.keepAttempt(w, state, a); err != nil {
		return "", err
	}
	options := []oauth2.AuthCodeOption{oidc.Nonce(a.Nonce), oauth2.S256ChallengeOption(a.Verifier)}
	if hint := loginHint(r); hint != "" {
		options = append(options, oauth2.SetAuthURLParam("login_hint", hint))
	}
	switch {
	case a.Fresh || a.Link != nil:
		options = append(options, oauth2.SetAuthURLParam("prompt", "login"), oauth2.SetAuthURLParam("max_age", "0"))
	case a.other:
		options = append(options, oauth2.SetAuthURLParam("prompt", "select_account"))
	}
	if a.Fresh && len(s.ACR) > 0 {
		options = append(options, oauth2.SetAuthURLParam("acr_values", strings.Join(s.ACR, " ")))
	}
	return p.oauth2(d).AuthCodeURL(state, options...), nil
}

// loginHint is whom the person says they are: text for the provider's form, no more.
func loginHint(r *http.Request) string {
	hints := r.URL.Query()["login_hint"]
	if len(hints) != 1 || len(hints[0]) > 254 || strings.ContainsFunc(hints[0], unsafeRune) {
		return ""
	}
	return hints[0]
}
