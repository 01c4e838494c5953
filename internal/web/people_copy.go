package web

import (
	"net/http"
	"net/url"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/views"
)

func (s *Server) copyRights(c echo.Context) error {
	form, problems, err := requestForm(c)
	if err != nil {
		return err
	}
	f := views.RightForms{From: c.Param("number"), Focus: views.CopyForm, Problems: problems}
	return s.answerOnRights(c, form, f, func(once licensing.Once) error {
		done, err := s.Store.CopyRights(c.Request().Context(), viewer(c), licensing.Copying{From: f.From, Numbers: form.Get("numbers")}, once)
		if err != nil {
			return err
		}
		q := url.Values{"given": {strconv.Itoa(done.Given)}, "kept": {strconv.Itoa(done.Kept)}}
		return c.Redirect(http.StatusSeeOther, views.LicencePath(f.From, "people")+"?"+q.Encode())
	})
}

// copiedOf reads what came of copying out of the address that it led to; nil if it didn't.
func copiedOf(c echo.Context) *licensing.Copied {
	given, err := strconv.Atoi(short(c.QueryParam("given"), 4))
	if err != nil || given < 1 {
		return nil
	}
	kept, err := strconv.Atoi(short(c.QueryParam("kept"), 6))
	if err != nil || kept < 0 {
		return nil
	}
	return &licensing.Copied{Given: given, Kept: kept}
}
