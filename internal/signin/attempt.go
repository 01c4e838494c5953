package signin

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"
)

const (
	attemptLife = 10 * time.Minute // from leaving for the provider to coming back (S-37)
	maxAttempts = 8                // sign-ins under way in one browser
)

// attempt is one sign-in under way. It lives in a sealed cookie of its own, named by
// its state, so that sign-ins in several tabs don't get in each other's way and the
// server keeps no table. The state is thereby bound to the browser: an answer whose
// cookie isn't there belongs to someone else.
//
// Single use has two locks. The cookie is deleted with the first answer, and this
// process remembers the state until it would have run out, for a browser that sends
// the cookie again. Of several processes each remembers its own: what is left is the
// same browser repeating itself at another process, with a code that the provider
// redeems once.
type attempt struct {
	Provider string `json:"i"` // ID of the one it was sent to
	Nonce    string `json:"n"`
	Verifier string `json:"v"` // PKCE
	Next     string `json:"p"`
	Began    int64  `json:"t"`           // Unix seconds
	Fresh    bool   `json:"f"`           // the person must prove anew who they are
	Link     []byte `json:"l,omitempty"` // adds a sign-in account to the session that this is of; nil signs in
	Invited  []byte `json:"e,omitempty"` // SHA-256 of the token of the invitation that this may accept
	other    bool   // asks the provider which account; of no use once it has been asked
}

// newAttempt makes an attempt and its state: 128 random bits each, 256 for PKCE.
func newAttempt(p *provider, next string, now time.Time) (string, attempt) {
	return rand.Text(), attempt{Provider: p.ID, Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(), Next: next, Began: now.Unix()}
}

func (s *SignIn) attemptCookie(state string) string { return s.cookieName("keyhall-tx-" + state) }

// keepAttempt gives the browser an attempt to keep.
func (s *SignIn) keepAttempt(w http.ResponseWriter, state string, a attempt) error {
	plain, err := json.Marshal(a)
	if err != nil {
		return err
	}
	name := s.attemptCookie(state)
	sealed, err := s.Seal(plain, []byte(name))
	if err != nil {
		return err
	}
	s.setCookie(w, name, base64.RawURLEncoding.EncodeToString(sealed), int(attemptLife/time.Second))
	return nil
}

// openAttempt reads an attempt back from its cookie; false when this browser has none
// that is still alive.
func (s *SignIn) openAttempt(c *http.Cookie) (a attempt, ok bool) {
	sealed, err := base64.RawURLEncoding.DecodeString(c.Value)
	if err != nil {
		return a, false
	}
	plain, err := s.Open(sealed, []byte(c.Name))
	if err != nil || json.Unmarshal(plain, &a) != nil {
		return a, false
	}
	return a, s.Now().Sub(time.Unix(a.Began, 0)) < attemptLife
}

// takeAttempt takes the attempt of a state out of the browser, once.
func (s *SignIn) takeAttempt(w http.ResponseWriter, r *http.Request, state string) (attempt, bool) {
	name := s.attemptCookie(state)
	found := r.CookiesNamed(name)
	if len(found) != 1 {
		return attempt{}, false
	}
	s.setCookie(w, name, "", -1)
	a, ok := s.openAttempt(found[0])
	return a, ok && s.used.first(state, s.Now())
}

// tidyAttempts makes room for one more attempt: the oldest go first. Left alone, fifty
// restored tabs would make the Cookie header too long for any request to be answered.
func (s *SignIn) tidyAttempts(w http.ResponseWriter, r *http.Request) {
	prefix := s.attemptCookie("")
	began := map[string]int64{} // an attempt that can't be read is the oldest of all
	for _, c := range r.Cookies() {
		if strings.HasPrefix(c.Name, prefix) {
			a, _ := s.openAttempt(c)
			began[c.Name] = a.Began
		}
	}
	names := make([]string, 0, len(began))
	for name := range began {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { return int(began[a] - began[b]) })
	for len(names) >= maxAttempts {
		s.setCookie(w, names[0], "", -1)
		names = names[1:]
	}
}

// usedStates remembers the states that were answered, as long as they could be answered again.
type usedStates struct {
	mu    sync.Mutex
	until map[string]time.Time
	swept time.Time
}

// first reports whether a state is seen for the first time.
func (u *usedStates) first(state string, now time.Time) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.until == nil {
		u.until = map[string]time.Time{}
	}
	if now.Sub(u.swept) > time.Minute {
		maps.DeleteFunc(u.until, func(_ string, until time.Time) bool { return now.After(until) })
		u.swept = now
	}
	if _, again := u.until[state]; again {
		return false
	}
	u.until[state] = now.Add(attemptLife)
	return true
}
