package web_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/keyhall/keyhall/internal/browsertest"
	"github.com/keyhall/keyhall/internal/signin"
	"github.com/keyhall/keyhall/internal/web"
)

// speaker is a provider that says who signed out.
type speaker struct {
	*httptest.Server
	signer jose.Signer
}

func newSpeaker(t *testing.T) *speaker {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	own := jose.JSONWebKey{Key: key, KeyID: "one", Algorithm: string(jose.ES256), Use: "sig"}
	s := &speaker{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var what any = jose.JSONWebKeySet{Keys: []jose.JSONWebKey{own.Public()}}
		if strings.HasSuffix(r.URL.Path, "openid-configuration") {
			what = map[string]any{
				"issuer": s.URL, "authorization_endpoint": s.URL + "/a", "token_endpoint": s.URL + "/t", "jwks_uri": s.URL + "/k",
				"id_token_signing_alg_values_supported": []string{"ES256"},
			}
		}
		_ = json.NewEncoder(w).Encode(what)
	}))
	t.Cleanup(s.Close)
	if s.signer, err = jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: own}, (&jose.SignerOptions{}).WithType("logout+jwt")); err != nil {
		t.Fatal(err)
	}
	return s
}

// word is a logout token of a session.
func (s *speaker) word(t *testing.T, jti, sid string) string {
	t.Helper()
	now := time.Now()
	token, err := jwt.Signed(s.signer).Claims(map[string]any{
		"iss": s.URL, "aud": "keyhall-test", "iat": now.Unix(), "exp": now.Add(time.Minute).Unix(), "jti": jti, "sid": sid,
		"events": map[string]any{"http://schemas.openid.net/event/backchannel-logout": map[string]any{}},
	}).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// hears is another process of the portal, which has a second provider.
func (s *speaker) hears(p *browsertest.Portal) http.Handler {
	c := p.Server.Config
	c.SignIn = signin.New(signin.Config{
		Providers: []signin.Provider{
			c.SignIn.Providers[0],
			{ID: "speaker", Name: "Speaker", Issuer: s.URL, ClientID: "keyhall-test"},
		},
		BaseURL: p.URL, Seal: p.Vault.SealBytes, Open: p.Vault.OpenBytes,
	}, p.Store)
	return web.New(c).Handler()
}

func tell(t *testing.T, h http.Handler, path, form string, headers map[string]string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(form))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for name, value := range headers {
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// S-44, S-48: a provider's word needs no cookie and no page of ours; it ends the session for
// every process within a second, once; what doesn't hold is 400, or 403 from a browser.
func TestAProviderSignsOut(t *testing.T) {
	t.Parallel()
	p, s := browsertest.Start(t), newSpeaker(t)
	here, there := s.hears(p), s.hears(p)
	kaisa := p.SignIn(t, "kaisa@nordvik.example")
	sql(t, p, `UPDATE sessions SET issuer = $1, subject = 'k', sid = 's-1'`, s.URL)
	home, _ := url.Parse(p.URL)
	page := func(h http.Handler) int {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, p.URL+"/licences", nil)
		for _, c := range kaisa.Jar.Cookies(home) {
			r.AddCookie(c)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Code
	}
	if here, there := page(here), page(there); here != http.StatusOK || there != http.StatusOK {
		t.Fatalf("signed in: got %d and %d", here, there)
	}
	const at = signin.BackchannelPath + "/speaker"
	good := url.Values{"logout_token": {s.word(t, "w-1", "s-1")}, "state": {"ignored"}}.Encode()
	for name, c := range map[string]struct {
		path, form string
		headers    map[string]string
		want       int
	}{
		"nothing":                      {at, "", nil, 400},
		"a word that is none":          {at, "logout_token=a.b.c", nil, 400},
		"the word twice":               {at, good + "&" + good, nil, 400},
		"the word in the address":      {at + "?" + good, "", nil, 400},
		"the word to another provider": {signin.BackchannelPath, good, nil, 400},
		"the word to no provider":      {signin.BackchannelPath + "/nobody", good, nil, 404},
		"a page elsewhere":             {at, good, map[string]string{"Origin": "https://elsewhere.example"}, 403},
		"a browser with cookies":       {at, good, map[string]string{"Cookie": "keyhall=x"}, 403},
		"as JSON":                      {at, good, map[string]string{"Content-Type": "application/json"}, 400},
		"without end":                  {at, "logout_token=" + strings.Repeat("x", 70<<10), nil, 413},
	} {
		if w := tell(t, here, c.path, c.form, c.headers); w.Code != c.want {
			t.Errorf("%s: got %d, want %d", name, w.Code, c.want)
		}
	}
	if got := page(here); got != http.StatusOK {
		t.Fatalf("after words that don't hold: got %d, want the session to go on", got)
	}
	w := tell(t, here, at, good, nil)
	if w.Code != http.StatusOK || w.Header().Get("Cache-Control") != "no-store" || w.Body.Len() != 0 {
		t.Errorf("the word: got %d, %q, want 200 and no-store", w.Code, w.Header().Get("Cache-Control"))
	}
	if got := page(here); got != http.StatusSeeOther {
		t.Errorf("the next page at the process that heard it: got %d, want 303 to sign in", got)
	}
	time.Sleep(1100 * time.Millisecond)
	if got := page(there); got != http.StatusSeeOther {
		t.Errorf("a page a second later at the other process: got %d, want 303 to sign in", got)
	}
	for _, h := range []http.Handler{here, there} {
		if w := tell(t, h, at, good, nil); w.Code != http.StatusBadRequest {
			t.Errorf("the word again: got %d, want 400", w.Code)
		}
	}
	olli := p.SignIn(t, "olli@operator.example")
	if got := strings.Join(rows(t, dom(t, olli.Get("/audit"))), "\n"); !strings.Contains(got, "Signed out by the sign-in service") {
		t.Errorf("the audit log: got %q, want the provider's word", got)
	}
}

// S-44: an address that brings too many words is told to wait.
func TestProvidersWordsHaveALimit(t *testing.T) {
	t.Parallel()
	p, s := browsertest.Start(t), newSpeaker(t)
	h := s.hears(p)
	if w := tell(t, h, signin.BackchannelPath, "", nil); w.Code != http.StatusBadRequest {
		t.Fatalf("a word that is none: got %d", w.Code)
	}
	sql(t, p, `UPDATE rates SET taken = 600 WHERE what = 'logout'`)
	if w := tell(t, h, signin.BackchannelPath, "", nil); w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") == "" {
		t.Errorf("one too many: got %d, Retry-After %q, want 429", w.Code, w.Header().Get("Retry-After"))
	}
}
