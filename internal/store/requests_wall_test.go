package store_test

import (
	"errors"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/keyhall/keyhall/internal/licensing"
)

// S-53: whatever reaches the database in a customer's name, it decides nothing, says
// nothing that support says, and reads nothing that support keeps to itself.
func TestWhatTheServingRoleMayWriteAboutRequests(t *testing.T) {
	t.Parallel()
	w := newAsked(t)
	open, granted := w.more(licensing.Submitted), w.more(licensing.Granted)
	kaisa, root := w.person["kaisa"].ID, w.org[nordvik].RootID
	c := w.connect(w.db.ServeURL)
	w.must(exec(c, `SELECT set_config('keyhall.roots', '{' || $1 || '}', false)`, root.String()))
	const (
		event = `INSERT INTO request_events (request_id, seq, root_id, at, actor, staff, kind, internal) VALUES ($1, 9, $2, now(), 'sofia', `
		file  = `INSERT INTO requests (root_id, kind, reason, requester_id, filed_by, filed_at, due_at`
		said  = `) VALUES ($1, 'general', 'More', $2, $2, now(), now()`
	)
	for what, one := range map[string]struct {
		sql  string
		args []any
	}{
		"grants":                     {`UPDATE requests SET state = 'granted', closed_at = now() WHERE id = $1`, []any{open}},
		"rejects":                    {`UPDATE requests SET state = 'rejected', closed_at = now() WHERE id = $1`, []any{open}},
		"names who decided":          {`UPDATE requests SET decided_by = $2 WHERE id = $1`, []any{open, w.sofia.PersonID}},
		"assigns":                    {`UPDATE requests SET assignee_id = $2 WHERE id = $1`, []any{open, w.sofia.PersonID}},
		"alters what was found":      {`UPDATE requests SET findings = '[]' WHERE id = $1`, []any{open}},
		"asks for more afterwards":   {`UPDATE requests SET quantity = 9000 WHERE id = $1`, []any{open}},
		"opens what is closed":       {`UPDATE requests SET state = 'submitted', closed_at = NULL WHERE id = $1`, []any{granted}},
		"puts a decision off":        {`UPDATE requests SET due_at = now() WHERE id = $1`, []any{granted}},
		"files what is granted":      {file + `, state, decided_by, closed_at` + said + `, 'granted', $3, now())`, []any{root, kaisa, w.sofia.PersonID}},
		"files what is taken on":     {file + `, assignee_id` + said + `, $3)`, []any{root, kaisa, w.sofia.PersonID}},
		"files with a reference":     {file + `, reference` + said + `, 'BW-1')`, []any{root, kaisa}},
		"files for another family":   {file + said + `)`, []any{w.org[kommune].RootID, kaisa}},
		"speaks as support":          {event + `true, 'asked', false)`, []any{open, root}},
		"says that it was granted":   {event + `false, 'granted', false)`, []any{open, root}},
		"says that it was asked":     {event + `false, 'asked', false)`, []any{open, root}},
		"adds a note":                {event + `true, 'noted', true)`, []any{open, root}},
		"unsays an event":            {`DELETE FROM request_events WHERE request_id = $1`, []any{open}},
		"rewrites an event":          {`UPDATE request_events SET actor = 'anna' WHERE request_id = $1`, []any{open}},
		"removes a request":          {`DELETE FROM requests WHERE id = $1`, []any{open}},
		"reads mails":                {`SELECT FROM mails`, nil},
		"writes the ledger":          {`INSERT INTO limit_entries (key_id, seq, root_id, old, new, reason) SELECT id, 9, root_id, 1, 2, 'grant' FROM keys`, nil},
		"raises a key":               {`UPDATE keys SET total = 900`, nil},
		"forgets what was done once": {`DELETE FROM once`, nil},
		"reads who approved first":   {`SELECT FROM request_approvals`, nil},
		"names who approved first":   {`UPDATE requests SET first_by = $2 WHERE id = $1`, []any{open, w.sofia.PersonID}},
		"lets one be enough":         {`UPDATE requests SET two_above = 9000 WHERE id = $1`, []any{open}},
	} {
		var pg *pgconn.PgError
		if err := exec(c, one.sql, one.args...); !errors.As(err, &pg) || pg.Code != "42501" && pg.Code != "23514" {
			t.Errorf("the serving role %s: got %v, want it refused", what, err)
		}
	}
	w.must(exec(c, file+said+`)`, root, kaisa))
	w.must(exec(c, event+`false, 'answered', false)`, open, root))
}
