package web

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strconv"
	"sync"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/signin"
	"github.com/keyhall/keyhall/views"
)

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// page draws a component whole before anything is sent, so that what fails while it
// is drawn is a fault and not half a page.
func page(c echo.Context, status int, component templ.Component) error {
	b := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(b)
	b.Reset()
	if status != http.StatusOK {
		views.ChromeOf(c.Request().Context()).Done = views.Done{} // for a page that isn't about a fault
	}
	// Drawing waits for nothing, and that the time is up is a page too.
	if err := component.Render(context.WithoutCancel(c.Request().Context()), b); err != nil {
		return err
	}
	// Without it the page would leave in chunks, and one system call later. What packs
	// pages takes it away again.
	c.Response().Header().Set(echo.HeaderContentLength, strconv.Itoa(b.Len()))
	return c.HTMLBlob(status, b.Bytes())
}

// fail turns an error into a page in the reader's language. What an error says stays
// in the log; a page that says a fault carries the request's id.
func (s *Server) fail(err error, c echo.Context) {
	if c.Response().Committed {
		s.Log.ErrorContext(c.Request().Context(), "answer broken off", "request", requestID(c), "error", err)
		panic(http.ErrAbortHandler)
	}
	if views.ChromeOf(c.Request().Context()).Path == "" {
		s.speak(c) // the guard did not come so far
	}
	if needs, ok := errors.AsType[licensing.NeedsReason](err); ok && c.Request().Method == http.MethodGet {
		if err = s.askReason(c, needs); err == nil {
			return
		}
	}
	status, m := s.explain(err, c)
	if status >= http.StatusInternalServerError {
		s.Log.ErrorContext(c.Request().Context(), "fault", "request", requestID(c), "route", c.Path(), "error", err)
		m.RequestID = requestID(c)
	}
	m.Why = status == http.StatusNotFound || errors.Is(err, licensing.ErrForbidden)
	if status == http.StatusNotFound {
		// What is not there and what may not be seen are one page, to the last byte: it
		// depends on the reader alone (S-51).
		chrome := views.ChromeOf(c.Request().Context())
		chrome.Path, chrome.Query = "/", nil
	}
	if status == http.StatusServiceUnavailable {
		c.Response().Header().Set("Retry-After", "5")
	}
	if m.Again > 0 {
		c.Response().Header().Set("Retry-After", strconv.Itoa(int(m.Again.Seconds())))
	}
	if err := page(c, status, views.MessagePage(m)); err != nil {
		s.Log.ErrorContext(c.Request().Context(), "no page for a fault", "request", requestID(c), "error", err)
	}
}

func requestID(c echo.Context) string { return c.Request().Header.Get("X-Request-Id") }

func (s *Server) explain(err error, c echo.Context) (int, views.Message) {
	var failure *signin.Failure
	if errors.As(err, &failure) {
		return s.explainSignIn(failure, c)
	}
	say := func(status int, icon, key string) (int, views.Message) {
		return status, views.Message{Icon: icon, Title: "fault." + key, Text: "fault." + key + "_what", Next: "/", NextText: "fault.home"}
	}
	switch {
	case errors.Is(err, licensing.ErrNotFound), isStatus(err, http.StatusNotFound):
		return say(http.StatusNotFound, "search", "not_found")
	case errors.Is(err, licensing.ErrForbidden):
		return say(http.StatusForbidden, "shield", "forbidden")
	case errors.Is(err, errForeign):
		return say(http.StatusForbidden, "shield", "foreign")
	case errors.Is(err, licensing.ErrFrozen):
		return say(http.StatusConflict, "shield", "frozen")
	case errors.Is(err, licensing.ErrConflict):
		return say(http.StatusConflict, "history", "conflict")
	case errors.Is(err, licensing.ErrTooMany):
		return sayTooMany(err)
	case errors.Is(err, licensing.ErrUnavailable):
		return say(http.StatusServiceUnavailable, "server", "unavailable")
	case errors.Is(err, licensing.ErrIntegrity):
		return say(http.StatusInternalServerError, "triangle-alert", "integrity")
	case errors.Is(err, errBadText), isStatus(err, http.StatusBadRequest):
		return say(http.StatusBadRequest, "x", "bad")
	case isStatus(err, http.StatusMethodNotAllowed):
		return say(http.StatusMethodNotAllowed, "x", "method")
	case isStatus(err, http.StatusRequestEntityTooLarge):
		return say(http.StatusRequestEntityTooLarge, "x", "large")
	}
	return say(http.StatusInternalServerError, "triangle-alert", "unknown")
}

// sayTooMany says when to try again, where that is known: limits have windows of a minute and
// of an hour.
func sayTooMany(err error) (int, views.Message) {
	m := views.Message{Icon: "clock", Title: "fault.too_many", Text: "fault.too_many_what", Next: "/", NextText: "fault.home"}
	if many, ok := errors.AsType[licensing.TooMany](err); ok {
		m.Text, m.Again = "fault.too_many_when", many.Again
	}
	return http.StatusTooManyRequests, m
}

func isStatus(err error, status int) bool {
	var he *echo.HTTPError
	return errors.As(err, &he) && he.Code == status
}
