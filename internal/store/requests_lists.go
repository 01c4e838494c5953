package store

import (
	"context"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
)

// What a customer sees lies in three indexes: what they asked, what they filed, and what
// was filed for the licence IDs for which they may file. Of each the latest are taken,
// and of these together the latest. Somebody of very many licence IDs goes by their
// families instead, where most of what is met on the way is theirs; their right is asked
// one by one, since with EXISTS the whole of a family would be joined and sorted.
const (
	requestFilters = ` AND ($2 = '' OR r.kind = $2) AND ($3 = '' OR r.state = $3) AND (NOT $4::boolean OR r.closed_at IS NULL)
AND ($5 = '' OR r.licence_id = (SELECT id FROM licences WHERE number = $5)) AND ($6::uuid IS NULL OR r.key_id = $6)`
	latestFirst = requestFilters + ` AND r.id < $7 ORDER BY r.id DESC LIMIT $8`

	mineRequests = requestSelect + ` WHERE r.id IN (SELECT s.id FROM (
	(SELECT r.id FROM requests r WHERE r.requester_id = $1` + latestFirst + `)
	UNION (SELECT r.id FROM requests r WHERE r.filed_by = $1` + latestFirst + `)`
	mineEnds = `) s ORDER BY s.id DESC LIMIT $8) ORDER BY r.id DESC`

	requestsMine = mineRequests + mineEnds
	requestsFew  = mineRequests + ` UNION (SELECT q.id FROM reach h CROSS JOIN LATERAL (
		SELECT r.id FROM requests r WHERE r.licence_id = h.licence_id` + latestFirst + `) q
	WHERE h.person_id = $1 AND h.rights & 16 <> 0 AND (h.until IS NULL OR h.until > now()) ORDER BY q.id DESC LIMIT $8)` + mineEnds
	requestsMany = mineRequests + ` UNION (SELECT q.id FROM unnest($9::uuid[]) AS root (id) CROSS JOIN LATERAL (
		SELECT r.id FROM requests r WHERE r.root_id = root.id AND (SELECT h.rights & 16 FROM reach h
			WHERE h.person_id = $1 AND h.licence_id = r.licence_id AND (h.until IS NULL OR h.until > now())) <> 0` + latestFirst + `) q
	ORDER BY q.id DESC LIMIT $8)` + mineEnds
)

// The desk's queue has those that wait for a customer last.
const (
	deskRequests = deskSelect + ` WHERE true` + requestFilters + ` AND (NOT $7::boolean OR r.assignee_id = $1)
AND (NOT $8::boolean OR r.assignee_id IS NULL) AND ($9 = '' OR r.region = $9) AND ($10 = '' OR o.name ILIKE $10
	OR r.root_id IN (SELECT id FROM organisations WHERE parent_id IS NULL AND name ILIKE $10))`
	requestsAll   = deskRequests + ` AND r.id < $11 ORDER BY r.id DESC LIMIT $12`
	requestsQueue = deskRequests + ` AND r.closed_at IS NULL AND ((r.paused_at IS NOT NULL), r.due_at, r.id) > ($13::boolean, $14::timestamptz, $11)
ORDER BY (r.paused_at IS NOT NULL), r.due_at, r.id LIMIT $12`
)

// Requests lists requests: a customer's own and those of the licence IDs on which they
// may file requests, the latest first; for the desk all of them. With f.Open the desk
// gets the queue: by due time, those that wait for a customer last. Customers are not
// told who a request is assigned to, and can't ask for it. A cursor that can't be read
// gives the first page.
func (s *Store) Requests(ctx context.Context, v licensing.Viewer, f licensing.RequestFilter) (licensing.RequestPage, error) {
	if f.Limit <= 0 {
		f.Limit = PageSize
	}
	var page licensing.RequestPage
	q, cursor := customersRequests(v, f), latestCursor
	if v.SeesAllCustomers() {
		q, cursor = desksRequests(v, f)
	}
	q.row = func(rows pgx.Rows) error {
		if len(page.Rows) == f.Limit {
			page.Next = cursor(page.Rows[f.Limit-1].Request)
			return nil
		}
		page.Rows = append(page.Rows, licensing.RequestRow{})
		return scanRequestRow(rows, v, &page.Rows[len(page.Rows)-1])
	}
	err := s.readAnew(ctx, v, q)
	return page, err
}

func customersRequests(v licensing.Viewer, f licensing.RequestFilter) query {
	args := []any{v.PersonID, string(f.Kind), string(f.State), f.Open, f.Licence, orNil(f.Key), readLatest(f.After), f.Limit + 1}
	switch {
	case f.Mine:
		return query{sql: requestsMine, args: args}
	case v.Licences > FewLicences:
		return query{sql: requestsMany, args: append(args, v.Roots)}
	}
	return query{sql: requestsFew, args: args}
}

func desksRequests(v licensing.Viewer, f licensing.RequestFilter) (query, func(licensing.Request) string) {
	var pattern string
	if words := strings.Fields(f.Customer); len(words) > 0 {
		pattern = strings.ReplaceAll(contains(strings.Join(words, " ")), " ", "%")
	}
	args := []any{v.PersonID, string(f.Kind), string(f.State), f.Open, f.Licence, orNil(f.Key), f.Mine, f.Nobodys, string(f.Region), pattern}
	if !f.Open {
		return query{sql: requestsAll, args: append(args, readLatest(f.After), f.Limit+1)}, latestCursor
	}
	waits, due, id := readQueue(f.After)
	return query{sql: requestsQueue, args: append(args, id, f.Limit+1, waits, due)}, queueCursor
}

func latestCursor(r licensing.Request) string { return strconv.FormatInt(r.ID, 10) }

func readLatest(cursor string) int64 {
	id, err := strconv.ParseInt(cursor, 10, 64)
	if err != nil || id <= 0 {
		return math.MaxInt64
	}
	return id
}

func queueCursor(r licensing.Request) string {
	waits := "0"
	if r.PausedAt != nil {
		waits = "1"
	}
	return waits + "~" + timeCursor(r.DueAt, strconv.FormatInt(r.ID, 10))
}

func readQueue(cursor string) (waits bool, due time.Time, id int64) {
	first, rest, _ := strings.Cut(cursor, "~")
	due, text := splitTimeCursor(rest)
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id <= 0 || first != "0" && first != "1" {
		return false, time.Time{}, 0
	}
	return first == "1", due, id
}
