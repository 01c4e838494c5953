package web

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/keyhall/keyhall/internal/i18n"
	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/views"
)

func (s *Server) listPeople(c echo.Context) error {
	return s.peoplePage(c, http.StatusOK, views.RightForms{From: c.Param("number"), Once: newOnce()})
}

// peoplePage draws the people of a licence ID.
func (s *Server) peoplePage(c echo.Context, status int, f views.RightForms) error {
	ctx := c.Request().Context()
	catalogue, err := s.Store.Catalogue(ctx)
	if err != nil {
		return err
	}
	p := views.People{RightForms: f, Copied: copiedOf(c)}
	all, err := s.Store.People(ctx, viewer(c), f.From)
	if err != nil {
		return err
	}
	p.LicenceHead = s.licenceHead(all.Licence, catalogue, "people")
	p.Asking = all.Asking
	p.People, p.Invitations, p.Places, p.Visits = all.Rights, all.Invitations, all.Places, all.Visits
	return page(c, status, views.PeoplePage(p))
}

// listAlone lists what one person alone administers.
func (s *Server) listAlone(c echo.Context) error {
	found, err := s.Store.LoneLicences(c.Request().Context(), viewer(c), short(c.QueryParam("after"), 20))
	if err != nil {
		return err
	}
	return page(c, http.StatusOK, views.LonePage(found))
}

func (s *Server) listAllPeople(c echo.Context) error {
	return s.allPeoplePage(c, http.StatusOK, views.RightForms{Once: newOnce()})
}

func (s *Server) allPeoplePage(c echo.Context, status int, f views.RightForms) error {
	filter := licensing.PeopleFilter{Query: strings.TrimSpace(short(c.QueryParam("q"), 100)), After: short(c.QueryParam("after"), 300)}
	found, err := s.Store.ManagedPeople(c.Request().Context(), viewer(c), filter)
	if err != nil {
		return err
	}
	asking, err := s.Store.AccessWaiting(c.Request().Context(), viewer(c), "")
	if err != nil {
		return err
	}
	invited, err := s.Store.Invitations(c.Request().Context(), viewer(c), "")
	if err != nil {
		return err
	}
	invited = slices.DeleteFunc(invited, func(l licensing.InvitationLine) bool { return !l.Fits(filter.Query) })
	return page(c, status, views.AllPeoplePage(views.AllPeople{RightForms: f, Asking: asking, Page: found, Invitations: invited, Query: filter.Query}))
}

// onRights answers a post about rights: back to the page it came from when it is done,
// else that page again with what is wrong and what was typed.
func (s *Server) onRights(name func(uuid.UUID) string, do func(echo.Context, uuid.UUID, url.Values, licensing.Once) error) echo.HandlerFunc {
	return func(c echo.Context) error {
		n, err := id(c)
		if err != nil {
			return err
		}
		form, problems, err := requestForm(c)
		if err != nil {
			return err
		}
		return s.answerOnRights(c, form, views.RightForms{From: short(form.Get("from"), 20), Focus: name(n), Problems: problems}, func(once licensing.Once) error {
			return do(c, n, form, once)
		})
	}
}

func (s *Server) giveRight(c echo.Context) error {
	form, problems, err := requestForm(c)
	if err != nil {
		return err
	}
	f := views.RightForms{From: c.Param("number"), Focus: views.GiveForm, Problems: problems}
	return s.answerOnRights(c, form, f, func(once licensing.Once) error {
		terms, err := s.terms(c, form)
		if err != nil {
			return err
		}
		g := licensing.Giving{Number: f.From, Language: i18n.Lang(c.Request().Context()), Terms: terms}
		g.Email, g.Name = strings.TrimSpace(form.Get("email")), strings.TrimSpace(form.Get("name"))
		if place := form.Get("place"); place != "" {
			if g.Organisation, err = uuid.Parse(place); err != nil || g.Organisation == uuid.Nil {
				return licensing.ErrForbidden
			}
		}
		return s.Store.GiveRight(c.Request().Context(), viewer(c), g, once)
	})
}

func (s *Server) answerOnRights(c echo.Context, form url.Values, f views.RightForms, do func(licensing.Once) error) error {
	err := doOnce(c, form, f.Problems, do)
	problems, wrong := errors.AsType[licensing.Problems](err)
	draw, back := s.allPeoplePage, views.PeoplePath("")
	if f.From != "" {
		draw, back = s.peoplePage, views.LicencePath(f.From, "people")
	}
	switch {
	case wrong:
		f.Form, f.Problems, f.Once = form, problems, keptOnce(form, problems)
		return draw(c, http.StatusUnprocessableEntity, f)
	case err != nil, c.Response().Committed:
		return err
	}
	return c.Redirect(http.StatusSeeOther, back)
}

func (s *Server) changeRight(c echo.Context, right uuid.UUID, form url.Values, once licensing.Once) error {
	terms, err := s.terms(c, form)
	if err != nil {
		return err
	}
	return s.Store.ChangeRight(c.Request().Context(), viewer(c), right, terms, once)
}

func (s *Server) endRight(c echo.Context, right uuid.UUID, _ url.Values, once licensing.Once) error {
	return s.Store.EndRight(c.Request().Context(), viewer(c), right, once)
}

func (s *Server) leave(c echo.Context, person uuid.UUID, form url.Values, once licensing.Once) error {
	l := licensing.Leaving{Person: person, Colleague: strings.TrimSpace(form.Get("colleague")), At: s.Now()}
	return s.Store.Leave(c.Request().Context(), viewer(c), l, once)
}

// terms reads role and last day of a right: it ends when that day does, where the reader
// is. The error is licensing.Problems.
func (s *Server) terms(c echo.Context, form url.Values) (licensing.Terms, error) {
	t := licensing.Terms{Role: licensing.Role(form.Get("role")), At: s.Now()}
	typed := strings.TrimSpace(form.Get("until"))
	if typed == "" {
		return t, nil
	}
	day, err := time.ParseInLocation(time.DateOnly, typed, views.ChromeOf(c.Request().Context()).Now.Location())
	if err != nil {
		return t, licensing.Problems{{Field: "until", Message: "right.problem.date"}}
	}
	until := day.AddDate(0, 0, 1).Add(-time.Second)
	t.Until = &until
	return t, nil
}
