package demoidp

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// question is an authorisation request that has been checked.
type question struct {
	redirectURI string
	state       string
	nonce       string
	challenge   string // PKCE, S256
	hint        string
}

// grant is what a code stands for.
type grant struct {
	question
	account Account
	at      time.Time // when the person said who they are
}

// askWho shows the accounts. It shows them always: prompt=login, prompt=select_account and
// max_age=0 need nothing more, and prompt=none can't be had.
func (p *Provider) askWho(w http.ResponseWriter, r *http.Request) {
	q, ok := p.question(w, r)
	if !ok {
		return
	}
	if r.URL.Query().Get("prompt") == "none" {
		p.sendBack(w, q, url.Values{"error": {"login_required"}})
		return
	}
	p.showAccounts(w, r, q.hint)
}

// pick takes who someone wants to be, and sends them back with a code.
func (p *Provider) pick(w http.ResponseWriter, r *http.Request) {
	q, ok := p.question(w, r)
	if !ok {
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
	if err := r.ParseForm(); err != nil {
		p.refuse(w, r)
		return
	}
	if r.PostForm.Has("cancel") {
		p.sendBack(w, q, url.Values{"error": {"access_denied"}})
		return
	}
	account, ok := p.account(r.PostForm.Get("account"))
	if !ok {
		p.refuse(w, r)
		return
	}
	code := rand.Text()
	p.codes.put(code, grant{q, account, p.Now()}, p.Now(), time.Minute)
	p.sendBack(w, q, url.Values{"code": {code}})
}

// question reads and checks an authorisation request. Until the address to send people
// back to is known to be the client's, what is wrong is shown here; then it is sent there.
func (p *Provider) question(w http.ResponseWriter, r *http.Request) (question, bool) {
	v := r.URL.Query()
	for _, values := range v {
		if len(values) != 1 {
			p.refuse(w, r)
			return question{}, false
		}
	}
	if v.Get("client_id") != p.Client.ID || !slices.Contains(p.Client.RedirectURIs, v.Get("redirect_uri")) {
		p.refuse(w, r)
		return question{}, false
	}
	q := question{
		redirectURI: v.Get("redirect_uri"), state: v.Get("state"), nonce: v.Get("nonce"),
		challenge: v.Get("code_challenge"), hint: v.Get("login_hint"),
	}
	if wrong := wrongWith(v); wrong != "" {
		p.sendBack(w, q, url.Values{"error": {wrong}})
		return question{}, false
	}
	return q, true
}

// wrongWith names the first thing wrong with an authorisation request, "" for nothing.
func wrongWith(v url.Values) string {
	switch {
	case v.Get("response_type") != "code":
		return "unsupported_response_type"
	case v.Has("request") || v.Has("request_uri"):
		return "request_not_supported"
	case !slices.Contains(strings.Fields(v.Get("scope")), "openid"):
		return "invalid_scope"
	case v.Get("code_challenge_method") != "S256" || len(v.Get("code_challenge")) != 43:
		return "invalid_request"
	}
	return ""
}

// sendBack sends a browser to the client with an answer, and says whose answer it is (RFC 9207).
func (p *Provider) sendBack(w http.ResponseWriter, q question, answer url.Values) {
	if q.state != "" {
		answer.Set("state", q.state)
	}
	answer.Set("iss", p.Issuer)
	separator := "?"
	if strings.Contains(q.redirectURI, "?") {
		separator = "&"
	}
	w.Header().Set("Location", q.redirectURI+separator+answer.Encode())
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusSeeOther)
}
