package signin

import (
	"encoding/base64"
	"net/http"
	"time"
)

const (
	// InvitationPath shows the invitation that a browser came with. A sign-in on the way to
	// it, begun on a page of ours, opens the account of whoever has none.
	InvitationPath = "/invitation"

	invitationLife = time.Hour // from following the mail's link to accepting
	longestSecret  = 100
)

// Invitations and whatever else a mail's link opens once: between following the link and
// using it, the token is in a sealed cookie, so that it stands in no address that a
// browser remembers or sends on (S-57).

// KeepToken gives the browser a one-time token to keep for an hour, under a name such as
// "invitation". Of the token only its SHA-256 is kept, there too.
func (s *SignIn) KeepToken(w http.ResponseWriter, name, token string) error {
	if len(token) > longestSecret {
		token = ""
	}
	name = s.cookieName("keyhall-" + name)
	sealed, err := s.Seal(hashOf(token), []byte(name))
	if err != nil {
		return err
	}
	s.setCookie(w, name, base64.RawURLEncoding.EncodeToString(sealed), int(invitationLife/time.Second))
	return nil
}

// Token returns the SHA-256 of the token that a browser keeps under a name; nil if it
// keeps none.
func (s *SignIn) Token(r *http.Request, name string) []byte {
	name = s.cookieName("keyhall-" + name)
	found := r.CookiesNamed(name)
	if len(found) != 1 {
		return nil
	}
	sealed, err := base64.RawURLEncoding.DecodeString(found[0].Value)
	if err != nil {
		return nil
	}
	hash, err := s.Open(sealed, []byte(name))
	if err != nil {
		return nil
	}
	return hash
}

// DropToken takes a token out of the browser.
func (s *SignIn) DropToken(w http.ResponseWriter, name string) {
	s.setCookie(w, s.cookieName("keyhall-"+name), "", -1)
}

// invitationOf is the invitation that a sign-in may accept: the browser's, on the way back
// to its page, and only if the person came from a page of ours. Else another site could
// have somebody open an account with an invitation of its own choosing.
func (s *SignIn) invitationOf(r *http.Request, next string) []byte {
	site := r.Header.Get("Sec-Fetch-Site")
	if next != InvitationPath || site != "" && site != "same-origin" {
		return nil
	}
	return s.Token(r, "invitation")
}
