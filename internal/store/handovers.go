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
	handoverColumns = `h.id, h.root_id, h.licence_id, h.key_id, h.giver_id, h.giver, h.receiver_id, h.receiver, h.created_at, h.ends_at, h.used_at, h.withdrawn_at`

	// Who gave a key sees what became of it, and so does who may see the use of the licence
	// ID's keys: bit 128 is SeeUse, and $3 says that the staff may.
	handoversOf = `SELECT ` + handoverColumns + ` FROM handovers h WHERE h.key_id = $1 AND (h.giver_id = $2 OR $3 OR EXISTS (SELECT FROM reach r
	WHERE r.person_id = $2 AND r.licence_id = h.licence_id AND r.rights & 128 <> 0 AND (r.until IS NULL OR r.until > now())))
ORDER BY h.created_at DESC, h.id LIMIT 50`

	// Whom a key is handed to: people of the family alone.
	mayBeHandedTo = `SELECT DISTINCT p.id, p.name FROM persons p JOIN grants g ON g.person_id = p.id
WHERE lower(p.business_email) = lower($1) AND p.ended_at IS NULL AND p.staff_role = ''
AND g.root_id = $2 AND g.revoked_at IS NULL AND (g.expires_at IS NULL OR g.expires_at > now()) LIMIT 2`

	addHandover = `INSERT INTO handovers (id, root_id, licence_id, key_id, token_hash, giver_id, giver, receiver_id, receiver, ends_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, now() + $10::interval)`

	// Bit 64 is ManagePeople: administrators take back what others gave.
	handoverToEnd = `SELECT ` + handoverColumns + ` FROM handovers h WHERE h.id = $1 AND h.key_id = $2 AND (h.giver_id = $3 OR EXISTS (SELECT FROM reach r
	WHERE r.person_id = $3 AND r.licence_id = h.licence_id AND r.rights & 64 <> 0 AND (r.until IS NULL OR r.until > now())))`
	endHandover = `UPDATE handovers SET withdrawn_at = now() WHERE id = $1 AND used_at IS NULL AND withdrawn_at IS NULL`
)

func scanHandover(rows pgx.Rows, h *licensing.Handover, more ...any) error {
	return rows.Scan(append([]any{
		&h.ID, &h.RootID, &h.LicenceID, &h.KeyID, &h.GiverID, &h.Giver, &h.ReceiverID, &h.Receiver, &h.CreatedAt, &h.EndsAt, &h.UsedAt, &h.WithdrawnAt,
	}, more...)...)
}

func handoversQuery(v licensing.Viewer, key uuid.UUID, into *[]licensing.Handover) query {
	staff := v.SeesAllCustomers() && v.May.Has(licensing.SeeUse)
	return query{handoversOf, []any{key, v.PersonID, staff}, func(rows pgx.Rows) error {
		var h licensing.Handover
		err := scanHandover(rows, &h)
		*into = append(*into, h)
		return err
	}}
}

func actOnHandover(action string, h licensing.Handover, last5 string) licensing.Act {
	return licensing.Act{
		RootID: h.RootID, Action: action, LicenceID: &h.LicenceID, Object: "key/" + h.KeyID.String(),
		Detail: map[string]any{"last5": last5, "handover": h.ID, "person": h.Receiver},
	}
}

// mostHandovers is how many links one person may make in an hour, whatever other limits are
// set: each is a mail to a colleague, and a key that leaves its page.
const mostHandovers = 30

