package demoidp_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/keyhall/keyhall/internal/demoidp"
)

func TestPeopleSignInByPickingWhoToBe(t *testing.T) {
	t.Parallel()

	t.Run("the list names everyone by their address", func(t *testing.T) {
		t.Parallel()
		v := newPortal(t).visitor()
		s := v.get(v.URL + "/signin?next=/keys")
		values, focused := s.accounts(t)
		if !slices.Equal(values, []string{anna.Email, kaisa.Email, guest.Email}) || focused != "" {
			t.Errorf("the page offers %q, focused %q", values, focused)
		}
	})

	t.Run("a hint puts its account first, in focus", func(t *testing.T) {
		t.Parallel()
		v := newPortal(t).visitor()
		values, focused := v.get(v.URL + "/signin?login_hint=kaisa%40nordvik.example").accounts(t)
		if !slices.Equal(values, []string{kaisa.Email, anna.Email, guest.Email}) || focused != kaisa.Email {
			t.Errorf("the page offers %q, focused %q", values, focused)
		}
	})

	t.Run("whoever is picked is signed in, and where they were on the way to", func(t *testing.T) {
		t.Parallel()
		v := newPortal(t).visitor()
		s := v.get(v.URL + "/signin?next=/keys")
		if s = v.post(s.at.String(), url.Values{"account": {kaisa.Email}}); s.text != "/keys Kaisa Laine" {
			t.Errorf("got %d %q at %s", s.status, s.text, s.at)
		}
		for _, n := range v.book.sessions {
			if n.SID == "" || n.AuthTime.IsZero() || time.Since(n.AuthTime) > time.Hour {
				t.Errorf("the session has sid %q, proved at %v", n.SID, n.AuthTime)
			}
		}
		s = v.get(v.URL + "/signin?next=/requests")
		if s = v.post(s.at.String(), url.Values{"account": {anna.Email}}); s.text != "/requests Anna Nyberg" {
			t.Errorf("picking someone else: got %d %q", s.status, s.text)
		}
	})

	t.Run("whoever has no account at the portal isn't", func(t *testing.T) {
		t.Parallel()
		v := newPortal(t).visitor()
		s := v.get(v.URL + "/signin")
		if s = v.post(s.at.String(), url.Values{"account": {guest.Email}}); s.text != "no_account  guest@nordvik.example" {
			t.Errorf("got %d %q", s.status, s.text)
		}
	})

	t.Run("whoever changes their mind isn't", func(t *testing.T) {
		t.Parallel()
		v := newPortal(t).visitor()
		s := v.get(v.URL + "/signin")
		if s = v.post(s.at.String(), url.Values{"cancel": {"1"}}); s.text != "denied" {
			t.Errorf("got %d %q", s.status, s.text)
		}
	})

	t.Run("nobody is whom the list doesn't name", func(t *testing.T) {
		t.Parallel()
		v := newPortal(t).visitor()
		s := v.get(v.URL + "/signin")
		for _, form := range []url.Values{nil, {"account": {""}}, {"account": {"ANNA@nordvik.example"}}, {"account": {strings.Repeat("x", 8<<10)}}} {
			if got := v.post(s.at.String(), form); got.status != http.StatusBadRequest || !strings.Contains(got.text, "[idp.refused]") {
				t.Errorf("posting %.40q: got %d at %s", form, got.status, got.at)
			}
		}
	})

	t.Run("whoever signs out is led back", func(t *testing.T) {
		t.Parallel()
		v := newPortal(t).visitor()
		s := v.get(v.URL + "/signin?next=/keys")
		v.post(s.at.String(), url.Values{"account": {kaisa.Email}})
		_, end, _ := strings.Cut(v.post(v.URL+"/signout", nil).header.Get("Refresh"), "url=")
		s = v.get(end)
		if s.status != http.StatusOK || !strings.HasSuffix(s.header.Get("Refresh"), "url="+v.URL+"/") || !s.leadsTo(v.URL+"/") {
			t.Errorf("signing out at %q: got %d, refresh %q", end, s.status, s.header.Get("Refresh"))
		}
		if s = v.get(v.URL + "/keys"); s.text != "/keys" {
			t.Errorf("after signing out: got %q", s.text)
		}
	})
}

