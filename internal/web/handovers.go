package web

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/views"
)

// handoverToken is under which name a browser keeps the token of a hand-over.
const handoverToken = "handover"

func (s *Server) handOver(c echo.Context, key uuid.UUID, form url.Values, once licensing.Once) error {
	f := licensing.HandingOver{Email: strings.TrimSpace(form.Get("email")), Hours: form.Get("hours")}
	return s.Store.HandOver(c.Request().Context(), viewer(c), key, f, once)
}

func (s *Server) withdrawHandover(c echo.Context, key uuid.UUID, form url.Values, once licensing.Once) error {
	which, err := uuid.Parse(form.Get("handover"))
	if err != nil {
		return licensing.ErrNotFound
	}
	return s.Store.WithdrawHandover(c.Request().Context(), viewer(c), key, which, once)
}

// followHandover takes the token out of a mail's link into the browser, and leads to an
// address without it (S-57). Whether it opens anything is said there.
func (s *Server) followHandover(c echo.Context) error {
	if err := s.SignIn.KeepToken(c.Response(), handoverToken, c.Param("token")); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/handover")
}

// showHandover says which key a browser was handed, and not the key.
func (s *Server) showHandover(c echo.Context) error {
	h, err := s.Store.LookAtHandover(c.Request().Context(), viewer(c), s.SignIn.Token(c.Request(), handoverToken))
	if errors.Is(err, licensing.ErrNotFound) {
		return handoverOver(c)
	}
	if err != nil {
		return err
	}
	return page(c, http.StatusOK, views.HandoverPage(h, ""))
}

// handoverOver is one page for links unknown, used, withdrawn, too old, and somebody else's.
func handoverOver(c echo.Context) error {
	return page(c, http.StatusNotFound, views.MessagePage(views.Message{
		Icon: "link", Title: "handover.over", Text: "handover.over_what", Next: "/", NextText: "fault.home",
	}))
}

// revealHandover shows the key, once.
func (s *Server) revealHandover(c echo.Context) error {
	if _, err := form(c); err != nil {
		return err
	}
	h, secret, err := s.Store.TakeHandover(c.Request().Context(), viewer(c), s.SignIn.Token(c.Request(), handoverToken))
	if errors.Is(err, licensing.ErrNotFound) {
		return handoverOver(c)
	}
	if err != nil {
		return err
	}
	s.SignIn.DropToken(c.Response(), handoverToken)
	c.Response().Header().Set("Refresh", fmt.Sprintf("%d; url=/", views.HideAfter))
	return page(c, http.StatusOK, views.HandoverPage(h, secret.Reveal()))
}
