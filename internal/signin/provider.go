package signin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

const (
	aliveFor   = 30 * time.Second // a provider that answered this recently is taken to be up
	retryAfter = 2 * time.Second  // a provider that failed is asked again after this
)

// signatures are the algorithms that an ID token may be signed with: none that need no
// key, none whose key we would share.
var signatures = []string{oidc.RS256, oidc.RS384, oidc.RS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.EdDSA}

// provider is what a provider says about itself in its discovery document.
type provider struct {
	document   []byte
	AuthURL    string   `json:"authorization_endpoint"`
	TokenURL   string   `json:"token_endpoint"`
	KeysURL    string   `json:"jwks_uri"`
	EndURL     string   `json:"end_session_endpoint"`
	SendsIss   bool     `json:"authorization_response_iss_parameter_supported"`
	Algorithms []string `json:"id_token_signing_alg_values_supported"`
	TokenAuth  []string `json:"token_endpoint_auth_methods_supported"`
	keys       oidc.KeySet
}

// remembered is the last good answer of the provider, and how the last question went.
type remembered struct {
	mu     sync.Mutex
	good   *provider
	goodAt time.Time
	err    error
	errAt  time.Time
	keys   *thrifty
}

// lastGood returns the provider as it last described itself, asking only if it never did.
// Whoever is on the way back from the provider, or signing out, needs no fresher answer.
func (s *SignIn) lastGood(ctx context.Context) (*provider, error) {
	s.provider.mu.Lock()
	p := s.provider.good
	s.provider.mu.Unlock()
	if p != nil {
		return p, nil
	}
	return s.alive(ctx)
}

// alive returns the provider if it answered within the last half minute, else asks it.
// Whoever is about to leave for the provider should get a page of ours when it is
// down, not the browser's. Many who ask at once share one question (R10).
func (s *SignIn) alive(ctx context.Context) (*provider, error) {
	now := s.Now()
	m := &s.provider
	m.mu.Lock()
	good, goodAt, failed, failedAt := m.good, m.goodAt, m.err, m.errAt
	m.mu.Unlock()
	if good != nil && now.Sub(goodAt).Abs() < aliveFor {
		return good, nil
	}
	if failed != nil && now.Sub(failedAt).Abs() < retryAfter {
		return nil, failed
	}
	flight := s.flights.DoChan("discovery", func() (any, error) {
		// The one who asked first may leave: the others still wait for the answer.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.patience)
		defer cancel()
		return s.remember(s.discover(ctx))
	})
	select {
	case <-ctx.Done():
		return nil, &Failure{Reason: ProviderDown, Check: "discovery", Err: ctx.Err()}
	case got := <-flight:
		if got.Err != nil {
			return nil, got.Err
		}
		return got.Val.(*provider), nil
	}
}

// remember keeps an answer. An unchanged document keeps the provider, and with it the keys.
func (s *SignIn) remember(p *provider, err error) (*provider, error) {
	m := &s.provider
	m.mu.Lock()
	defer m.mu.Unlock()
	m.err, m.errAt = err, s.Now()
	if err != nil {
		return nil, err
	}
	if m.good == nil || !bytes.Equal(m.good.document, p.document) {
		if m.keys == nil {
			m.keys = &thrifty{next: s.client.Transport, now: s.Now}
		}
		frugal := *s.client
		frugal.Transport = m.keys
		p.keys = oidc.NewRemoteKeySet(oidc.ClientContext(context.Background(), &frugal), p.KeysURL)
		m.good = p
	}
	m.goodAt = s.Now()
	return m.good, nil
}

// discover asks the provider to describe itself.
func (s *SignIn) discover(ctx context.Context) (*provider, error) {
	found, err := oidc.NewProvider(oidc.ClientContext(ctx, s.client), s.Issuer)
	if mismatch := (*oidc.IssuerMismatchError)(nil); errors.As(err, &mismatch) {
		return nil, &Failure{Reason: Invalid, Check: "issuer", Err: errors.New(said(err.Error()))}
	}
	if err != nil {
		return nil, &Failure{Reason: ProviderDown, Check: "discovery", Err: errors.New(said(err.Error()))}
	}
	p, document := new(provider), json.RawMessage{}
	if err := errors.Join(found.Claims(&document), found.Claims(p)); err != nil {
		return nil, &Failure{Reason: Invalid, Check: "discovery", Err: errors.New(said(err.Error()))}
	}
	p.document = document
	endpoints := []string{p.AuthURL, p.TokenURL, p.KeysURL}
	if p.EndURL != "" {
		endpoints = append(endpoints, p.EndURL)
	}
	for _, endpoint := range endpoints {
		if !s.sound(endpoint) {
			return nil, &Failure{Reason: Invalid, Check: "endpoint", Err: fmt.Errorf("%q is no https address", said(endpoint))}
		}
	}
	return p, nil
}

// sound reports whether an endpoint is as well protected as the issuer.
func (s *SignIn) sound(endpoint string) bool {
	u, err := url.Parse(endpoint)
	if err != nil || u.Host == "" || u.Fragment != "" {
		return false
	}
	issuer, err := url.Parse(s.Issuer)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http" && issuer.Scheme == "http")
}

// oauth2 is the client's side of the conversation with a provider.
func (s *SignIn) oauth2(p *provider) *oauth2.Config {
	return &oauth2.Config{
		ClientID: s.ClientID, ClientSecret: s.ClientSecret,
		Endpoint:    oauth2.Endpoint{AuthURL: p.AuthURL, TokenURL: p.TokenURL, AuthStyle: s.authStyle(p)},
		RedirectURL: s.BaseURL + CallbackPath,
		Scopes:      []string{oidc.ScopeOpenID, oidc.ScopeEmail},
	}
}

// authStyle says how we prove to be the client. Left to find out by itself, oauth2
// sends the code twice when the first way fails, which a provider takes for an attack.
func (s *SignIn) authStyle(p *provider) oauth2.AuthStyle {
	basic := len(p.TokenAuth) == 0 || slices.Contains(p.TokenAuth, "client_secret_basic")
	if s.ClientSecret == "" || !basic {
		return oauth2.AuthStyleInParams
	}
	return oauth2.AuthStyleInHeader
}

// algorithms are those that the provider says it signs with and we can trust.
func (p *provider) algorithms() []string {
	var both []string
	for _, alg := range p.Algorithms {
		if slices.Contains(signatures, alg) {
			both = append(both, alg)
		}
	}
	return both
}