func (s screen) leadsTo(address string) bool {
	return slices.ContainsFunc(s.nodes, func(n *html.Node) bool {
		href, _ := attr(n, "href")
		return n.Data == "a" && href == address
	})
}

// TestPagesLiveUnderThePolicy holds S-21 and S-25: nothing inline, nothing kept.
func TestPagesLiveUnderThePolicy(t *testing.T) {
	t.Parallel()
	v := newPortal(t).visitor()
	for _, target := range []string{"/signin", "/demo-idp/authorize", "/demo-idp/signout"} {
		s := v.get(v.URL + target)
		if s.header.Get("Cache-Control") != "no-store" || s.header.Get("Content-Type") != "text/html; charset=utf-8" {
			t.Errorf("%s: headers %v", target, s.header)
		}
		for _, n := range s.nodes {
			_, inline := attr(n, "style")
			if n.Data == "script" || n.Data == "style" || inline || slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return strings.HasPrefix(a.Key, "on") }) {
				t.Errorf("%s: <%s> has a script or style of its own", target, n.Data)
			}
			if action, ok := attr(n, "action"); ok {
				t.Errorf("%s: the form posts to %q, want to where it is", target, action)
			}
			if lang, ok := attr(n, "lang"); n.Data == "html" && (!ok || lang != "en") {
				t.Errorf("%s: the page is in %q", target, lang)
			}
		}
	}
}

const verifier = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"

func (v *visitor) question(changes ...string) url.Values {
	sum := sha256.Sum256([]byte(verifier))
	q := url.Values{
		"client_id": {"keyhall"}, "redirect_uri": {v.URL + "/signin/callback"}, "response_type": {"code"}, "scope": {"openid email"},
		"state": {"s-1"}, "nonce": {"n-1"}, "code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"},
	}
	for i := 0; i < len(changes); i += 2 {
		q.Set(changes[i], changes[i+1])
	}
	return q
}

// TestAWrongQuestion: nobody is sent to an address that isn't the client's.
func TestAWrongQuestion(t *testing.T) {
	t.Parallel()
	v := newPortal(t).visitor()
	v.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	for _, c := range []struct {
		name  string
		query url.Values
		want  string // the error sent back; "" for a page of its own
	}{
		{"from another client", v.question("client_id", "other"), ""},
		{"with another address to go back to", v.question("redirect_uri", "http://evil.example/"), ""},
		{"with an address below the client's", v.question("redirect_uri", v.URL+"/signin/callback/x"), ""},
		{"with two addresses", func() url.Values {
			q := v.question()
			q.Add("redirect_uri", "http://evil.example/")
			return q
		}(), ""},
		{"for a token at once", v.question("response_type", "id_token"), "unsupported_response_type"},
		{"without openid", v.question("scope", "email"), "invalid_scope"},
		{"without PKCE", v.question("code_challenge", "", "code_challenge_method", ""), "invalid_request"},
		{"with plain PKCE", v.question("code_challenge_method", "plain"), "invalid_request"},
		{"without a page", v.question("prompt", "none"), "login_required"},
		{"in an object", v.question("request", "eyJ"), "request_not_supported"},
	} {
		s := v.get(v.URL + "/demo-idp/authorize?" + c.query.Encode())
		to, err := url.Parse(s.header.Get("Location"))
		if err != nil {
			t.Fatal(err)
		}
		if c.want == "" {
			if s.status != http.StatusBadRequest || to.String() != "" {
				t.Errorf("%s: got %d to %q, want a page", c.name, s.status, to)
			}
			continue
		}
		q := to.Query()
		if s.status != http.StatusSeeOther || to.Path != "/signin/callback" || q.Get("error") != c.want || q.Get("state") != "s-1" || q.Get("iss") != v.URL+"/demo-idp" {
			t.Errorf("%s: got %d to %q, want %s", c.name, s.status, to, c.want)
		}
	}
}

