package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
)

// A job may be at work on an old one; after another two days none is.
const forgetUploads = `DELETE FROM uploads WHERE created_at < $1 AND (state NOT IN ('checking', 'applying') OR created_at < $1::timestamptz - interval '2 days')
RETURNING id, file_name, size, coalesce(sha256, ''), state`

// ForgetUploads removes the uploads of before a time with all that was kept of them. Of
// those that were taken in, the list of imports and the audit log know.
func (s *Store) ForgetUploads(ctx context.Context, before time.Time) error {
	return s.asDesk(ctx, func(t *tx) error {
		rows, err := t.pgx.Query(t.ctx, forgetUploads, before)
		if err != nil {
			return err
		}
		var u licensing.Upload
		_, err = pgx.ForEachRow(rows, []any{&u.ID, &u.FileName, &u.Size, &u.SHA256, &u.State}, func() error {
			if u.State != licensing.UploadReceiving && u.State != licensing.UploadApplied {
				t.tell(uploadAct("upload.forgotten", u))
			}
			return nil
		})
		return err
	})
}
