package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"

	"github.com/keyhall/keyhall/internal/licensing"
)

const uploadColumns = `SELECT id, actor, file_name, size, sha256, options, state, lines, report, code, missing, created_at,
	EXISTS (SELECT FROM upload_rejects r WHERE r.upload_id = u.id) FROM uploads u `

const (
	oneUpload = uploadColumns + `WHERE id = $1 AND state <> 'receiving'`
	// Of those that were taken in the list of imports has a line.
	uploadsNow = uploadColumns + `WHERE state NOT IN ('receiving', 'applied') ORDER BY created_at DESC, id DESC LIMIT $1`
)

// Upload finds a file that was sent, whoever sent it. It is the operator's: for anybody
// else ErrForbidden.
func (s *Store) Upload(ctx context.Context, v licensing.Viewer, id uuid.UUID) (licensing.Upload, error) {
	list, err := s.uploads(ctx, v, oneUpload, id)
	if err == nil && len(list) == 0 {
		err = licensing.ErrNotFound
	}
	if err != nil {
		return licensing.Upload{}, err
	}
	return list[0], nil
}

// Uploads lists files that were sent and not taken in yet, the latest first.
func (s *Store) Uploads(ctx context.Context, v licensing.Viewer) ([]licensing.Upload, error) {
	return s.uploads(ctx, v, uploadsNow, PageSize)
}

func (s *Store) uploads(ctx context.Context, v licensing.Viewer, sql string, arg any) (list []licensing.Upload, err error) {
	if !mayOperate(v) {
		return nil, licensing.ErrForbidden
	}
	err = s.read(ctx, v, query{sql, []any{arg}, func(rows pgx.Rows) error {
		u, err := scanUpload(rows)
		list = append(list, u)
		return err
	}})
	return list, err
}

func scanUpload(row pgx.Rows) (u licensing.Upload, err error) {
	var options, report []byte
	if err := row.Scan(&u.ID, &u.Actor, &u.FileName, &u.Size, &u.SHA256, &options, &u.State, &u.Lines, &report, &u.Code, &u.Missing, &u.CreatedAt, &u.Rejected); err != nil {
		return u, err
	}
	if err := json.Unmarshal(options, &u.Options); err != nil || report == nil {
		return u, err
	}
	return u, json.Unmarshal(report, &u.Report)
}

// wish is who asked for what is done with an upload: their sign-in and their request,
// for the audit log.
type wish struct {
	Person  uuid.UUID        `json:"person"`
	Issuer  string           `json:"issuer"`
	Subject string           `json:"subject"`
	From    licensing.Origin `json:"from"`
}

func wishOf(by licensing.Viewer) ([]byte, error) {
	return json.Marshal(wish{by.PersonID, by.Issuer, by.Subject, by.From})
}

const (
	startApply = `UPDATE uploads SET state = 'applying', lines = 0, wish = $2 WHERE id = $1 AND state = 'checked' AND (report->>'ProblemCount')::bigint = 0`
	discard    = `DELETE FROM uploads WHERE id = $1 AND state IN ('received', 'checking', 'checked', 'failed') RETURNING file_name`
)

// StartApply has an upload taken in, in the name of who asks for it. Unless it was
// checked and every row was right it is ErrConflict. The same post again does nothing.
func (s *Store) StartApply(ctx context.Context, by licensing.Viewer, id uuid.UUID, once licensing.Once) error {
	return s.decideUpload(ctx, by, id, once, func(t *tx, u licensing.Upload) error {
		who, err := wishOf(by)
		if err != nil {
			return err
		}
		n, err := t.exec(startApply, id, who)
		if err == nil && n == 0 {
			err = fmt.Errorf("%w: an upload that is %s", licensing.ErrConflict, u.State)
		}
		if err != nil {
			return err
		}
		t.tell(uploadAct("upload.approved", u))
		return t.enqueueImport(licensing.ApplyUpload{Upload: id})
	})
}

// DiscardUpload throws a file away that was not taken in; while it is being applied
// that is ErrConflict.
func (s *Store) DiscardUpload(ctx context.Context, by licensing.Viewer, id uuid.UUID, once licensing.Once) error {
	return s.decideUpload(ctx, by, id, once, func(t *tx, u licensing.Upload) error {
		n, err := t.exec(discard, id)
		if err == nil && n == 0 {
			err = fmt.Errorf("%w: an upload that is %s", licensing.ErrConflict, u.State)
		}
		t.tell(uploadAct("upload.discarded", u))
		return err
	})
}

func (s *Store) decideUpload(ctx context.Context, by licensing.Viewer, id uuid.UUID, once licensing.Once, do func(*tx, licensing.Upload) error) error {
	if !mayOperate(by) {
		return licensing.ErrForbidden
	}
	_, err := s.onceOnly(ctx, by, once, nil, func(t *tx) (int64, error) {
		rows, err := t.pgx.Query(t.ctx, oneUpload+` FOR UPDATE OF u`, id)
		if err != nil {
			return 0, err
		}
		u, err := pgx.CollectExactlyOneRow(rows, func(pgx.CollectableRow) (licensing.Upload, error) { return scanUpload(rows) })
		if err != nil {
			return 0, err
		}
		return 0, do(t, u)
	})
	return err
}

func uploadAct(action string, u licensing.Upload) licensing.Act {
	return licensing.Act{
		RootID: licensing.PublisherRoot, Action: action, Object: "upload/" + u.ID.String(),
		Detail: map[string]any{"name": u.FileName, "sha256": fmt.Sprintf("%x", u.SHA256), "size": u.Size},
	}
}

// enqueueImport adds a job that takes minutes.
func (t *tx) enqueueImport(job river.JobArgs) error {
	_, err := t.queue.InsertTx(t.ctx, t.pgx, job, &river.InsertOpts{Queue: licensing.ImportQueue, MaxAttempts: 5})
	return err
}

const rejectsOf = `SELECT line, cells, problems FROM upload_rejects WHERE upload_id = $1 ORDER BY line, id`

// Rejects tells the rows of an upload that are wrong, in the order of the file; all
// that is wrong with a row comes at once.
func (s *Store) Rejects(ctx context.Context, v licensing.Viewer, id uuid.UUID, each func(licensing.ImportReject) error) error {
	if _, err := s.Upload(ctx, v, id); err != nil {
		return err
	}
	var last licensing.ImportReject
	err := borrow(ctx, s.exports, func(c *pgxpool.Conn) error {
		return readOn(ctx, c, v, []query{{rejectsOf, []any{id}, func(rows pgx.Rows) error {
			var r licensing.ImportReject
			var problems []byte
			if err := rows.Scan(&r.Line, &r.Cells, &problems); err != nil {
				return err
			}
			if err := json.Unmarshal(problems, &r.Problems); err != nil {
				return err
			}
			if r.Line == last.Line {
				last.Problems = append(last.Problems, r.Problems...)
				return nil
			}
			told := last
			last = r
			if told.Line == 0 {
				return nil
			}
			return each(told)
		}}})
	})
	if err != nil || last.Line == 0 {
		return err
	}
	return each(last)
}