// code picks Kaisa and returns the code.
func (v *visitor) code() string {
	v.t.Helper()
	v.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	s := v.post(v.URL+"/demo-idp/authorize?"+v.question().Encode(), url.Values{"account": {kaisa.Email}})
	to, err := url.Parse(s.header.Get("Location"))
	if err != nil || to.Query().Get("code") == "" {
		v.t.Fatalf("picking Kaisa: got %d to %q, %v", s.status, to, err)
	}
	return to.Query().Get("code")
}

func (v *visitor) exchange(changes ...string) (int, map[string]any) {
	v.t.Helper()
	form := url.Values{
		"grant_type": {"authorization_code"}, "redirect_uri": {v.URL + "/signin/callback"}, "code_verifier": {verifier},
		"client_id": {"keyhall"}, "client_secret": {"a secret + more"},
	}
	for i := 0; i < len(changes); i += 2 {
		form.Set(changes[i], changes[i+1])
	}
	s := v.post(v.URL+"/demo-idp/token", form)
	var body map[string]any
	if err := json.Unmarshal([]byte(s.text), &body); err != nil {
		v.t.Fatalf("the token endpoint answers %q: %v", s.text, err)
	}
	return s.status, body
}

// TestACodeIsForWhoAskedForItOnce: PKCE, the address, the secret, and single use.
func TestACodeIsForWhoAskedForItOnce(t *testing.T) {
	t.Parallel()
	v := newPortal(t).visitor()
	for _, c := range []struct {
		name   string
		change []string
		status int
		want   string
	}{
		{"no proof", []string{"code_verifier", ""}, 400, "invalid_grant"},
		{"another proof", []string{"code_verifier", strings.ToUpper(verifier)}, 400, "invalid_grant"},
		{"another address", []string{"redirect_uri", v.URL + "/"}, 400, "invalid_grant"},
		{"another secret", []string{"client_secret", "guessed"}, 401, "invalid_client"},
		{"no secret", []string{"client_secret", ""}, 401, "invalid_client"},
		{"another client", []string{"client_id", "other"}, 401, "invalid_client"},
		{"another grant", []string{"grant_type", "password"}, 400, "unsupported_grant_type"},
		{"no code", []string{"code", ""}, 400, "invalid_grant"},
	} {
		status, body := v.exchange(append([]string{"code", v.code()}, c.change...)...)
		if status != c.status || body["error"] != c.want || body["id_token"] != nil {
			t.Errorf("%s: got %d %v, want %d %s", c.name, status, body["error"], c.status, c.want)
		}
	}
	code := v.code()
	if status, body := v.exchange("code", code); status != http.StatusOK || body["token_type"] != "Bearer" {
		t.Fatalf("the code: got %d %v", status, body)
	}
	if status, _ := v.exchange("code", code); status != http.StatusBadRequest {
		t.Errorf("the code again: got %d, want 400", status)
	}
}

func TestWhatIsToldOfAnAccount(t *testing.T) {
	t.Parallel()
	v := newPortal(t).visitor()
	_, body := v.exchange("code", v.code())
	token, _ := body["id_token"].(string)
	parts := strings.Split(token, ".")
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if err := json.Unmarshal(payload, &claims); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]any{
		"iss": v.URL + "/demo-idp", "sub": kaisa.Subject(), "aud": "keyhall", "azp": "keyhall", "nonce": "n-1",
		"email": kaisa.Email, "name": kaisa.Name, "locale": "fi",
	} {
		if claims[name] != want {
			t.Errorf("%s is %v, want %v", name, claims[name], want)
		}
	}
	for _, name := range []string{"iat", "exp", "auth_time", "sid", "at_hash"} {
		if claims[name] == nil {
			t.Errorf("%s isn't told", name)
		}
	}
	for bearer, want := range map[string]int{body["access_token"].(string): http.StatusOK, "guessed": http.StatusUnauthorized, "": http.StatusUnauthorized} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, v.URL+"/demo-idp/userinfo", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+bearer)
		resp, err := v.client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		var info map[string]any
		err = json.NewDecoder(resp.Body).Decode(&info)
		_ = resp.Body.Close()
		if err != nil || resp.StatusCode != want || want == http.StatusOK && info["sub"] != kaisa.Subject() {
			t.Errorf("userinfo for %q: got %d %v, %v, want %d", bearer, resp.StatusCode, info, err, want)
		}
	}
}

