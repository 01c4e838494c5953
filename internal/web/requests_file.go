package web

import (
	"errors"
	"net/http"
	"net/url"
	"slices"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/keyhall/keyhall/internal/i18n"
	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/views"
)

// newRequest draws the form of a kind, or the kinds to choose from. A key's row fills
// in what it knows, and so does the page of a licence ID.
func (s *Server) newRequest(c echo.Context) error {
	form := url.Values{}
	for _, name := range []string{"kind", "key", "licence", "product", "no_key_yet"} {
		if v := short(c.QueryParam(name), 200); v != "" {
			form.Set(name, v)
		}
	}
	if licensing.RulesOf(licensing.RequestKind(form.Get("kind"))) == nil {
		return page(c, http.StatusOK, views.ChooseRequestPage(form, nil))
	}
	f, problems, err := s.requestFormPage(c, form)
	if err != nil {
		return err
	}
	// Nothing was typed yet, so that only the key can be of another kind.
	f.Problems = problemsOn(problems, "kind")
	if form.Get("licence") != "" && !f.Locked() {
		form.Set("authorisation", f.Licence.AuthorisationNo)
	}
	return page(c, http.StatusOK, views.RequestFormPage(f))
}

// submitRequest files a request. With check it files nothing and says what is known of
// what was typed so far.
func (s *Server) submitRequest(c echo.Context) error {
	form, problems, err := requestForm(c)
	if err != nil {
		return err
	}
	if licensing.RulesOf(licensing.RequestKind(form.Get("kind"))) == nil {
		return page(c, http.StatusUnprocessableEntity, views.ChooseRequestPage(form, licensing.Problems{{Field: "kind", Message: "form.kind"}}))
	}
	if form.Get("check") == "1" && len(problems) == 0 {
		return s.checkRequest(c, form)
	}
	n, err := s.fileRequest(c, form, problems)
	if err == nil {
		return c.Redirect(http.StatusSeeOther, views.RequestPath(n))
	}
	problems, wrong := errors.AsType[licensing.Problems](err)
	if !wrong {
		return err
	}
	f, _, err := s.requestFormPage(c, form)
	if err != nil {
		return err
	}
	f.Problems, f.Once = problems, keptOnce(form, problems)
	return page(c, http.StatusUnprocessableEntity, views.RequestFormPage(f))
}

// fileRequest files what a form asks, if it could be read at all.
func (s *Server) fileRequest(c echo.Context, form url.Values, problems licensing.Problems) (n int64, err error) {
	err = doOnce(c, form, problems, func(once licensing.Once) error {
		filing, err := s.filing(c, form)
		if err == nil {
			n, err = s.Store.SubmitRequest(c.Request().Context(), viewer(c), filing, once)
		}
		return err
	})
	return n, err
}

func (s *Server) checkRequest(c echo.Context, form url.Values) error {
	f, problems, err := s.requestFormPage(c, form)
	if err != nil {
		return err
	}
	// What is still empty is not wrong yet.
	f.Problems = slices.DeleteFunc(problems, func(p licensing.Problem) bool { return form.Get(p.Field) == "" })
	f.Once = keptOnce(form, nil)
	return page(c, http.StatusOK, views.RequestFormPage(f))
}

// requestFormPage is what the form draws: what was typed, and what is known of it.
func (s *Server) requestFormPage(c echo.Context, form url.Values) (f views.RequestForm, problems licensing.Problems, err error) {
	ctx := c.Request().Context()
	filing, err := s.filing(c, form)
	if err != nil {
		return f, nil, err
	}
	f = views.RequestForm{Kind: filing.Kind, Form: form, Once: newOnce()}
	if f.Catalogue, err = s.Store.Catalogue(ctx); err != nil {
		return f, nil, err
	}
	f.Asking, problems, err = s.Store.Asking(ctx, viewer(c), filing)
	return f, problems, err
}

// filing reads the fields of the form.
func (s *Server) filing(c echo.Context, form url.Values) (licensing.Filing, error) {
	f := licensing.Filing{
		Kind: licensing.RequestKind(form.Get("kind")), Agreement: form.Get("agreement"), Licence: form.Get("licence"),
		Authorise: form.Get("authorisation"), Product: form.Get("product"), Last5: form.Get("last5"),
		NoKeyYet: form.Get("no_key_yet") == "1", Quantity: form.Get("quantity"), Reason: form.Get("reason"),
		Requester: form.Get("requester"), Duplicate: form.Get("confirm_duplicate") == "1",
		Language: i18n.Lang(c.Request().Context()), At: s.Now(),
	}
	if key := form.Get("key"); key != "" {
		parsed, err := uuid.Parse(key)
		if err != nil || parsed.String() != key {
			return f, licensing.ErrNotFound
		}
		f.Key = parsed
	}
	return f, nil
}

func problemsOn(problems licensing.Problems, field string) licensing.Problems {
	return slices.DeleteFunc(problems, func(p licensing.Problem) bool { return p.Field != field })
}