// HandOver mails a link to somebody of the family that shows them one key once, whatever
// rights they have on its licence ID. Who hands it over must be able to reveal the key,
// now and when the link is used. The token is in the mail alone. More links than the person
// or the family may make in an hour is TooMany.
func (s *Store) HandOver(ctx context.Context, by licensing.Viewer, key uuid.UUID, f licensing.HandingOver, once licensing.Once) error {
	if by.SeesAllCustomers() {
		return licensing.ErrForbidden
	}
	var wanted licensing.Act
	_, err := s.onceOnly(ctx, by, once, nil, func(t *tx) (int64, error) {
		k, err := t.toMark(key)
		if err != nil {
			return 0, err
		}
		wanted = k.act("handover.made")
		switch {
		case !k.rights.Has(licensing.RevealKeys):
			return 0, t.refuse(wanted, licensing.ErrForbidden)
		case k.frozen:
			return 0, t.refuse(wanted, errFrozen)
		}
		t.take(handings, mostHandovers, k.root)
		return 0, t.handOver(k, f)
	})
	return s.recordExcess(ctx, by, handings, err, []licensing.Act{wanted})
}

func (t *tx) handOver(k marked, f licensing.HandingOver) error {
	h := licensing.Handover{ID: uuid.Must(uuid.NewV7()), RootID: k.root, LicenceID: *k.licence, KeyID: k.id, GiverID: t.by.PersonID, Giver: t.by.Name}
	var problems licensing.Problems
	if err := t.handedTo(f.Email, &h, &problems); err != nil {
		return err
	}
	lasts, wrong := f.Lasts()
	if problems = append(problems, wrong...); len(problems) > 0 {
		return problems
	}
	token, hash := newToken()
	t.tell(actOnHandover("handover.made", h, k.last5))
	err := t.atDesk(func() error {
		_, err := t.exec(addHandover, h.ID, h.RootID, h.LicenceID, h.KeyID, hash, h.GiverID, h.Giver, h.ReceiverID, h.Receiver, lasts)
		return err
	})
	if err != nil {
		return err
	}
	n := licensing.News{Kind: licensing.HandoverOffered, RootID: k.root, Args: k.words(), Secret: "/handover/" + token}
	n.Args[licensing.NewsMoment] = time.Now().Add(lasts).Format(time.RFC3339)
	return t.newsToAll([]uuid.UUID{h.ReceiverID}, n)
}

// handedTo finds whose address was named; what is wrong with it goes to problems. Whether
// somebody outside the family has it is not said.
func (t *tx) handedTo(email string, h *licensing.Handover, problems *licensing.Problems) error {
	found := 0
	err := t.all(query{mayBeHandedTo, []any{email, h.RootID}, func(rows pgx.Rows) error {
		found++
		return rows.Scan(&h.ReceiverID, &h.Receiver)
	}})
	message := ""
	switch {
	case found == 0:
		message = "handover.problem.unknown"
	case found > 1:
		message = "right.problem.several"
	case h.ReceiverID == h.GiverID:
		message = "handover.problem.own"
	}
	if message != "" {
		*problems = append(*problems, licensing.Problem{Field: "email", Message: message})
	}
	return err
}

// WithdrawHandover takes a link back that nobody has used: whoever gave it may, and the
// administrators of the licence ID. One that has ended is ErrConflict.
func (s *Store) WithdrawHandover(ctx context.Context, by licensing.Viewer, key, id uuid.UUID, once licensing.Once) error {
	if by.SeesAllCustomers() {
		return licensing.ErrForbidden
	}
	_, err := s.onceOnly(ctx, by, once, nil, func(t *tx) (int64, error) {
		var h licensing.Handover
		err := t.all(query{handoverToEnd, []any{id, key, by.PersonID}, func(rows pgx.Rows) error { return scanHandover(rows, &h) }})
		if err == nil && h.ID == uuid.Nil {
			err = licensing.ErrNotFound
		}
		if err != nil {
			return 0, err
		}
		var n int64
		err = t.atDesk(func() (err error) {
			n, err = t.exec(endHandover, id)
			return err
		})
		if err != nil {
			return 0, err
		}
		if n == 0 {
			return 0, t.refuse(actOnHandover("handover.withdrawn", h, ""), fmt.Errorf("%w: the hand-over has ended", licensing.ErrConflict))
		}
		t.tell(actOnHandover("handover.withdrawn", h, ""))
		return 0, nil
	})
	return err
}
