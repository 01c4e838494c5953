package demoidp_test

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"golang.org/x/net/html"

	"github.com/keyhall/keyhall/internal/demoidp"
	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/signin"
)

var (
	anna  = demoidp.Account{Email: "anna@nordvik.example", Name: "Anna Nyberg", Locale: "sv"}
	kaisa = demoidp.Account{Email: "kaisa@nordvik.example", Name: "Kaisa Laine", Locale: "fi"}
	guest = demoidp.Account{Email: "guest@nordvik.example", Name: "A guest"}
)

// portal is a server that signs people in at the demo provider beside it, as
// `keyhall demo` does.
type portal struct {
	*httptest.Server
	t        *testing.T
	provider *demoidp.Provider
	book     *book
}

func newPortal(t *testing.T) *portal {
	t.Helper()
	p := &portal{t: t, book: &book{sessions: map[string]licensing.Session{}}}
	mux := http.NewServeMux()
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	issuer := p.URL + "/demo-idp"
	p.book.issuer = issuer
	var err error
	p.provider, err = demoidp.New(config(issuer))
	if err != nil {
		t.Fatalf("new: %v", err)
	}
	s := signin.New(signin.Config{
		Providers: []signin.Provider{{Issuer: issuer, ClientID: "keyhall", ClientSecret: "a secret + more"}},
		BaseURL:   p.URL, Seal: seal(t).Seal, Open: seal(t).Open,
	}, p.book)
	mux.Handle("/demo-idp/", p.provider)
	mux.HandleFunc("GET /signin", func(w http.ResponseWriter, r *http.Request) {
		if err := s.Begin(w, r, "", r.URL.Query().Get("next")); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
		}
	})
	mux.HandleFunc("GET /signin/callback", func(w http.ResponseWriter, r *http.Request) {
		next, err := s.Callback(w, r, licensing.Origin{})
		var f *signin.Failure
		switch {
		case errors.As(err, &f):
			http.Error(w, string(f.Reason)+" "+f.Check+" "+f.Email, http.StatusForbidden)
		case err != nil:
			http.Error(w, err.Error(), http.StatusInternalServerError)
		default:
			http.Redirect(w, r, next, http.StatusSeeOther)
		}
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		v, _ := s.Viewer(r)
		_, _ = io.WriteString(w, r.URL.Path+" "+v.Name)
	})
	mux.HandleFunc("POST /signout", func(w http.ResponseWriter, r *http.Request) {
		end, err := s.SignOut(w, r, licensing.Origin{})
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
		w.Header().Set("Refresh", "0; url="+end)
	})
	return p
}

func config(issuer string) demoidp.Config {
	home := strings.TrimSuffix(issuer, "/demo-idp")
	return demoidp.Config{
		Issuer: issuer,
		Client: demoidp.Client{
			ID: "keyhall", Secret: "a secret + more",
			RedirectURIs: []string{home + "/signin/callback"}, PostLogoutRedirectURIs: []string{home + "/"},
		},
		Accounts:   []demoidp.Account{anna, kaisa, guest},
		Stylesheet: "/static/keyhall.css",
		Text:       func(_ *http.Request, key string) string { return "[" + key + "]" },
	}
}

// sealer binds values to their place, as the vault does.
type sealer struct{ cipher.AEAD }

func seal(t *testing.T) sealer {
	t.Helper()
	block, err := aes.NewCipher([]byte("sixteen bytes!!!"))
	if err != nil {
		t.Fatal(err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		t.Fatal(err)
	}
	return sealer{aead}
}

func (s sealer) Seal(plain, ad []byte) ([]byte, error)  { return s.AEAD.Seal(nil, nil, plain, ad), nil }
func (s sealer) Open(sealed, ad []byte) ([]byte, error) { return s.AEAD.Open(nil, nil, sealed, ad) }

// book keeps sessions, and knows everyone but the guest.
type book struct {
	issuer   string
	mu       sync.Mutex
	sessions map[string]licensing.Session
}

func (b *book) PersonByIdentity(_ context.Context, issuer, subject string) (uuid.UUID, error) {
	if issuer == b.issuer && (subject == anna.Subject() || subject == kaisa.Subject()) {
		return uuid.NewSHA1(uuid.NameSpaceOID, []byte(subject)), nil
	}
	return uuid.Nil, licensing.ErrNotFound
}

func (b *book) Arrive(ctx context.Context, a licensing.Arrival, _ licensing.Origin) (uuid.UUID, error) {
	return b.PersonByIdentity(ctx, a.Issuer, a.Subject)
}

func (b *book) OpenAccount(context.Context, []byte, licensing.Identity, licensing.Origin) (uuid.UUID, error) {
	return uuid.Nil, licensing.ErrNotFound
}

func (b *book) Viewer(_ context.Context, s licensing.Session) (licensing.Viewer, error) {
	name := map[string]string{anna.Subject(): anna.Name, kaisa.Subject(): kaisa.Name}[s.Subject]
	return licensing.Viewer{PersonID: s.PersonID, Name: name}, nil
}

func (b *book) SaveSession(_ context.Context, s licensing.Session) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sessions[string(s.Hash)] = s
	return nil
}

