package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
)

const (
	askEmail = `INSERT INTO email_changes (person_id, email, token_hash, sent_at, ends_at) VALUES ($1, $2, $3, now(), now() + interval '1 hour')
ON CONFLICT (person_id) DO UPDATE SET email = excluded.email, token_hash = excluded.token_hash, sent_at = now(), ends_at = excluded.ends_at
WHERE email_changes.sent_at < now() - interval '1 minute'`
	// Whether somebody has a right in a family that is none of $2.
	hasElsewhere = `SELECT EXISTS (SELECT FROM grants WHERE person_id = $1 AND root_id <> ALL (coalesce($2::uuid[], '{}'))
AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now()))`
	emailAsked     = `SELECT email FROM email_changes WHERE person_id = $1 AND ends_at > now() AND ($2::bytea IS NULL OR token_hash = $2)`
	emailConfirmed = `DELETE FROM email_changes WHERE person_id = $1 AND token_hash = $2 AND ends_at > now() RETURNING email`
	emailOf        = `SELECT business_email FROM persons WHERE id = $1 AND ended_at IS NULL FOR UPDATE`
	setEmail       = `UPDATE persons SET business_email = $2 WHERE id = $1`
)

// AskEmail mails a link to an address that the person wants as their business e-mail. It
// is so once the link was followed, within an hour; the sign-in account has no part in it.
// What is wrong with the address is licensing.Problems. Who is signed in at an issuer that
// speaks for some of their families only is ErrForbidden: mail about the others goes there too.
func (s *Store) AskEmail(ctx context.Context, by licensing.Viewer, to licensing.Addressee, once licensing.Once) error {
	return s.own(ctx, by, once, func(t *tx) error {
		wrong := func(message string) error { return licensing.Problems{{Field: "email", Message: message}} }
		switch {
		case !licensing.GoodEmail(to.Address):
			return wrong("form.email")
		case licensing.VeilKeys(to.Address) != to.Address: // in front of the @; it is in the audit log
			return wrong("request.problem.text_has_key")
		case to.Address == by.Email:
			return wrong("account.email_same")
		}
		if err := t.mailIsTheirs(s.issuer(by.Issuer)); err != nil {
			return err
		}
		token, hash := newToken()
		n, err := t.exec(askEmail, by.PersonID, to.Address, hash)
		if err != nil {
			return err
		}
		if n == 0 {
			return wrong("account.email_soon")
		}
		t.tellOwn("person.email_asked", map[string]any{"email": to.Address})
		return t.newsTo(to, licensing.News{Kind: licensing.EmailAsked, RootID: homeOf(by), Secret: "/account/email/" + token})
	})
}

// mailIsTheirs refuses who acts where mail is about families that an issuer doesn't speak for.
func (t *tx) mailIsTheirs(i licensing.Issuer) error {
	if i.All {
		return nil
	}
	var elsewhere bool
	err := t.all(query{hasElsewhere, []any{t.by.PersonID, i.Roots}, func(rows pgx.Rows) error { return rows.Scan(&elsewhere) }})
	if err != nil || !elsewhere {
		return err
	}
	return t.refuseOwn("person.email_asked", nil)
}

// EmailAsked is the address that waits for its link to be followed by the viewer; "" for
// none. With the hash of a token it is the one that this token is for.
func (s *Store) EmailAsked(ctx context.Context, v licensing.Viewer, hash []byte) (email string, err error) {
	err = s.read(ctx, desk, query{emailAsked, []any{v.PersonID, hash}, func(rows pgx.Rows) error { return rows.Scan(&email) }})
	return email, err
}

// ConfirmEmail makes the address that a token was mailed to the person's business e-mail,
// and tells the one of before. A token that isn't theirs, or is over, is ErrNotFound.
func (s *Store) ConfirmEmail(ctx context.Context, by licensing.Viewer, hash []byte, once licensing.Once) error {
	return s.own(ctx, by, once, func(t *tx) error {
		var email, old string
		for _, q := range []query{
			{emailOf, []any{by.PersonID}, func(rows pgx.Rows) error { return rows.Scan(&old) }},
			{emailConfirmed, []any{by.PersonID, hash}, func(rows pgx.Rows) error { return rows.Scan(&email) }},
		} {
			if err := t.all(q); err != nil {
				return err
			}
		}
		if email == "" {
			return licensing.ErrNotFound
		}
		if _, err := t.exec(setEmail, by.PersonID, email); err != nil {
			return err
		}
		t.tellOwn("person.email_set", map[string]any{"email": email})
		if old == "" {
			return nil
		}
		return t.newsTo(licensing.Addressee{Address: old, Name: by.Name, Language: by.Locale}, licensing.News{
			Kind: licensing.EmailChanged, RootID: homeOf(by), Path: "/account",
			Args: map[string]string{licensing.NewsMoment: time.Now().UTC().Format(time.RFC3339)},
		})
	})
}
