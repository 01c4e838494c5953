package web

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/keyhall/keyhall/internal/i18n"
	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/views"
)

// emailToken is under which name a browser keeps the token of a new business e-mail.
const emailToken = "email"

func (s *Server) askEmail(c echo.Context, form url.Values, once licensing.Once) error {
	ctx, v := c.Request().Context(), viewer(c)
	to := licensing.Addressee{Address: strings.TrimSpace(form.Get("email")), Name: v.Name, Language: i18n.Lang(ctx)}
	return s.Store.AskEmail(ctx, v, to, once)
}

// followEmail takes the token out of a mail's link into the browser, as followInvitation does.
func (s *Server) followEmail(c echo.Context) error {
	if err := s.SignIn.KeepToken(c.Response(), emailToken, c.Param("token")); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/account/email")
}

func (s *Server) showEmail(c echo.Context) error {
	hash := s.SignIn.Token(c.Request(), emailToken)
	if hash == nil {
		return licensing.ErrNotFound
	}
	email, err := s.Store.EmailAsked(c.Request().Context(), viewer(c), hash)
	if err != nil {
		return err
	}
	if email == "" {
		return page(c, http.StatusNotFound, views.MessagePage(views.Message{
			Icon: "mail", Title: "account.email_over", Text: "account.email_over_what", Next: "/account", NextText: "nav.account",
		}))
	}
	return page(c, http.StatusOK, views.EmailPage(email, newOnce()))
}

func (s *Server) confirmEmail(c echo.Context, _ url.Values, once licensing.Once) error {
	err := s.Store.ConfirmEmail(c.Request().Context(), viewer(c), s.SignIn.Token(c.Request(), emailToken), once)
	if err != nil {
		return err
	}
	s.SignIn.DropToken(c.Response(), emailToken)
	s.SignIn.Forget(c.Request())
	return nil
}
