package web

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/keyhall/keyhall/internal/keyfile"
	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/views"
)

// auditFile streams the audit log, as far as its reader may see it. That they took it is
// in the log before the first byte leaves.
func (s *Server) auditFile(format string) echo.HandlerFunc {
	return func(c echo.Context) error {
		if err := notForeign(c); err != nil {
			return err
		}
		f := auditFilter(c)
		f.After = "" // a file has no pages
		scope := f.Number
		if scope == "" {
			scope = "all"
		}
		name := keyfile.TableName("audit", scope, s.Now(), format)
		starting, cancel := context.WithTimeout(c.Request().Context(), patience)
		defer cancel()
		if err := s.Store.StartAuditExport(starting, viewer(c), f, name); err != nil {
			return err
		}
		o, done := s.outgoing(c, licensing.Download{Name: name, Format: format})
		defer done()
		o.head(name)
		err := s.auditRows(c, f, o)
		if err == nil {
			err = o.finish(nothing)
		}
		return o.cutShort(err)
	}
}

// auditRows writes the table into a file's buffer.
func (s *Server) auditRows(c echo.Context, f licensing.AuditFilter, o *outgoing) error {
	ctx := c.Request().Context()
	table, err := keyfile.NewTable(o.d.Format, o.buffer, views.AuditHeadings(ctx))
	if err != nil {
		return err
	}
	err = s.Store.ExportAudit(ctx, viewer(c), f, func(l licensing.AuditLine) error {
		cells, err := views.AuditCells(ctx, &l)
		if err != nil {
			return err
		}
		return table.Write(cells...)
	})
	if err != nil {
		return err
	}
	return table.Close()
}

// cutShort ends a file that isn't whole: before its first byte with a page, after it by
// cutting the connection.
func (f *outgoing) cutShort(cause error) error {
	if cause == nil {
		return nil
	}
	f.stop()
	if !f.begun {
		f.c.Response().Header().Del("Content-Disposition")
		return cause
	}
	f.s.Log.WarnContext(f.c.Request().Context(), "file broken off", "file", f.d.Name, "error", cause)
	panic(http.ErrAbortHandler)
}
