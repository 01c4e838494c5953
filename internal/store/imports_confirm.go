package store

import (
	"strconv"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
)

const (
	// A grant of another vendor's keys carries its reference, and waits for that vendor's
	// file to tell a total that is no less than what the grant brought about.
	agrees = `FROM limit_entries e JOIN keys k ON k.id = e.key_id JOIN staged s ON ` + sameKey + `
WHERE r.reference <> '' AND r.confirmed_at IS NULL AND r.granted IS NOT NULL AND e.request_id = r.id AND s.told AND s.total >= e.new`
	countConfirmed = `SELECT count(DISTINCT r.id) FROM requests r, LATERAL (SELECT ` + agrees + `) agreed`
	confirmGrants  = `WITH confirmed AS (
	UPDATE requests r SET confirmed_at = now(), last_event = r.last_event + 1 ` + agrees + `
	RETURNING r.id, r.root_id, r.licence_id, r.reference, r.last_event, s.total),
told AS (
	INSERT INTO request_events (request_id, seq, root_id, at, actor_id, actor, staff, kind, detail)
	SELECT id, last_event, root_id, now(), $1, $2, true, 'confirmed', jsonb_build_object('reference', reference, 'new', total) FROM confirmed)
SELECT id, root_id, licence_id, reference FROM confirmed ORDER BY id`
)

// confirm marks grants that the file agrees with, whether or not it changes their keys.
func (i *importing) confirm() error {
	if !i.writing() {
		return i.pgx.QueryRow(i.ctx, countConfirmed).Scan(&i.r.Confirmed)
	}
	var by *uuid.UUID
	if i.by.PersonID != uuid.Nil {
		by = &i.by.PersonID
	}
	rows, err := i.pgx.Query(i.ctx, confirmGrants, by, i.by.Name)
	if err != nil {
		return err
	}
	var id int64
	var root uuid.UUID
	var licence *uuid.UUID
	var reference string
	_, err = pgx.ForEachRow(rows, []any{&id, &root, &licence, &reference}, func() error {
		i.r.Confirmed++
		i.tell(licensing.Act{
			RootID: root, Action: "request.confirmed", LicenceID: licence, Object: "request/" + strconv.FormatInt(id, 10),
			Detail: map[string]any{"reference": reference},
		})
		return nil
	})
	return err
}
