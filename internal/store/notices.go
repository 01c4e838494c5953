package store

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
)

const addNotice = `INSERT INTO notices (id, person_id, root_id, request_id, event, at) VALUES ($1, $2, $3, $4, $5, $6)`

// inform lets a person know of what happened to a request: a notice, and a mail where
// they have an address. Nobody is told what they did themselves, and no customer what
// support keeps to itself.
func (t *tx) inform(person uuid.UUID, r licensing.Request, e licensing.RequestEvent) error {
	if person == uuid.Nil || person == t.by.PersonID {
		return nil
	}
	to, err := t.receiver(person, r)
	if err != nil || to == nil || e.Internal && !to.detail.Staff {
		return err
	}
	t.last(addNotice, uuid.Must(uuid.NewV7()), person, r.RootID, r.ID, string(e.Kind), e.At)
	if to.address == "" {
		return nil
	}
	return t.mail(person, *to, r, e)
}

// Bit 16 is FileRequests: a customer may have lost the right on what a notice is about.
const (
	noticeColumns = `SELECT n.id, n.person_id, n.root_id, n.request_id, n.event, n.news, n.at, n.read_at, coalesce(r.kind, ''), coalesce(r.product_id, 0), coalesce(e.actor, '')
FROM (SELECT * FROM notices WHERE person_id = $1 AND news IS NULL UNION ALL SELECT * FROM news_of($1, $2, $3, $4)) n
LEFT JOIN requests r ON r.id = n.request_id
LEFT JOIN LATERAL (SELECT actor FROM request_events WHERE request_id = n.request_id AND kind = n.event AND at = n.at LIMIT 1) e ON true
WHERE (n.at, n.id) < ($2, $3) AND (r.id IS NOT NULL OR n.news IS NOT NULL) AND (n.root_id = ANY ($5) OR NOT $6)`
	noticeTail = ` ORDER BY n.at DESC, n.id DESC LIMIT $4`

	customersNotices = noticeColumns + ` AND (n.news IS NOT NULL OR r.requester_id = $1 OR r.filed_by = $1 OR EXISTS (SELECT FROM reach
	WHERE person_id = $1 AND licence_id = r.licence_id AND rights & 16 <> 0 AND (until IS NULL OR until > now())))` + noticeTail
	staffsNotices = noticeColumns + noticeTail
)

// Notices lists what the viewer was told of and may still see, the latest first, and
// returns the next page's cursor.
func (s *Store) Notices(ctx context.Context, v licensing.Viewer, after string) (lines []licensing.NoticeLine, next string, err error) {
	sql := customersNotices
	if v.SeesAllCustomers() {
		sql = staffsNotices
	}
	at, id := readTimeCursor(after)
	err = s.read(ctx, v, query{sql, []any{v.PersonID, at, id, PageSize + 1, v.Roots, v.Bound}, func(rows pgx.Rows) error {
		var l licensing.NoticeLine
		err := rows.Scan(&l.ID, &l.PersonID, &l.RootID, &l.RequestID, &l.Event, &l.News, &l.At, &l.ReadAt, &l.Kind, &l.Product, &l.Actor)
		lines = append(lines, l)
		return err
	}})
	if len(lines) > PageSize {
		lines = lines[:PageSize]
		next = timeCursor(lines[PageSize-1].At, lines[PageSize-1].ID.String())
	}
	return lines, next, err
}

// ReadNotices marks all of the viewer's notices as read, those too that the viewer may
// no longer see: they would stay in the count for ever. Those of families that the issuer
// doesn't speak for are not in its count. Read marks are no act that the audit log is told of.
func (s *Store) ReadNotices(ctx context.Context, v licensing.Viewer) error {
	return s.transact(ctx, desk, func(t *tx) error {
		_, err := t.exec(`UPDATE notices SET read_at = now() WHERE person_id = $1 AND read_at IS NULL AND (root_id = ANY ($2) OR NOT $3)`, v.PersonID, v.Roots, v.Bound)
		return err
	})
}
