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

func (s *Server) listAccess(c echo.Context) error {
	return s.accessPage(c, http.StatusOK, views.Access{
		RightForms: views.RightForms{Once: newOnce()}, Number: strings.TrimSpace(short(c.QueryParam("number"), 20)),
	})
}

// accessPage draws what the reader asked for, and what others ask of the reader; for the
// staff where nobody answers.
func (s *Server) accessPage(c echo.Context, status int, a views.Access) (err error) {
	ctx, v := c.Request().Context(), viewer(c)
	a.Providers = s.providerNames(c)
	if v.SeesAllCustomers() {
		if a.Unheard, err = s.Store.UnheardAccess(ctx, v); err != nil {
			return err
		}
		return page(c, status, views.UnheardPage(a))
	}
	if a.Own, err = s.Store.OwnAccess(ctx, v); err != nil {
		return err
	}
	if v.May.Has(licensing.ManagePeople) {
		if a.Waiting, a.Answered, err = s.Store.AccessToAnswer(ctx, v); err != nil {
			return err
		}
	}
	return page(c, status, views.AccessPage(a))
}

func (s *Server) askAccess(c echo.Context) error {
	form, problems, err := requestForm(c)
	if err != nil {
		return err
	}
	return s.answerOnAccess(c, form, views.RightForms{Focus: views.AskForm, Problems: problems}, func(once licensing.Once) error {
		return s.Store.AskAccess(c.Request().Context(), viewer(c), licensing.AccessForm{
			Number: form.Get("number"), Whole: form.Get("whole") == "1", Role: licensing.Role(form.Get("role")),
			Reason: form.Get("reason"), At: s.Now(),
		}, once)
	})
}

// onAccess answers a post about a request for access.
func (s *Server) onAccess(name func(uuid.UUID) string, do func(echo.Context, uuid.UUID, url.Values, licensing.AccessAnswer, licensing.Once) error) echo.HandlerFunc {
	return func(c echo.Context) error {
		n, err := id(c)
		if err != nil {
			return err
		}
		form, problems, err := requestForm(c)
		if err != nil {
			return err
		}
		return s.answerOnAccess(c, form, views.RightForms{Focus: name(n), Problems: problems}, func(once licensing.Once) error {
			version, err := versionOf(form)
			if err != nil {
				return err
			}
			a := licensing.AccessAnswer{Version: version, Message: form.Get("message"), Terms: licensing.Terms{At: s.Now()}}
			return do(c, n, form, a, once)
		})
	}
}

func (s *Server) acceptAccess(c echo.Context, n uuid.UUID, form url.Values, a licensing.AccessAnswer, once licensing.Once) (err error) {
	if a.Terms, err = s.terms(c, form); err != nil {
		return err
	}
	a.Narrow = form.Get("place") == "licence"
	return s.Store.AcceptAccess(c.Request().Context(), viewer(c), n, a, once)
}

func (s *Server) denyAccess(c echo.Context, n uuid.UUID, _ url.Values, a licensing.AccessAnswer, once licensing.Once) error {
	return s.Store.DenyAccess(c.Request().Context(), viewer(c), n, a, once)
}

func (s *Server) withdrawAccess(c echo.Context, n uuid.UUID, _ url.Values, a licensing.AccessAnswer, once licensing.Once) error {
	return s.Store.WithdrawAccess(c.Request().Context(), viewer(c), n, a, once)
}

// answerOnAccess does what a form says, and leads back to the page; or draws it again with
// what is wrong, or as it is now, and with what was typed.
func (s *Server) answerOnAccess(c echo.Context, form url.Values, f views.RightForms, do func(licensing.Once) error) error {
	err := doOnce(c, form, f.Problems, do)
	problems, wrong := errors.AsType[licensing.Problems](err)
	draw := s.accessPage
	if f.Focus == views.AgreementForm {
		draw = agreementPage
	}
	switch {
	case wrong:
		f.Form, f.Problems, f.Once = form, problems, keptOnce(form, problems)
		return draw(c, http.StatusUnprocessableEntity, views.Access{RightForms: f})
	case errors.Is(err, licensing.ErrConflict) && !errors.Is(err, licensing.ErrFrozen):
		f.Form, f.Once = form, newOnce()
		return draw(c, http.StatusConflict, views.Access{RightForms: f, Changed: true})
	case err != nil:
		return err
	}
	return c.Redirect(http.StatusSeeOther, views.AccessHome)
}
