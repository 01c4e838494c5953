package web

import (
	"net/http"
	"net/url"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/views"
)

func (s *Server) markKey(c echo.Context, key uuid.UUID, form url.Values, once licensing.Once) error {
	return s.Store.MarkKey(c.Request().Context(), viewer(c), key, form.Get("reason"), once)
}

func (s *Server) listLeaks(c echo.Context) error {
	ctx := c.Request().Context()
	catalogue, err := s.Store.Catalogue(ctx)
	if err != nil {
		return err
	}
	list, next, err := s.Store.Leaks(ctx, viewer(c), short(c.QueryParam("after"), 100))
	if err != nil {
		return err
	}
	return page(c, http.StatusOK, views.LeaksPage(list, catalogue, next))
}

func (s *Server) showLeak(c echo.Context) error {
	return s.leakPage(c, http.StatusOK, views.KeyForms{Once: newOnce()})
}

// leakPage draws the page of a case, and what was typed into a form of it that came back.
func (s *Server) leakPage(c echo.Context, status int, f views.KeyForms) error {
	ctx, v := c.Request().Context(), viewer(c)
	leak, err := id(c)
	if err != nil {
		return err
	}
	l := views.Leak{KeyForms: f}
	if l.Catalogue, err = s.Store.Catalogue(ctx); err != nil {
		return err
	}
	if l.LeakDetail, err = s.Store.Leak(ctx, v, leak); err != nil {
		return err
	}
	requests, err := s.Store.Requests(ctx, v, licensing.RequestFilter{Key: l.KeyID, Limit: shortList})
	if err != nil {
		return err
	}
	l.Requests, l.Ends = requests.Rows, l.LeakDetail.Ends(v, l.Rights)
	return page(c, status, views.LeakPage(l))
}

func (s *Server) endLeak(c echo.Context, leak uuid.UUID, form url.Values, once licensing.Once) error {
	version, err := versionOf(form)
	if err != nil {
		return err
	}
	e := licensing.LeakEnd{State: licensing.LeakState(short(form.Get("state"), 20)), Text: form.Get("text"), Version: version}
	if key := form.Get("replacement"); key != "" {
		if e.Replacement, err = uuid.Parse(key); err != nil {
			return licensing.Problems{{Field: "replacement", Message: "leak.problem.replacement"}}
		}
	}
	return s.Store.EndLeak(c.Request().Context(), viewer(c), leak, e, once)
}

func (s *Server) noteLeak(c echo.Context, leak uuid.UUID, form url.Values, once licensing.Once) error {
	return s.Store.NoteLeak(c.Request().Context(), viewer(c), leak, form.Get("text"), once)
}
