package web

import (
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/views"
)

var (
	licenceShape = regexp.MustCompile(`^([0-9]{7,8}|[A-Z][0-9]{7})$`)
	requestShape = regexp.MustCompile(`^R-[1-9][0-9]{0,15}$`)
	last5Shape   = regexp.MustCompile(`^[A-Z0-9]{5}$`)
	partShape    = regexp.MustCompile(`(^|[^A-Z0-9])[A-Z0-9]{5}(-[A-Z0-9]{5}){2,}($|[^A-Z0-9])`)
	bareShape    = regexp.MustCompile(`^[A-Z0-9]{25}$`)
	between      = regexp.MustCompile(`[\s\p{Pd}]+`)
	dashes       = regexp.MustCompile(`\s*\p{Pd}\s*`)
)

// search finds out what was typed and goes there. The answer's address never holds a
// whole key, which is why it is a post.
func (s *Server) search(c echo.Context) error {
	fields, err := form(c)
	if err != nil {
		return err
	}
	q := strings.TrimSpace(short(fields.Get("q"), 200))
	if !sound(q) {
		return errBadText
	}
	target, err := s.searchTarget(c, q)
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, target)
}

func (s *Server) searchTarget(c echo.Context, q string) (string, error) {
	ctx, v, code := c.Request().Context(), viewer(c), asKey(strings.ToUpper(q))
	mayKeys := v.May.Has(licensing.SeeKeys)
	switch {
	// A good part of a key is no more for an address than the whole.
	case !mayKeys && (licensing.ValidKey(code) || partShape.MatchString(code)):
		return "/licences", nil
	case licensing.ValidKey(code):
		found, err := s.Store.FindKey(ctx, v, licensing.NewSecret(code))
		if errors.Is(err, licensing.ErrNotFound) {
			return "/keys?found=no", nil
		}
		return views.KeyPath(found), err
	case partShape.MatchString(code) && mayKeys:
		return "/keys?found=no", nil
	case requestShape.MatchString(code):
		n, err := strconv.ParseInt(code[2:], 10, 64)
		if err != nil {
			return s.searchWords(c, q)
		}
		if _, err = s.Store.Request(ctx, v, n); err == nil {
			return views.RequestPath(n), nil
		}
		if !errors.Is(err, licensing.ErrNotFound) {
			return "", err
		}
	case licenceShape.MatchString(code):
		_, err := s.Store.Licence(ctx, v, code)
		if _, needs := errors.AsType[licensing.NeedsReason](err); err == nil || needs {
			return views.LicencePath(code), nil
		}
		if !errors.Is(err, licensing.ErrNotFound) {
			return "", err
		}
	case last5Shape.MatchString(code) && mayKeys:
		if target, err := s.searchLast5(c, code); target != "" || err != nil {
			return target, err
		}
	}
	return s.searchWords(c, q)
}

// asKey writes a key as we do where it was typed or pasted with spaces, other dashes,
// or nothing between its groups. Other text stays as it is: "Windows Server 2025
// Standard" has 25 characters too.
func asKey(q string) string {
	if bareShape.MatchString(q) {
		return q[:5] + "-" + q[5:10] + "-" + q[10:15] + "-" + q[15:20] + "-" + q[20:]
	}
	if key := between.ReplaceAllString(q, "-"); licensing.ValidKey(key) {
		return key
	}
	return dashes.ReplaceAllString(q, "-")
}

// searchLast5 goes to the one key with these last five, or to the list of several.
func (s *Server) searchLast5(c echo.Context, last5 string) (string, error) {
	found, err := s.Store.ProfileKeys(c.Request().Context(), viewer(c), licensing.KeyFilter{Last5: last5})
	if err != nil || len(found.Keys) == 0 {
		return "", err
	}
	if len(found.Keys) == 1 {
		return views.KeyPath(found.Keys[0].ID), nil
	}
	return "/keys?last5=" + last5, nil
}

// searchWords looks among product names first, then among licence IDs.
func (s *Server) searchWords(c echo.Context, q string) (string, error) {
	catalogue, err := s.Store.Catalogue(c.Request().Context())
	if err != nil {
		return "", err
	}
	v := viewer(c)
	if !v.SeesAllCustomers() && v.May.Has(licensing.SeeKeys) && q != "" && len(catalogue.Find(q, "")) > 0 {
		return "/keys?q=" + url.QueryEscape(q), nil
	}
	return "/licences?status=all&q=" + url.QueryEscape(q), nil
}
