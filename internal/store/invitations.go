package store

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
)

const (
	// Invitations are called g, as rights are, for managesG: $2 is who acts, $3 the roles that
	// manage people.
	invitationColumns = `SELECT g.id, g.root_id, g.email, g.name, g.language, g.role, g.organisation_id, g.licence_id, g.expires_at,
	g.invited_by, g.sent_at, g.ends_at, g.accepted_at, g.accepted_by, g.withdrawn_at, g.failed_at, coalesce(o.name, ''), coalesce(n.number, ''),
	CASE WHEN NOT (` + invitationOpen + `) THEN 'expired' WHEN g.failed_at IS NOT NULL THEN 'failed' ELSE 'sent' END
FROM invitations g LEFT JOIN licences n ON n.id = g.licence_id LEFT JOIN organisations o ON o.id = coalesce(g.organisation_id, n.organisation_id)`

	// An invitation counts while who sent it manages what it is to: whoever loses that right
	// leaves no door open behind them.
	invitationOpen = `g.accepted_at IS NULL AND g.withdrawn_at IS NULL AND g.ends_at > now() AND (g.expires_at IS NULL OR g.expires_at > now())
	AND EXISTS (SELECT FROM grants m JOIN persons p ON p.id = m.person_id AND p.ended_at IS NULL
		WHERE m.person_id = g.invited_by AND m.role = ANY ($3) AND m.revoked_at IS NULL
		AND (m.expires_at IS NULL OR m.expires_at > now()) AND (m.licence_id = g.licence_id OR m.organisation_id IN (
			SELECT ancestor_id FROM org_closure WHERE descendant_id = coalesce(g.organisation_id, (SELECT organisation_id FROM licences WHERE id = g.licence_id)))))`

	// Those that can't be accepted any more are listed for a month, to be sent again.
	invitationsTo = invitationColumns + ` WHERE g.accepted_at IS NULL AND g.withdrawn_at IS NULL AND g.ends_at > now() - interval '30 days' AND ` + managesG + `
AND ($1::text = '' OR EXISTS (SELECT FROM licences l WHERE l.number = $1 AND (l.id = g.licence_id
	OR g.organisation_id IN (SELECT ancestor_id FROM org_closure WHERE descendant_id = l.organisation_id))))
ORDER BY g.sent_at DESC, g.id LIMIT $4`
	invitationByID = invitationColumns + ` WHERE g.id = $1 AND ` + managesG

	addInvitation = `INSERT INTO invitations (id, root_id, email, name, language, role, organisation_id, licence_id, expires_at, token_hash, invited_by, sent_at, ends_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`
	sendAgain          = `UPDATE invitations SET token_hash = $2, invited_by = $3, sent_at = $4, ends_at = $5, failed_at = NULL WHERE id = $1 AND accepted_at IS NULL AND withdrawn_at IS NULL`
	withdrawInvitation = `UPDATE invitations SET withdrawn_at = now() WHERE id = $1 AND accepted_at IS NULL AND withdrawn_at IS NULL`

	// A mail that was given up says so of its invitation, unless that was sent again.
	invitationFailed = `UPDATE invitations i SET failed_at = now() FROM mails m
WHERE m.id = $1 AND m.state = 'failed' AND m.event = 'invitation' AND m.detail #>> '{news,args,Invitation}' = i.id::text AND m.at >= i.sent_at`

	// Whether the same invitation is under way, and how many a family has sent in a day.
	invitedAlready = `SELECT coalesce(bool_or(lower(g.email) = lower($1) AND g.role = $2 AND (g.licence_id = $4 OR g.organisation_id = $5) AND ` + invitationOpen + `), false), count(*)
FROM invitations g WHERE g.root_id = $6 AND g.sent_at > now() - interval '7 days' AND (g.sent_at > now() - interval '1 day' OR lower(g.email) = lower($1))`
)

