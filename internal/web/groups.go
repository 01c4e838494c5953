package web

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/views"
)

func (s *Server) listGroups(c echo.Context) error {
	return s.groupsPage(c, http.StatusOK, views.RightForms{Once: newOnce()})
}

// groupsPage draws the roles of groups that the reader manages.
func (s *Server) groupsPage(c echo.Context, status int, f views.RightForms) error {
	found, err := s.Store.GroupRoles(c.Request().Context(), viewer(c), short(c.QueryParam("after"), 40))
	if err != nil {
		return err
	}
	return page(c, status, views.GroupsPage(views.Groups{RightForms: f, Page: found}))
}

func (s *Server) addGroup(c echo.Context) error {
	return s.onGroups(c, views.GiveForm, func(form url.Values, once licensing.Once) error {
		g := licensing.GroupGiving{Organisation: form.Get("organisation"), Issuer: form.Get("issuer"), Group: form.Get("group"), Role: licensing.Role(form.Get("role"))}
		return s.Store.AddGroupRole(c.Request().Context(), viewer(c), g, once)
	})
}

func (s *Server) endGroup(c echo.Context) error {
	n, err := id(c)
	if err != nil {
		return err
	}
	return s.onGroups(c, views.EndGroupForm(n), func(_ url.Values, once licensing.Once) error {
		return s.Store.EndGroupRole(c.Request().Context(), viewer(c), n, once)
	})
}

// onGroups answers a post about roles of groups: back to their list when it is done, else
// that list again with what is wrong and what was typed.
func (s *Server) onGroups(c echo.Context, focus string, do func(url.Values, licensing.Once) error) error {
	form, problems, err := requestForm(c)
	if err != nil {
		return err
	}
	err = doOnce(c, form, problems, func(once licensing.Once) error { return do(form, once) })
	problems, wrong := errors.AsType[licensing.Problems](err)
	switch {
	case wrong:
		return s.groupsPage(c, http.StatusUnprocessableEntity, views.RightForms{Focus: focus, Form: form, Problems: problems, Once: keptOnce(form, problems)})
	case err != nil:
		return err
	}
	return c.Redirect(http.StatusSeeOther, views.GroupsPath)
}
