package store

import (
	"context"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
)

// NewFile says which key file somebody wants: that of one licence ID, or of the
// whole profile if Number is empty.
type NewFile struct {
	Number string
	Name   string
	Format string // tsv or xlsx
}

const (
	// The licence IDs in the file are noted before it starts: should it break, what
	// may have left is known.
	startDownload = `WITH f AS (SELECT r.root_id, array_agg(r.licence_id) AS licences
	FROM reach r WHERE r.person_id = $2 AND r.rights & 4 <> 0 AND (r.until IS NULL OR r.until > now()) AND ($4 = '' OR r.number = $4)
	GROUP BY r.root_id),
e AS (SELECT count(*) + count(*) FILTER (WHERE state = 'false_alarm') AS n FROM leaks WHERE $4 = '' OR licence_id IN (SELECT unnest(licences) FROM f))
INSERT INTO downloads (file_id, root_id, person_id, person_name, licence_id, number, licences, name, format, withheld, freezes)
SELECT $1, f.root_id, $2, $3, CASE WHEN $4 <> '' THEN f.licences[1] END, $4, f.licences, $5, $6,
	(SELECT count(*) FROM keys WHERE root_id = f.root_id AND compromised_at IS NOT NULL AND licence_id = ANY (f.licences)), e.n
FROM f CROSS JOIN e RETURNING root_id, licence_id, started_at, withheld, freezes`
)

// StartDownload notes that a key file begins, in the ledger and the audit log of each
// family in it. Without a right to the keys it is ErrForbidden, or ErrNotFound where
// the viewer may not even see the licence ID, and more than the person or a family may
// take in an hour is TooMany.
func (s *Store) StartDownload(ctx context.Context, by licensing.Viewer, n NewFile) (licensing.Download, error) {
	d := licensing.Download{FileID: uuid.Must(uuid.NewV7()), PersonID: by.PersonID, PersonName: by.Name, Number: n.Number, Name: n.Name, Format: n.Format}
	if n.Number != "" {
		var l licensing.LicenceRow
		if err := s.read(ctx, by, licenceQuery(by, n.Number, &l)); err != nil {
			return d, err
		}
		if l.ID == uuid.Nil {
			return d, licensing.ErrNotFound
		}
		if !l.Rights.Has(licensing.RevealKeys) {
			return d, s.refuseDownload(ctx, by, l.RootID, &l.ID, n)
		}
	} else if !by.May.Has(licensing.RevealKeys) {
		return d, s.refuseDownload(ctx, by, homeOf(by), nil, n)
	}
	var wanted []licensing.Act
	err := s.write(ctx, by, func(t *tx) error {
		if err := t.startDownload(&d); err != nil {
			return err
		}
		wanted = t.told
		t.take(files, s.rates.Files, rootsOf(wanted)...)
		return nil
	})
	return d, s.recordExcess(ctx, by, files, err, wanted)
}

func rootsOf(acts []licensing.Act) []uuid.UUID {
	roots := make([]uuid.UUID, len(acts))
	for i, a := range acts {
		roots[i] = a.RootID
	}
	return roots
}

func homeOf(v licensing.Viewer) uuid.UUID {
	if len(v.Roots) == 0 {
		return licensing.PublisherRoot
	}
	return v.Roots[0]
}

func (s *Store) refuseDownload(ctx context.Context, by licensing.Viewer, root uuid.UUID, licence *uuid.UUID, n NewFile) error {
	err := s.write(ctx, by, func(t *tx) error {
		t.tell(licensing.Act{
			RootID: root, Action: "file.started", LicenceID: licence, Object: "file", Outcome: licensing.Refused,
			Detail: map[string]any{"name": n.Name},
		})
		return nil
	})
	if err != nil {
		return err
	}
	return licensing.ErrForbidden
}

func (t *tx) startDownload(d *licensing.Download) error {
	rows, err := t.pgx.Query(t.ctx, startDownload, d.FileID, d.PersonID, d.PersonName, d.Number, d.Name, d.Format)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := rows.Scan(&d.RootID, &d.LicenceID, &d.StartedAt, &d.Withheld, &d.Freezes); err != nil {
			return err
		}
		t.tell(licensing.Act{RootID: d.RootID, Action: "file.started", LicenceID: d.LicenceID, Object: "file/" + d.FileID.String(), Detail: map[string]any{"name": d.Name}})
	}
	if len(t.told) == 0 && rows.Err() == nil {
		return licensing.ErrForbidden // the last right ran out just now
	}
	return rows.Err()
}

const endDownload = `UPDATE downloads SET state = $3, row_count = coalesce($4::bigint, row_count), sha256 = $5, ended_at = clock_timestamp()
WHERE file_id = $1 AND root_id = $2 AND state = 'started'`

// FinishDownload notes that a key file is whole: rows for each family, and the
// SHA-256 of the file. Call it before the last bytes leave: ErrConflict says that the
// ledger has given the file up, or ErrFrozen that one of its keys was marked as
// compromised, and it must not end cleanly.
func (s *Store) FinishDownload(ctx context.Context, by licensing.Viewer, d licensing.Download, rows map[uuid.UUID]int64, sum []byte) error {
	return s.endDownload(ctx, by, d, licensing.DownloadFinished, rows, sum)
}

