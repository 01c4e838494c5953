package web

import (
	"errors"
	"net/http"
	"net/url"
	"path"

	"github.com/labstack/echo/v4"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/views"
)

// press is a form about one request as somebody sent it.
type press struct {
	Number  int64
	Form    url.Values
	Version int // 0 where the form carries none
	Once    licensing.Once
}

// act answers a post that does something to a request: back to its page when it is
// done; else the same page, with what is wrong and with what was typed. Forms that
// decide carry the version that they were drawn for.
func (s *Server) act(decides bool, do func(echo.Context, press) error) echo.HandlerFunc {
	return func(c echo.Context) error {
		n, err := numberOf(c)
		if err != nil {
			return err
		}
		form, problems, err := requestForm(c)
		if err != nil {
			return err
		}
		p := press{Number: n, Form: form}
		if err = p.complete(c, decides, problems); err == nil {
			err = do(c, p)
		}
		if err != nil {
			return s.actAgain(c, p, err)
		}
		return c.Redirect(http.StatusSeeOther, views.RequestPath(n))
	}
}

// complete reads what every such form carries. The error is licensing.Problems.
func (p *press) complete(c echo.Context, decides bool, problems licensing.Problems) (err error) {
	if len(problems) > 0 {
		return problems
	}
	if decides {
		if p.Version, err = versionOf(p.Form); err != nil {
			return err
		}
	}
	p.Once, err = onceOf(c, p.Form)
	return err
}

// actAgain draws the page of a request after a form that did nothing. Who may not see
// the request is told what they would be of one that isn't there.
func (s *Server) actAgain(c echo.Context, p press, err error) error {
	problems, wrong := errors.AsType[licensing.Problems](err)
	changed := errors.Is(err, licensing.ErrConflict)
	if !wrong && !changed {
		return err
	}
	d, err := s.requestDetail(c, p.Number)
	if err != nil {
		return err
	}
	d.Form, d.Focus, d.Problems, d.Changed = p.Form, path.Base(c.Request().URL.Path), problems, changed
	status := http.StatusUnprocessableEntity
	if changed {
		status = http.StatusConflict
	} else {
		d.Once = keptOnce(p.Form, problems)
	}
	return page(c, status, views.RequestPage(d))
}
