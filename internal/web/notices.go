package web

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/keyhall/keyhall/views"
)

func (s *Server) listNotices(c echo.Context) error {
	ctx := c.Request().Context()
	catalogue, err := s.Store.Catalogue(ctx)
	if err != nil {
		return err
	}
	lines, next, err := s.Store.Notices(ctx, viewer(c), short(c.QueryParam("after"), 100))
	if err != nil {
		return err
	}
	return page(c, http.StatusOK, views.NoticesPage(lines, catalogue, next))
}

func (s *Server) readNotices(c echo.Context) error {
	if err := s.Store.ReadNotices(c.Request().Context(), viewer(c)); err != nil {
		return err
	}
	s.SignIn.Forget(c.Request()) // the bell on the next page counts anew
	return c.Redirect(http.StatusSeeOther, "/notices")
}