// BreakDownload notes that a key file ended before it was whole.
func (s *Store) BreakDownload(ctx context.Context, by licensing.Viewer, d licensing.Download, rows map[uuid.UUID]int64) error {
	return s.endDownload(ctx, by, d, licensing.DownloadBroken, rows, nil)
}

func (s *Store) endDownload(ctx context.Context, by licensing.Viewer, d licensing.Download, state licensing.DownloadState, counts map[uuid.UUID]int64, sum []byte) error {
	return s.write(ctx, by, func(t *tx) error {
		parts, now, err := t.partsOfDownload(d)
		if err != nil {
			return err
		}
		if state == licensing.DownloadFinished {
			if err := sameKeys(d, now); err != nil {
				return err
			}
		}
		for root, withheld := range parts {
			n, err := t.exec(endDownload, d.FileID, root, string(state), counts[root], sum)
			if err != nil {
				return err
			}
			if n != 1 {
				return fmt.Errorf("%w: the key file has ended already", licensing.ErrConflict)
			}
			t.tell(licensing.Act{
				RootID: root, Action: "file." + string(state), LicenceID: d.LicenceID, Object: "file/" + d.FileID.String(),
				Detail: map[string]any{"name": d.Name, "rows": counts[root], "sha256": hex.EncodeToString(sum), "withheld": withheld},
			})
		}
		return nil
	})
}

const partsOfDownload = `SELECT root_id, withheld FROM downloads WHERE file_id = $1`

// partsOfDownload are the families of a key file with how many keys each left out, and how
// often keys that may be in it were frozen or released up to now. No mark comes between
// this and the end of the transaction.
func (t *tx) partsOfDownload(d licensing.Download) (withheld map[uuid.UUID]int64, now int64, err error) {
	withheld = map[uuid.UUID]int64{}
	err = t.all(query{holdFilesOf, []any{d.FileID}, nothing}, freezesQuery(d, &now),
		query{partsOfDownload, []any{d.FileID}, func(rows pgx.Rows) error {
			var root uuid.UUID
			var n int64
			err := rows.Scan(&root, &n)
			withheld[root] = n
			return err
		}})
	return withheld, now, err
}

// A person sees their own key files, and those with a licence ID on which they may
// see who used its keys: bit 128 is SeeUse.
const (
	downloadColumns = `SELECT d.file_id, d.root_id, d.person_name, d.number, d.name, d.format, d.row_count, d.withheld, d.sha256, d.state, d.started_at, d.ended_at FROM downloads d `
	ownDownloads    = downloadColumns + `WHERE (d.person_id = $1 OR d.licences && ARRAY(
	SELECT r.licence_id FROM reach r WHERE r.person_id = $1 AND r.rights & 128 <> 0 AND (r.until IS NULL OR r.until > now())))
AND (d.started_at, d.file_id) < ($2, $3) ORDER BY d.started_at DESC, d.file_id DESC LIMIT $4`
	deskDownloads = downloadColumns + `WHERE $1::integer <> 0 AND (d.started_at, d.file_id) < ($2, $3) ORDER BY d.started_at DESC, d.file_id DESC LIMIT $4`
)

// Downloads lists the ledger of key files, the latest first: the viewer's own, and
// those that hold keys the viewer administers. It also returns the next page's cursor.
func (s *Store) Downloads(ctx context.Context, v licensing.Viewer, after string) (list []licensing.Download, next string, err error) {
	if v.LooksForAReason() {
		return nil, "", licensing.ErrForbidden // support takes no file, and sees no list over customers' ones
	}
	sql := ownDownloads
	if v.SeesAllCustomers() {
		sql = deskDownloads
	}
	at, id := readTimeCursor(after)
	err = s.read(ctx, v, query{sql, []any{who(v), at, id, PageSize + 1}, func(rows pgx.Rows) error {
		var d licensing.Download
		err := rows.Scan(&d.FileID, &d.RootID, &d.PersonName, &d.Number, &d.Name, &d.Format, &d.Rows, &d.Withheld, &d.SHA256, &d.State, &d.StartedAt, &d.EndedAt)
		list = append(list, d)
		return err
	}})
	if len(list) > PageSize {
		list = list[:PageSize]
		next = timeCursor(list[PageSize-1].StartedAt, list[PageSize-1].FileID.String())
	}
	return list, next, err
}

// BreakForgotten marks key files broken that began before a time and never ended:
// their server died.
func (s *Store) BreakForgotten(ctx context.Context, before time.Time) error {
	const forgotten = `UPDATE downloads SET state = 'broken', ended_at = clock_timestamp() WHERE state = 'started' AND started_at < $1 RETURNING root_id, file_id, licence_id, name`
	return s.asDesk(ctx, func(t *tx) error {
		rows, err := t.pgx.Query(ctx, forgotten, before)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			a := licensing.Act{Action: "file.broken"}
			var file uuid.UUID
			var name string
			if err := rows.Scan(&a.RootID, &file, &a.LicenceID, &name); err != nil {
				return err
			}
			a.Object, a.Detail = "file/"+file.String(), map[string]any{"name": name}
			t.tell(a)
		}
		return rows.Err()
	})
}
