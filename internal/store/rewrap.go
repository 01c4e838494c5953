package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/vault"
)

const (
	// $1 is what the primary key's values begin with.
	toReseal = `SELECT id, root_id, version, sealed FROM keys WHERE id > $2 AND substr(sealed, 1, 5) <> $1 ORDER BY id LIMIT $3`
	leftOver = `SELECT count(*) FROM keys WHERE substr(sealed, 1, 5) <> $1`
	// A key that was handed over or sealed anew meanwhile is another version, and left.
	reseal = `UPDATE keys k SET sealed = n.sealed, version = k.version + 1
FROM unnest($1::uuid[], $2::uuid[], $3::integer[], $4::bytea[]) AS n (id, root_id, version, sealed)
WHERE k.id = n.id AND k.root_id = n.root_id AND k.version = n.version`

	// Others who seal or open with another primary key. It has to be asked in the serving
	// role's own name: what its sessions are called isn't told to others.
	otherKeysets = `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename = current_user
AND application_name LIKE 'keyhall%' AND application_name NOT IN ($1, $2)`
)

// toolName is what the connections of a command are called that neither seals nor opens.
const toolName = "keyhall tool"

// nameOf is what the connections of a program are called: with the key that it seals
// with, so that each can see whether others hold the same keyset.
func nameOf(v *vault.Vault) string {
	if v == nil {
		return toolName
	}
	return fmt.Sprintf("keyhall %08x", v.Primary())
}

// ErrOtherKeyset says that a program on this database holds another keyset, and could
// not open what would be sealed anew.
var ErrOtherKeyset = errors.New("a program that uses this database was started before the keyset was rotated, and could not open what is sealed anew")

// Resealed is how far Rewrap came.
type Resealed struct {
	Keys    int64 // sealed anew
	Left    int64 // still sealed by an older key
	Damaged []uuid.UUID
}

// Rewrap seals every key anew that the keyset's primary key has not sealed, so many in
// one transaction (S-56). Others may work meanwhile. Whenever it ends, what was sealed
// anew stays, and calling it again goes on with the rest. progress is called after each
// transaction. Keys that were altered are left as they are, and named. It fails with
// ErrOtherKeyset where a server holds an older keyset.
func (s *Store) Rewrap(ctx context.Context, by licensing.Viewer, batch int, progress func(Resealed)) (Resealed, error) {
	var done Resealed
	var err error
	if done.Left, err = s.sealedByOthers(ctx); err != nil {
		return done, err
	}
	for done.Left > 0 {
		before := done.Keys
		done.Damaged = nil
		if err := s.rewrapAll(ctx, by, batch, &done, progress); err != nil {
			return done, err
		}
		if done.Left, err = s.sealedByOthers(ctx); err != nil || done.Keys == before {
			return done, err // the rest can't be
		}
	}
	return done, nil
}

// sealedByOthers counts the keys that the primary key has not sealed.
func (s *Store) sealedByOthers(ctx context.Context) (left int64, err error) {
	err = borrow(ctx, s.exports, func(c *pgxpool.Conn) error {
		return readOn(ctx, c, desk, []query{{leftOver, []any{s.vault.Prefix()}, func(rows pgx.Rows) error { return rows.Scan(&left) }}})
	})
	return left, err
}

// rewrapAll goes through all keys once.
func (s *Store) rewrapAll(ctx context.Context, by licensing.Viewer, batch int, done *Resealed, progress func(Resealed)) error {
	b := resealing{s: s, size: batch}
	for {
		if err := s.alone(ctx); err != nil {
			return err
		}
		if err := s.operate(ctx, by, b.next); errors.Is(err, errNothingLeft) {
			return nil
		} else if err != nil {
			return err
		}
		done.Keys, done.Left = done.Keys+b.sealed, max(0, done.Left-b.sealed)
		done.Damaged = append(done.Damaged, b.damaged...)
		progress(*done)
	}
}

// alone returns ErrOtherKeyset unless everybody on this database seals as we do.
func (s *Store) alone(ctx context.Context) error {
	var others int
	err := s.pool.QueryRow(ctx, otherKeysets, nameOf(s.vault), toolName).Scan(&others)
	if err == nil && others > 0 {
		return ErrOtherKeyset
	}
	return known(err)
}

var errNothingLeft = errors.New("no key left to seal anew")

// resealing is one way through the keys, a batch a transaction.
type resealing struct {
	s       *Store
	size    int
	after   uuid.UUID // the last key that was looked at
	sealed  int64     // in this batch
	damaged []uuid.UUID
}

// sealedRows are the columns of keys as they are to be.
type sealedRows struct {
	ids, roots []uuid.UUID
	versions   []int32 // that they have now
	sealed     [][]byte
}

func (b *resealing) next(t *tx) error {
	// Going on after a long while, it first passes by all that is sealed anew already.
	if _, err := t.exec(takeTime); err != nil {
		return err
	}
	rows, err := b.read(t)
	if err != nil {
		return err
	}
	// As approvals and imports do, before they look for keys: an approval would take a key
	// in stock that is locked for one that is taken.
	if err := t.hold(distinct(rows.roots)...); err != nil {
		return err
	}
	if b.sealed, err = t.exec(reseal, rows.ids, rows.roots, rows.versions, rows.sealed); err != nil {
		return err
	}
	t.tell(licensing.Act{
		RootID: licensing.PublisherRoot, Action: "keys.resealed", Object: "keys",
		Detail: map[string]any{"keys": b.sealed, "damaged": len(b.damaged)},
	})
	return nil
}

// read finds the next keys and seals each for its place in its next version.
func (b *resealing) read(t *tx) (n sealedRows, err error) {
	rows, err := t.pgx.Query(t.ctx, toReseal, b.s.vault.Prefix(), b.after, b.size)
	if err != nil {
		return n, err
	}
	b.damaged = nil
	var id, root uuid.UUID
	var version int32
	var sealed []byte
	tag, err := pgx.ForEachRow(rows, []any{&id, &root, &version, &sealed}, func() error {
		b.after = id
		anew, err := b.s.resealed(sealed, vault.Place{Root: root, Key: id, Version: int(version)})
		if errors.Is(err, licensing.ErrIntegrity) {
			b.damaged = append(b.damaged, id)
			return nil
		}
		n.ids, n.roots, n.versions, n.sealed = append(n.ids, id), append(n.roots, root), append(n.versions, version), append(n.sealed, anew)
		return err
	})
	if err == nil && tag.RowsAffected() == 0 {
		err = errNothingLeft
	}
	return n, err
}

// resealed is a key sealed by the primary key, in its next version.
func (s *Store) resealed(sealed []byte, at vault.Place) ([]byte, error) {
	clear, err := s.vault.Unseal(sealed, at)
	if err != nil {
		return nil, licensing.ErrIntegrity
	}
	at.Version++
	return s.vault.Seal(clear, at)
}
