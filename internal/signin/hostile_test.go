package signin_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/keyhall/keyhall/internal/signin"
)

// TestAHostileProviderSignsNobodyIn holds S-36, S-37, S-38 and S-39, and with clocks that
// are too far apart R11: each way to be wrong is refused, by name, and leaves neither cookie
// nor session.
func TestAHostileProviderSignsNobodyIn(t *testing.T) {
	t.Parallel()
	base := newClock().Now()
	in := func(d time.Duration) int64 { return base.Add(d).Unix() }
	claim := func(name string, value any) func(*rogue) {
		return func(p *rogue) { p.claims = with(map[string]any{name: value}) }
	}
	answer := func(f func(url.Values)) func(*rogue) { return func(p *rogue) { p.answer = f } }
	ways := []struct {
		name   string
		wreck  func(*rogue)
		reason signin.Reason
		check  string
	}{
		// the signature
		{"the ID token is signed with a stranger's key", func(p *rogue) { p.sign = strangersKey }, signin.Invalid, "id_token"},
		{"the ID token names a key that isn't there", func(p *rogue) { p.header = with(map[string]any{"kid": "other"}) }, signin.Invalid, "id_token"},
		{"the ID token is unsigned", func(p *rogue) { p.sign = unsigned }, signin.Invalid, "id_token"},
		{"the ID token is unsigned, and the provider says that it does so", func(p *rogue) {
			p.describe, p.sign = with(map[string]any{"id_token_signing_alg_values_supported": []string{"none"}}), unsigned
		}, signin.Invalid, "id_token"},
		{"the ID token is signed with the public key as a shared secret", func(p *rogue) { p.sign = sharedSecret }, signin.Invalid, "id_token"},
		{"the provider shares a secret with the world, and signs with it", func(p *rogue) {
			p.describe, p.sign = with(map[string]any{"id_token_signing_alg_values_supported": []string{"HS256"}}), worldsSecret
			p.keys = func(w http.ResponseWriter, _ *http.Request) {
				reply(w, http.StatusOK, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: []byte(worldSecret), KeyID: "first"}}})
			}
		}, signin.Invalid, "id_token"},
		{"the ID token brings its own key", func(p *rogue) { p.sign = ownKey }, signin.Invalid, "id_token"},
		{"the ID token's signature is cut off", func(p *rogue) { p.sign = cutOff }, signin.Invalid, "id_token"},
		{"the ID token's claims are changed after signing", func(p *rogue) { p.sign = changed }, signin.Invalid, "id_token"},
		{"the key set is no key set", func(p *rogue) {
			p.keys = func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") }
		}, signin.Invalid, "id_token"},
		{"the key set can't be had", func(p *rogue) {
			p.keys = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }
		}, signin.ProviderDown, "keys"},
		{"the key set is endless", func(p *rogue) { p.keys = endless }, signin.ProviderDown, "keys"},

		// whose it is
		{"the ID token is another issuer's", claim("iss", "https://evil.example"), signin.Invalid, "id_token"},
		{"the ID token has no issuer", claim("iss", nil), signin.Invalid, "id_token"},
		{"the ID token has no subject", claim("sub", nil), signin.Invalid, "sub"},
		{"the subject is empty", claim("sub", ""), signin.Invalid, "sub"},
		{"the subject is too long", claim("sub", strings.Repeat("x", 256)), signin.Invalid, "sub"},
		{"the subject has letters beyond ASCII", claim("sub", "p-7731\u202e"), signin.Invalid, "sub"},
		{"the subject has a control character", claim("sub", "p-7731\x00"), signin.Invalid, "sub"},
		{"the subject is a number", claim("sub", 7731), signin.Invalid, "id_token"},
		{"the subject is there in two spellings", claim("Sub", "p-0001"), signin.Invalid, "claims"},
		{"the subject is there with a long s", claim("\u017fub", "p-0001"), signin.Invalid, "claims"},
		{"the subject is there twice", func(p *rogue) {
			p.payload = func(b []byte) []byte { return []byte(`{"sub":"p-0001",` + string(b[1:])) }
		}, signin.Invalid, "claims"},

		// for whom it is
		{"the ID token is for nobody", claim("aud", nil), signin.Invalid, "id_token"},
		{"the ID token is for another client", claim("aud", "other"), signin.Invalid, "id_token"},
		{"the ID token is for us in capitals", claim("aud", "KEYHALL"), signin.Invalid, "id_token"},
		{"the ID token is for a stranger too", claim("aud", []string{clientID, "other"}), signin.Invalid, "aud"},
		{"the ID token is for a stranger too, and given to us", func(p *rogue) {
			p.claims = with(map[string]any{"aud": []string{clientID, "other"}, "azp": clientID})
		}, signin.Invalid, "aud"},
		{"the ID token was given to another client", claim("azp", "other"), signin.Invalid, "azp"},
		{"the ID token was given to a client without a name", claim("azp", ""), signin.Invalid, "azp"},

		// what it answers
		{"the ID token has no nonce", claim("nonce", nil), signin.Invalid, "nonce"},
		{"the nonce is empty", claim("nonce", ""), signin.Invalid, "nonce"},
		{"the nonce is another one", claim("nonce", "n-1"), signin.Invalid, "nonce"},
		{"the ID token is an access token", func(p *rogue) { p.header = with(map[string]any{"typ": "at+jwt"}) }, signin.Invalid, "typ"},
		{"the ID token is a logout token", func(p *rogue) { p.header = with(map[string]any{"typ": "logout+jwt"}) }, signin.Invalid, "typ"},
		{"the ID token tells of events, as logout tokens do", claim("events", map[string]any{"http://schemas.openid.net/event/backchannel-logout": map[string]any{}}), signin.Invalid, "events"},
		{"the access token is another one", claim("at_hash", "AAAAAAAAAAAAAAAAAAAAAA"), signin.Invalid, "at_hash"},
		{"the provider's session has an endless name", claim("sid", strings.Repeat("s", 256)), signin.Invalid, "sid"},

		// when it is for
		{"the ID token never runs out", claim("exp", nil), signin.Invalid, "exp"},
		{"the ID token ran out two minutes ago", claim("exp", in(-2*time.Minute)), signin.Clock, "exp"},
		{"the ID token doesn't say when it was issued", claim("iat", nil), signin.Invalid, "iat"},
		{"the ID token is a year old", claim("iat", in(-365*24*time.Hour)), signin.Clock, "iat"},
		{"the ID token is ten minutes old", claim("iat", in(-10*time.Minute)), signin.Clock, "iat"},
		{"the ID token is two minutes early", claim("iat", in(2*time.Minute)), signin.Clock, "iat"},
		{"the ID token was issued tomorrow", claim("iat", in(24*time.Hour)), signin.Clock, "iat"},
		{"the ID token is for later", claim("nbf", in(time.Hour)), signin.Invalid, "id_token"},
		{"the person proved who they are tomorrow", claim("auth_time", in(24*time.Hour)), signin.Clock, "auth_time"},
		{"the person proved who they are at no time", claim("auth_time", -1), signin.Invalid, "auth_time"},
		{"the time of proof is a word", claim("auth_time", "soon"), signin.Invalid, "claims"},

		// whom it counts the person among
		{"the groups are a number", claim("groups", 7), signin.Invalid, "groups"},
		{"the groups are yes", claim("groups", true), signin.Invalid, "groups"},
		{"the groups are an object", claim("groups", map[string]any{"admins": true}), signin.Invalid, "groups"},
		{"the groups are lists in a list", claim("groups", []any{[]string{"admins"}}), signin.Invalid, "groups"},
		{"the groups are objects in a list", claim("groups", []any{map[string]any{"name": "admins"}}), signin.Invalid, "groups"},
		{"there is nothing among the groups", claim("groups", []any{"admins", nil}), signin.Invalid, "groups"},
		{"there is a number among the groups", claim("groups", []any{"admins", 1}), signin.Invalid, "groups"},
		{"the groups are there in two spellings", func(p *rogue) {
			p.claims = with(map[string]any{"groups": []string{"staff"}, "Groups": []string{"admins"}})
		}, signin.Invalid, "claims"},
		{"the groups are there twice", func(p *rogue) {
			p.payload = func(b []byte) []byte { return []byte(`{"groups":["a"],"groups":["admins"],` + string(b[1:])) }
		}, signin.Invalid, "claims"},

		// the token response
		{"there is no ID token", func(p *rogue) { p.token = with(map[string]any{"id_token": nil}) }, signin.Invalid, "id_token"},
		{"the ID token is a number", func(p *rogue) { p.token = with(map[string]any{"id_token": 1}) }, signin.Invalid, "id_token"},
		{"the ID token is too long", claim("filler", strings.Repeat("x", 40<<10)), signin.Invalid, "id_token"},
		{"the token's type is missing", func(p *rogue) { p.token = with(map[string]any{"token_type": nil}) }, signin.Invalid, "token_type"},
		{"the token's type is another one", func(p *rogue) { p.token = with(map[string]any{"token_type": "mac"}) }, signin.Invalid, "token_type"},
		{"the token endpoint sends us elsewhere, with our code and secret", func(p *rogue) {
			p.exchange = func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, p.URL+"/elsewhere", http.StatusTemporaryRedirect)
			}
		}, signin.Invalid, "code"},
		{"the token endpoint is broken", func(p *rogue) {
			p.exchange = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }
		}, signin.ProviderDown, "code"},
		{"the token endpoint hangs up", func(p *rogue) {
			p.exchange = func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
		}, signin.ProviderDown, "code"},
		{"the token endpoint answers without end", func(p *rogue) { p.exchange = endless }, signin.Invalid, "code"},
		{"the token endpoint answers with a page", func(p *rogue) {
			p.exchange = func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") }
		}, signin.Invalid, "code"},

		// the answer through the browser
		{"the code is not one", answer(func(q url.Values) { q.Set("code", "guessed") }), signin.Invalid, "code"},
		{"the code is there twice", answer(func(q url.Values) { q.Add("code", "guessed") }), signin.Invalid, "answer"},
		{"there is no code", answer(func(q url.Values) { q.Del("code") }), signin.Invalid, "answer"},
		{"the code is empty", answer(func(q url.Values) { q.Set("code", "") }), signin.Invalid, "answer"},
		{"there is a code and an error", answer(func(q url.Values) { q.Set("error", "access_denied") }), signin.Invalid, "answer"},
		{"the answer's issuer is missing", answer(func(q url.Values) { q.Del("iss") }), signin.Invalid, "answer_iss"},
		{"the answer's issuer is another one", answer(func(q url.Values) { q.Set("iss", "https://evil.example") }), signin.Invalid, "answer_iss"},
		{"the answer's issuer is there twice", answer(func(q url.Values) { q.Add("iss", "https://evil.example") }), signin.Invalid, "answer"},
		{"the state is missing", answer(func(q url.Values) { q.Del("state") }), signin.Stale, "state"},
		{"the state is another one", answer(func(q url.Values) { q.Set("state", rand.Text()) }), signin.Stale, "state"},
		{"the state is there twice", answer(func(q url.Values) { q.Add("state", q.Get("state")) }), signin.Stale, "state"},
		{"the state is endless", answer(func(q url.Values) { q.Set("state", strings.Repeat("A", 5000)) }), signin.Stale, "state"},
		{"the person says no", answer(refusal("access_denied")), signin.Denied, ""},
		{"the provider is overloaded", answer(refusal("temporarily_unavailable")), signin.ProviderDown, ""},
		{"the provider says what nobody knows", answer(refusal("<script>")), signin.Invalid, "answer"},
	}
	if len(ways) < 30 {
		t.Fatalf("%d ways to be wrong are tried, want 30 or more", len(ways))
	}
	for _, c := range ways {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, func(c *signin.Config) { c.Providers[0].GroupsClaim = "groups" })
			c.wreck(d.provider)
			b := d.browser()
			_, err := b.signIn()
			b.wantRefused(err, c.reason, c.check)
			if err != nil && strings.ContainsAny(err.Error(), "\n\x00") {
				t.Errorf("the log line %q holds what breaks a line", err)
			}
			if n := d.provider.strays.Load(); n != 0 {
				t.Errorf("%d requests went where none should go", n)
			}
		})
	}
}

