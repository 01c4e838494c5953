package web

import (
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/views"
)

func (s *Server) listRequests(c echo.Context) error {
	ctx, f := c.Request().Context(), requestFilter(c)
	catalogue, err := s.Store.Catalogue(ctx)
	if err != nil {
		return err
	}
	found, err := s.Store.Requests(ctx, viewer(c), f)
	if err != nil {
		return err
	}
	return page(c, http.StatusOK, views.RequestsPage(views.RequestList{
		Page: found, Filter: f, State: c.QueryParam("state"), Catalogue: catalogue,
	}))
}

func requestFilter(c echo.Context) licensing.RequestFilter {
	f := licensing.RequestFilter{
		Kind: licensing.RequestKind(c.QueryParam("kind")), State: licensing.RequestState(c.QueryParam("state")),
		Open: c.QueryParam("state") == views.OpenRequests, Mine: c.QueryParam("mine") == "1",
		Licence:  strings.ToUpper(strings.TrimSpace(short(c.QueryParam("licence"), 20))),
		Customer: strings.TrimSpace(short(c.QueryParam("customer"), 100)), After: short(c.QueryParam("after"), 300),
	}
	if licensing.RulesOf(f.Kind) == nil {
		f.Kind = ""
	}
	if !slices.Contains(licensing.RequestStates(), f.State) {
		f.State = ""
	}
	if !viewer(c).SeesAllCustomers() {
		f.Customer = ""
	}
	return f
}

func (s *Server) showRequest(c echo.Context) error {
	n, err := numberOf(c)
	if err != nil {
		return err
	}
	d, err := s.requestDetail(c, n)
	if err != nil {
		return err
	}
	return page(c, http.StatusOK, views.RequestPage(d))
}

// requestDetail is what the page of a request draws.
func (s *Server) requestDetail(c echo.Context, n int64) (views.RequestDetail, error) {
	ctx := c.Request().Context()
	d := views.RequestDetail{Once: newOnce()}
	catalogue, err := s.Store.Catalogue(ctx)
	if err != nil {
		return d, err
	}
	if d.RequestDetail, err = s.Store.Request(ctx, viewer(c), n); err != nil {
		return d, err
	}
	if d.ProductID != nil {
		d.Product = catalogue.Product(*d.ProductID)
	}
	d.Programme = catalogue.Programme(d.LicenceRow.ProgrammeID)
	now := s.Now()
	if d.PausedAt != nil {
		now = *d.PausedAt
	}
	d.Left = s.Clock.Left(now, d.DueAt)
	if viewer(c).May.Has(licensing.DecideRequests) {
		views.ChromeOf(ctx).Section = "support" // where they came from
		d.Decide = &views.Deciding{Next: views.DuePath(views.DueNext, n)}
	}
	return d, nil
}

// shortList is how many requests the pages of keys and licence IDs show.
const shortList = 5

// mayAsk reports whether somebody may file a request for a licence ID: by their right
// on it, or on behalf of the customer.
func mayAsk(rights licensing.Permission, v licensing.Viewer) bool {
	return rights.Has(licensing.FileRequests) || v.May.Has(licensing.DecideRequests)
}

// asks says, as a message key, what a key's row offers to ask for; "" for nothing.
func asks(k *licensing.Key, rights licensing.Permission, v licensing.Viewer) string {
	kind := k.KindFor()
	switch {
	case kind == "" || !mayAsk(rights, v):
		return ""
	case v.May.Has(licensing.DecideRequests):
		return "requests.file_for"
	case kind == licensing.MoreKMSHosts:
		return "requests.ask_kms"
	}
	return "requests.ask_mak"
}

// offerExceptions leads from products with KMS to the form for a KMS key, where the
// licence ID's programme gives none by itself and none is listed.
func offerExceptions(groups []views.KeyGroup, h views.LicenceHead) {
	if h.Programme.KMSRule != licensing.KMSByException {
		return
	}
	for i, g := range groups {
		held := slices.ContainsFunc(g.Lines, func(l views.KeyLine) bool { return l.Type == licensing.KMS })
		groups[i].AskKMS = g.Product.KMSThreshold > 0 && !held
	}
}
