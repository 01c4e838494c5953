package store

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
)

// ReadFile makes rows of a file, up to most of them. keyfile has one; the store knows
// no file formats.
type ReadFile func(name string, from io.Reader, most int) (licensing.ImportSource, error)

// work is an upload that a job has taken on.
type work struct {
	licensing.Upload
	receipt uuid.UUID
	wish    wish
}

// CheckUpload finds out what an upload would do, and keeps that with it. It may be
// called again: only an upload that waits to be checked is.
func (s *Store) CheckUpload(ctx context.Context, id uuid.UUID, read ReadFile) error {
	return s.workUpload(ctx, id, read, "checking", "received", "checking")
}

// ApplyUpload takes an upload in, in the name of who asked for it. It may be called
// again, and twice at once: an upload is taken in once. While another import is being
// applied it returns ErrConflict: try again later.
func (s *Store) ApplyUpload(ctx context.Context, id uuid.UUID, read ReadFile) error {
	return s.workUpload(ctx, id, read, "applying", "applying")
}

func (s *Store) workUpload(ctx context.Context, id uuid.UUID, read ReadFile, now string, before ...string) error {
	w, err := s.takeOn(ctx, id, now, before)
	if errors.Is(err, licensing.ErrNotFound) {
		return nil // discarded, or done before
	}
	if err != nil {
		return err
	}
	r, err := s.importUpload(ctx, w, read)
	if err != nil {
		return s.failUpload(ctx, w, err)
	}
	if r.Applied {
		return nil // the import has said so itself
	}
	report, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return s.noteUpload(ctx, `UPDATE uploads SET state = 'checked', lines = $3, report = $4 WHERE id = $1 AND state = $2`, id, now, r.Lines, report)
}

const (
	takeOn = `UPDATE uploads SET state = $2, lines = 0 WHERE id = $1 AND state = ANY ($3)
RETURNING receipt, file_name, size, sha256, options, wish`
	noRejects = `DELETE FROM upload_rejects WHERE upload_id = $1`
)

func (s *Store) takeOn(ctx context.Context, id uuid.UUID, now string, before []string) (work, error) {
	w := work{Upload: licensing.Upload{ID: id, State: licensing.UploadState(now)}}
	var options, who []byte
	// That a job is at work is no act: what comes of it is.
	err := s.transact(ctx, desk, func(t *tx) error {
		err := t.pgx.QueryRow(t.ctx, takeOn, id, now, before).Scan(&w.receipt, &w.FileName, &w.Size, &w.SHA256, &options, &who)
		if err != nil {
			return err
		}
		_, err = t.exec(noRejects, id)
		return err
	})
	if err != nil {
		return w, err
	}
	return w, errors.Join(json.Unmarshal(options, &w.Options), json.Unmarshal(who, &w.wish))
}

// importUpload reads the file for whoever wished for it, who must still be an operator.
func (s *Store) importUpload(ctx context.Context, w work, read ReadFile) (licensing.ImportReport, error) {
	var none licensing.ImportReport
	by, err := s.Viewer(ctx, licensing.Session{PersonID: w.wish.Person, Issuer: w.wish.Issuer, Subject: w.wish.Subject})
	if errors.Is(err, licensing.ErrNotFound) {
		return none, licensing.ErrForbidden
	}
	if err != nil {
		return none, err
	}
	by.From = w.wish.From
	in, err := read(w.FileName, s.openSealed(ctx, w), licensing.MaxUploadRows)
	if err != nil {
		return none, err
	}
	p := &progress{s: s, ctx: ctx, id: w.ID, next: in.Next}
	rejects := &rejects{s: s, ctx: ctx, id: w.ID}
	in.Next, in.Rejected = p.row, rejects.add
	o := w.Options
	o.Apply, o.Upload = w.State == licensing.UploadApplying, w.ID
	r, err := s.ImportKeys(ctx, by, in, o)
	if err != nil || r.Applied {
		return r, err
	}
	return r, rejects.flush()
}

