package store

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
)

const (
	// Who asked finds nothing here, but for who has come to manage it: else it would tell
	// numbers that licence IDs have from others.
	accessByID = accessColumns + `, p.ended_at IS NOT NULL OR p.staff_role <> '',
	coalesce(l.organisation_id <> q.organisation_id, false)` + accessFrom + managesAccess + ` AND q.id = $1 AND q.step > 0`
	lockAccess = `SELECT FROM access_requests WHERE id = $1 FOR UPDATE`

	closeAccess = `UPDATE access_requests SET state = $2, version = version + 1, closed_at = $3, decided_by = $4, given = $5, message = $6, due_at = NULL WHERE id = $1`

	rightHeld = `SELECT EXISTS (SELECT FROM grants WHERE person_id = $1 AND role = $2 AND (licence_id = $3 OR organisation_id = $4)
AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now()))`
)

// asker is a request for access as who answers it finds it.
type asker struct {
	licensing.AccessLine
	gone  bool // who asked has no account any more, or is of the staff now
	moved bool // the licence ID is of another organisation than the one that was asked for with it
}

// AcceptAccess gives what somebody asked for, or less: a lesser role, the licence ID instead
// of its organisation, an end. What is wrong with that is licensing.Problems; ErrConflict
// says that it has been answered or withdrawn meanwhile.
func (s *Store) AcceptAccess(ctx context.Context, by licensing.Viewer, id uuid.UUID, a licensing.AccessAnswer, once licensing.Once) error {
	return s.onAccess(ctx, by, id, accepts, a, once, func(t *tx, q asker, a licensing.AccessAnswer) error {
		if err := s.mayBeGiven(t, q); err != nil {
			return err
		}
		r, err := t.rightAsked(q, a)
		if err != nil {
			return err
		}
		act := actOnAccess(accepts(q), q.AccessLine)
		act.Detail["role"] = r.Role
		t.tell(act)
		t.tell(actOnRight("role.granted", r))
		err = t.atDesk(func() error {
			if err := t.addRight(r); err != nil {
				return err
			}
			return t.closeAccess(q.ID, licensing.AccessAccepted, a, r.Role)
		})
		if err != nil {
			return err
		}
		return t.news(q.PersonID, accessNews(licensing.AccessAcceptedNews, q.AccessLine, r.Role, a.Message))
	})
}

// DenyAccess says no to what somebody asked for, or objects to an open agreement that they
// added; the message may say why.
func (s *Store) DenyAccess(ctx context.Context, by licensing.Viewer, id uuid.UUID, a licensing.AccessAnswer, once licensing.Once) error {
	return s.onAccess(ctx, by, id, denies, a, once, func(t *tx, q asker, a licensing.AccessAnswer) error {
		kind := licensing.AccessDeniedNews
		if q.Adds() {
			kind = licensing.AgreementObjectedNews
		}
		t.tell(actOnAccess(denies(q), q.AccessLine))
		if err := t.atDesk(func() error { return t.closeAccess(q.ID, licensing.AccessDenied, a, "") }); err != nil {
			return err
		}
		return t.news(q.PersonID, accessNews(kind, q.AccessLine, q.Role, a.Message))
	})
}

// accepts is the act of a yes.
func accepts(asker) string { return "access.accepted" }

// denies is the act of a no: to an open agreement that is an objection.
func denies(q asker) string {
	if q.Adds() {
		return "agreement.objected"
	}
	return "access.denied"
}

// onAccess answers a request for access, once: family and row are held, so of several who
// answer or withdraw at once one is first, and the others find that it has changed.
func (s *Store) onAccess(ctx context.Context, by licensing.Viewer, id uuid.UUID, act func(asker) string, a licensing.AccessAnswer, once licensing.Once, do func(*tx, asker, licensing.AccessAnswer) error) error {
	return s.onRights(ctx, by, once, func(t *tx) error {
		q, err := t.accessOf(id)
		if err != nil {
			return err
		}
		if err := mayAnswer(t.by, q, a); err != nil {
			return t.refuseAnswer(act(q), q, err)
		}
		var problems licensing.Problems
		if a.Message = said(a.Message, "message", false, &problems); len(problems) > 0 {
			return problems
		}
		return do(t, q, a)
	})
}

