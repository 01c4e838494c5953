package web

import (
	"net/http"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/views"
)

func (s *Server) listLicences(c echo.Context) error {
	ctx, v, f := c.Request().Context(), viewer(c), s.licenceFilter(c)
	catalogue, err := s.Store.Catalogue(ctx)
	if err != nil {
		return err
	}
	rows, organisations, err := s.Store.Summary(ctx, v, f)
	if err != nil {
		return err
	}
	summary := views.Summary{Page: rows, Filter: f, Catalogue: catalogue, Organisations: organisations}
	if f.After == "" && !v.SeesAllCustomers() {
		summary.Attention = attention(rows.Rows, f)
	}
	return page(c, http.StatusOK, views.SummaryPage(summary))
}

func (s *Server) licenceFilter(c echo.Context) licensing.LicenceFilter {
	organisation, _ := uuid.Parse(c.QueryParam("organisation"))
	f := licensing.LicenceFilter{
		Query: strings.TrimSpace(short(c.QueryParam("q"), 100)), Programme: short(c.QueryParam("programme"), 40),
		Organisation: organisation, Status: c.QueryParam("status"), Sort: c.QueryParam("sort"),
		After: short(c.QueryParam("after"), 300), Today: s.Now(),
	}
	switch f.Status {
	case "all":
		f.Status = ""
	case "inactive":
	default:
		f.Status = "active"
	}
	if !slices.Contains(licensing.LicenceSorts(), f.Sort) {
		f.Sort = licensing.LicenceSorts()[0]
	}
	return f
}

// attention picks what needs its reader now among the rows on the page: counters
// nearly out first, then what ends soon.
func attention(rows []licensing.LicenceRow, f licensing.LicenceFilter) []licensing.LicenceRow {
	var low, ending []licensing.LicenceRow
	for _, r := range rows {
		switch {
		case r.LowestLeft != nil && licensing.LevelOf(*r.LowestLeft, *r.LowestTotal) == licensing.LevelOut:
			low = append(low, r)
		case r.EndsSoon(f.Today):
			ending = append(ending, r)
		}
	}
	both := append(low, ending...)
	return both[:min(len(both), 4)]
}

func (s *Server) licenceHead(l licensing.LicenceRow, catalogue *licensing.Catalogue, tab string) views.LicenceHead {
	return views.LicenceHead{LicenceRow: l, Programme: catalogue.Programme(l.ProgrammeID), Tab: tab}
}

func (s *Server) showLicence(c echo.Context) error {
	p, err := s.bought(c, "overview")
	if err != nil {
		return err
	}
	all, err := s.Store.People(c.Request().Context(), viewer(c), p.Number)
	if err != nil {
		return err
	}
	p.Cases = all.Licence.Cases
	open, err := s.Store.Requests(c.Request().Context(), viewer(c), licensing.RequestFilter{Licence: p.Number, Open: true, Limit: shortList})
	if err != nil {
		return err
	}
	people := slices.DeleteFunc(all.Rights, func(p licensing.RightLine) bool { return p.Role != licensing.Administrator })
	return page(c, http.StatusOK, views.OverviewPage(views.Overview{
		LicenceHead: p.LicenceHead, Contacts: people, Once: newOnce(), Purchases: p.Purchases, Requests: open.Rows, Catalogue: p.Catalogue,
	}))
}

func (s *Server) listPurchases(c echo.Context) error {
	p, err := s.bought(c, "purchases")
	if err != nil {
		return err
	}
	return page(c, http.StatusOK, views.PurchasesPage(p))
}

// bought is a licence ID with what was bought under it, by product name.
func (s *Server) bought(c echo.Context, tab string) (p views.Purchases, err error) {
	ctx := c.Request().Context()
	if p.Catalogue, err = s.Store.Catalogue(ctx); err != nil {
		return p, err
	}
	l, bought, err := s.Store.Purchases(ctx, viewer(c), c.Param("number"))
	if err != nil {
		return p, err
	}
	slices.SortFunc(bought, func(a, b licensing.Purchase) int {
		return p.Catalogue.Rank(a.ProductID) - p.Catalogue.Rank(b.ProductID)
	})
	p.LicenceHead, p.Purchases = s.licenceHead(l, p.Catalogue, tab), bought
	return p, nil
}

func (s *Server) listHistory(c echo.Context) error {
	ctx := c.Request().Context()
	catalogue, err := s.Store.Catalogue(ctx)
	if err != nil {
		return err
	}
	l, err := s.Store.Licence(ctx, viewer(c), c.Param("number"))
	if err != nil {
		return err
	}
	lines, next, err := s.Store.Audit(ctx, viewer(c), licensing.AuditFilter{Number: l.Number, After: short(c.QueryParam("after"), 100)})
	if err != nil {
		return err
	}
	return page(c, http.StatusOK, views.HistoryPage(views.History{
		LicenceHead: s.licenceHead(l, catalogue, "history"), Lines: lines, Next: next, Catalogue: catalogue,
	}))
}