// TestAProviderThatDescribesItselfWronglyIsNotGoneTo covers discovery (S-38).
func TestAProviderThatDescribesItselfWronglyIsNotGoneTo(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change map[string]any
		reason signin.Reason
		check  string
	}{
		{"as another issuer", map[string]any{"issuer": "https://evil.example"}, signin.Invalid, "issuer"},
		{"with a script for an address", map[string]any{"authorization_endpoint": "javascript:alert(1)"}, signin.Invalid, "endpoint"},
		{"with a token endpoint without TLS", map[string]any{"token_endpoint": "http://evil.example/token"}, signin.Invalid, "endpoint"},
		{"with a local end of session", map[string]any{"end_session_endpoint": "//evil.example"}, signin.Invalid, "endpoint"},
		{"without keys", map[string]any{"jwks_uri": nil}, signin.Invalid, "endpoint"},
		{"with a list for an address", map[string]any{"end_session_endpoint": []string{"https://evil.example"}}, signin.Invalid, "discovery"},
		{"at endless length", map[string]any{"filler": strings.Repeat("x", 300<<10)}, signin.ProviderDown, "discovery"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			d.provider.describe = with(c.change)
			b := d.browser()
			w := httptest.NewRecorder()
			b.wantRefused(d.Begin(w, b.request("/signin"), "", "/keys"), c.reason, c.check)
			if w.Header().Get("Location") != "" || len(w.Result().Cookies()) != 0 {
				t.Errorf("the browser was sent to %q with %v, want nothing", w.Header().Get("Location"), w.Result().Cookies())
			}
		})
	}
}

