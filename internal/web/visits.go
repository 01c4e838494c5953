package web

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/signin"
	"github.com/keyhall/keyhall/views"
)

// askReason answers an agent who opens a customer's page without a reason: the form to
// state one, which leads on to the page that they wanted.
func (s *Server) askReason(c echo.Context, needs licensing.NeedsReason) error {
	return page(c, http.StatusForbidden, views.ReasonPage(views.VisitForm{
		NeedsReason: needs, Next: c.Request().URL.RequestURI(), Once: newOnce(), For: s.visit(), Form: url.Values{},
	}))
}

// openVisit lets an agent look at a customer for a while, and leads on to the page that
// they wanted.
func (s *Server) openVisit(c echo.Context) error {
	form, problems, err := requestForm(c)
	if err != nil {
		return err
	}
	next := cmp.Or(form.Get("next"), views.LicencePath(form.Get("number")))
	err = doOnce(c, form, problems, func(once licensing.Once) error {
		return s.Store.OpenVisit(c.Request().Context(), viewer(c), licensing.Visiting{
			Number: form.Get("number"), Reason: form.Get("reason"), At: s.Now(), For: s.visit(),
		}, once)
	})
	wrong, ok := errors.AsType[licensing.Problems](err)
	switch {
	case ok:
		return s.visitAgain(c, form, wrong)
	case err != nil:
		return err
	}
	return c.Redirect(http.StatusSeeOther, signin.LocalPath(next))
}

// visitAgain draws the form again with what is wrong and what was typed.
func (s *Server) visitAgain(c echo.Context, form url.Values, problems licensing.Problems) error {
	f := views.VisitForm{Next: form.Get("next"), Once: keptOnce(form, problems), For: s.visit(), Form: form, Problems: problems}
	l, err := s.Store.Licence(c.Request().Context(), viewer(c), form.Get("number"))
	if needs, ok := errors.AsType[licensing.NeedsReason](err); ok {
		f.NeedsReason, err = needs, nil
	} else {
		f.NeedsReason = licensing.NeedsReason{Number: l.Number, Organisation: l.Organisation}
	}
	if err != nil {
		return err
	}
	return page(c, http.StatusUnprocessableEntity, views.ReasonPage(f))
}

// endVisit ends a visit before its time.
func (s *Server) endVisit(c echo.Context) error {
	visit, err := uuid.Parse(c.Param("id"))
	if err != nil {
		return licensing.ErrNotFound
	}
	form, problems, err := requestForm(c)
	if err != nil {
		return err
	}
	once, err := onceOf(c, form)
	if len(problems) > 0 || err != nil {
		return errBadText
	}
	if err := s.Store.EndVisit(c.Request().Context(), viewer(c), visit, s.Now(), once); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/support")
}