// resentLately counts what a family has sent again in a day: an invitation itself only knows
// when it was sent last.
const resentLately = `SELECT count(*) FROM audit WHERE root_id = $1 AND action = 'invitation.resent' AND outcome = 'done' AND at > now() - interval '1 day'`

// invitationsADay is how many invitations of a family go out in a day, and how many go out
// again: enough to set up a group, too few to fill strangers' mailboxes.
const invitationsADay = 200

func scanInvitation(rows pgx.Rows) (l licensing.InvitationLine, err error) {
	err = rows.Scan(&l.ID, &l.RootID, &l.Email, &l.Name, &l.Language, &l.Role, &l.OrganisationID, &l.LicenceID, &l.ExpiresAt,
		&l.InvitedBy, &l.SentAt, &l.EndsAt, &l.AcceptedAt, &l.AcceptedBy, &l.WithdrawnAt, &l.FailedAt, &l.Organisation, &l.Number, &l.State)
	return l, err
}

// Invitations lists those that nobody accepted, to what the viewer manages, the latest
// first: to a licence ID and what is above it, or to everything for an empty number.
func (s *Store) Invitations(ctx context.Context, v licensing.Viewer, number string) (list []licensing.InvitationLine, err error) {
	err = s.read(ctx, v, invitationsQuery(v, number, &list))
	return list, err
}

func invitationsQuery(v licensing.Viewer, number string, into *[]licensing.InvitationLine) query {
	return query{invitationsTo, []any{number, v.PersonID, managing(), PageSize}, func(rows pgx.Rows) error {
		l, err := scanInvitation(rows)
		*into = append(*into, l)
		return err
	}}
}

// notInvited adds to problems that somebody is invited to the same right already.
func (t *tx) notInvited(email string, r right, problems *licensing.Problems) error {
	var same bool
	var many int
	err := t.all(query{invitedAlready, []any{email, string(r.Role), managing(), r.LicenceID, r.OrganisationID, r.RootID}, func(rows pgx.Rows) error {
		return rows.Scan(&same, &many)
	}})
	switch {
	case same:
		*problems = append(*problems, licensing.Problem{Field: "email", Message: "invitation.problem.same"})
	case many >= invitationsADay:
		*problems = append(*problems, licensing.Problem{Field: "email", Message: "invitation.problem.many"})
	}
	return err
}

// invite sends an invitation to a right that is nobody's yet.
func (t *tx) invite(r right, g licensing.Giving) error {
	i := licensing.Invitation{
		ID: r.ID, RootID: r.RootID, Email: g.Email, Name: g.Called(), Language: g.Language,
		Role: r.Role, OrganisationID: r.OrganisationID, LicenceID: r.LicenceID, ExpiresAt: r.ExpiresAt,
	}
	if i.Language == "" {
		i.Language = "en"
	}
	t.tell(actOnInvitation("invitation.sent", i, licensing.Done))
	return t.mailInvitation(i, func(hash []byte, now time.Time) error {
		_, err := t.exec(addInvitation, i.ID, i.RootID, i.Email, i.Name, i.Language, string(i.Role), i.OrganisationID, i.LicenceID, i.ExpiresAt,
			hash, t.by.PersonID, now, now.Add(licensing.InvitationLasts))
		return err
	})
}

// mailInvitation makes a token, lets keep write its hash at the desk, and mails it.
func (t *tx) mailInvitation(i licensing.Invitation, keep func(hash []byte, now time.Time) error) error {
	token, hash := newToken()
	now := time.Now()
	if err := t.atDesk(func() error { return keep(hash, now) }); err != nil {
		return err
	}
	place, organisation, err := t.placeNames(i.OrganisationID, i.LicenceID)
	if err != nil {
		return err
	}
	return t.newsTo(licensing.Addressee{Address: i.Email, Name: i.Name, Language: i.Language}, licensing.News{
		Kind: licensing.Invited, RootID: i.RootID, Secret: "/invitation/" + token,
		Args: map[string]string{"Invitation": i.ID.String(), "Organisation": organisation, "Place": place, licensing.NewsRole: string(i.Role)},
	})
}

