package store

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/keyhall/keyhall/internal/licensing"
)

const (
	unwantedMail = `SELECT about FROM unwanted_mail WHERE person_id = $1`
	refuseMail   = `INSERT INTO unwanted_mail (person_id, about) SELECT $1, unnest($2::text[]) ON CONFLICT DO NOTHING`
	acceptMail   = `DELETE FROM unwanted_mail WHERE person_id = $1 AND about <> ALL (coalesce($2::text[], '{}'))`
)

// UnwantedMail lists what the viewer wants no mail about.
func (s *Store) UnwantedMail(ctx context.Context, v licensing.Viewer) (groups []licensing.MailGroup, err error) {
	err = borrow(ctx, s.pool, func(c *pgxpool.Conn) (err error) {
		groups, err = mailGroups(c.Query(ctx, unwantedMail, v.PersonID))
		return err
	})
	return groups, err
}

func mailGroups(rows pgx.Rows, err error) ([]licensing.MailGroup, error) {
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[licensing.MailGroup])
}

// RefuseMail sets what the person wants no mail about; all other mail is sent. The same
// post again does nothing. A group that can't be refused is an error.
func (s *Store) RefuseMail(ctx context.Context, by licensing.Viewer, groups []licensing.MailGroup, once licensing.Once) error {
	return s.own(ctx, by, once, func(t *tx) error {
		if _, err := t.exec(acceptMail, by.PersonID, groups); err != nil {
			return err
		}
		_, err := t.exec(refuseMail, by.PersonID, groups)
		t.tellOwn("person.mail_set", map[string]any{"unwanted": groups})
		return err
	})
}
