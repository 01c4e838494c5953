package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
)

// receiver is whom a mail goes to, and what it says about its subject.
type receiver struct {
	address, locale string
	detail          licensing.MailDetail
}

// Without an address there is no mail: that is so too for who wants none about requests.
const receiverOf = `SELECT CASE WHEN EXISTS (SELECT FROM unwanted_mail WHERE person_id = p.id AND about = 'requests') THEN '' ELSE p.business_email END, p.locale, p.name, p.staff_role <> '', coalesce(d.name, ''), coalesce(l.number, ''), coalesce(o.name, '')
FROM persons p LEFT JOIN products d ON d.id = $2 LEFT JOIN licences l ON l.id = $3
LEFT JOIN organisations o ON o.id = coalesce(l.organisation_id, $4) WHERE p.id = $1 AND p.ended_at IS NULL`

// receiver finds a person, and the names that a request goes by; nil for an account
// that has ended.
func (t *tx) receiver(person uuid.UUID, r licensing.Request) (*receiver, error) {
	rows, err := t.pgx.Query(t.ctx, receiverOf, person, r.ProductID, r.LicenceID, r.RootID)
	if err != nil {
		return nil, err
	}
	var found *receiver
	var to receiver
	d := &to.detail
	_, err = pgx.ForEachRow(rows, []any{&to.address, &to.locale, &d.Name, &d.Staff, &d.Product, &d.Licence, &d.Organisation}, func() error {
		found = &to
		return nil
	})
	return found, err
}

// No RETURNING: a customer's act adds to the mails without being able to read them.
const addMail = `INSERT INTO mails (id, root_id, person_id, address, language, event, request_id, detail, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`

// mail adds a mail and the job that sends it: both are there if and only if what they
// tell of happened.
func (t *tx) mail(person uuid.UUID, to receiver, r licensing.Request, e licensing.RequestEvent) error {
	d := to.detail
	d.Kind, d.Last5, d.Event, d.Actor, d.DueAt = r.Kind, r.Last5, e.Detail, e.Actor, r.DueAt
	if r.Quantity != nil {
		d.Asked = *r.Quantity
	}
	detail, err := json.Marshal(d)
	if err != nil {
		return err
	}
	id := uuid.Must(uuid.NewV7())
	t.last(addMail, id, r.RootID, person, to.address, languageFor(person, to.locale, r), string(e.Kind), r.ID, string(detail), e.At)
	if _, err := t.queue.InsertTx(t.ctx, t.pgx, licensing.SendMail{Mail: id}, nil); err != nil {
		return fmt.Errorf("enqueue job: %w", err)
	}
	return nil
}

// languageFor is the account's language; without one, whoever asked is written to in
// the language they asked in.
func languageFor(person uuid.UUID, locale string, r licensing.Request) string {
	switch {
	case locale != "":
		return locale
	case person == r.RequesterID && person == r.FiledBy:
		return r.Language
	}
	return "en"
}

const mailColumns = `SELECT id, root_id, person_id, address, language, event, request_id, detail, at, sent_at, state, attempts, secret FROM mails `

// scanMail reads a mail whole, with what it alone may say.
func (s *Store) scanMail(rows pgx.Rows, m *licensing.Mail) error {
	var detail, secret []byte
	if err := rows.Scan(&m.ID, &m.RootID, &m.PersonID, &m.Address, &m.Language, &m.Event, &m.RequestID, &detail, &m.At, &m.SentAt, &m.State, &m.Attempts, &secret); err != nil {
		return err
	}
	if err := json.Unmarshal(detail, &m.Detail); err != nil || secret == nil || m.Detail.News == nil {
		return err
	}
	path, err := s.vault.OpenBytes(secret, placeOfSecret(m.ID))
	m.Detail.News.Secret = string(path)
	return err
}

// Outbox lists the mails to anybody, the latest first, and returns the next page's
// cursor. It asks for no viewer: only the demo, where everybody is made up, shows it.
func (s *Store) Outbox(ctx context.Context, after string) (list []licensing.Mail, next string, err error) {
	at, id := readTimeCursor(after)
	err = s.read(ctx, desk, query{mailColumns + `WHERE (at, id) < ($1, $2) ORDER BY at DESC, id DESC LIMIT $3`, []any{at, id, PageSize + 1}, func(rows pgx.Rows) error {
		var m licensing.Mail
		err := s.scanMail(rows, &m)
		list = append(list, m)
		return err
	}})
	if len(list) > PageSize {
		list = list[:PageSize]
		next = timeCursor(list[PageSize-1].At, list[PageSize-1].ID.String())
	}
	return list, next, err
}

// Mail finds one mail, whoever it is to: for whoever sends it, and for the demo.
func (s *Store) Mail(ctx context.Context, id uuid.UUID) (m licensing.Mail, err error) {
	found := false
	err = s.read(ctx, desk, query{mailColumns + `WHERE id = $1`, []any{id}, func(rows pgx.Rows) error {
		found = true
		return s.scanMail(rows, &m)
	}})
	if err == nil && !found {
		err = licensing.ErrNotFound
	}
	return m, err
}

const (
	mailSent   = `UPDATE mails SET state = 'sent', attempts = attempts + 1, sent_at = $2, secret = NULL WHERE id = $1 AND state = 'queued'`
	mailPutOff = `UPDATE mails SET attempts = attempts + 1 WHERE id = $1 AND state = 'queued'`
	mailFailed = `UPDATE mails SET state = 'failed', attempts = attempts + 1, secret = NULL WHERE id = $1 AND state = 'queued'`
	mailKept   = `UPDATE mails SET state = 'kept' WHERE id = $1 AND state = 'queued'`
)

// MailSent notes that a mail server has taken a mail. A server of ours that dies between
// the two sends it again, under the same Message-ID.
func (s *Store) MailSent(ctx context.Context, id uuid.UUID, at time.Time) error {
	return s.mailCame(ctx, mailSent, id, at)
}

// MailPutOff notes that a mail could not be sent yet.
func (s *Store) MailPutOff(ctx context.Context, id uuid.UUID) error {
	return s.mailCame(ctx, mailPutOff, id)
}

// MailFailed notes that a mail will not be sent any more; of an invitation's, the
// invitation too says so, unless it was sent again meanwhile.
func (s *Store) MailFailed(ctx context.Context, id uuid.UUID) error {
	return s.transact(ctx, desk, func(t *tx) error {
		if _, err := t.exec(mailFailed, id); err != nil {
			return err
		}
		_, err := t.exec(invitationFailed, id)
		return err
	})
}

// MailKept notes that a mail stays here, since there is no mail server.
func (s *Store) MailKept(ctx context.Context, id uuid.UUID) error {
	return s.mailCame(ctx, mailKept, id)
}

// mailCame notes how far a mail has come. That is nobody's act, so the audit log is told
// nothing.
func (s *Store) mailCame(ctx context.Context, sql string, args ...any) error {
	return s.transact(ctx, desk, func(t *tx) error {
		_, err := t.exec(sql, args...)
		return err
	})
}
