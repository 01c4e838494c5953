package web

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/keyhall/keyhall/internal/licensing"
)

// maxForm is how long a form's body may be, in bytes.
const maxForm = 64 << 10

// form reads the body of a post: each field once, text alone.
func form(c echo.Context) (url.Values, error) {
	sent, err := body(c)
	if err != nil {
		return nil, err
	}
	for name, values := range sent {
		if len(values) != 1 || !sound(name) {
			return nil, errBadText
		}
	}
	return sent, nil
}

// body reads the fields of a post. The address's own parameters are not part of it.
func body(c echo.Context) (url.Values, error) {
	r := c.Request()
	r.Body = http.MaxBytesReader(c.Response(), r.Body, maxForm)
	err := r.ParseForm()
	if _, tooLong := errors.AsType[*http.MaxBytesError](err); tooLong {
		return nil, echo.NewHTTPError(http.StatusRequestEntityTooLarge).SetInternal(err)
	}
	if err != nil {
		return nil, echo.NewHTTPError(http.StatusBadRequest).SetInternal(err)
	}
	return r.PostForm, nil
}

// id reads an identifier out of the address; what is none belongs to nothing.
func id(c echo.Context) (uuid.UUID, error) {
	parsed, err := uuid.Parse(c.Param("id"))
	if err != nil || parsed.String() != c.Param("id") {
		return uuid.Nil, licensing.ErrNotFound
	}
	return parsed, nil
}

// short takes a filter's text, and nothing of one that is too long.
func short(s string, most int) string {
	if len(s) > most {
		return ""
	}
	return s
}
