// Package signin finds out who someone is, through OpenID Connect, and remembers it
// in a session. The session belongs to the browser that began the sign-in; what the
// person may do is asked anew, at most a second later.
//
// It is not where accounts, rights or sessions are kept (that is the Keeper's), it
// draws no page, and it takes nothing but the identity (issuer, subject), the time of
// authentication and groups from the provider, and a name for an account that a group
// makes. UserInfo is never asked: there is no second subject to confuse with the first.
//
// Sessions are a type of our own over the Keeper. alexedwards/scs was weighed and left:
// under an idle timeout it writes the row on each request, it keeps the values in one
// opaque blob, where the person and the provider's sid can't be indexed, and it has no
// hook for an idle limit that depends on the role. What is left of it then is a cookie.
package signin

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/licensing"
)

// Paths that providers know: they are registered there below the base URL. Of several
// providers the first has CallbackPath, each other one CallbackPath, a slash and its ID.
const (
	CallbackPath  = "/signin/callback"
	SignedOutPath = "/"
)

// Keeper is what signing in needs kept; *store.Store does it.
type Keeper interface {
	// PersonByIdentity finds the person of an identity; licensing.ErrNotFound when no account is bound to it.
	PersonByIdentity(ctx context.Context, issuer, subject string) (uuid.UUID, error)
	// Arrive finds the person whom a provider vouches for, and has their rights by group follow
	// what it says; licensing.ErrNotFound when no account is theirs, and none comes of a group.
	Arrive(ctx context.Context, a licensing.Arrival, from licensing.Origin) (uuid.UUID, error)
	// OpenAccount opens an account for an identity that has none, by the SHA-256 of an
	// invitation's token, and returns its person; licensing.ErrNotFound when the token opens nothing.
	OpenAccount(ctx context.Context, invitation []byte, id licensing.Identity, from licensing.Origin) (uuid.UUID, error)
	// Viewer returns who a session's person is right now; licensing.ErrNotFound when the account has ended.
	Viewer(ctx context.Context, s licensing.Session) (licensing.Viewer, error)
	// SaveSession inserts a session.
	SaveSession(ctx context.Context, s licensing.Session) error
	// SignedIn is Session and Viewer at once, for each page.
	SignedIn(ctx context.Context, hash []byte) (licensing.Session, licensing.Viewer, error)
	// Session finds a session by the SHA-256 of its token; licensing.ErrNotFound when there is none.
	Session(ctx context.Context, hash []byte) (licensing.Session, error)
	// TouchSession writes when a session was last used.
	TouchSession(ctx context.Context, hash []byte, lastSeen time.Time) error
	// EndSession removes a session; licensing.ErrNotFound or nil when there is none.
	EndSession(ctx context.Context, hash []byte) error
	// SignOutByProvider ends the sessions that a provider's word names and returns the hashes
	// of their tokens; licensing.ErrConflict when the word came before.
	SignOutByProvider(ctx context.Context, from licensing.Origin, l licensing.Logout) ([][]byte, error)
	// LinkIdentity binds an identity to the person who acts; licensing.ErrConflict when it is bound.
	LinkIdentity(ctx context.Context, by licensing.Viewer, id licensing.Identity) error
	// RecordSignIn, RecordSignOut and RecordSignInRefused are audit entries. The reason is
	// a Reason, or a Reason, a slash and the name of the check that failed.
	RecordSignIn(ctx context.Context, by licensing.Viewer) error
	RecordSignOut(ctx context.Context, by licensing.Viewer) error
	RecordSignInRefused(ctx context.Context, from licensing.Origin, issuer, subject, reason string) error
}

// Config says where people sign in.
type Config struct {
	Providers []Provider       // IDs and issuers are each one's own; the first keeps CallbackPath
	BaseURL   string           // Keyhall's own origin, without a path
	Straight  bool             // who asks for no provider goes to the first, and has nothing to choose
	ACR       []string         // ways to prove it anew that a provider must name one of; none: any
	Now       func() time.Time // time.Now when nil
	HTTP      *http.Client     // to reach the providers; its Timeout is 5 s unless set
	// Seal and Open keep the sign-in under way (in a cookie) and the ID token (in the
	// session's row) from being read or changed. ad binds a value to its place.
	Seal func(plain, ad []byte) ([]byte, error)
	Open func(sealed, ad []byte) ([]byte, error)
}

// SignIn signs people in and out. It is safe for concurrent use.
type SignIn struct {
	Config
	keeper    Keeper
	providers []*provider
	used      usedStates
	sessions  sessionCache
}

// New prepares signing in. It never contacts a provider: Keyhall starts, and serves
// whoever is signed in, while providers are down (R10).
func New(c Config, k Keeper) *SignIn {
	if c.Now == nil {
		c.Now = time.Now
	}
	s := &SignIn{Config: c, keeper: k}
	for i, one := range c.Providers {
		s.providers = append(s.providers, s.newProvider(one, i == 0))
	}
	return s
}

// cookieName makes a cookie's name. Without TLS a browser keeps no __Host- cookie;
// that is allowed on the loopback interface only, for the zero-setup run (S-18).
func (s *SignIn) cookieName(name string) string {
	if s.plainLoopback() {
		return name
	}
	return "__Host-" + name
}

func (s *SignIn) setCookie(w http.ResponseWriter, name, value string, maxAge int) {
	http.SetCookie(w, &http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: maxAge,
		Secure: !s.plainLoopback(), HttpOnly: true,
		// Strict would hide the cookie from the provider's redirect back to us.
		SameSite: http.SameSiteLaxMode,
	})
}

func (s *SignIn) plainLoopback() bool {
	u, err := url.Parse(s.BaseURL)
	if err != nil || u.Scheme != "http" {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}
