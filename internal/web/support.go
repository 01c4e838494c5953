package web

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/views"
)

// home is the first page: the queue for support, the relationship summary for others.
func (s *Server) home(c echo.Context) error {
	if !viewer(c).May.Has(licensing.DecideRequests) {
		return s.listLicences(c)
	}
	views.ChromeOf(c.Request().Context()).Section = "support"
	return s.showQueue(c)
}

// listQueue is the queue, or the way to the request beside another in it.
func (s *Server) listQueue(c echo.Context) error {
	for _, way := range []string{views.DueNext, views.DuePrevious} {
		if from := c.QueryParam(way); from != "" {
			return s.toNeighbour(c, way, from)
		}
	}
	return s.showQueue(c)
}

func (s *Server) showQueue(c echo.Context) error {
	ctx, f := c.Request().Context(), queueFilter(c)
	catalogue, err := s.Store.Catalogue(ctx)
	if err != nil {
		return err
	}
	found, err := s.Store.Requests(ctx, viewer(c), f)
	if err != nil {
		return err
	}
	q := views.Queue{Page: found, Filter: f, Catalogue: catalogue}
	for _, r := range found.Rows {
		q.Left = append(q.Left, s.Clock.Left(s.Now(), r.DueAt))
	}
	return page(c, http.StatusOK, views.QueuePage(q))
}

func queueFilter(c echo.Context) licensing.RequestFilter {
	f := licensing.RequestFilter{
		Open: true, Kind: licensing.RequestKind(c.QueryParam("kind")), State: licensing.RequestState(c.QueryParam("state")),
		Mine: c.QueryParam("assignee") == "mine", Nobodys: c.QueryParam("assignee") == "nobody",
		Region: licensing.Region(c.QueryParam("region")), Customer: strings.TrimSpace(short(c.QueryParam("customer"), 100)),
		After: short(c.QueryParam("after"), 300),
	}
	if !slices.Contains(licensing.RequestKinds(), f.Kind) {
		f.Kind = ""
	}
	if !f.State.Open() {
		f.State = ""
	}
	if !slices.Contains(licensing.Regions(), f.Region) {
		f.Region = ""
	}
	return f
}

// toNeighbour leads from a request, which may have been answered just now, to the one
// beside it in the queue; to the queue where there is none.
func (s *Server) toNeighbour(c echo.Context, way, from string) error {
	n, err := strconv.ParseInt(from, 10, 64)
	if err != nil {
		return licensing.ErrNotFound
	}
	here, err := s.Store.Request(c.Request().Context(), viewer(c), n)
	if err != nil {
		return err
	}
	found, err := s.neighbour(c, way, here.Request)
	if err != nil {
		return err
	}
	if found == 0 {
		return c.Redirect(http.StatusSeeOther, "/support")
	}
	return c.Redirect(http.StatusSeeOther, views.RequestPath(found))
}

// neighbour goes through the queue until it has passed a request; 0 for none there.
func (s *Server) neighbour(c echo.Context, way string, here licensing.Request) (before int64, err error) {
	f := licensing.RequestFilter{Open: true, Limit: 200}
	for {
		found, err := s.Store.Requests(c.Request().Context(), viewer(c), f)
		if err != nil {
			return 0, err
		}
		for _, r := range found.Rows {
			if r.ID != here.ID && dueAfter(r.Request, here) {
				if way == views.DueNext {
					return r.ID, nil
				}
				return before, nil
			}
			if r.ID != here.ID {
				before = r.ID
			}
		}
		if found.Next == "" && way == views.DueNext {
			return 0, nil
		}
		if found.Next == "" {
			return before, nil
		}
		f.After = found.Next
	}
}

// dueAfter reports whether a request stands behind another in the queue.
func dueAfter(r, other licensing.Request) bool {
	if waits := r.State == licensing.Waiting; waits != (other.State == licensing.Waiting) {
		return waits
	}
	if !r.DueAt.Equal(other.DueAt) {
		return r.DueAt.After(other.DueAt)
	}
	return r.ID > other.ID
}

// verb is how support answers a request.
type verb func(context.Context, licensing.Viewer, int64, licensing.Decision, licensing.Once) error

// answerRequest carries out a verb. code is the field of its reason, "" for none.
func (s *Server) answerRequest(do verb, code string) echo.HandlerFunc {
	return s.act(true, func(c echo.Context, p press) error {
		return do(c.Request().Context(), viewer(c), p.Number, licensing.Decision{
			Version: p.Version, Quantity: p.Form.Get("quantity"), Code: p.Form.Get(code),
			Message: p.Form.Get("message"), Reference: p.Form.Get("reference"), At: s.Now(),
		}, p.Once)
	})
}

func (s *Server) assignRequest() echo.HandlerFunc {
	return s.act(false, func(c echo.Context, p press) error {
		mine := p.Form.Get("mine")
		if mine != "0" && mine != "1" {
			return licensing.Problems{{Field: "mine", Message: "form.bad_text"}}
		}
		return s.Store.AssignRequest(c.Request().Context(), viewer(c), p.Number, mine == "1", licensing.Decision{At: s.Now()}, p.Once)
	})
}

func (s *Server) noteRequest() echo.HandlerFunc {
	return s.act(false, func(c echo.Context, p press) error {
		return s.Store.NoteRequest(c.Request().Context(), viewer(c), p.Number, licensing.Decision{Message: p.Form.Get("text"), At: s.Now()}, p.Once)
	})
}
