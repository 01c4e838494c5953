package web

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/views"
)

func (s *Server) listAudit(c echo.Context) error {
	p := views.Audit{Filter: auditFilter(c)}
	var err error
	if p.Lines, p.Next, err = s.Store.ReadAudit(c.Request().Context(), viewer(c), p.Filter); err != nil {
		return err
	}
	if p.Outside, err = s.Store.AuditDeliveries(c.Request().Context(), viewer(c)); err != nil {
		return err
	}
	if !p.Filter.From.IsZero() {
		p.From = c.QueryParam("from")
	}
	if !p.Filter.To.IsZero() {
		p.To = c.QueryParam("to")
	}
	return page(c, http.StatusOK, views.AuditPage(p))
}

// auditFilter reads what is wanted of the log; days are the reader's, the last one with
// all its hours.
func auditFilter(c echo.Context) licensing.AuditFilter {
	person, _ := uuid.Parse(c.QueryParam("person"))
	f := licensing.AuditFilter{
		Person: person, Name: strings.TrimSpace(short(c.QueryParam("who"), 24)),
		Number: strings.ToUpper(strings.TrimSpace(short(c.QueryParam("licence"), 24))),
		Action: c.QueryParam("action"), Outcome: licensing.Outcome(c.QueryParam("outcome")),
		From: dayStart(c, "from"), To: dayStart(c, "to"), After: short(c.QueryParam("after"), 100),
	}
	if !f.To.IsZero() {
		f.To = f.To.AddDate(0, 0, 1)
	}
	if !slices.ContainsFunc(viewer(c).ActionGroups(), func(g licensing.ActionGroup) bool { return slices.Contains(g.Actions, f.Action) }) {
		f.Action = ""
	}
	if f.Outcome != licensing.Done && f.Outcome != licensing.Refused {
		f.Outcome = ""
	}
	return f
}

// dayStart is when a day begins where the reader is; zero for what is no day.
func dayStart(c echo.Context, field string) time.Time {
	zone := views.ChromeOf(c.Request().Context()).Now.Location()
	at, err := time.ParseInLocation(time.DateOnly, c.QueryParam(field), zone)
	if err != nil {
		return time.Time{}
	}
	return at
}
