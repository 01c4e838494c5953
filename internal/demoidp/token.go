package demoidp

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

const tokenLife = 5 * time.Minute

// describe is the discovery document.
func (p *Provider) describe(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, map[string]any{
		"issuer":                                         p.Issuer,
		"authorization_endpoint":                         p.Issuer + "/authorize",
		"token_endpoint":                                 p.Issuer + "/token",
		"userinfo_endpoint":                              p.Issuer + "/userinfo",
		"jwks_uri":                                       p.Issuer + "/keys",
		"end_session_endpoint":                           p.Issuer + "/signout",
		"scopes_supported":                               []string{"openid", "email", "profile"},
		"response_types_supported":                       []string{"code"},
		"grant_types_supported":                          []string{"authorization_code"},
		"subject_types_supported":                        []string{"public"},
		"id_token_signing_alg_values_supported":          []string{string(jose.ES256)},
		"token_endpoint_auth_methods_supported":          []string{"client_secret_basic", "client_secret_post"},
		"code_challenge_methods_supported":               []string{"S256"},
		"claims_supported":                               []string{"sub", "email", "email_verified", "name", "locale", "groups", "auth_time"},
		"prompt_values_supported":                        []string{"login", "select_account"},
		"authorization_response_iss_parameter_supported": true,
	})
}

func (p *Provider) showKeys(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{p.key.Public()}})
}

// redeem gives tokens for a code, once, to the client that shows its secret and the
// proof that it asked for the code.
func (p *Provider) redeem(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 16<<10)
	if err := r.ParseForm(); err != nil || repeated(r.PostForm) {
		answer(w, http.StatusBadRequest, map[string]any{"error": "invalid_request"})
		return
	}
	if !p.provenClient(r) {
		w.Header().Set("WWW-Authenticate", `Basic realm="token"`)
		answer(w, http.StatusUnauthorized, map[string]any{"error": "invalid_client"})
		return
	}
	if r.PostForm.Get("grant_type") != "authorization_code" {
		answer(w, http.StatusBadRequest, map[string]any{"error": "unsupported_grant_type"})
		return
	}
	g, ok := p.codes.take(r.PostForm.Get("code"), p.Now())
	if !ok || g.redirectURI != r.PostForm.Get("redirect_uri") || !g.proven(r.PostForm.Get("code_verifier")) {
		answer(w, http.StatusBadRequest, map[string]any{"error": "invalid_grant"})
		return
	}
	p.giveTokens(w, g)
}

func (p *Provider) giveTokens(w http.ResponseWriter, g grant) {
	access := rand.Text()
	id, err := p.idToken(g, access)
	if err != nil {
		answer(w, http.StatusInternalServerError, map[string]any{"error": "server_error"})
		return
	}
	p.accesses.put(access, g.account, p.Now(), tokenLife)
	answer(w, http.StatusOK, map[string]any{
		"access_token": access, "token_type": "Bearer", "expires_in": int(tokenLife / time.Second), "id_token": id,
	})
}

func (p *Provider) idToken(g grant, access string) (string, error) {
	now := p.Now()
	half := sha256.Sum256([]byte(access))
	claims := who(g.account)
	for name, value := range map[string]any{
		"iss": p.Issuer, "aud": p.Client.ID, "azp": p.Client.ID,
		"iat": now.Unix(), "exp": now.Add(tokenLife).Unix(), "auth_time": g.at.Unix(),
		"at_hash": base64.RawURLEncoding.EncodeToString(half[:16]), "sid": rand.Text(),
	} {
		claims[name] = value
	}
	if p.Groups != nil {
		claims["groups"] = p.Groups(g.account.Email)
	}
	if g.nonce != "" {
		claims["nonce"] = g.nonce
	}
	return jwt.Signed(p.signer).Claims(claims).Serialize()
}

// userInfo tells the bearer of an access token about the account.
func (p *Provider) userInfo(w http.ResponseWriter, r *http.Request) {
	access, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	account, ok := p.accesses.get(access, p.Now())
	if !ok {
		w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
		answer(w, http.StatusUnauthorized, map[string]any{"error": "invalid_token"})
		return
	}
	answer(w, http.StatusOK, who(account))
}

// who is what the provider tells about an account.
func who(a Account) map[string]any {
	claims := map[string]any{"sub": a.Subject(), "email": a.Email, "email_verified": true, "name": a.Name}
	if a.Locale != "" {
		claims["locale"] = a.Locale
	}
	return claims
}

// provenClient takes the client's name and secret from the header or from the form, not both.
func (p *Provider) provenClient(r *http.Request) bool {
	id, secret := r.PostForm.Get("client_id"), r.PostForm.Get("client_secret")
	if user, password, basic := r.BasicAuth(); basic {
		var idErr, secretErr error
		name, inForm := id, r.PostForm.Has("client_secret")
		id, idErr = url.QueryUnescape(user)
		secret, secretErr = url.QueryUnescape(password)
		if idErr != nil || secretErr != nil || inForm || name != "" && name != id {
			return false
		}
	}
	return id == p.Client.ID && subtle.ConstantTimeCompare([]byte(secret), []byte(p.Client.Secret)) == 1
}

// proven reports whether a verifier is the one that a code was asked for with.
func (g grant) proven(verifier string) bool {
	sum := sha256.Sum256([]byte(verifier))
	return subtle.ConstantTimeCompare([]byte(base64.RawURLEncoding.EncodeToString(sum[:])), []byte(g.challenge)) == 1
}

func repeated(v url.Values) bool {
	for _, values := range v {
		if len(values) > 1 {
			return true
		}
	}
	return false
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the client has gone: nobody to tell
}
