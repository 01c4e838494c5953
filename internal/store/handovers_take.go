package store

import (
	"context"
	"errors"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/vault"
)

const (
	keyHanded = `SELECT key_id FROM handovers WHERE token_hash = $1`
	// Bit 4 is RevealKeys, which whoever gave the key must have still; who takes it must be
	// somebody of the family still.
	handed = `SELECT ` + handoverColumns + `, l.number, p.name, k.type, k.last5, k.version, k.sealed, h.ends_at > now(),
	k.compromised_at IS NULL AND EXISTS (SELECT FROM reach r JOIN persons g ON g.id = r.person_id AND g.ended_at IS NULL
		WHERE r.person_id = h.giver_id AND r.licence_id = k.licence_id AND r.rights & 4 <> 0 AND (r.until IS NULL OR r.until > now()))
	AND EXISTS (SELECT FROM grants f WHERE f.person_id = h.receiver_id AND f.root_id = h.root_id AND f.revoked_at IS NULL
		AND (f.expires_at IS NULL OR f.expires_at > now()))
FROM handovers h JOIN keys k ON k.id = h.key_id JOIN licences l ON l.id = h.licence_id JOIN products p ON p.id = k.product_id
WHERE h.token_hash = $1 FOR UPDATE OF h`
	useHandover = `UPDATE handovers SET used_at = now() WHERE id = $1`

	// What one person's use of a link has on record: a look within a minute, any alarm within an hour.
	alarmedLately = `SELECT coalesce(bool_or(action = $2 AND at > clock_timestamp() - interval '1 minute'), false), count(*) > 0
FROM audit WHERE actor_id = $3 AND at > clock_timestamp() - interval '1 hour' AND object = $1
	AND action IN ('handover.reused', 'handover.misdirected') AND detail ->> 'handover' = $4`
)

// given is a hand-over whose row is locked.
type given struct {
	licensing.Handed
	version int
	sealed  []byte
	inTime  bool
	gives   bool // the key is in order, who gave it may reveal it, and who takes it is of the family
}

// alarm names the alarm that a link sounds in somebody's hands; "" for none. A link that
// shows nothing because of the key, or of who gave it, is nobody's fault.
func (g given) alarm(by licensing.Viewer) string {
	switch {
	case g.UsedAt != nil || g.WithdrawnAt != nil || !g.inTime:
		return "handover.reused"
	case by.PersonID != g.ReceiverID:
		return "handover.misdirected"
	}
	return ""
}

// LookAtHandover says which key a link shows, to the one person whom it was mailed to
// while it can be used. To everybody else it is ErrNotFound, like a link that never was;
// who gave the key and the administrators are then told, and so is the audit log (S-61).
func (s *Store) LookAtHandover(ctx context.Context, by licensing.Viewer, token []byte) (licensing.Handed, error) {
	var found licensing.Handed
	err := s.onGiven(ctx, by, token, func(t *tx, g given) error {
		if action := g.alarm(by); action != "" {
			return t.soundLook(action, g)
		}
		if g.gives {
			found = g.Handed
		}
		return nil
	})
	if err == nil && found.ID == uuid.Nil {
		err = licensing.ErrNotFound
	}
	return found, err
}

// TakeHandover gives the key in clear to the one person whom the link was mailed to, once:
// of several at once, through any server, the first. Everything else is as of
// LookAtHandover. It is a reveal, in the audit log and for the limits.
func (s *Store) TakeHandover(ctx context.Context, by licensing.Viewer, token []byte) (licensing.Handed, licensing.Secret, error) {
	var found licensing.Handed
	var secret licensing.Secret
	var wanted licensing.Act
	var refusal error
	err := s.onGiven(ctx, by, token, func(t *tx, g given) error {
		if action := g.alarm(by); action != "" {
			return t.soundUse(action, g)
		}
		if !g.gives {
			t.tell(refusedAct(actOnHandover("key.revealed", g.Handover, g.Last5)))
			return nil
		}
		wanted = actOnHandover("key.revealed", g.Handover, g.Last5)
		clear, err := s.vault.Unseal(g.sealed, vault.Place{Root: g.RootID, Key: g.KeyID, Version: g.version})
		if err != nil {
			wanted.Action, refusal = "key.tampered", licensing.ErrIntegrity
			t.tell(refusedAct(wanted))
			return nil
		}
		found, secret = g.Handed, licensing.NewSecret(clear)
		return t.handedOver(s, g, wanted)
	})
	err = s.recordExcess(ctx, by, reveals, err, []licensing.Act{wanted})
	if err == nil {
		err = refusal
	}
	if err == nil && found.ID == uuid.Nil {
		err = licensing.ErrNotFound
	}
	if err != nil {
		return licensing.Handed{}, licensing.Secret{}, err
	}
	return found, secret, nil
}