func (b *book) SignedIn(ctx context.Context, hash []byte) (licensing.Session, licensing.Viewer, error) {
	n, err := b.Session(ctx, hash)
	if err != nil {
		return n, licensing.Viewer{}, err
	}
	v, err := b.Viewer(ctx, n)
	return n, v, err
}

func (b *book) Session(_ context.Context, hash []byte) (licensing.Session, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	s, ok := b.sessions[string(hash)]
	if !ok {
		return s, licensing.ErrNotFound
	}
	return s, nil
}

func (b *book) EndSession(_ context.Context, hash []byte) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.sessions, string(hash))
	return nil
}

func (b *book) TouchSession(context.Context, []byte, time.Time) error { return nil }
func (b *book) RecordSignIn(context.Context, licensing.Viewer) error  { return nil }
func (b *book) RecordSignOut(context.Context, licensing.Viewer) error { return nil }
func (b *book) RecordSignInRefused(context.Context, licensing.Origin, string, string, string) error {
	return nil
}

// The demo provider tells of no sign-out, and no sign-in account is added here.
func (b *book) SignOutByProvider(context.Context, licensing.Origin, licensing.Logout) ([][]byte, error) {
	return nil, licensing.ErrNotFound
}

func (b *book) LinkIdentity(context.Context, licensing.Viewer, licensing.Identity) error {
	return licensing.ErrForbidden
}

// visitor is a browser.
type visitor struct {
	*portal
	client *http.Client
}

func (p *portal) visitor() *visitor {
	p.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		p.t.Fatal(err)
	}
	return &visitor{p, &http.Client{Jar: jar}}
}

// screen is a page as a visitor sees it.
type screen struct {
	status int
	header http.Header
	at     *url.URL
	text   string
	nodes  []*html.Node // its elements, in order
}

func (v *visitor) get(target string) screen {
	v.t.Helper()
	return v.do(http.MethodGet, target, nil)
}

func (v *visitor) post(target string, form url.Values) screen {
	v.t.Helper()
	return v.do(http.MethodPost, target, form)
}

func (v *visitor) do(method, target string, form url.Values) screen {
	v.t.Helper()
	r, err := http.NewRequestWithContext(v.t.Context(), method, target, strings.NewReader(form.Encode()))
	if err != nil {
		v.t.Fatal(err)
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	resp, err := v.client.Do(r)
	if err != nil {
		v.t.Fatalf("%s %s: %v", method, target, err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	root, err := html.Parse(strings.NewReader(string(body)))
	if err != nil {
		v.t.Fatal(err)
	}
	s := screen{status: resp.StatusCode, header: resp.Header, at: resp.Request.URL, text: strings.TrimSpace(string(body))}
	for n := range root.Descendants() {
		if n.Type == html.ElementNode {
			s.nodes = append(s.nodes, n)
		}
	}
	return s
}

// attr returns an element's attribute, and whether it has it.
func attr(n *html.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}

// accounts lists the values of the account buttons, and which of them has the focus.
func (s screen) accounts(t *testing.T) (values []string, focused string) {
	t.Helper()
	for _, n := range s.nodes {
		if name, _ := attr(n, "name"); n.Data != "button" || name != "account" {
			continue
		}
		value, _ := attr(n, "value")
		if n.FirstChild == nil || n.FirstChild.Data != value {
			t.Errorf("the button for %s isn't named by the address", value)
		}
		if _, ok := attr(n, "autofocus"); ok {
			focused += value
		}
		values = append(values, value)
	}
	return values, focused
}
