package web

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/signin"
	"github.com/keyhall/keyhall/views"
)

func (s *Server) listSessions(c echo.Context) error {
	return s.sessionsPage(c, http.StatusOK, newOnce(), nil)
}

// sessionsPage draws who is signed in. The table knows signs of life up to a minute late.
func (s *Server) sessionsPage(c echo.Context, status int, once string, problems licensing.Problems) error {
	f := licensing.SessionFilter{
		Query: strings.TrimSpace(short(c.QueryParam("q"), 100)), After: short(c.QueryParam("after"), 300),
		Since: s.Now().Add(-signin.IdleFor - time.Minute), StaffSince: s.Now().Add(-signin.StaffIdleFor - time.Minute),
	}
	list, next, err := s.Store.EverySession(c.Request().Context(), viewer(c), f)
	if err != nil {
		return err
	}
	return page(c, status, views.SessionsPage(views.Sessions{List: list, Next: next, Query: f.Query, Once: once, Problems: problems}))
}

// signOutPerson ends all sessions of somebody: for the operator from the list of sessions,
// for an administrator from the list of people.
func (s *Server) signOutPerson(c echo.Context) error {
	if !viewer(c).May.Has(licensing.Operate) {
		return s.onRights(views.SignOutForm, s.endSessionsOf)(c)
	}
	n, err := id(c)
	if err != nil {
		return err
	}
	form, problems, err := requestForm(c)
	if err != nil {
		return err
	}
	err = doOnce(c, form, problems, func(once licensing.Once) error {
		return s.endSessionsOf(c, n, form, once)
	})
	if problems, wrong := errors.AsType[licensing.Problems](err); wrong {
		return s.sessionsPage(c, http.StatusUnprocessableEntity, keptOnce(form, problems), problems)
	}
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/sessions")
}

func (s *Server) endSessionsOf(c echo.Context, person uuid.UUID, _ url.Values, once licensing.Once) error {
	ended, err := s.Store.SignOutPerson(c.Request().Context(), viewer(c), person, once)
	s.SignIn.ForgetSessions(ended)
	return err
}
