package web

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/store"
	"github.com/keyhall/keyhall/views"
)

func keyFilter(c echo.Context) licensing.KeyFilter {
	f := licensing.KeyFilter{
		Type: licensing.KeyType(c.QueryParam("type")), Query: strings.TrimSpace(short(c.QueryParam("q"), 100)),
		Pool: licensing.Pool(c.QueryParam("pool")), Last5: strings.ToUpper(short(c.QueryParam("last5"), 5)),
		After: short(c.QueryParam("after"), 100),
	}
	if !slices.Contains(licensing.KeyTypes(), f.Type) {
		f.Type = ""
	}
	if !slices.Contains(licensing.Pools(), f.Pool) {
		f.Pool = ""
	}
	return f
}

func (s *Server) listKeys(c echo.Context) error {
	ctx, f := c.Request().Context(), keyFilter(c)
	catalogue, err := s.Store.Catalogue(ctx)
	if err != nil {
		return err
	}
	all, err := s.Store.Keys(ctx, viewer(c), c.Param("number"), f)
	if err != nil {
		return err
	}
	head, groups := s.licenceHead(all.Licence, catalogue, "keys"), licenceGroups(all, f, catalogue, viewer(c))
	if f.Type == "" && mayAsk(head.Rights, viewer(c)) {
		offerExceptions(groups, head)
	}
	return page(c, http.StatusOK, views.LicenceKeysPage(views.LicenceKeys{
		LicenceHead: head, Groups: groups, Filter: f, Next: all.Next, Withheld: all.Withheld, Catalogue: catalogue,
	}))
}

// licenceGroups puts keys under their products, and products that were bought but
// list no key in between, by name.
func licenceGroups(all licensing.LicenceKeys, f licensing.KeyFilter, catalogue *licensing.Catalogue, v licensing.Viewer) []views.KeyGroup {
	groups := grouped(all.Keys, all.Licence.Rights, v, catalogue)
	listed := len(groups)
	for _, p := range all.Purchases {
		if wanted(p, groups, f, catalogue) {
			groups = append(groups, views.KeyGroup{Product: catalogue.Product(p.ProductID)})
		}
	}
	if len(groups) > listed { // else they are in order, as the keys were
		slices.SortStableFunc(groups, func(a, b views.KeyGroup) int {
			return catalogue.Rank(a.Product.ID) - catalogue.Rank(b.Product.ID)
		})
	}
	for i := range groups {
		adviseOrder(groups[i].Lines)
	}
	return groups
}

// grouped puts keys that come by product into groups.
func grouped(keys []licensing.Key, rights licensing.Permission, v licensing.Viewer, catalogue *licensing.Catalogue) []views.KeyGroup {
	groups := make([]views.KeyGroup, 0, len(keys))
	lines := make([]views.KeyLine, len(keys)) // of all groups
	for i, k := range keys {
		lines[i] = views.KeyLine{Key: k, MayReveal: rights.Has(licensing.RevealKeys) && !k.Frozen(), Ask: asks(&k, rights, v)}
	}
	for len(lines) > 0 {
		n := 1
		for n < len(lines) && lines[n].ProductID == lines[0].ProductID {
			n++
		}
		groups = append(groups, views.KeyGroup{Product: catalogue.Product(lines[0].ProductID), Lines: lines[:n]})
		lines = lines[n:]
	}
	return groups
}

// wanted reports whether a product without a key belongs on this page: the first, and
// one that isn't narrowed to a type of key.
func wanted(p licensing.Purchase, groups []views.KeyGroup, f licensing.KeyFilter, catalogue *licensing.Catalogue) bool {
	if f.Type != "" || f.After != "" {
		return false
	}
	if ids := f.Products(catalogue); ids != nil && !slices.Contains(ids, p.ProductID) {
		return false
	}
	return !slices.ContainsFunc(groups, func(g views.KeyGroup) bool { return g.Product.ID == p.ProductID })
}

func addKey(groups []views.KeyGroup, catalogue *licensing.Catalogue, line views.KeyLine) []views.KeyGroup {
	if n := len(groups); n > 0 && groups[n-1].Product.ID == line.ProductID {
		groups[n-1].Lines = append(groups[n-1].Lines, line)
		return groups
	}
	return append(groups, views.KeyGroup{Product: catalogue.Product(line.ProductID), Lines: []views.KeyLine{line}})
}

// adviseOrder says of several MAKs of one product which to use first: that with the
// most left.
func adviseOrder(lines []views.KeyLine) {
	best := -1
	for i, l := range lines {
		if l.Type == licensing.MAK && l.Counted() && (best < 0 || l.Left() > lines[best].Left()) {
			best = i
		}
	}
	for i := range lines {
		if best >= 0 && lines[i].Type == licensing.MAK && lines[i].Counted() && lines[i].Left() < lines[best].Left() {
			lines[i].First = lines[best].Last5
		}
	}
}

