package web

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/views"
)

func (s *Server) nameSuccessor(c echo.Context, right uuid.UUID, form url.Values, once licensing.Once) error {
	return s.Store.NameSuccessor(c.Request().Context(), viewer(c), right, strings.TrimSpace(form.Get("email")), once)
}

func (s *Server) listSuccessors(c echo.Context) error {
	return s.successorsPage(c, http.StatusOK, nil)
}

func (s *Server) successorsPage(c echo.Context, status int, problems licensing.Problems) error {
	views.ChromeOf(c.Request().Context()).Section = "people"
	lines, err := s.Store.Successors(c.Request().Context(), viewer(c))
	if err != nil {
		return err
	}
	return page(c, status, views.SuccessorsPage(views.Successors{Lines: lines, Once: newOnce(), Problems: problems}))
}

// endSuccessor is how the administrator takes it back, or the successor declines.
func (s *Server) endSuccessor(c echo.Context) error {
	which, err := id(c)
	if err != nil {
		return err
	}
	form, problems, err := requestForm(c)
	if err != nil {
		return err
	}
	err = doOnce(c, form, problems, func(once licensing.Once) error {
		return s.Store.EndSuccessor(c.Request().Context(), viewer(c), which, once)
	})
	if wrong, ok := errors.AsType[licensing.Problems](err); ok {
		return s.successorsPage(c, http.StatusUnprocessableEntity, wrong)
	}
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, views.SuccessorsPath)
}
