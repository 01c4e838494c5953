package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/keyhall/keyhall/internal/i18n"
	"github.com/keyhall/keyhall/internal/keyfile"
	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/views"
)

func (s *Server) listImports(c echo.Context) error {
	return s.importsPage(c, http.StatusOK, views.Imports{Once: newOnce()})
}

// importsPage draws the form as p has it, above the lists.
func (s *Server) importsPage(c echo.Context, status int, p views.Imports) (err error) {
	ctx := c.Request().Context()
	if p.List, p.Next, err = s.Store.Imports(ctx, viewer(c), short(c.QueryParam("after"), 100)); err != nil {
		return err
	}
	if p.Uploads, err = s.Store.Uploads(ctx, viewer(c)); err != nil {
		return err
	}
	return page(c, status, views.ImportsPage(p))
}

func (s *Server) showUpload(c echo.Context) error { return s.uploadPage(c, http.StatusOK, nil) }

// uploadPage shows how far an upload is. While something happens by itself the page is
// asked for again, without script.
func (s *Server) uploadPage(c echo.Context, status int, problems licensing.Problems) error {
	u, err := s.oneUpload(c)
	if err != nil {
		return err
	}
	if u.State.Working() {
		c.Response().Header().Set("Refresh", "2; url="+views.UploadPath(u.ID))
	}
	return page(c, status, views.UploadPage(views.Upload{Upload: u, Once: newOnce(), Problems: problems}))
}

func (s *Server) oneUpload(c echo.Context) (licensing.Upload, error) {
	n, err := id(c)
	if err != nil {
		return licensing.Upload{}, err
	}
	return s.Store.Upload(c.Request().Context(), viewer(c), n)
}

// applyUpload has a file taken in that was looked at.
func (s *Server) applyUpload(c echo.Context) error {
	return s.decideUpload(c, s.Store.StartApply, func(n uuid.UUID) string { return views.UploadPath(n) })
}

// discardUpload throws one away.
func (s *Server) discardUpload(c echo.Context) error {
	return s.decideUpload(c, s.Store.DiscardUpload, func(uuid.UUID) string { return "/imports" })
}

type decideUpload func(context.Context, licensing.Viewer, uuid.UUID, licensing.Once) error

func (s *Server) decideUpload(c echo.Context, do decideUpload, next func(uuid.UUID) string) error {
	n, err := id(c)
	if err != nil {
		return err
	}
	fields, err := form(c)
	if err != nil {
		return err
	}
	err = doOnce(c, fields, nil, func(once licensing.Once) error { return do(c.Request().Context(), viewer(c), n, once) })
	if problems, wrong := errors.AsType[licensing.Problems](err); wrong {
		return s.uploadPage(c, http.StatusUnprocessableEntity, problems)
	}
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, next(n))
}

// rejectedRows streams the rows of an upload that are wrong, with what is wrong. They
// were kept without keys.
func (s *Server) rejectedRows(c echo.Context) error {
	if err := notForeign(c); err != nil {
		return err
	}
	u, err := s.oneUpload(c)
	if err != nil {
		return err
	}
	name := keyfile.TableName("rejected", "rows", s.Now(), "tsv")
	o, done := s.outgoing(c, licensing.Download{Name: name, Format: "tsv"})
	defer done()
	o.head(name)
	if err = s.writeRejects(c, u.ID, o); err == nil {
		err = o.finish(nothing)
	}
	return o.cutShort(err)
}

func (s *Server) writeRejects(c echo.Context, upload uuid.UUID, o *outgoing) error {
	ctx := c.Request().Context()
	columns := keyfile.Headings(i18n.Lang(ctx))
	table, err := keyfile.NewTable("tsv", o.buffer, views.RejectHeadings(ctx, columns))
	if err != nil {
		return err
	}
	err = s.Store.Rejects(ctx, viewer(c), upload, func(r licensing.ImportReject) error {
		return table.Write(views.RejectCells(ctx, r, len(columns))...)
	})
	if err != nil {
		return err
	}
	return table.Close()
}

// keptForm is what of a form is shown again.
func keptForm(form url.Values, problems licensing.Problems) views.Imports {
	return views.Imports{Once: keptOnce(form, problems), Form: form, Problems: problems}
}