// TestGoogleIsNoException: go-oidc lets Google leave the scheme out of iss, and then
// the same person would have two identities (S-36).
func TestGoogleIsNoException(t *testing.T) {
	t.Parallel()
	const google = "https://accounts.google.com"
	d := newDesk(t)
	d.provider.describe = with(map[string]any{"issuer": google})
	d.provider.answer = func(q url.Values) { q.Set("iss", google) }
	d.provider.claims = with(map[string]any{"iss": "accounts.google.com"})
	d.SignIn = signin.New(d.config(func(c *signin.Config) {
		c.Providers[0].Issuer, c.HTTP = google, &http.Client{Transport: instead{d.provider}}
	}), d.kept)
	b := d.browser()
	_, err := b.signIn()
	b.wantRefused(err, signin.Invalid, "iss")
}

// instead brings every request to the rogue, whoever it was for.
type instead struct{ *rogue }

func (i instead) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.URL.Host = strings.TrimPrefix(i.URL, "https://")
	return i.Client().Transport.RoundTrip(r)
}

func refusal(code string) func(url.Values) {
	return func(q url.Values) {
		q.Del("code")
		q.Set("error", code)
		q.Set("error_description", "line one\nline two")
	}
}

func endless(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, `{"access_token":"`)
	for range 400 {
		_, _ = io.WriteString(w, strings.Repeat("x", 1<<10))
	}
	_, _ = io.WriteString(w, `","keys":[]}`)
}

