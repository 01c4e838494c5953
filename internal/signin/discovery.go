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

// description is what a provider says about itself in its discovery document.
type description struct {
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
	good   *description
	goodAt time.Time
	err    error
	errAt  time.Time
	keys   *thrifty
}

// lastGood returns what the provider last said of itself, asking only if it never did.
// Whoever is on the way back from the provider, or signing out, needs no fresher answer.
func (p *provider) lastGood(ctx context.Context) (*description, error) {
	p.known.mu.Lock()
	d := p.known.good
	p.known.mu.Unlock()
	if d != nil {
		return d, nil
	}
	return p.alive(ctx)
}

// alive returns what the provider said if that is half a minute old at most, else asks.
// Whoever is about to leave for the provider should get a page of ours when it is
// down, not the browser's. Many who ask at once share one question (R10).
func (p *provider) alive(ctx context.Context) (*description, error) {
	now := p.now()
	m := &p.known
	m.mu.Lock()
	good, goodAt, failed, failedAt := m.good, m.goodAt, m.err, m.errAt
	m.mu.Unlock()
	if good != nil && now.Sub(goodAt).Abs() < aliveFor {
		return good, nil
	}
	if failed != nil && now.Sub(failedAt).Abs() < retryAfter {
		return nil, failed
	}
	flight := p.flights.DoChan("discovery", func() (any, error) {
		// The one who asked first may leave: the others still wait for the answer.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), p.patience)
		defer cancel()
		return p.remember(p.discover(ctx))
	})
	select {
	case <-ctx.Done():
		return nil, &Failure{Reason: ProviderDown, Check: "discovery", Err: ctx.Err()}
	case got := <-flight:
		if got.Err != nil {
			return nil, got.Err
		}
		return got.Val.(*description), nil
	}
}

// remember keeps an answer. An unchanged document keeps the old one, and with it the keys.
func (p *provider) remember(d *description, err error) (*description, error) {
	m := &p.known
	m.mu.Lock()
	defer m.mu.Unlock()
	m.err, m.errAt = err, p.now()
	if err != nil {
		return nil, err
	}
	if m.good == nil || !bytes.Equal(m.good.document, d.document) {
		if m.keys == nil {
			m.keys = &thrifty{next: p.client.Transport, now: p.now}
		}
		frugal := *p.client
		frugal.Transport = m.keys
		d.keys = oidc.NewRemoteKeySet(oidc.ClientContext(context.Background(), &frugal), d.KeysURL)
		m.good = d
	}
	m.goodAt = p.now()
	return m.good, nil
}

// discover asks the provider to describe itself.
func (p *provider) discover(ctx context.Context) (*description, error) {
	found, err := oidc.NewProvider(oidc.ClientContext(ctx, p.client), p.Issuer)
	if mismatch := (*oidc.IssuerMismatchError)(nil); errors.As(err, &mismatch) {
		return nil, &Failure{Reason: Invalid, Check: "issuer", Err: errors.New(said(err.Error()))}
	}
	if err != nil {
		return nil, &Failure{Reason: ProviderDown, Check: "discovery", Err: errors.New(said(err.Error()))}
	}
	d, document := new(description), json.RawMessage{}
	if err := errors.Join(found.Claims(&document), found.Claims(d)); err != nil {
		return nil, &Failure{Reason: Invalid, Check: "discovery", Err: errors.New(said(err.Error()))}
	}
	d.document = document
	endpoints := []string{d.AuthURL, d.TokenURL, d.KeysURL}
	if d.EndURL != "" {
		endpoints = append(endpoints, d.EndURL)
	}
	for _, endpoint := range endpoints {
		if !p.sound(endpoint) {
			return nil, &Failure{Reason: Invalid, Check: "endpoint", Err: fmt.Errorf("%q is no https address", said(endpoint))}
		}
	}
	return d, nil
}

// sound reports whether an endpoint is as well protected as the issuer.
func (p *provider) sound(endpoint string) bool {
	u, err := url.Parse(endpoint)
	if err != nil || u.Host == "" || u.Fragment != "" {
		return false
	}
	issuer, err := url.Parse(p.Issuer)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http" && issuer.Scheme == "http")
}

// oauth2 is the client's side of the conversation with the provider.
func (p *provider) oauth2(d *description) *oauth2.Config {
	return &oauth2.Config{
		ClientID: p.ClientID, ClientSecret: p.ClientSecret,
		Endpoint:    oauth2.Endpoint{AuthURL: d.AuthURL, TokenURL: d.TokenURL, AuthStyle: p.authStyle(d)},
		RedirectURL: p.baseURL + p.callback,
		Scopes:      p.scopes(),
	}
}

// scopes are what is asked of the provider: names too where groups may make an account.
func (p *provider) scopes() []string {
	all := []string{oidc.ScopeOpenID, oidc.ScopeEmail}
	if p.GroupsClaim != "" {
		all = append(all, "profile")
	}
	return append(all, p.Scopes...)
}

// authStyle says how we prove to be the client. Left to find out by itself, oauth2
// sends the code twice when the first way fails, which a provider takes for an attack.
func (p *provider) authStyle(d *description) oauth2.AuthStyle {
	basic := len(d.TokenAuth) == 0 || slices.Contains(d.TokenAuth, "client_secret_basic")
	if p.ClientSecret == "" || !basic {
		return oauth2.AuthStyleInParams
	}
	return oauth2.AuthStyleInHeader
}

// algorithms are those that the provider says it signs with and we can trust.
func (d *description) algorithms() []string {
	var both []string
	for _, alg := range d.Algorithms {
		if slices.Contains(signatures, alg) {
			both = append(both, alg)
		}
	}
	return both
}
