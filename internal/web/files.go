package web

import (
	"bufio"
	"cmp"
	"context"
	"crypto/sha256"
	"hash"
	"io"
	"mime"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/keyhall/keyhall/internal/i18n"
	"github.com/keyhall/keyhall/internal/keyfile"
	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/store"
)

func (s *Server) licenceKeyFile(format string) echo.HandlerFunc {
	return func(c echo.Context) error {
		if c.Param("number") == "" {
			return licensing.ErrNotFound // "" means the whole profile further on
		}
		return s.keyFile(c, c.Param("number"), format)
	}
}

func (s *Server) profileKeyFile(format string) echo.HandlerFunc {
	return func(c echo.Context) error { return s.keyFile(c, "", format) }
}

// keyFile streams a key file. It is in the ledger before its first row is read, and
// the ledger has its rows and its hash before the last bytes leave: a file that
// arrived whole is accounted for, and one that isn't whole never ends cleanly.
func (s *Server) keyFile(c echo.Context, number, format string) error {
	if err := notForeign(c); err != nil {
		return err
	}
	options, ext, err := fileOptions(c, format)
	if err != nil {
		return err
	}
	scope := number
	if scope == "" {
		scope = "all"
	}
	name := keyfile.Name(scope, s.Now(), ext)
	starting, cancel := context.WithTimeout(c.Request().Context(), patience)
	defer cancel()
	d, err := s.Store.StartDownload(starting, viewer(c), store.NewFile{Number: number, Name: name, Format: format})
	if err != nil {
		return err
	}
	f, done := s.outgoing(c, d)
	defer done()
	return f.send(name, options)
}

// notForeign refuses a file to another site's page.
func notForeign(c echo.Context) error {
	switch c.Request().Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none": // our own pages, an address that was typed, or no browser
		return nil
	}
	return errForeign
}

// fileOptions reads what a file is to look like: headings in a language, nine columns
// instead of seven, and tab-separated text under the name .csv, as the original had it.
func fileOptions(c echo.Context, format string) (o keyfile.Options, ext string, err error) {
	o = keyfile.Options{Language: "en", Columns: 7}
	if h := c.QueryParam("headings"); h != "" {
		if !slices.Contains(i18n.Languages(), h) {
			return o, "", errBadText
		}
		o.Language = h
	}
	switch c.QueryParam("columns") {
	case "", "7":
	case "9":
		o.Columns = 9
	default:
		return o, "", errBadText
	}
	ext = format
	switch c.QueryParam("ext") {
	case "", format:
	case "csv":
		if format != "tsv" {
			return o, "", errBadText
		}
		ext = "csv"
	default:
		return o, "", errBadText
	}
	return o, ext, nil
}

// outgoing is a file on its way. Its rows go through a buffer into a spool, from where
// they leave as fast as their reader takes them; the last buffer waits for finish.
type outgoing struct {
	s      *Server
	c      echo.Context
	d      licensing.Download // without a FileID: no key file, and in no ledger
	by     licensing.Viewer
	sum    hash.Hash
	buffer *bufio.Writer
	spool  *spool    // nil as long as there is no more than the buffer
	end    time.Time // it has left by then, or is broken off
	begun  bool      // bytes have left; see stop
	last   bool      // all but the last buffer have left
	whole  bool      // the ledger has the key file

	mu  sync.Mutex
	cut bool // nothing has time to leave; see stop
}

// A reader may take so long for one buffer, and for a whole file, before it is broken off.
const (
	progress = 60 * time.Second
	longest  = 30 * time.Minute
)

// outgoing begins to send a file, for which the request then has its time. Call done when
// it has left.
func (s *Server) outgoing(c echo.Context, d licensing.Download) (f *outgoing, done func()) {
	f = &outgoing{s: s, c: c, d: d, by: viewer(c), sum: sha256.New(), end: time.Now().Add(cmp.Or(s.FileTime, longest))}
	f.buffer = bufio.NewWriterSize(f, 64<<10)
	ctx, cancel := context.WithDeadline(c.Request().Context(), f.end)
	c.SetRequest(c.Request().WithContext(ctx))
	return f, func() {
		f.stop()
		cancel()
	}
}