func strangersKey(p *rogue, header, payload []byte) string {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		p.t.Error(err)
	}
	return signES256(p.t, key, header, payload)
}

func unsigned(_ *rogue, _, payload []byte) string {
	return b64([]byte(`{"alg":"none"}`)) + "." + b64(payload) + "."
}

func sharedSecret(p *rogue, _, payload []byte) string {
	der, err := x509.MarshalPKIXPublicKey(p.key.Public())
	if err != nil {
		p.t.Error(err)
	}
	input := b64([]byte(`{"alg":"HS256","kid":"first"}`)) + "." + b64(payload)
	mac := hmac.New(sha256.New, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	_, _ = mac.Write([]byte(input))
	return input + "." + b64(mac.Sum(nil))
}

const worldSecret = "a secret that everyone can read, of 32 bytes and more"

func worldsSecret(_ *rogue, _, payload []byte) string {
	input := b64([]byte(`{"alg":"HS256","kid":"first"}`)) + "." + b64(payload)
	mac := hmac.New(sha256.New, []byte(worldSecret))
	_, _ = mac.Write([]byte(input))
	return input + "." + b64(mac.Sum(nil))
}

func ownKey(p *rogue, _, payload []byte) string {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		p.t.Error(err)
	}
	public, err := jose.JSONWebKey{Key: key.Public(), KeyID: p.kid}.MarshalJSON()
	if err != nil {
		p.t.Error(err)
	}
	return signES256(p.t, key, []byte(`{"alg":"ES256","kid":"first","jwk":`+string(public)+`}`), payload)
}

func cutOff(p *rogue, header, payload []byte) string {
	whole := signES256(p.t, p.key, header, payload)
	return whole[:strings.LastIndexByte(whole, '.')+1]
}

func changed(p *rogue, header, payload []byte) string {
	parts := strings.Split(signES256(p.t, p.key, header, payload), ".")
	parts[1] = b64([]byte(strings.Replace(string(payload), subject, "p-0001", 1)))
	return strings.Join(parts, ".")
}
