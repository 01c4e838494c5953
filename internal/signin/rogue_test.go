package signin_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

const (
	clientID = "keyhall"
	subject  = "p-7731" // who signs in at the rogue, unless a case says otherwise
)

// rogue is an OpenID provider that does everything right, but for what a case changes.
type rogue struct {
	*httptest.Server
	t   *testing.T
	now func() time.Time

	key *ecdsa.PrivateKey
	kid string

	describe func(map[string]any)      // changes the discovery document
	answer   func(url.Values)          // changes what it sends the browser back with
	claims   func(map[string]any)      // changes the ID token's claims
	header   func(map[string]any)      // changes the ID token's header
	payload  func(plain []byte) []byte // changes the claims as JSON
	sign     func(rogue *rogue, header, payload []byte) string
	token    func(map[string]any) // changes the token response
	exchange http.HandlerFunc     // stands in for the token endpoint
	keys     http.HandlerFunc     // stands in for the key set
	careless bool                 // asks for no proof that the code's owner redeems it

	down      atomic.Bool
	asked     atomic.Int32 // for its discovery document, answered or not
	keysAsked atomic.Int32
	strays    atomic.Int32 // requests that nobody should make, such as UserInfo
	mu        sync.Mutex
	codes     map[string]url.Values
}

func newRogue(t *testing.T, now func() time.Time) *rogue {
	t.Helper()
	p := &rogue{t: t, now: now, codes: map[string]url.Values{}}
	p.rotate("first")
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", p.serveDiscovery)
	mux.HandleFunc("GET /keys", p.serveKeys)
	mux.HandleFunc("POST /token", p.serveToken)
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { p.strays.Add(1) })
	p.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/.well-known/openid-configuration" {
			p.asked.Add(1)
		}
		if p.down.Load() {
			panic(http.ErrAbortHandler)
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(p.Close)
	return p
}

// rotate gives the provider a new key.
func (p *rogue) rotate(kid string) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		p.t.Fatal(err)
	}
	p.key, p.kid = key, kid
}

func (p *rogue) serveDiscovery(w http.ResponseWriter, _ *http.Request) {
	document := map[string]any{
		"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token",
		"jwks_uri": p.URL + "/keys", "userinfo_endpoint": p.URL + "/userinfo", "end_session_endpoint": p.URL + "/end?lang=fi",
		"id_token_signing_alg_values_supported":          []string{"ES256"},
		"authorization_response_iss_parameter_supported": true,
	}
	if p.describe != nil {
		p.describe(document)
	}
	reply(w, http.StatusOK, document)
}

func (p *rogue) serveKeys(w http.ResponseWriter, r *http.Request) {
	p.keysAsked.Add(1)
	if p.keys != nil {
		p.keys(w, r)
		return
	}
	reply(w, http.StatusOK, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: p.key.Public(), KeyID: p.kid, Use: "sig", Algorithm: "ES256"}}})
}

// authorize is what the provider's page does: it answers the address that the browser
// was sent to with the query to come back with.
func (p *rogue) authorize(asked url.Values) url.Values {
	code := rand.Text()
	p.mu.Lock()
	p.codes[code] = asked
	p.mu.Unlock()
	q := url.Values{"code": {code}, "state": {asked.Get("state")}, "iss": {p.URL}}
	if p.answer != nil {
		p.answer(q)
	}
	return q
}

func (p *rogue) serveToken(w http.ResponseWriter, r *http.Request) {
	if p.exchange != nil {
		p.exchange(w, r)
		return
	}
	p.mu.Lock()
	asked, ok := p.codes[r.PostFormValue("code")]
	delete(p.codes, r.PostFormValue("code"))
	p.mu.Unlock()
	proof := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	proven := base64.RawURLEncoding.EncodeToString(proof[:]) == asked.Get("code_challenge") && asked.Get("code_challenge_method") == "S256"
	id, secret, _ := r.BasicAuth()
	if !ok || id != clientID || secret != "not+much+of+a+secret" || !proven && !p.careless {
		reply(w, http.StatusBadRequest, map[string]any{"error": "invalid_grant", "error_description": "<script>alert(1)</script>"})
		return
	}
	response := map[string]any{"access_token": "an access token", "token_type": "Bearer", "expires_in": 300, "id_token": p.idToken(asked)}
	if p.token != nil {
		p.token(response)
	}
	reply(w, http.StatusOK, response)
}

// idToken makes the ID token that answers a request.
func (p *rogue) idToken(asked url.Values) string {
	now := p.now().Unix()
	claims := map[string]any{
		"iss": p.URL, "sub": subject, "aud": clientID, "iat": now, "exp": now + 300, "auth_time": now - 5,
		"nonce": asked.Get("nonce"), "sid": "s-1", "email": "kaisa@nordvik.example",
	}
	if p.claims != nil {
		p.claims(claims)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		p.t.Error(err)
	}
	if p.payload != nil {
		payload = p.payload(payload)
	}
	headers := map[string]any{"alg": "ES256", "kid": p.kid, "typ": "JWT"}
	if p.header != nil {
		p.header(headers)
	}
	header, err := json.Marshal(headers)
	if err != nil {
		p.t.Error(err)
	}
	if p.sign != nil {
		return p.sign(p, header, payload)
	}
	return signES256(p.t, p.key, header, payload)
}

// signES256 signs by hand: libraries refuse to make most of what is wrong here.
func signES256(t *testing.T, key *ecdsa.PrivateKey, header, payload []byte) string {
	input := b64(header) + "." + b64(payload)
	sum := sha256.Sum256([]byte(input))
	r, s, err := ecdsa.Sign(rand.Reader, key, sum[:])
	if err != nil {
		t.Error(err)
	}
	signature := make([]byte, 64)
	r.FillBytes(signature[:32])
	s.FillBytes(signature[32:])
	return input + "." + b64(signature)
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func reply(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

// with returns a change that sets members; a nil value takes the member away.
func with(changes map[string]any) func(map[string]any) {
	return func(m map[string]any) {
		maps.Copy(m, changes)
		maps.DeleteFunc(m, func(_ string, v any) bool { return v == nil })
	}
}
