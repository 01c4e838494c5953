package store

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
)

const (
	addNews     = `INSERT INTO notices (id, person_id, root_id, event, news, at) VALUES ($1, $2, $3, $4, $5, $6)`
	addNewsMail = `INSERT INTO mails (id, root_id, person_id, address, language, event, detail, secret, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`

	// Without an address there is no mail: that is so too for who refused it.
	livingPerson = `SELECT CASE WHEN EXISTS (SELECT FROM unwanted_mail WHERE person_id = $1 AND about = $2) THEN '' ELSE business_email END, name, locale
FROM persons WHERE id = $1 AND ended_at IS NULL`

	// Who manages the people of a licence ID $1 or an organisation $2 right now, from above too.
	managersOf = `SELECT DISTINCT p.id FROM grants g JOIN persons p ON p.id = g.person_id AND p.ended_at IS NULL
WHERE g.role = ANY ($3) AND g.revoked_at IS NULL AND (g.expires_at IS NULL OR g.expires_at > now())
AND (g.licence_id = $1 OR g.organisation_id IN (SELECT ancestor_id FROM org_closure
	WHERE descendant_id = coalesce($2, (SELECT organisation_id FROM licences WHERE id = $1)))) ORDER BY p.id`
)

// news lets a person know of something: a notice, and a mail where they have an address.
// Nobody is told what they did themselves, but for what concerns their account's security:
// it may have been somebody else. An account that has ended is told nothing.
func (t *tx) news(person uuid.UUID, n licensing.News) error {
	about := licensing.MailGroupOf(n.Kind)
	if person == uuid.Nil || person == t.by.PersonID && about != licensing.MailSecurity {
		return nil
	}
	var to *licensing.Addressee
	err := t.all(query{livingPerson, []any{person, about}, func(rows pgx.Rows) error {
		to = &licensing.Addressee{}
		return rows.Scan(&to.Address, &to.Name, &to.Language)
	}})
	if err != nil || to == nil {
		return err
	}
	text, err := json.Marshal(n)
	if err != nil {
		return err
	}
	now := time.Now()
	t.last(addNews, uuid.Must(uuid.NewV7()), person, n.RootID, string(n.Kind), string(text), now)
	if to.Address == "" {
		return nil
	}
	return t.writeTo(&person, *to, n, now)
}

// newsTo writes to somebody without an account.
func (t *tx) newsTo(to licensing.Addressee, n licensing.News) error {
	return t.writeTo(nil, to, n, time.Now())
}

// writeTo adds a mail and the job that sends it.
func (t *tx) writeTo(person *uuid.UUID, to licensing.Addressee, n licensing.News, at time.Time) error {
	detail, err := json.Marshal(licensing.MailDetail{Name: to.Name, News: &n})
	if err != nil {
		return err
	}
	id := uuid.Must(uuid.NewV7())
	var secret []byte
	if n.Secret != "" {
		if secret, err = t.vault.SealBytes([]byte(n.Secret), placeOfSecret(id)); err != nil {
			return err
		}
	}
	if to.Language == "" {
		to.Language = "en"
	}
	t.last(addNewsMail, id, n.RootID, person, to.Address, to.Language, string(n.Kind), string(detail), secret, at)
	if _, err := t.queue.InsertTx(t.ctx, t.pgx, licensing.SendMail{Mail: id}, nil); err != nil {
		return fmt.Errorf("enqueue job: %w", err)
	}
	return nil
}

// placeOfSecret binds what a mail alone says to that mail.
func placeOfSecret(mail uuid.UUID) []byte { return append([]byte("mail secret "), mail[:]...) }

// managersOf are the living administrators of a licence ID, or of an organisation. It sees
// the families that the transaction sees.
func (t *tx) managersOf(licence, organisation *uuid.UUID) (people []uuid.UUID, err error) {
	err = t.all(query{managersOf, []any{licence, organisation, managing()}, func(rows pgx.Rows) error {
		var id uuid.UUID
		err := rows.Scan(&id)
		people = append(people, id)
		return err
	}})
	return people, err
}
