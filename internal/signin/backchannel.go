package signin

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/keyhall/keyhall/internal/licensing"
)

// BackchannelPath is where a provider says that it ended a session of its own. As with
// CallbackPath the first provider has it, each other one it, a slash and its ID.
const BackchannelPath = "/signin/backchannel"

const (
	logoutEvent = "http://schemas.openid.net/event/backchannel-logout"
	logoutSkew  = 2 * time.Minute  // how far from now a provider's word may have been given
	logoutKept  = 10 * time.Minute // for how long after that a word is known: longer than it is taken
)

// Backchannel takes a provider's word that somebody signed out there, and ends the sessions
// that it names (OpenID Connect Back-Channel Logout 1.0): those of the provider's session,
// of the subject, or of both. They end for every process within a second. The error is a
// *Failure when the word doesn't hold or came before, ProviderDown when that can't be found
// out; any other error is the Keeper's. Nothing is ended then.
func (s *SignIn) Backchannel(r *http.Request, token string, from licensing.Origin) error {
	p := s.which(func(p *provider) bool {
		return r.URL.Path == strings.Replace(p.callback, CallbackPath, BackchannelPath, 1)
	})
	if p == nil {
		return licensing.ErrNotFound
	}
	ctx, cancel := context.WithTimeout(oidc.ClientContext(r.Context(), p.client), p.patience)
	defer cancel()
	l, err := p.logoutOf(ctx, token)
	if err != nil {
		return err
	}
	ended, err := s.keeper.SignOutByProvider(r.Context(), from, l)
	s.ForgetSessions(ended)
	if errors.Is(err, licensing.ErrConflict) {
		return &Failure{Reason: Stale, Check: "jti"}
	}
	return err
}

// logoutClaims are those of a logout token. What must not be there, or may be left out, is
// a pointer.
type logoutClaims struct {
	JTI    string                     `json:"jti"`
	Sub    *string                    `json:"sub"`
	SID    *string                    `json:"sid"`
	Nonce  json.RawMessage            `json:"nonce"`
	Events map[string]json.RawMessage `json:"events"`
}

// logoutOf makes every check of a logout token (S-44). Signature, issuer, audience and
// expiry are go-oidc's, which takes it for an ID token; that one with events is none,
// identify says.
func (p *provider) logoutOf(ctx context.Context, raw string) (l licensing.Logout, err error) {
	if raw == "" || len(raw) > longestToken {
		return l, &Failure{Reason: Invalid, Check: "logout_token"}
	}
	t, err := p.verify(ctx, raw)
	if err != nil {
		return l, err
	}
	var payload json.RawMessage
	var c logoutClaims
	if err := errors.Join(t.Claims(&payload), t.Claims(&c)); err != nil {
		return l, &Failure{Reason: Invalid, Check: "claims", Err: errors.New(said(err.Error()))}
	}
	for _, check := range []struct {
		name  string
		holds bool
	}{
		{"typ", logoutJWT(raw)},
		{"claims", namedOnce(payload, "")},
		{"iss", t.Issuer == p.Issuer},
		{"aud", p.toldUs(t.Audience)},
		{"events", saysLogout(c.Events)},
		{"nonce", c.Nonce == nil},
		{"iat", !t.IssuedAt.IsZero() && p.now().Sub(t.IssuedAt).Abs() <= logoutSkew},
		{"jti", goodSubject(c.JTI)},
		{"sub", (c.Sub != nil || c.SID != nil) && (c.Sub == nil || goodSubject(*c.Sub))},
		{"sid", c.SID == nil || *c.SID != "" && len(*c.SID) <= 255},
	} {
		if !check.holds {
			return l, &Failure{Reason: Invalid, Check: check.name}
		}
	}
	l = licensing.Logout{Issuer: p.Issuer, ID: c.JTI, Until: t.IssuedAt.Add(logoutKept)}
	if c.Sub != nil {
		l.Subject = *c.Sub
	}
	if c.SID != nil {
		l.SID = *c.SID
	}
	return l, nil
}

// logoutJWT reports whether a token says that it is a logout token, or a JWT of no kind:
// providers older than the standard's last words say that, and the events tell one from an
// ID token anyway. One that says nothing, or that it is something else, is refused.
func logoutJWT(raw string) bool {
	typ := strings.ToLower(typeOf(raw))
	return typ == "logout+jwt" || typ == "application/logout+jwt" || typ == "jwt"
}

// saysLogout reports whether events are of a logout: the one member, an object.
func saysLogout(events map[string]json.RawMessage) bool {
	var what map[string]json.RawMessage
	return json.Unmarshal(events[logoutEvent], &what) == nil && what != nil
}

// toldUs reports whether a word is for this client, and for none that the configuration
// doesn't name.
func (p *provider) toldUs(audience []string) bool {
	stranger := func(a string) bool { return a != p.ClientID && !slices.Contains(p.OtherAudiences, a) }
	return slices.Contains(audience, p.ClientID) && !slices.ContainsFunc(audience, stranger)
}