// refuseAnswer keeps in the log that an answer was refused.
func (t *tx) refuseAnswer(action string, q asker, err error) error {
	act := actOnAccess(action, q.AccessLine)
	act.Outcome = licensing.Refused
	t.tell(act)
	return refused{err}
}

// mayBeGiven refuses to give what gives itself if nobody objects; what has moved since it was
// asked for, of which others decide now; and what would open nothing: who asked has no sign-in
// account of an issuer that speaks for the family.
func (s *Store) mayBeGiven(t *tx, q asker) error {
	if q.Adds() {
		return t.refuseAnswer(accepts(q), q, licensing.ErrForbidden)
	}
	if q.moved {
		return t.refuseAnswer(accepts(q), q, licensing.Problems{{Field: "role", Message: "access.problem.moved"}})
	}
	vouched, _, err := s.vouched(t, q.PersonID, q.RootID)
	if err != nil || vouched || q.gone {
		return err
	}
	return t.refuseAnswer(accepts(q), q, licensing.Problems{
		{Field: "role", Message: "access.problem.issuer", Args: map[string]any{"Host": hostOf(q.Issuer)}},
	})
}

// accessOf finds a request for access that who acts may answer, and holds it and its family.
func (t *tx) accessOf(id uuid.UUID) (q asker, err error) {
	find := func() error {
		q = asker{}
		err := t.all(query{accessByID, []any{id, t.by.PersonID, managing()}, func(rows pgx.Rows) error {
			return scanAccess(rows, &q.AccessLine, &q.gone, &q.moved)
		}})
		if err == nil && q.ID == uuid.Nil {
			return licensing.ErrNotFound
		}
		return err
	}
	if err := find(); err != nil {
		return q, err
	}
	err = t.atDesk(func() error {
		if _, err := t.exec(lockAccess, id); err != nil {
			return err
		}
		return t.hold(q.RootID) // in this order, as MindAccess does
	})
	if err != nil {
		return q, err
	}
	return q, find()
}

// mayAnswer says why a request for access can't be answered: nobody answers their own, and
// none that has changed since it was shown.
func mayAnswer(by licensing.Viewer, q asker, a licensing.AccessAnswer) error {
	switch {
	case q.PersonID == by.PersonID:
		return licensing.ErrForbidden
	case !q.Open() || q.Version != a.Version:
		return fmt.Errorf("%w: %s, version %d", licensing.ErrConflict, q.State, q.Version)
	}
	return nil
}

// rightAsked is the right that accepting gives; what is wrong with it is
// licensing.Problems.
func (t *tx) rightAsked(q asker, a licensing.AccessAnswer) (r right, err error) {
	r = right{name: q.Name, Grant: licensing.Grant{
		ID: uuid.Must(uuid.NewV7()), PersonID: q.PersonID, RootID: q.RootID, Role: a.Role, ExpiresAt: a.Until,
	}}
	if r.LicenceID, r.OrganisationID = accessPlace(q.AccessRequest); a.Narrow {
		r.LicenceID, r.OrganisationID = q.LicenceID, nil
	}
	problems := a.Problems(q.Role)
	var held bool
	err = t.all(query{rightHeld, []any{r.PersonID, string(r.Role), r.LicenceID, r.OrganisationID}, func(rows pgx.Rows) error { return rows.Scan(&held) }})
	switch {
	case err != nil:
		return r, err
	case held:
		problems = append(problems, licensing.Problem{Field: "role", Message: "right.problem.held"})
	case q.gone:
		problems = append(problems, licensing.Problem{Field: "role", Message: "access.problem.gone"})
	}
	if len(problems) > 0 {
		return r, problems
	}
	return r, nil
}

func (t *tx) closeAccess(id uuid.UUID, state licensing.AccessState, a licensing.AccessAnswer, given licensing.Role) error {
	_, err := t.exec(closeAccess, id, string(state), a.At, t.by.PersonID, string(given), a.Message)
	return err
}

// accessNews is what people are told of a request for access. Its place goes by the number
// that was asked for.
func accessNews(kind licensing.NewsKind, l licensing.AccessLine, role licensing.Role, text string) licensing.News {
	return licensing.News{
		Kind: kind, RootID: l.RootID, Text: text, Path: "/access-requests",
		Args: map[string]string{"Number": l.Number, licensing.NewsRole: string(role)},
	}
}
