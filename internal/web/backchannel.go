package web

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/signin"
)

// backchannel takes a provider's word that somebody signed out there. It comes from a
// program, without cookies, so it needs no proof that it comes from our pages: it brings
// its own. What doesn't hold is 400 whatever the reason, which the log has.
func (s *Server) backchannel(c echo.Context) error {
	ctx := c.Request().Context()
	if err := s.Store.CountLogout(ctx, origin(c)); err != nil {
		return err
	}
	sent, err := body(c)
	if err != nil {
		return err
	}
	token := ""
	if values := sent["logout_token"]; len(values) == 1 {
		token = values[0]
	}
	err = s.SignIn.Backchannel(c.Request(), token, origin(c))
	failure, refused := errors.AsType[*signin.Failure](err)
	switch {
	case refused && failure.Reason == signin.ProviderDown:
		return errors.Join(licensing.ErrUnavailable, err)
	case refused:
		s.Log.WarnContext(ctx, "logout refused", "request", requestID(c), "address", c.RealIP(), "error", failure)
		return c.JSONBlob(http.StatusBadRequest, []byte(`{"error":"invalid_request"}`))
	case err != nil:
		return err
	}
	return c.NoContent(http.StatusOK)
}
