package store

import (
	"context"
	"errors"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
)

const (
	// $2 stands in no condition: the token says enough.
	invitationByToken = invitationColumns + ` WHERE g.token_hash = $1 AND $2::uuid IS NOT NULL`

	acceptInvitation = `UPDATE invitations SET accepted_at = now(), accepted_by = $2 WHERE id = $1 AND accepted_at IS NULL AND withdrawn_at IS NULL`

	// Whoever accepts: somebody of the staff does not, nor an account that has ended.
	acceptsAs = `SELECT staff_role = '' AND ended_at IS NULL, EXISTS (SELECT FROM grants h WHERE h.person_id = p.id AND h.role = $2
	AND (h.licence_id = $3 OR h.organisation_id = $4) AND h.revoked_at IS NULL AND (h.expires_at IS NULL OR h.expires_at > now()))
FROM persons p WHERE p.id = $1`

	addInvited  = `INSERT INTO persons (id, name, business_email) VALUES ($1, $2, $3)`
	addIdentity = `INSERT INTO identities (issuer, subject, person_id) VALUES ($1, $2, $3)`
)

// InvitationByToken finds an invitation by the SHA-256 of its token, for whoever holds it:
// one that is open, or that the viewer accepted. Any other is ErrNotFound, whatever became
// of it.
func (s *Store) InvitationByToken(ctx context.Context, v licensing.Viewer, hash []byte) (l licensing.InvitationLine, err error) {
	err = s.read(ctx, desk, query{invitationByToken, []any{hash, v.PersonID, managing()}, func(rows pgx.Rows) (err error) {
		l, err = scanInvitation(rows)
		return err
	}})
	accepted := l.AcceptedBy != nil && *l.AcceptedBy == v.PersonID
	if err == nil && (l.ID == uuid.Nil || l.State == licensing.InvitationExpired && !accepted) {
		return licensing.InvitationLine{}, licensing.ErrNotFound
	}
	return l, err
}

// OpenAccount accepts an invitation for an identity that no account is bound to: person,
// identity and right are there at once, or none of them. The token alone binds; no address
// that a provider knows is looked at (S-40). A token that opens nothing is ErrNotFound,
// and so is any where the issuer doesn't speak for the family.
func (s *Store) OpenAccount(ctx context.Context, hash []byte, id licensing.Identity, from licensing.Origin) (person uuid.UUID, err error) {
	by := licensing.Viewer{Issuer: id.Issuer, Subject: id.Subject, From: from, May: licensing.SeeCustomers}
	var refusal refused
	err = s.write(ctx, by, func(t *tx) error {
		i, err := s.openFor(t, hash, id.Issuer)
		if errors.As(err, &refusal) {
			return nil
		}
		if err != nil {
			return err
		}
		person = uuid.Must(uuid.NewV7())
		t.by.PersonID, t.by.Name = person, i.Name
		if err := t.addInvited(person, i, id); err != nil {
			return err
		}
		return t.accept(i)
	})
	return person, errors.Join(already(err), refusal.error)
}

func (t *tx) addInvited(person uuid.UUID, i licensing.Invitation, id licensing.Identity) error {
	if _, err := t.exec(addInvited, person, i.Name, i.Email); err != nil {
		return err
	}
	if _, err := t.exec(addIdentity, id.Issuer, id.Subject, person); err != nil {
		return err
	}
	object := "person/" + person.String()
	t.tell(licensing.Act{RootID: licensing.PublisherRoot, Action: "person.added", Object: object, Detail: map[string]any{"name": i.Name, "invitation": i.ID}})
	t.tell(licensing.Act{RootID: licensing.PublisherRoot, Action: "identity.added", Object: object, Detail: map[string]any{"issuer": id.Issuer}})
	return nil
}