func TestSubjectsAreStableAndTellNothing(t *testing.T) {
	t.Parallel()
	renamed := demoidp.Account{Email: kaisa.Email, Name: "Kaisa Virtanen"}
	if kaisa.Subject() != renamed.Subject() || kaisa.Subject() == anna.Subject() {
		t.Errorf("subjects %q, %q, %q: want the account's own, whatever its name", kaisa.Subject(), renamed.Subject(), anna.Subject())
	}
	if strings.ContainsAny(kaisa.Subject(), "@.") || len(kaisa.Subject()) != 24 {
		t.Errorf("the subject is %q, want 24 letters and digits", kaisa.Subject())
	}
}

func TestSigningOutLeadsToTheClientAlone(t *testing.T) {
	t.Parallel()
	v := newPortal(t).visitor()
	for query, want := range map[string]int{
		"": http.StatusOK,
		"?client_id=keyhall&post_logout_redirect_uri=" + url.QueryEscape(v.URL+"/"):               http.StatusOK,
		"?client_id=keyhall&post_logout_redirect_uri=" + url.QueryEscape("http://evil.example/"):  http.StatusBadRequest,
		"?client_id=other&post_logout_redirect_uri=" + url.QueryEscape(v.URL+"/"):                 http.StatusBadRequest,
		"?post_logout_redirect_uri=" + url.QueryEscape(v.URL+"/"):                                 http.StatusBadRequest,
		"?client_id=keyhall&client_id=keyhall&post_logout_redirect_uri=" + url.QueryEscape(v.URL): http.StatusBadRequest,
	} {
		s := v.get(v.URL + "/demo-idp/signout" + query)
		if s.status != want || strings.Contains(s.text, "evil") || strings.Contains(s.header.Get("Refresh"), "evil") {
			t.Errorf("%q: got %d, want %d", query, s.status, want)
		}
	}
	s := v.get(v.URL + "/demo-idp/signout?state=a%26b&client_id=keyhall&post_logout_redirect_uri=" + url.QueryEscape(v.URL+"/"))
	if !s.leadsTo(v.URL + "/?state=a%26b") {
		t.Errorf("the state isn't sent back: %s", s.text)
	}
}

// TestWhatIsNoDemoProvider: it must not be reachable from elsewhere (S-42).
func TestWhatIsNoDemoProvider(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(*demoidp.Config)
	}{
		{"an issuer that others can reach", func(c *demoidp.Config) { c.Issuer = "https://keyhall.example/demo-idp" }},
		{"an issuer on the local network", func(c *demoidp.Config) { c.Issuer = "http://192.0.2.7/demo-idp" }},
		{"an issuer on every interface", func(c *demoidp.Config) { c.Issuer = "http://0.0.0.0/demo-idp" }},
		{"an issuer that only begins like localhost", func(c *demoidp.Config) { c.Issuer = "http://localhost.evil.example/demo-idp" }},
		{"no issuer", func(c *demoidp.Config) { c.Issuer = "" }},
		{"no accounts", func(c *demoidp.Config) { c.Accounts = nil }},
		{"a client without a secret", func(c *demoidp.Config) { c.Client.Secret = "" }},
		{"no texts", func(c *demoidp.Config) { c.Text = nil }},
	} {
		conf := config("http://localhost:8080/demo-idp")
		c.change(&conf)
		if _, err := demoidp.New(conf); err == nil {
			t.Errorf("%s: got a provider, want an error", c.name)
		}
	}
}
