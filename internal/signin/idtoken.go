package signin

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

const (
	skew         = time.Minute      // how far clocks may be apart
	oldestToken  = 10 * time.Minute // an ID token is for now; an old one is a replay, or a wrong clock
	longestToken = 32 << 10         // bytes of an ID token
)

// identity is whom the provider vouches for.
type identity struct {
	Issuer   string
	Subject  string
	Email    string // to be shown to that person; trusted for nothing
	SID      string
	AuthTime time.Time // zero when the provider doesn't say
	ACR      string    // how the person proved it; "" when the provider doesn't say
	IDToken  string
	Name     string   // to be shown; "" when the provider doesn't say
	Groups   []string // that the provider counts them among
}

// identify makes every check of an ID token that go-oidc makes, and those that it
// leaves to us (S-38): it takes a token without sub or iat, of any age, with any
// nonce, for several audiences, and an access token or a logout token for an ID token.
func (s *SignIn) identify(ctx context.Context, p *provider, a attempt, token *oauth2.Token) (identity, error) {
	raw, _ := token.Extra("id_token").(string)
	if raw == "" || len(raw) > longestToken {
		return identity{}, &Failure{Reason: Invalid, Check: "id_token"}
	}
	t, err := p.verify(ctx, raw)
	if err != nil {
		return identity{}, err
	}
	var payload json.RawMessage
	var c claims
	var all map[string]json.RawMessage
	if err := errors.Join(t.Claims(&payload), t.Claims(&c), t.Claims(&all)); err != nil {
		return identity{}, &Failure{Reason: Invalid, Check: "claims", Err: errors.New(said(err.Error()))}
	}
	authTime, err := instant(c.AuthTime)
	if err != nil {
		return identity{}, &Failure{Reason: Invalid, Check: "auth_time"}
	}
	groups, noGroups := p.groupsOf(ctx, all)
	for _, check := range []struct {
		name  string
		holds bool
	}{
		{"token_type", strings.EqualFold(token.TokenType, "Bearer")},
		{"typ", ordinaryJWT(raw)},
		{"claims", namedOnce(payload, p.GroupsClaim)},
		{"iss", t.Issuer == p.Issuer}, // go-oidc lets Google leave out the scheme
		{"sub", goodSubject(t.Subject)},
		{"aud", p.forUs(t.Audience, c.AuthorizedParty)},
		{"azp", c.AuthorizedParty == nil || *c.AuthorizedParty == p.ClientID},
		{"nonce", subtle.ConstantTimeCompare([]byte(t.Nonce), []byte(a.Nonce)) == 1},
		{"events", c.Events == nil},
		{"iat", !t.IssuedAt.IsZero()},
		{"at_hash", t.AccessTokenHash == "" || t.VerifyAccessToken(token.AccessToken) == nil},
		{"groups", noGroups == nil},
		{"sid", len(c.SID) <= 255},
		{"acr", len(c.ACR) <= 255 && (!a.Fresh || s.provenWell(c.ACR))},
	} {
		if !check.holds {
			return identity{}, &Failure{Reason: Invalid, Check: check.name}
		}
	}
	if err := a.proven(authTime); err != nil {
		return identity{}, err
	}
	if err := s.timely(t.IssuedAt, authTime); err != nil {
		return identity{}, err
	}
	if authTime.After(s.Now()) {
		authTime = s.Now() // within the skew: nothing happened in the future
	}
	return identity{Issuer: p.Issuer, Subject: t.Subject, Email: printable(c.Email), SID: c.SID, AuthTime: authTime, ACR: c.ACR, IDToken: raw, Name: nameOf(all["name"]), Groups: groups}, nil
}

// verify makes go-oidc's checks: signature, issuer, audience, expiry.
func (p *provider) verify(ctx context.Context, raw string) (*oidc.IDToken, error) {
	d, err := p.lastGood(ctx)
	if err != nil {
		return nil, err
	}
	keys := &watched{KeySet: d.keys}
	v := oidc.NewVerifier(p.Issuer, keys, &oidc.Config{
		ClientID: p.ClientID, SupportedSigningAlgs: d.algorithms(),
		Now: func() time.Time { return p.now().Add(-skew) },
	})
	t, err := v.Verify(ctx, raw)
	if err == nil {
		return t, nil
	}
	var network *url.Error
	if errors.As(keys.err, &network) || ctx.Err() != nil {
		return nil, &Failure{Reason: ProviderDown, Check: "keys", Err: errors.New(said(keys.err.Error()))}
	}
	var expired *oidc.TokenExpiredError
	if errors.As(err, &expired) && expired.Expiry.IsZero() {
		return nil, &Failure{Reason: Invalid, Check: "exp"}
	}
	if errors.As(err, &expired) {
		return nil, clockFailure("exp", p.now().Sub(expired.Expiry), "ran out")
	}
	return nil, &Failure{Reason: Invalid, Check: "id_token", Err: errors.New(said(err.Error()))}
}

// watched remembers why a signature couldn't be checked: go-oidc makes text of it.
type watched struct {
	oidc.KeySet
	err error
}

// VerifySignature is go-oidc's.
func (w *watched) VerifySignature(ctx context.Context, jwt string) ([]byte, error) {
	payload, err := w.KeySet.VerifySignature(ctx, jwt)
	w.err = err
	return payload, err
}

// timely refuses tokens from a provider whose clock is too far from ours (R11).
func (s *SignIn) timely(issued, authTime time.Time) error {
	age := s.Now().Sub(issued)
	if age < -skew {
		return clockFailure("iat", age, "was issued")
	}
	if age >= oldestToken {
		return clockFailure("iat", age, "was issued")
	}
	if ago := s.Now().Sub(authTime); ago < -skew {
		return clockFailure("auth_time", ago, "tells of a sign-in")
	}
	return nil
}

func clockFailure(check string, ago time.Duration, what string) error {
	when := "ago"
	if ago < 0 {
		when = "in the future"
	}
	return &Failure{Reason: Clock, Check: check, Err: fmt.Errorf("the ID token %s %s %s by this machine's clock", what, ago.Abs().Round(time.Second), when)}
}

// forUs reports whether a token is for this client alone, or for others too that the
// configuration names, and then says that it was given to us.
func (p *provider) forUs(audience []string, azp *string) bool {
	if len(audience) == 1 {
		return audience[0] == p.ClientID
	}
	stranger := func(a string) bool { return a != p.ClientID && !slices.Contains(p.OtherAudiences, a) }
	return azp != nil && slices.Contains(audience, p.ClientID) && !slices.ContainsFunc(audience, stranger)
}
