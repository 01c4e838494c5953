package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/views"
)

func (s *Server) listEmergency(c echo.Context) error {
	return s.emergencyPage(c, http.StatusOK, views.Emergency{Once: newOnce()})
}

// emergencyPage draws the list of cases.
func (s *Server) emergencyPage(c echo.Context, status int, a views.Emergency) error {
	ctx, v := c.Request().Context(), viewer(c)
	if v.May.Has(licensing.Operate) {
		views.ChromeOf(ctx).Section = "emergency"
	}
	var err error
	if a.Cases, err = s.Store.EmergencyCases(ctx, v); err != nil {
		return err
	}
	a.Wait = int(s.Store.EmergencyWait() / time.Hour)
	return page(c, status, views.EmergencyPage(a))
}

func (s *Server) openEmergency(c echo.Context) error {
	form, problems, err := requestForm(c)
	if err != nil {
		return err
	}
	err = doOnce(c, form, problems, func(once licensing.Once) error {
		return s.Store.OpenEmergency(c.Request().Context(), viewer(c), licensing.EmergencyAsked{
			Number: strings.ToUpper(strings.TrimSpace(form.Get("licence"))), Whole: form.Get("scope") == "organisation",
			Person: form.Get("person"), Reason: form.Get("reason"),
		}, once)
	})
	if wrong, ok := errors.AsType[licensing.Problems](err); ok {
		return s.emergencyPage(c, http.StatusUnprocessableEntity, views.Emergency{Once: keptOnce(form, wrong), Focus: "open", Form: form, Problems: wrong})
	}
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, views.EmergencyPath)
}

type onEmergency func(context.Context, licensing.Viewer, uuid.UUID, licensing.EmergencyAct, licensing.Once) error

// actOnEmergency answers a post about a case.
func (s *Server) actOnEmergency(do onEmergency) echo.HandlerFunc {
	return func(c echo.Context) error {
		which, err := id(c)
		if err != nil {
			return err
		}
		form, problems, err := requestForm(c)
		if err != nil {
			return err
		}
		err = doOnce(c, form, problems, func(once licensing.Once) error {
			version, err := versionOf(form)
			if err != nil {
				return err
			}
			return do(c.Request().Context(), viewer(c), which, licensing.EmergencyAct{Version: version, Message: form.Get("message")}, once)
		})
		return s.afterEmergency(c, form, which, err)
	}
}

// afterEmergency goes back to where the form was: the staff's list, or the people of the
// licence ID.
func (s *Server) afterEmergency(c echo.Context, form url.Values, which uuid.UUID, err error) error {
	wrong, ok := errors.AsType[licensing.Problems](err)
	staff, from := viewer(c).SeesAllCustomers(), short(form.Get("from"), 20)
	switch {
	case staff && ok:
		return s.emergencyPage(c, http.StatusUnprocessableEntity, views.Emergency{Once: keptOnce(form, wrong), Focus: which.String(), Form: form, Problems: wrong})
	case staff && errors.Is(err, licensing.ErrConflict):
		return s.emergencyPage(c, http.StatusConflict, views.Emergency{Once: newOnce(), Focus: which.String(), Form: form, Changed: true})
	case staff && err == nil:
		return c.Redirect(http.StatusSeeOther, views.EmergencyPath)
	case from != "" && errors.Is(err, licensing.ErrConflict):
		return s.peoplePage(c, http.StatusConflict, views.RightForms{From: from, Once: newOnce(), Focus: which.String(), Form: form, Changed: true})
	case ok && from == "":
		return licensing.ErrNotFound
	case ok:
		return s.peoplePage(c, http.StatusUnprocessableEntity, views.RightForms{From: from, Once: keptOnce(form, wrong), Focus: which.String(), Form: form, Problems: wrong})
	case err != nil:
		return err
	case from == "":
		return c.Redirect(http.StatusSeeOther, "/notices")
	}
	return c.Redirect(http.StatusSeeOther, views.LicencePath(from, "people"))
}
