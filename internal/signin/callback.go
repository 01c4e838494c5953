package signin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/google/uuid"
	"golang.org/x/oauth2"

	"github.com/keyhall/keyhall/internal/licensing"
)

// Callback takes the provider's answer and, if it holds, gives the browser a session.
// It returns the local path that the person was on the way to: answer 303 to it, so
// that code and state leave the address bar (S-57). The error is a *Failure when the
// answer signs nobody in; any other error is the Keeper's. A browser that had a
// session keeps it when this sign-in fails, and loses it when this one succeeds (S-46).
//
// An answer counts at the callback of the provider that the browser was sent to, and at
// no other: a provider can't pass off another's code as its own (S-39).
func (s *SignIn) Callback(w http.ResponseWriter, r *http.Request, from licensing.Origin) (next string, err error) {
	q := r.URL.Query()
	if len(q["state"]) != 1 || len(q.Get("state")) > 64 {
		return "", &Failure{Reason: Stale, Check: "state"}
	}
	a, ok := s.takeAttempt(w, r, q.Get("state"))
	if !ok {
		return "", &Failure{Reason: Stale, Check: "state"}
	}
	p := s.provider(a.Provider)
	if p == nil { // taken out of the configuration meanwhile
		return "", &Failure{Reason: Stale, Check: "provider", Next: a.Next}
	}
	if r.URL.Path != p.callback {
		return "", &Failure{Reason: Invalid, Check: "callback", Next: a.Next}
	}
	id, err := s.redeem(r.Context(), p, q, a)
	if err != nil {
		return "", s.refused(r.Context(), p, from, onTheWay(err, a.Next))
	}
	if a.Link != nil {
		err = s.link(r, id, a, from)
	} else {
		err = s.admit(w, r, id, a, from)
	}
	if err != nil {
		return "", s.refused(r.Context(), p, from, onTheWay(err, a.Next))
	}
	return a.Next, nil
}

// redeem turns the provider's answer into an identity that it vouches for. Everything
// that the provider has a part in happens here, within one patience.
func (s *SignIn) redeem(ctx context.Context, p *provider, q url.Values, a attempt) (identity, error) {
	ctx, cancel := context.WithTimeout(oidc.ClientContext(ctx, p.client), p.patience)
	defer cancel()
	d, err := p.lastGood(ctx)
	if err != nil {
		return identity{}, err
	}
	code, err := p.codeOf(q, d)
	if err != nil {
		return identity{}, err
	}
	token, err := p.oauth2(d).Exchange(ctx, code, oauth2.VerifierOption(a.Verifier))
	if err != nil {
		return identity{}, exchangeFailure(ctx, err)
	}
	return s.identify(ctx, p, a, token)
}

// codeOf reads the provider's answer. A parameter that is there twice may be read one
// way here and another way elsewhere. The iss tells whose answer it is (RFC 9207, S-39).
func (p *provider) codeOf(q url.Values, d *description) (string, error) {
	for name, values := range q {
		if len(values) != 1 {
			return "", &Failure{Reason: Invalid, Check: "answer", Err: errors.New(said(name) + " is there more than once")}
		}
	}
	if (q.Has("iss") || d.SendsIss) && q.Get("iss") != p.Issuer {
		return "", &Failure{Reason: Invalid, Check: "answer_iss"}
	}
	if q.Has("error") == q.Has("code") || !q.Has("error") && q.Get("code") == "" {
		return "", &Failure{Reason: Invalid, Check: "answer"}
	}
	if q.Has("error") {
		return "", answerFailure(q.Get("error"))
	}
	return q.Get("code"), nil
}

// answerFailure reads the provider's own no. Its description is somebody else's text.
func answerFailure(code string) error {
	f := &Failure{Reason: Invalid, Check: "answer", Err: errors.New("the provider says " + said(code))}
	switch code {
	case "access_denied", "login_required", "consent_required", "interaction_required", "account_selection_required":
		f.Reason, f.Check = Denied, ""
	case "server_error", "temporarily_unavailable":
		f.Reason, f.Check = ProviderDown, ""
	}
	return f
}

// exchangeFailure tells a provider that can't answer from one whose answer is no.
func exchangeFailure(ctx context.Context, err error) error {
	f := &Failure{Reason: Invalid, Check: "code", Err: errors.New(said(err.Error()))}
	var no *oauth2.RetrieveError
	var network *url.Error
	switch {
	case errors.As(err, &no):
		f.Err = errors.New("the token endpoint answers " + no.Response.Status + " " + said(no.ErrorCode))
		if no.Response.StatusCode >= 500 || no.Response.StatusCode == http.StatusTooManyRequests {
			f.Reason = ProviderDown
		}
	case errors.As(err, &network), ctx.Err() != nil:
		f.Reason = ProviderDown
	}
	return f
}

// admit gives the browser a session for the person whom an identity belongs to. Who has no
// account and came with an invitation is given one by its token, whatever address the
// provider knows (S-40).
func (s *SignIn) admit(w http.ResponseWriter, r *http.Request, id identity, a attempt, from licensing.Origin) error {
	ctx := r.Context()
	fail := &Failure{Identity: licensing.Identity{Issuer: id.Issuer, Subject: id.Subject}, Email: id.Email}
	arrival := licensing.Arrival{Issuer: id.Issuer, Subject: id.Subject, Name: id.Name, Groups: id.Groups}
	person, err := s.keeper.Arrive(ctx, arrival, from)
	if errors.Is(err, licensing.ErrNotFound) && a.Invited != nil {
		if person, err = s.keeper.OpenAccount(ctx, a.Invited, fail.Identity, from); err == nil {
			person, err = s.keeper.Arrive(ctx, arrival, from)
		}
	}
	if errors.Is(err, licensing.ErrNotFound) || err == nil && person == uuid.Nil {
		fail.Reason = NoAccount
		return fail
	}
	if err != nil {
		return err
	}
	token, session, err := s.newSession(person, id)
	if err != nil {
		return err
	}
	session.Address, session.Agent = from.Address, agentOf(r.UserAgent())
	by, err := s.keeper.Viewer(ctx, session)
	if errors.Is(err, licensing.ErrNotFound) {
		fail.Reason, fail.Identity.PersonID = Ended, person
		return fail
	}
	if err != nil {
		return err
	}
	by.From = from
	if err := s.start(ctx, by, session); err != nil {
		return err
	}
	s.replace(w, r, token)
	return nil
}

// refused leaves an audit entry of a sign-in that the provider had vouched for, or
// claimed to. What comes before it redeemed a code anybody can send: those are for the
// log, or a stranger could fill the audit.
func (s *SignIn) refused(ctx context.Context, p *provider, from licensing.Origin, err error) error {
	var f *Failure
	if !errors.As(err, &f) || !slices.Contains([]Reason{NoAccount, Ended, Clock, Invalid, Taken}, f.Reason) {
		return err
	}
	if f.Check == "answer" || f.Check == "answer_iss" || f.Check == "code" {
		return err
	}
	if untold := s.keeper.RecordSignInRefused(ctx, from, p.Issuer, f.Identity.Subject, f.why()); untold != nil {
		return fmt.Errorf("%w; refused was the sign-in for: %v", untold, err) //nolint:errorlint // it is not on record
	}
	return err
}

// onTheWay notes in a failure where the person wanted to go.
func onTheWay(err error, next string) error {
	var f *Failure
	if !errors.As(err, &f) {
		return err
	}
	noted := *f // failures of the provider are shared by all who wait for it
	noted.Next = next
	return &noted
}
