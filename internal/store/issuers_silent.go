package store

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
)

// Rights by group follow what a provider says at each sign-in. One that is taken out of the
// configuration never says anything again, so they end by themselves: once no server has had
// it for a day. Servers that restart one after another, with different settings, so end
// nothing that one of them still hears of.

const (
	// The providers $1 are heard by this server. Those that are behind rights and that nobody
	// has noted yet get their day from now on, and so do all where for hours nobody looked:
	// servers that stood still heard nothing, nor did a backup, and a clock may have jumped.
	hearIssuers = `INSERT INTO issuers_heard AS h (issuer)
SELECT unnest($1::text[])
UNION SELECT issuer FROM group_roles WHERE EXISTS (SELECT FROM grants WHERE mapping_id = group_roles.id AND revoked_at IS NULL)
ON CONFLICT (issuer) DO UPDATE SET asked_at = now(),
	heard_at = CASE WHEN ` + dayAnew + ` THEN now() ELSE h.heard_at END, told = h.told AND NOT ` + dayAnew
	dayAnew = `(h.issuer = ANY ($1) OR h.asked_at <= now() - interval '6 hours')`

	silent = `h.heard_at <= now() - interval '1 day'`

	rightsOfSilent = `FROM grants g JOIN group_roles m ON m.id = g.mapping_id JOIN issuers_heard h ON h.issuer = m.issuer
WHERE g.revoked_at IS NULL AND ` + silent

	tellSilent = `UPDATE issuers_heard SET told = true WHERE NOT told AND issuer IN (SELECT m.issuer ` + rightsOfSilent + `) RETURNING issuer`

	dueOfSilent   = `SELECT g.id, g.root_id ` + rightsOfSilent + ` ORDER BY g.id`
	rightOfSilent = `SELECT ` + rightColumns + `, true, (SELECT name FROM persons WHERE id = g.person_id), true, m.group_name, m.issuer ` + rightsOfSilent + ` AND g.id = $1`
)

// MindIssuers notes which providers this server hears groups from, and ends the rights by
// group of those that no server has heard for a day; the operator is told of each provider,
// and whoever loses a right of that. It ends none where every issuer speaks for all, since
// none is known by name then.
func (s *Store) MindIssuers(ctx context.Context) error {
	if s.issuers == nil {
		return nil
	}
	heard := []string{}
	for _, i := range s.issuers {
		if i.Groups {
			heard = append(heard, i.Address)
		}
	}
	err := s.asDesk(ctx, func(t *tx) error {
		if _, err := t.exec(hearIssuers, heard); err != nil {
			return err
		}
		return t.tellSilent()
	})
	if err != nil {
		return err
	}
	return s.eachDue(ctx, query{dueOfSilent, nil, nil}, (*tx).endOfSilent)
}

// tellSilent tells the operator, once, of providers whose rights are about to end.
func (t *tx) tellSilent() error {
	var issuers []string
	err := t.all(query{tellSilent, nil, func(rows pgx.Rows) error {
		issuers = append(issuers, "")
		return rows.Scan(&issuers[len(issuers)-1])
	}})
	if err != nil || len(issuers) == 0 {
		return err
	}
	operators, err := t.staff(licensing.Operator)
	if err != nil {
		return err
	}
	for _, issuer := range issuers {
		n := licensing.News{
			Kind: licensing.GroupsSilent, RootID: licensing.PublisherRoot, Path: "/audit?action=role.ended",
			Args: map[string]string{"Provider": hostOf(issuer)},
		}
		for _, id := range operators {
			if err := t.news(id, n); err != nil {
				return err
			}
		}
	}
	return nil
}

// endOfSilent looks again, with the family held, and ends a right.
func (t *tx) endOfSilent(d due) error {
	if err := t.hold(d.root); err != nil {
		return err
	}
	var r right
	var issuer string
	err := t.all(query{rightOfSilent, []any{d.id}, func(rows pgx.Rows) error {
		return rows.Scan(&r.ID, &r.PersonID, &r.RootID, &r.Role, &r.OrganisationID, &r.LicenceID, &r.ExpiresAt, &r.live, &r.name, &r.managed, &r.group, &issuer)
	}})
	if err != nil || r.ID == uuid.Nil {
		return err
	}
	a := actOnRight("role.ended", r)
	a.Detail["issuer"] = issuer
	t.tell(a)
	if err := t.newsOfRight(licensing.RightEnded, r); err != nil {
		return err
	}
	if err := t.revoke(r); err != nil {
		return err
	}
	return t.unattended(r.name, []right{r})
}
