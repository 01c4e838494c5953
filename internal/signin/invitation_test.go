package signin_test

import (
	"crypto/sha256"
	"net/http/httptest"
	"testing"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/signin"
)

// invitedDesk is a desk that knows nobody, with one invitation.
func invitedDesk(t *testing.T) *browser {
	t.Helper()
	d := newDesk(t)
	d.kept.persons = map[licensing.Identity]uuid.UUID{}
	sum := sha256.Sum256([]byte("the token"))
	d.kept.invitation = sum[:]
	return d.browser()
}

// follow keeps a token in the browser, as a mail's link does.
func (b *browser) follow(token string) {
	b.t.Helper()
	w := httptest.NewRecorder()
	if err := b.KeepToken(w, "invitation", token); err != nil {
		b.t.Fatal(err)
	}
	b.take(w)
}

// S-40: the token in the browser that signs in opens the account, and only where the
// person was on the way to the invitation, from a page of ours.
func TestATokenOpensAnAccountOnTheWayToItsInvitation(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, token, next, site string
		opens                   bool
	}{
		{"from the invitation's page", "the token", "/invitation", "same-origin", true},
		{"from a browser that doesn't say where from", "the token", "/invitation", "", true},
		{"from another site", "the token", "/invitation", "cross-site", false},
		{"from a sister site", "the token", "/invitation", "same-site", false},
		{"on the way elsewhere", "the token", "/keys", "same-origin", false},
		{"with another token", "another", "/invitation", "same-origin", false},
		{"with a token that is no token", string(make([]byte, 500)), "/invitation", "same-origin", false},
		{"without one", "", "/invitation", "same-origin", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := invitedDesk(t)
			if c.token != "" {
				b.follow(c.token)
			}
			w, r := httptest.NewRecorder(), b.request("/signin")
			if c.site != "" {
				r.Header.Set("Sec-Fetch-Site", c.site)
			}
			if err := b.Begin(w, r, "", c.next); err != nil {
				t.Fatal(err)
			}
			next, err := b.comeBack(b.provider.authorize(b.asked(w)))
			if !c.opens {
				b.wantRefused(err, signin.NoAccount, "")
				return
			}
			if err != nil || next != "/invitation" || b.who() != "Kaisa Laine" {
				t.Errorf("got %q, %v as %q, want to be signed in", next, err, b.who())
			}
		})
	}
}

// S-46, S-57: what a browser keeps is sealed, and good for its own name alone.
func TestATokenIsKeptSealed(t *testing.T) {
	t.Parallel()
	b := invitedDesk(t)
	b.follow("the token")
	c := b.jar["__Host-keyhall-invitation"]
	if c == nil || !c.Secure || !c.HttpOnly || c.Path != "/" || c.MaxAge > 3600 {
		t.Fatalf("the cookie: got %+v", c)
	}
	sum := sha256.Sum256([]byte("the token"))
	if got := b.Token(b.request("/"), "invitation"); string(got) != string(sum[:]) {
		t.Errorf("read back: got %x, want the token's hash", got)
	}
	moved := *c
	moved.Name = "__Host-keyhall-address"
	b.jar[moved.Name] = &moved
	if got := b.Token(b.request("/"), "address"); got != nil {
		t.Errorf("under another name: got %x, want nothing", got)
	}
	w := httptest.NewRecorder()
	b.DropToken(w, "invitation")
	b.take(w)
	if got := b.Token(b.request("/"), "invitation"); got != nil {
		t.Errorf("dropped: got %x, want nothing", got)
	}
}

// Whoever is signed in and begins again is asked by the provider which account; nobody else
// is, nor who has signed out, nor who only proves again who they are.
func TestAnotherAccountCanBeChosen(t *testing.T) {
	t.Parallel()
	b := newDesk(t).browser()
	prompt := func(when, want string) {
		t.Helper()
		if got := b.begin("/signin?next=/invitation").Get("prompt"); got != want {
			t.Errorf("%s: asked prompt=%q, want %q", when, got, want)
		}
	}
	prompt("nobody", "")
	b.mustSignIn()
	prompt("somebody", "select_account")
	prompt("somebody, once more", "select_account")
	w := httptest.NewRecorder()
	if _, err := b.SignOut(w, b.request("/signout"), at); err != nil {
		t.Fatal(err)
	}
	b.take(w)
	prompt("after signing out", "")
	if _, err := b.signIn(); err != nil || b.who() != "Kaisa Laine" {
		t.Errorf("signing in again: got %v as %q", err, b.who())
	}
}
