package web

import (
	"net/http"
	"strings"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/views"
)

// showWhy says by which rules somebody sees a licence ID, a product or a key there, or not.
func (s *Server) showWhy(c echo.Context) error {
	ctx, v := c.Request().Context(), viewer(c)
	catalogue, err := s.Store.Catalogue(ctx)
	if err != nil {
		return err
	}
	p := views.Why{Typed: map[string]string{}, Catalogue: catalogue}
	for _, name := range []string{"number", "product", "key", "person"} {
		p.Typed[name] = strings.TrimSpace(short(c.QueryParam(name), 100))
	}
	q := licensing.WhyAsked{Number: strings.ToUpper(p.Typed["number"])}
	if p.Typed["product"] != "" {
		q.Product, p.Several = catalogue.Named(p.Typed["product"])
	}
	if id, err := uuid.Parse(p.Typed["key"]); err == nil {
		q.Key = id
	} else {
		q.Last5 = strings.ToUpper(p.Typed["key"])
	}
	if v.May.Has(licensing.ManagePeople) {
		q.Email = p.Typed["person"]
	}
	p.Facts, err = s.Store.Why(ctx, v, q, s.Now())
	if err != nil {
		return err
	}
	return page(c, http.StatusOK, views.WhyPage(p))
}