// ResendInvitation mails an invitation anew, with another token and another seven days;
// the token of before opens nothing any more. A minute has to pass in between, and a family
// sends invitationsADay again in a day.
func (s *Store) ResendInvitation(ctx context.Context, by licensing.Viewer, id uuid.UUID, once licensing.Once) error {
	return s.onRights(ctx, by, once, func(t *tx) error {
		i, err := t.invitationOf(id)
		if err != nil {
			return err
		}
		switch now := time.Now(); {
		case now.Sub(i.SentAt) < licensing.InvitationRests:
			return licensing.Problems{{Field: "right", Message: "invitation.problem.soon"}}
		case i.ExpiresAt != nil && now.After(*i.ExpiresAt):
			return licensing.Problems{{Field: "right", Message: "invitation.problem.past"}}
		}
		if err := t.notResent(i.RootID); err != nil {
			return err
		}
		t.tell(actOnInvitation("invitation.resent", i.Invitation, licensing.Done))
		return t.mailInvitation(i.Invitation, func(hash []byte, now time.Time) error {
			_, err := t.exec(sendAgain, i.ID, hash, t.by.PersonID, now, now.Add(licensing.InvitationLasts))
			return err
		})
	})
}

// notResent refuses to send more again in a day than a family may. Its family is held, so of
// several at once each counts those before it.
func (t *tx) notResent(root uuid.UUID) error {
	var many int
	err := t.atDesk(func() error {
		return t.all(query{resentLately, []any{root}, func(rows pgx.Rows) error { return rows.Scan(&many) }})
	})
	if err == nil && many >= invitationsADay {
		err = licensing.Problems{{Field: "right", Message: "invitation.problem.many"}}
	}
	return err
}

// WithdrawInvitation takes an invitation back: its token opens nothing any more.
func (s *Store) WithdrawInvitation(ctx context.Context, by licensing.Viewer, id uuid.UUID, once licensing.Once) error {
	return s.onRights(ctx, by, once, func(t *tx) error {
		i, err := t.invitationOf(id)
		if err != nil {
			return err
		}
		t.tell(actOnInvitation("invitation.withdrawn", i.Invitation, licensing.Done))
		return t.atDesk(func() error { _, err := t.exec(withdrawInvitation, id); return err })
	})
}

// invitationOf finds an invitation that who acts manages and holds its family. One that was
// accepted or withdrawn is ErrConflict.
func (t *tx) invitationOf(id uuid.UUID) (l licensing.InvitationLine, err error) {
	find := func() error {
		l = licensing.InvitationLine{}
		err := t.all(query{invitationByID, []any{id, t.by.PersonID, managing()}, func(rows pgx.Rows) (err error) {
			l, err = scanInvitation(rows)
			return err
		}})
		if err == nil && l.ID == uuid.Nil {
			return licensing.ErrNotFound
		}
		return err
	}
	if err := find(); err != nil {
		return l, err
	}
	if err := t.atDesk(func() error { return t.hold(l.RootID) }); err != nil {
		return l, err
	}
	if err := find(); err != nil {
		return l, err
	}
	if l.AcceptedAt != nil || l.WithdrawnAt != nil {
		return l, fmt.Errorf("%w: the invitation has ended", licensing.ErrConflict)
	}
	return l, nil
}

func actOnInvitation(action string, i licensing.Invitation, o licensing.Outcome) licensing.Act {
	detail := map[string]any{"role": i.Role, "name": i.Name, "email": i.Email}
	if i.OrganisationID != nil {
		detail["organisation"] = *i.OrganisationID
	}
	if i.ExpiresAt != nil {
		detail["expires"] = *i.ExpiresAt
	}
	return licensing.Act{RootID: i.RootID, Action: action, LicenceID: i.LicenceID, Object: "invitation/" + i.ID.String(), Outcome: o, Detail: detail}
}