// AcceptInvitation gives the right of an invitation to who is signed in and holds its
// token. A token that opens nothing is ErrNotFound. The staff accept none, and nobody what
// they sent themselves, as nobody gives a right to themselves: ErrForbidden.
func (s *Store) AcceptInvitation(ctx context.Context, by licensing.Viewer, hash []byte, once licensing.Once) error {
	return s.own(ctx, by, once, func(t *tx) error {
		i, err := s.openFor(t, hash, by.Issuer)
		if err != nil {
			return err
		}
		var may, held bool
		if err := t.all(query{acceptsAs, []any{t.by.PersonID, string(i.Role), i.LicenceID, i.OrganisationID}, func(rows pgx.Rows) error {
			return rows.Scan(&may, &held)
		}}); err != nil {
			return err
		}
		if !may || i.InvitedBy == by.PersonID {
			t.tell(actOnInvitation("invitation.refused", i, licensing.Refused))
			return refused{licensing.ErrForbidden}
		}
		if held {
			return t.markAccepted(i)
		}
		return t.accept(i)
	})
}

// openFor is openInvitation for who signed in at an issuer: one that doesn't speak for the
// family makes nobody somebody there.
func (s *Store) openFor(t *tx, hash []byte, issuer string) (licensing.Invitation, error) {
	i, err := t.openInvitation(hash)
	if err == nil && !s.SpeaksFor(issuer, i.RootID) {
		t.tell(actOnInvitation("invitation.refused", i, licensing.Refused))
		return i, refused{licensing.ErrNotFound}
	}
	return i, err
}

// openInvitation finds an invitation by the hash of its token and holds its family. That
// somebody came with the token of one that is over is on record.
func (t *tx) openInvitation(hash []byte) (licensing.Invitation, error) {
	var l licensing.InvitationLine
	find := query{invitationByToken, []any{hash, t.by.PersonID, managing()}, func(rows pgx.Rows) (err error) {
		l, err = scanInvitation(rows)
		return err
	}}
	if err := t.all(find); err != nil {
		return l.Invitation, err
	}
	if l.ID == uuid.Nil {
		return l.Invitation, licensing.ErrNotFound
	}
	if err := t.hold(l.RootID); err != nil {
		return l.Invitation, err
	}
	// Sent again while we waited, it has another token.
	l = licensing.InvitationLine{}
	if err := t.all(find); err != nil {
		return l.Invitation, err
	}
	if l.ID == uuid.Nil {
		return l.Invitation, licensing.ErrNotFound
	}
	if l.State == licensing.InvitationExpired {
		t.tell(actOnInvitation("invitation.refused", l.Invitation, licensing.Refused))
		return l.Invitation, refused{licensing.ErrNotFound}
	}
	return l.Invitation, nil
}

// accept gives an invitation's right to whom the transaction acts for.
func (t *tx) accept(i licensing.Invitation) error {
	r := right{name: t.by.Name, Grant: licensing.Grant{
		ID: uuid.Must(uuid.NewV7()), PersonID: t.by.PersonID, RootID: i.RootID, Role: i.Role,
		OrganisationID: i.OrganisationID, LicenceID: i.LicenceID, ExpiresAt: i.ExpiresAt,
	}}
	t.tell(actOnRight("role.granted", r))
	if err := t.addRight(r); err != nil {
		return err
	}
	return t.markAccepted(i)
}

// markAccepted notes who accepted an invitation, and lets who sent it know.
func (t *tx) markAccepted(i licensing.Invitation) error {
	n, err := t.exec(acceptInvitation, i.ID, t.by.PersonID)
	if err == nil && n != 1 {
		return licensing.ErrConflict
	}
	if err != nil {
		return err
	}
	t.tell(actOnInvitation("invitation.accepted", i, licensing.Done))
	place, _, err := t.placeNames(i.OrganisationID, i.LicenceID)
	if err != nil {
		return err
	}
	return t.news(i.InvitedBy, licensing.News{
		Kind: licensing.InvitationAccepted, RootID: i.RootID, Path: "/people",
		Args: map[string]string{"Actor": t.by.Name, "Address": i.Email, "Place": place, licensing.NewsRole: string(i.Role)},
	})
}