func (s *Server) listProfile(c echo.Context) error {
	ctx, f := c.Request().Context(), keyFilter(c)
	catalogue, err := s.Store.Catalogue(ctx)
	if err != nil {
		return err
	}
	found, err := s.Store.ProfileKeys(ctx, viewer(c), f)
	if err != nil {
		return err
	}
	p := views.Profile{Filter: f, Next: found.Next, Withheld: found.Withheld, Missing: c.QueryParam("found") == "no"}
	for _, k := range found.Keys {
		p.Groups = addKey(p.Groups, catalogue, views.KeyLine{
			Key: k.Key, Number: k.Number, Organisation: k.Organisation, MayReveal: k.Rights.Has(licensing.RevealKeys) && !k.Frozen(),
			Ask: asks(&k.Key, k.Rights, viewer(c)),
		})
	}
	if viewer(c).SeesAllCustomers() {
		return page(c, http.StatusOK, views.FindKeysPage(p))
	}
	return page(c, http.StatusOK, views.ProfilePage(p))
}

func (s *Server) showKey(c echo.Context) error {
	return s.keyPage(c, http.StatusOK, views.KeyForms{Once: newOnce()})
}

// keyPage draws the page of a key, and what was typed into a form of it that came back.
func (s *Server) keyPage(c echo.Context, status int, f views.KeyForms) error {
	k, err := s.keyDetail(c)
	if err != nil {
		return err
	}
	k.KeyForms = f
	return page(c, status, views.KeyPage(k))
}

// aboutKey does what a form about a key, or the case of one, asks for.
type aboutKey func(echo.Context, uuid.UUID, url.Values, licensing.Once) error

func (s *Server) onKey(do aboutKey) echo.HandlerFunc {
	return s.onPage(do, s.keyPage, views.KeyPath)
}

func (s *Server) onLeak(do aboutKey) echo.HandlerFunc {
	return s.onPage(do, s.leakPage, views.LeakPath)
}

// onPage answers a post from a page: back to it when it is done, else the page again with
// what is wrong and what was typed.
func (s *Server) onPage(do aboutKey, draw func(echo.Context, int, views.KeyForms) error, back func(uuid.UUID) string) echo.HandlerFunc {
	return func(c echo.Context) error {
		which, err := id(c)
		if err != nil {
			return err
		}
		form, problems, err := requestForm(c)
		if err != nil {
			return err
		}
		err = doOnce(c, form, problems, func(once licensing.Once) error {
			return do(c, which, form, once)
		})
		if problems, wrong := errors.AsType[licensing.Problems](err); wrong {
			return draw(c, http.StatusUnprocessableEntity, views.KeyForms{
				Once: keptOnce(form, problems), Focus: path.Base(c.Request().URL.Path), Form: form, Problems: problems,
			})
		}
		if err != nil {
			return err
		}
		return c.Redirect(http.StatusSeeOther, back(which))
	}
}

func (s *Server) keyDetail(c echo.Context) (views.KeyDetail, error) {
	ctx, v := c.Request().Context(), viewer(c)
	var d views.KeyDetail
	key, err := id(c)
	if err != nil {
		return d, err
	}
	catalogue, err := s.Store.Catalogue(ctx)
	if err != nil {
		return d, err
	}
	if d.KeyDetail, err = s.Store.Key(ctx, v, key); err != nil {
		return d, err
	}
	if d.Uses, err = s.Store.KeyUses(ctx, v, d.KeyDetail); err != nil {
		return d, err
	}
	if d.Limits, err = s.Store.KeyLimits(ctx, v, d.KeyDetail); err != nil {
		return d, err
	}
	requests, err := s.Store.Requests(ctx, v, licensing.RequestFilter{Key: key, Limit: shortList})
	if err != nil {
		return d, err
	}
	d.Requests, d.Catalogue = requests.Rows, catalogue
	if d.Licence.Number != "" {
		d.Ask = asks(&d.Key, d.Licence.Rights, v)
	}
	d.Product, d.Programme = catalogue.Product(d.ProductID), catalogue.Programme(d.Licence.ProgrammeID)
	return d, nil
}

// revealKey shows a key in clear once the audit log has it: as a page, or as bare
// text for the script that puts it in its row. The purpose "copy" says that it goes
// to the clipboard unseen.
func (s *Server) revealKey(c echo.Context) error {
	key, err := id(c)
	if err != nil {
		return err
	}
	fields, err := form(c)
	if err != nil {
		return err
	}
	why := store.ToShow
	if fields.Get("purpose") == "copy" {
		why = store.ToCopy
	}
	secret, err := s.Store.RevealKey(c.Request().Context(), viewer(c), key, why)
	if err != nil {
		return err
	}
	if c.Request().Header.Get("Accept") == "text/plain" {
		return c.String(http.StatusOK, secret.Reveal())
	}
	d, err := s.keyDetail(c)
	if err != nil {
		return err
	}
	d.Shown, d.Once = secret.Reveal(), newOnce()
	c.Response().Header().Set("Refresh", fmt.Sprintf("%d; url=%s", views.HideAfter, views.KeyPath(key)))
	return page(c, http.StatusOK, views.KeyPage(d))
}