func refusedAct(a licensing.Act) licensing.Act {
	a.Outcome = licensing.Refused
	return a
}

// handedOver has the one use of a link on record, and tells who gave it.
func (t *tx) handedOver(s *Store, g given, a licensing.Act) error {
	if _, err := t.exec(useHandover, g.ID); err != nil {
		return err
	}
	t.take(reveals, s.rates.Reveals, g.RootID)
	t.tell(a)
	n := licensing.News{Kind: licensing.HandoverTaken, RootID: g.RootID, Path: "/keys/" + g.KeyID.String(), Args: g.words()}
	return t.newsToAll([]uuid.UUID{g.GiverID}, n)
}

func (g given) words() map[string]string {
	return map[string]string{"Last5": g.Last5, "Number": g.Number, "Receiver": g.Receiver}
}

// onGiven finds a hand-over by the hash of its token and holds it. Who opens a link may be
// of any family: the token, not the wall, says whose it is. It shows nothing to somebody
// whose issuer doesn't speak for the key's family.
func (s *Store) onGiven(ctx context.Context, by licensing.Viewer, token []byte, do func(*tx, given) error) error {
	by.May |= licensing.SeeCustomers
	return s.transact(ctx, by, func(t *tx) error {
		var key uuid.UUID
		err := t.all(query{keyHanded, []any{token}, func(rows pgx.Rows) error { return rows.Scan(&key) }})
		if err != nil || key == uuid.Nil {
			return errors.Join(err, notThere(key))
		}
		var g given
		err = t.all(query{holdKey, []any{key}, nothing}, query{handed, []any{token}, func(rows pgx.Rows) error {
			return scanHandover(rows, &g.Handover, &g.Number, &g.Product, &g.Type, &g.Last5, &g.version, &g.sealed, &g.inTime, &g.gives)
		}})
		if err != nil {
			return err
		}
		g.gives = g.gives && s.SpeaksFor(by.Issuer, g.RootID)
		return do(t, g)
	})
}

func notThere(id uuid.UUID) error {
	if id == uuid.Nil {
		return licensing.ErrNotFound
	}
	return nil
}

// soundLook sounds an alarm about a link that was opened, unless it did just now.
func (t *tx) soundLook(action string, g given) error {
	lately, told, err := t.alarmed(action, g)
	if err != nil || lately {
		return err
	}
	return t.sound(action, g, told)
}

// soundUse sounds an alarm about a link that was used.
func (t *tx) soundUse(action string, g given) error {
	_, told, err := t.alarmed(action, g)
	if err != nil {
		return err
	}
	return t.sound(action, g, told)
}

// alarmed reports what who acts has sounded with a link before: this alarm within a minute,
// any within an hour.
func (t *tx) alarmed(action string, g given) (lately, told bool, err error) {
	err = t.pgx.QueryRow(t.ctx, alarmedLately, "key/"+g.KeyID.String(), action, t.by.PersonID, g.ID.String()).Scan(&lately, &told)
	return lately, told, err
}

// sound tells the audit log, who gave the key and the administrators that a link is in the
// wrong hands, or was used again. Those people are told once an hour of the same person and
// link, so that nobody floods them with mail.
func (t *tx) sound(action string, g given, told bool) error {
	t.tell(refusedAct(actOnHandover(action, g.Handover, g.Last5)))
	if told {
		return nil
	}
	people, err := t.managersOf(&g.LicenceID, nil)
	if err != nil {
		return err
	}
	n := licensing.News{Kind: licensing.HandoverAlarm, RootID: g.RootID, Path: "/keys/" + g.KeyID.String(), Args: g.words()}
	return t.newsToAll(append(people, g.GiverID), n)
}
