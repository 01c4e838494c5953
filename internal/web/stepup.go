package web

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/signin"
	"github.com/keyhall/keyhall/views"
)

// Some acts ask that whoever does them proved lately who they are (S-41): taking many keys
// at once, and acting on rights. Who didn't is led through the provider and back, under a
// session that is a new one. What they had typed comes along, sealed, in a cookie.

// actsOnRights are posts on rights that the permission to manage people doesn't tell.
var actsOnRights = []string{"/account/identities", "/account/identities/removal", "/successors/:id/end", "/support/visits", "/support/access", "/support/access/:id/confirmation"}

// demandsProof reports whether a route is for those who proved lately who they are.
func demandsProof(r Route) bool {
	if r.Method == http.MethodPost {
		return r.Permission&licensing.ManagePeople != 0 || slices.Contains(actsOnRights, r.Path)
	}
	return isFile(r.Path) && r.Permission&licensing.RevealKeys != 0
}

// fresh reports whether the reader proved lately enough who they are.
func (s *Server) fresh(c echo.Context) (bool, error) {
	if s.StepUp == 0 {
		return true, nil
	}
	return s.SignIn.Fresh(c.Request(), s.StepUp)
}

// askToConfirm leads to the page that leads through the provider. A file is asked for
// again on its page: a browser that gets a file stays where it was, at the provider. Of a
// post what was typed is kept, if it isn't too long, to be sent when they are back.
func (s *Server) askToConfirm(c echo.Context) error {
	r := c.Request()
	if r.Method == http.MethodGet {
		return c.Redirect(http.StatusSeeOther, views.ConfirmPath("/confirm", strings.TrimSuffix(r.URL.Path, path.Ext(r.URL.Path))))
	}
	kept, err := s.keepForm(c)
	if err != nil {
		return err
	}
	m := confirmMessage("confirm.lost", cameFrom(r))
	if kept {
		m = confirmMessage("confirm.kept", "/confirm/again")
	}
	return page(c, http.StatusForbidden, views.MessagePage(m))
}

// cameFrom is the page of ours that a form was sent from.
func cameFrom(r *http.Request) string {
	u, err := url.Parse(r.Referer())
	if err != nil || u.Host != r.Host {
		return "/"
	}
	return signin.LocalPath(u.RequestURI())
}

func confirmMessage(text, next string) views.Message {
	return views.Message{Icon: "shield", Title: "confirm.title", Text: text, Next: views.ConfirmPath("/confirm/begin", next), NextText: "confirm.begin"}
}

// showConfirm says why the reader is asked to prove who they are.
func (s *Server) showConfirm(c echo.Context) error {
	return page(c, http.StatusOK, views.MessagePage(confirmMessage("confirm.file", signin.LocalPath(c.QueryParam("next")))))
}

// beginConfirm leads to the provider.
func (s *Server) beginConfirm(c echo.Context) error {
	if err := s.Store.CountSignIn(c.Request().Context(), origin(c)); err != nil {
		return err
	}
	return s.SignIn.BeginAnew(c.Response(), c.Request(), c.QueryParam("next"))
}

// waitingForm is a form that waits until who sent it is back from the provider.
type waitingForm struct {
	Path  string `json:"p"` // where it is sent
	Form  string `json:"f"` // encoded
	Began int64  `json:"t"` // Unix seconds
}

const (
	longestKept = 2 << 10          // bytes of a form that a cookie keeps
	keptFor     = 10 * time.Minute // as long as a sign-in may take
)

func (s *Server) keptName() string {
	if strings.HasPrefix(s.BaseURL, "https:") {
		return "__Host-keyhall-kept"
	}
	return "keyhall-kept"
}

// placeOfKept binds a kept form to who sent it: whoever comes back as somebody else has none.
func placeOfKept(v licensing.Viewer) []byte { return append([]byte("kept form "), v.PersonID[:]...) }

// keepForm keeps the form of a post; false when it is too long.
func (s *Server) keepForm(c echo.Context) (bool, error) {
	form, err := body(c)
	if err != nil {
		return false, err
	}
	k := waitingForm{Path: c.Request().URL.Path, Form: form.Encode(), Began: s.Now().Unix()}
	if len(k.Form) > longestKept {
		return false, nil
	}
	plain, err := json.Marshal(k)
	if err != nil {
		return false, err
	}
	sealed, err := s.SignIn.Seal(plain, placeOfKept(viewer(c)))
	if err != nil {
		return false, err
	}
	c.SetCookie(&http.Cookie{
		Name: s.keptName(), Value: base64.RawURLEncoding.EncodeToString(sealed), Path: "/", MaxAge: int(keptFor.Seconds()),
		HttpOnly: true, Secure: strings.HasPrefix(s.BaseURL, "https:"), SameSite: http.SameSiteLaxMode,
	})
	return true, nil
}

// sendAgain shows what was kept, to be sent. A form that was sent is known by its once, so
// that sending it again does nothing.
func (s *Server) sendAgain(c echo.Context) error {
	k, ok := s.openForm(c)
	if !ok {
		return licensing.ErrNotFound
	}
	fields, err := url.ParseQuery(k.Form)
	if err != nil {
		return licensing.ErrNotFound
	}
	return page(c, http.StatusOK, views.SendAgainPage(k.Path, fields))
}

func (s *Server) openForm(c echo.Context) (k waitingForm, ok bool) {
	found := c.Request().CookiesNamed(s.keptName())
	if len(found) != 1 {
		return k, false
	}
	sealed, err := base64.RawURLEncoding.DecodeString(found[0].Value)
	if err != nil {
		return k, false
	}
	plain, err := s.SignIn.Open(sealed, placeOfKept(viewer(c)))
	if err != nil || json.Unmarshal(plain, &k) != nil {
		return k, false
	}
	return k, s.Now().Sub(time.Unix(k.Began, 0)) < keptFor
}