// Write takes a full buffer.
func (f *outgoing) Write(p []byte) (int, error) {
	if f.last {
		return len(p), f.pass(p)
	}
	if f.spool == nil {
		f.spool = newSpool(f.s.spools, f.pass)
	}
	return f.spool.Write(p)
}

// pass gives the reader a buffer, and the time for it. A key that was marked as compromised
// meanwhile may be in a key file, so nothing leaves any more; what the ledger has as whole
// was looked at then.
func (f *outgoing) pass(p []byte) error {
	if f.d.FileID != uuid.Nil && !f.whole {
		if err := f.s.Store.StillWhole(f.c.Request().Context(), f.by, f.d); err != nil {
			return err
		}
	}
	f.begun = true
	next := time.Now().Add(progress)
	if next.After(f.end) {
		next = f.end
	}
	f.hasUntil(next)
	_, err := f.c.Response().Write(p)
	return err
}

// hasUntil says how long what leaves has time; while stop waits for it, none.
func (f *outgoing) hasUntil(t time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.cut {
		t = time.Now()
	}
	_ = http.NewResponseController(f.c.Response().Writer).SetWriteDeadline(t)
}

// finish sends the last buffer when all others have left, and before was done.
func (f *outgoing) finish(before func() error) error {
	if f.spool != nil {
		if err := f.spool.drain(); err != nil {
			return err
		}
	}
	f.last = true
	if err := before(); err != nil {
		return err
	}
	return f.buffer.Flush()
}

// nothing has to be done before the last bytes of a file leave that is in no ledger.
func nothing() error { return nil }

// stop sends nothing any more of a file that isn't finished. Afterwards it is settled
// whether any of it has left; a page can still take its place where none has.
func (f *outgoing) stop() {
	if f.spool == nil || f.last {
		return
	}
	f.hurry(true)
	f.spool.stop()
	f.hurry(false)
}

// hurry takes all time from what is leaving, or gives some back.
func (f *outgoing) hurry(up bool) {
	f.mu.Lock()
	f.cut = up
	f.mu.Unlock()
	f.hasUntil(time.Now().Add(patience))
}

func (f *outgoing) send(name string, options keyfile.Options) error {
	ctx := f.c.Request().Context()
	f.head(name)
	rows, err := f.rows(ctx, options)
	if err == nil {
		err = f.finish(func() error {
			err := f.s.Store.FinishDownload(ctx, f.by, f.d, rows, f.sum.Sum(nil))
			f.whole = err == nil
			return err
		})
	}
	if err == nil {
		return nil
	}
	return f.broken(ctx, err)
}

func (f *outgoing) rows(ctx context.Context, options keyfile.Options) (store.RowCounts, error) {
	// The hash is of the bytes that leave, so it is taken between file and buffer.
	w, err := newWriter(f.d.Format, io.MultiWriter(f.sum, f.buffer), options)
	if err != nil {
		return nil, err
	}
	rows, err := f.s.Store.ExportKeys(ctx, f.by, f.d, w.Write)
	if err != nil {
		return rows, err
	}
	return rows, w.Close()
}

func newWriter(format string, w io.Writer, o keyfile.Options) (keyfile.Writer, error) {
	if format == "xlsx" {
		return keyfile.NewXLSX(w, o)
	}
	return keyfile.NewTSV(w, o)
}

func (f *outgoing) head(name string) {
	h := f.c.Response().Header()
	kind := "text/tab-separated-values; charset=utf-8"
	if f.d.Format == "xlsx" {
		kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	}
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
}

// broken notes that a file is not whole. Before its first byte the reader gets a page;
// after it the connection is cut, since a clean end would say that all is there.
func (f *outgoing) broken(ctx context.Context, cause error) error {
	f.stop()
	if err := f.s.Store.BreakDownload(context.WithoutCancel(ctx), f.by, f.d, nil); err != nil {
		f.s.Log.ErrorContext(ctx, "broken key file not noted", "file", f.d.FileID, "error", err)
	}
	if !f.begun {
		f.c.Response().Header().Del("Content-Disposition")
		return cause
	}
	f.s.Log.WarnContext(ctx, "key file broken off", "file", f.d.FileID, "error", cause)
	panic(http.ErrAbortHandler)
}
