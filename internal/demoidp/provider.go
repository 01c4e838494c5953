// Package demoidp is an OpenID provider with demo accounts and no passwords: whoever
// comes picks who to be. It lets `keyhall demo` and the tests sign in the way that a
// real installation does, with nothing to set up.
//
// It is not a provider for anyone's real accounts, and New refuses to make one that
// could be reached from another machine by its name. It has no session of its own, so
// every sign-in shows the list, and it keeps nothing: its key is made at the start, and
// the codes and tokens it gave out go with the process.
package demoidp

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// Client is the one relying party that the provider serves.
type Client struct {
	ID                     string
	Secret                 string
	RedirectURIs           []string // where codes may be sent, exactly
	PostLogoutRedirectURIs []string // where people may be sent after signing out, exactly
}

// Account is somebody to be.
type Account struct {
	Email  string // names the account on the page and in login_hint
	Name   string
	Locale string // such as "fi"; "" for none
	Note   string // key of a text that says what there is to see as this person; "" for none
}

// Subject is the account's name for programs: the same at every start, and not the
// address, which people share and change.
func (a Account) Subject() string {
	sum := sha256.Sum256([]byte("demo account " + a.Email))
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:15]))
}

// Config says whom the provider serves, and how its pages look and speak.
type Config struct {
	Issuer     string // http://localhost:8080/demo-idp: loopback, without a slash at the end
	Client     Client
	Accounts   []Account
	Name       string                                   // whose sign-in service it is; "" for nobody's in particular
	Elsewhere  string                                   // address where people choose another provider; "" for none
	Stylesheet string                                   // path of the stylesheet of its pages
	Text       func(r *http.Request, key string) string // says idp.… in the reader's language
	Language   func(r *http.Request) string             // the reader's language, "en" when nil
	Groups     func(email string) []string              // those that an account is in when it signs in; none when nil
	Now        func() time.Time                         // time.Now when nil
}

// Provider is the provider as an http.Handler, to be mounted at its issuer's path. It
// is safe for concurrent use.
type Provider struct {
	Config
	path     string // of the issuer
	key      jose.JSONWebKey
	signer   jose.Signer
	mux      *http.ServeMux
	codes    shelf[grant]
	accesses shelf[Account]
}

// New makes a provider with a key of its own. It refuses an issuer that is not on the
// loopback interface: with these accounts everyone is the administrator.
func New(c Config) (*Provider, error) {
	u, err := url.Parse(c.Issuer)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.RawQuery != "" || strings.HasSuffix(c.Issuer, "/") {
		return nil, fmt.Errorf("demo sign-in: %q is no issuer", c.Issuer)
	}
	if !loopback(u.Hostname()) {
		return nil, fmt.Errorf("demo sign-in: %s is not on this machine's loopback interface", u.Host)
	}
	if len(c.Accounts) == 0 || c.Client.ID == "" || c.Client.Secret == "" || c.Text == nil {
		return nil, errors.New("demo sign-in: accounts, a client with a secret, and texts are needed")
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Language == nil {
		c.Language = func(*http.Request) string { return "en" }
	}
	p := &Provider{Config: c, path: u.Path}
	if err := p.makeKey(); err != nil {
		return nil, err
	}
	p.route()
	return p, nil
}

func (p *Provider) makeKey() error {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	p.key = jose.JSONWebKey{Key: private, KeyID: rand.Text(), Algorithm: string(jose.ES256), Use: "sig"}
	p.signer, err = jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: p.key}, (&jose.SignerOptions{}).WithType("JWT"))
	return err
}

func (p *Provider) route() {
	p.mux = http.NewServeMux()
	p.mux.HandleFunc("GET "+p.path+"/.well-known/openid-configuration", p.describe)
	p.mux.HandleFunc("GET "+p.path+"/keys", p.showKeys)
	p.mux.HandleFunc("GET "+p.path+"/authorize", p.askWho)
	p.mux.HandleFunc("POST "+p.path+"/authorize", p.pick)
	p.mux.HandleFunc("POST "+p.path+"/token", p.redeem)
	p.mux.HandleFunc("GET "+p.path+"/userinfo", p.userInfo)
	p.mux.HandleFunc("GET "+p.path+"/signout", p.signOut)
}

// Path is the issuer's path, below which the provider is to be mounted.
func (p *Provider) Path() string { return p.path }

// ServeHTTP answers below the issuer's path.
func (p *Provider) ServeHTTP(w http.ResponseWriter, r *http.Request) { p.mux.ServeHTTP(w, r) }

func (p *Provider) account(email string) (Account, bool) {
	for _, a := range p.Accounts {
		if a.Email == email {
			return a, true
		}
	}
	return Account{}, false
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
