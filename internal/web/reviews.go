package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/keyhall/keyhall/internal/keyfile"
	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/views"
)

func (s *Server) listReviews(c echo.Context) error {
	form := url.Values{"number": {short(c.QueryParam("number"), 20)}}
	return s.reviewsPage(c, http.StatusOK, views.RightForms{Once: newOnce(), Focus: views.ReviewForm, Form: form})
}

func (s *Server) reviewsPage(c echo.Context, status int, f views.RightForms) (err error) {
	r := views.Reviews{RightForms: f}
	if r.List, r.Places, err = s.Store.Reviews(c.Request().Context(), viewer(c)); err != nil {
		return err
	}
	return page(c, status, views.ReviewsPage(r))
}

func (s *Server) startReview(c echo.Context) error {
	form, problems, err := requestForm(c)
	if err != nil {
		return err
	}
	f := licensing.ReviewStart{
		Number: strings.ToUpper(strings.Join(strings.Fields(form.Get("number")), "")),
		Ends:   licensing.LastDay(form.Get("ends"), views.ChromeOf(c.Request().Context()).Now.Location()),
		Every:  licensing.ReviewEvery(form.Get("every")), Unanswered: licensing.ReviewOutcome(form.Get("unanswered")), At: s.Now(),
	}
	if place := form.Get("organisation"); place != "" {
		if f.Organisation, err = uuid.Parse(place); err != nil || f.Organisation == uuid.Nil {
			return licensing.ErrForbidden
		}
	}
	draw := func(f views.RightForms) error { return s.reviewsPage(c, http.StatusUnprocessableEntity, f) }
	return answerOnReview(c, form, views.RightForms{Focus: views.ReviewForm, Problems: problems}, draw, func(once licensing.Once) (string, error) {
		return views.ReviewsPath, s.Store.StartReview(c.Request().Context(), viewer(c), f, once)
	})
}

// answerOnReview does what a form says, and leads on; or draws its page again with what is
// wrong and what was typed.
func answerOnReview(c echo.Context, form url.Values, f views.RightForms, draw func(views.RightForms) error, do func(licensing.Once) (string, error)) error {
	var next string
	err := doOnce(c, form, f.Problems, func(once licensing.Once) (err error) {
		next, err = do(once)
		return err
	})
	problems, wrong := errors.AsType[licensing.Problems](err)
	switch {
	case wrong:
		f.Form, f.Problems, f.Once = form, problems, keptOnce(form, problems)
		return draw(f)
	case err != nil:
		return err
	}
	return c.Redirect(http.StatusSeeOther, next)
}

func (s *Server) showReview(c echo.Context) error {
	n, err := id(c)
	if err != nil {
		return err
	}
	return s.reviewPage(c, http.StatusOK, n, views.RightForms{Once: newOnce()})
}

func (s *Server) reviewPage(c echo.Context, status int, n uuid.UUID, f views.RightForms) error {
	found, err := s.Store.Review(c.Request().Context(), viewer(c), n, short(c.QueryParam("after"), 10))
	if err != nil {
		return err
	}
	return page(c, status, views.ReviewPage(views.Review{RightForms: f, ReviewPage: found, Done: reviewedOf(c), At: s.Now()}))
}

// onReview answers a post about a review.
func (s *Server) onReview(do func(echo.Context, uuid.UUID, url.Values, licensing.Once) (string, error)) echo.HandlerFunc {
	return func(c echo.Context) error {
		n, err := id(c)
		if err != nil {
			return err
		}
		form, problems, err := requestForm(c)
		if err != nil {
			return err
		}
		draw := func(f views.RightForms) error { return s.reviewPage(c, http.StatusUnprocessableEntity, n, f) }
		return answerOnReview(c, form, views.RightForms{Focus: views.DecideForm, Problems: problems}, draw, func(once licensing.Once) (string, error) {
			return do(c, n, form, once)
		})
	}
}

func (s *Server) answerReview(c echo.Context, n uuid.UUID, form url.Values, once licensing.Once) (string, error) {
	a, err := reviewAnswers(form)
	if err != nil {
		return "", err
	}
	a.At = s.Now()
	d, err := s.Store.AnswerReview(c.Request().Context(), viewer(c), n, a, once)
	q := url.Values{"done": {strconv.FormatInt(d.Pack(), 10)}}
	if after := short(c.QueryParam("after"), 10); after != "" { // the page that was decided about
		q.Set("after", after)
	}
	return views.ReviewPath(n, "") + "?" + q.Encode(), err
}

// reviewAnswers reads which right is to be kept or ended.
func reviewAnswers(form url.Values) (licensing.ReviewAnswers, error) {
	a := licensing.ReviewAnswers{Each: map[uuid.UUID]licensing.ReviewDecision{}, Rest: form.Get("rest") == "1"}
	for name := range form {
		of, about := strings.CutPrefix(name, views.DecideField)
		if !about {
			continue
		}
		right, err := uuid.Parse(of)
		wanted := licensing.ReviewDecision(form.Get(name))
		if err != nil || wanted != licensing.KeepRight && wanted != licensing.StopRight {
			return a, errBadText
		}
		a.Each[right] = wanted
	}
	return a, nil
}

func (s *Server) endReviewSeries(c echo.Context, n uuid.UUID, _ url.Values, once licensing.Once) (string, error) {
	return views.ReviewPath(n, ""), s.Store.EndReviewSeries(c.Request().Context(), viewer(c), n, once)
}

// reviewedOf reads what came of deciding out of the address that it led to.
func reviewedOf(c echo.Context) licensing.ReviewDone {
	n, err := strconv.ParseInt(short(c.QueryParam("done"), 19), 10, 64)
	if err != nil || n < 0 {
		return licensing.ReviewDone{}
	}
	return licensing.UnpackReviewDone(n)
}

// reviewFile sends a review as its report. That its reader took it is in the audit log
// before the first byte leaves.
func (s *Server) reviewFile(format string) echo.HandlerFunc {
	return func(c echo.Context) error {
		if err := notForeign(c); err != nil {
			return err
		}
		n, err := id(c)
		if err != nil {
			return err
		}
		name := keyfile.TableName("review", n.String(), s.Now(), format)
		reading, cancel := context.WithTimeout(c.Request().Context(), patience)
		defer cancel()
		r, err := s.Store.ExportReview(reading, viewer(c), n, name)
		if err != nil {
			return err
		}
		o, done := s.outgoing(c, licensing.Download{Name: name, Format: format})
		defer done()
		o.head(name)
		if err = reviewRows(c.Request().Context(), r, o); err == nil {
			err = o.finish(nothing)
		}
		return o.cutShort(err)
	}
}

func reviewRows(ctx context.Context, r licensing.ReviewPage, o *outgoing) error {
	table, err := keyfile.NewTable(o.d.Format, o.buffer, views.ReviewHeadings(ctx))
	if err != nil {
		return err
	}
	for i := range r.Lines {
		if err := table.Write(views.ReviewCells(ctx, &r.ReviewRow, &r.Lines[i])...); err != nil {
			return err
		}
	}
	return table.Close()
}
