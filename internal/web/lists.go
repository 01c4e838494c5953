package web

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/keyhall/keyhall/views"
)

func (s *Server) listDownloads(c echo.Context) error {
	list, next, err := s.Store.Downloads(c.Request().Context(), viewer(c), short(c.QueryParam("after"), 100))
	if err != nil {
		return err
	}
	return page(c, http.StatusOK, views.DownloadsPage(list, next))
}

func (s *Server) help(c echo.Context) error { return page(c, http.StatusOK, views.HelpPage()) }
