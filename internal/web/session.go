package web

import (
	"errors"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/signin"
	"github.com/keyhall/keyhall/views"
)

// begin sends the reader to the one provider, or to the one that they chose. With several
// to choose from it shows them.
func (s *Server) begin(c echo.Context) error {
	next := c.QueryParam("next")
	if id, ok := s.SignIn.Chosen(c.Request()); ok {
		if err := s.Store.CountSignIn(c.Request().Context(), origin(c)); err != nil {
			return err
		}
		return s.SignIn.Begin(c.Response(), c.Request(), id, next)
	}
	return s.chooseProvider(c, signin.LocalPath(next))
}

// chooseProvider shows the ways to sign in. An address whose domain is known leads on at
// once: through the page, since browsers follow no form's redirect to another origin.
func (s *Server) chooseProvider(c echo.Context, next string) error {
	email := strings.TrimSpace(short(c.QueryParam("login_hint"), 254))
	choice := s.SignIn.Choices(c.Request(), email)
	p := views.SignIn{Next: next, Email: email, Last: choice.Last, Unknown: email != "" && choice.Found.ID == ""}
	for _, o := range choice.Options {
		p.Doors = append(p.Doors, views.Door{Name: o.Name, Path: views.SignInPath(o.ID, next, email)})
	}
	if choice.Found.ID != "" {
		p.Found = views.Door{Name: choice.Found.Name, Path: views.SignInPath(choice.Found.ID, next, email)}
		c.Response().Header().Set("Refresh", "0; url="+p.Found.Path)
	}
	return page(c, http.StatusOK, views.SignInPage(p))
}

// callback takes the provider's answer. One that is refused counts as a sign-in begun: only
// those that were begun cost the provider anything, and nobody guesses at will.
func (s *Server) callback(c echo.Context) error {
	next, err := s.SignIn.Callback(c.Response(), c.Request(), origin(c))
	if failure, refused := errors.AsType[*signin.Failure](err); refused {
		many := s.Store.CountSignIn(c.Request().Context(), origin(c))
		if errors.Is(many, licensing.ErrTooMany) {
			s.Log.WarnContext(c.Request().Context(), "too many sign-ins", "request", requestID(c), "address", c.RealIP(), "error", failure)
			return many
		}
	}
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, next)
}

// signOut ends the session here, then sends the browser to end it at the provider. A
// redirect would need the provider in the policy's form-action; a header does not.
func (s *Server) signOut(c echo.Context) error {
	h := c.Response().Header()
	h.Set("Clear-Site-Data", `"cache", "storage"`) // whatever comes of the rest
	end, err := s.SignIn.SignOut(c.Response(), c.Request(), origin(c))
	if err != nil {
		return err
	}
	if end != "" {
		h.Set("Refresh", "0; url="+end)
	}
	c.Set(viewerKey, nil)
	s.speak(c)
	return page(c, http.StatusOK, views.MessagePage(views.Message{
		Icon: "check", Title: "signout.title", Text: "signout.text", Next: "/signin", NextText: "signin.again",
	}))
}

// explainSignIn says why nobody was signed in, and what to do about it.
func (s *Server) explainSignIn(f *signin.Failure, c echo.Context) (int, views.Message) {
	s.Log.WarnContext(c.Request().Context(), "sign-in refused", "request", requestID(c), "error", f)
	m := views.Message{
		Icon: "user", Title: "signin." + string(f.Reason), Text: "signin." + string(f.Reason) + "_what",
		Next: "/signin", NextText: "signin.again", Detail: f.Email,
	}
	status := http.StatusForbidden
	switch f.Reason {
	case signin.ProviderDown:
		status, m.Icon = http.StatusServiceUnavailable, "server"
	case signin.Clock:
		m.Icon = "clock"
	case signin.Stale, signin.Invalid:
		status = http.StatusBadRequest
	case signin.Taken, signin.Yours:
		status, m.Next, m.NextText = http.StatusConflict, "/account", "link.back"
	}
	return status, m
}