// failUpload notes that a file can't be taken in. Any other error goes back to the
// queue, which tries again.
func (s *Store) failUpload(ctx context.Context, w work, err error) error {
	bad, unreadable := errors.AsType[*licensing.FileError](err)
	code, missing := "", []string{}
	switch {
	case unreadable:
		code, missing = bad.Code, append(missing, bad.Missing...)
	case errors.Is(err, licensing.ErrIntegrity):
		code = licensing.UploadDamaged
	case errors.Is(err, licensing.ErrForbidden):
		code = licensing.UploadStranger
	case s.gone(ctx, w.ID):
		return nil
	case errors.Is(err, licensing.ErrNotFound):
		code = licensing.UploadDamaged
	default:
		return err
	}
	return s.noteUpload(ctx, `UPDATE uploads SET state = 'failed', code = $3, missing = $4 WHERE id = $1 AND state = $2`, w.ID, string(w.State), code, missing)
}

// GiveUpUpload notes that an upload can't be worked, after it was tried often enough.
func (s *Store) GiveUpUpload(ctx context.Context, id uuid.UUID) error {
	return s.noteUpload(ctx, `UPDATE uploads SET state = 'failed', code = $2 WHERE id = $1 AND state IN ('received', 'checking', 'applying')`, id, licensing.UploadFault)
}

// gone reports whether an upload was discarded under a job's hands.
func (s *Store) gone(ctx context.Context, id uuid.UUID) bool {
	found := false
	err := s.read(ctx, desk, query{`SELECT FROM uploads WHERE id = $1`, []any{id}, func(pgx.Rows) error { found = true; return nil }})
	return err == nil && !found
}

// noteUpload keeps how far a job has come, which no audit log is told.
func (s *Store) noteUpload(ctx context.Context, sql string, args ...any) error {
	return s.transact(ctx, desk, func(t *tx) error {
		_, err := t.exec(sql, args...)
		return err
	})
}

// progress counts rows as they are read, and tells the page that shows the upload.
type progress struct {
	s     *Store
	ctx   context.Context
	id    uuid.UUID
	next  func() (licensing.ImportRow, error)
	lines int64
	told  time.Time
}

// toldEvery is how often progress is told, and asked of the clock every so many rows.
const (
	toldEvery = time.Second
	askEvery  = 1000
)

func (p *progress) row() (licensing.ImportRow, error) {
	row, err := p.next()
	if err == nil {
		p.lines++
	}
	if err != nil || p.lines%askEvery == 0 && time.Since(p.told) >= toldEvery {
		p.told = time.Now()
		// A page that lags behind is no reason to end an import.
		_ = p.s.noteUpload(p.ctx, `UPDATE uploads SET lines = $2 WHERE id = $1`, p.id, p.lines)
	}
	return row, err
}

// rejects keeps the rows that are wrong, some at a time.
type rejects struct {
	s    *Store
	ctx  context.Context
	id   uuid.UUID
	rows [][]any
	n    int
}

const (
	maxRejects   = 100_000 // kept of one upload
	rejectsBatch = 500
)

func (r *rejects) add(one licensing.ImportReject) error {
	if r.n++; r.n > maxRejects {
		return nil
	}
	problems, err := json.Marshal(one.Problems)
	if err != nil {
		return err
	}
	if one.Cells == nil {
		one.Cells = []string{}
	}
	r.rows = append(r.rows, []any{r.id, one.Line, one.Cells, problems})
	if len(r.rows) < rejectsBatch {
		return nil
	}
	return r.flush()
}

func (r *rejects) flush() error {
	if len(r.rows) == 0 {
		return nil
	}
	err := r.s.transact(r.ctx, desk, func(t *tx) error {
		_, err := t.pgx.CopyFrom(t.ctx, pgx.Identifier{"upload_rejects"}, []string{"upload_id", "line", "cells", "problems"}, pgx.CopyFromRows(r.rows))
		return err
	})
	r.rows = r.rows[:0]
	return err
}

const (
	applied = `UPDATE uploads SET state = 'applied', lines = $2, report = $3, import_id = $4 WHERE id = $1 AND state = 'applying'`
	// What was taken in is not kept a moment longer.
	noChunks = `DELETE FROM upload_chunks WHERE upload_id = $1`
)

// applied says, within the import's own transaction, that an upload was taken in. If it
// was before, or is not to be, there is no import.
func (i *importing) applied() error {
	if i.o.Upload == uuid.Nil {
		return nil
	}
	r := *i.r
	r.Applied = true
	report, err := json.Marshal(r)
	if err != nil {
		return err
	}
	n, err := i.exec(applied, i.o.Upload, r.Lines, report, r.ID)
	if err == nil && n == 0 {
		err = licensing.ErrConflict
	}
	if err != nil {
		return err
	}
	_, err = i.exec(noChunks, i.o.Upload)
	return err
}
