package store

import (
	"context"
	"errors"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/vault"
)

const sealedKey = `SELECT k.root_id, k.licence_id, k.version, k.last5, k.type, k.sealed, r.rights, r.number, k.compromised_at IS NOT NULL
FROM keys k JOIN reach r ON r.licence_id = k.licence_id AND r.person_id = $1
WHERE k.id = $2 AND r.rights & 2 <> 0 AND (r.until IS NULL OR r.until > now())`

// Purpose says why a key is taken in clear; it is the audit action.
type Purpose string

// A key is shown on the page, or goes to the clipboard unseen.
const (
	ToShow Purpose = "key.revealed"
	ToCopy Purpose = "key.copied"
)

// RevealKey returns a key in clear, once the audit log has it. A viewer who may see
// the key's metadata only gets ErrForbidden, and the log has that too; a sealed value
// that was altered gives ErrIntegrity, a key that is marked as compromised ErrFrozen,
// and more than the person or the family may take in a minute is TooMany.
func (s *Store) RevealKey(ctx context.Context, by licensing.Viewer, id uuid.UUID, why Purpose) (licensing.Secret, error) {
	var secret licensing.Secret
	var refusal error
	var wanted licensing.Act
	err := s.write(ctx, by, func(t *tx) error {
		act, clear, err := s.unseal(t, id, why)
		if errors.Is(err, licensing.ErrForbidden) || errors.Is(err, licensing.ErrIntegrity) || errors.Is(err, licensing.ErrFrozen) {
			// The refusal is told, so the transaction has to commit.
			refusal, act.Outcome, err = err, licensing.Refused, nil
		}
		if err != nil {
			return err
		}
		secret, wanted = clear, act
		if refusal == nil {
			t.take(reveals, s.rates.Reveals, act.RootID)
		}
		t.tell(act)
		return nil
	})
	if err = s.recordExcess(ctx, by, reveals, err, []licensing.Act{wanted}); err != nil {
		return licensing.Secret{}, err
	}
	return secret, refusal
}

func (s *Store) unseal(t *tx, id uuid.UUID, why Purpose) (licensing.Act, licensing.Secret, error) {
	var (
		at     = vault.Place{Key: id}
		root   uuid.UUID
		act    = licensing.Act{Action: string(why), Object: "key/" + id.String()}
		last5  string
		kind   licensing.KeyType
		sealed []byte
		rights licensing.Permission
		number string
		frozen bool
	)
	if t.by.SeesAllCustomers() {
		return s.unsealForDesk(t, id, act)
	}
	err := t.all(query{holdKey, []any{id}, nothing}, query{sealedKey, []any{t.by.PersonID, id}, func(rows pgx.Rows) error {
		return rows.Scan(&root, &act.LicenceID, &at.Version, &last5, &kind, &sealed, &rights, &number, &frozen)
	}})
	if err == nil && root == uuid.Nil {
		err = licensing.ErrNotFound
	}
	if err != nil {
		return act, licensing.Secret{}, err
	}
	at.Root, act.RootID = root, root
	act.Detail = map[string]any{"last5": last5, "type": kind, "licence": number}
	if !rights.Has(licensing.RevealKeys) {
		return act, licensing.Secret{}, licensing.ErrForbidden
	}
	if frozen {
		return act, licensing.Secret{}, errFrozen
	}
	clear, err := s.vault.Unseal(sealed, at)
	if err != nil {
		act.Action = "key.tampered"
		return act, licensing.Secret{}, licensing.ErrIntegrity
	}
	return act, licensing.NewSecret(clear), nil
}

// unsealForDesk refuses: support and the operator see no key in clear.
func (s *Store) unsealForDesk(t *tx, id uuid.UUID, act licensing.Act) (licensing.Act, licensing.Secret, error) {
	const keyForDesk = `SELECT root_id, licence_id FROM keys WHERE id = $1`
	err := t.pgx.QueryRow(t.ctx, keyForDesk, id).Scan(&act.RootID, &act.LicenceID)
	if errors.Is(err, pgx.ErrNoRows) {
		return act, licensing.Secret{}, licensing.ErrNotFound
	}
	if err != nil {
		return act, licensing.Secret{}, err
	}
	return act, licensing.Secret{}, licensing.ErrForbidden
}
