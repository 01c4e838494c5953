package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/vault"
)

// Only rows on which the viewer may reveal keys: bit 4 is RevealKeys. The order is
// the index's; the keys of one licence ID are put in order as they come. They are
// looked up a licence ID at a time, which their own order makes sure of: joined whole,
// all rows would be sorted on disk before the first leaves.
const exportRows = `SELECT r.number, l.programme_id, o.name, k.id, k.root_id, k.product_id, k.type, k.used, k.total,
	k.seats, k.osa_status, k.version, k.sealed
FROM reach r JOIN licences l ON l.id = r.licence_id JOIN organisations o ON o.id = l.organisation_id
CROSS JOIN LATERAL (SELECT * FROM keys WHERE licence_id = r.licence_id AND compromised_at IS NULL ORDER BY id) k
WHERE r.person_id = $1 AND r.rights & 4 <> 0 AND (r.until IS NULL OR r.until > now()) AND ($2 = '' OR r.number = $2)
ORDER BY r.number`

// ExportKeys gives every row of a key file to row, but for keys that are compromised, by licence ID, product name and
// type, all as of one moment, and returns how many rows each family had. The file
// has to be in the ledger: StartDownload gives f. An error of row ends the export
// and is returned; so is ErrIntegrity, for a sealed value that was altered.
func (s *Store) ExportKeys(ctx context.Context, v licensing.Viewer, f licensing.Download, row func(licensing.KeyRow) error) (map[uuid.UUID]int64, error) {
	c, err := s.Catalogue(ctx)
	if err != nil {
		return nil, err
	}
	x := export{s: s, c: c, row: row, counts: map[uuid.UUID]int64{}}
	err = borrow(ctx, s.exports, func(conn *pgxpool.Conn) error {
		// One statement, and so one moment for all rows, however long they take to leave.
		if err := readOn(ctx, conn, v, []query{{exportRows, []any{v.PersonID, f.Number}, x.take}}); err != nil {
			return err
		}
		return x.flush()
	})
	return x.counts, err
}

// export gathers the keys of one licence ID, puts them in order and passes them on.
type export struct {
	s      *Store
	c      *licensing.Catalogue
	row    func(licensing.KeyRow) error
	counts map[uuid.UUID]int64
	batch  []exported
}

type exported struct {
	licensing.KeyRow
	id      uuid.UUID
	product int32
}

func (x *export) take(rows pgx.Rows) error {
	var r exported
	var programme string
	var at vault.Place
	var root uuid.UUID
	var sealed pgRaw
	err := rows.Scan(&r.Licence, &programme, &r.Organisation, &r.id, &root, &r.product, &r.Type, &r.Used, &r.Total,
		&r.Seats, &r.OSAStatus, &at.Version, &sealed)
	if err != nil {
		return err
	}
	if len(x.batch) > 0 && x.batch[0].Licence != r.Licence {
		if err := x.flush(); err != nil {
			return err
		}
	}
	at.Root, at.Key = root, r.id
	clear, err := x.s.vault.Unseal(sealed, at)
	if err != nil {
		return fmt.Errorf("%w: key %s", licensing.ErrIntegrity, r.id)
	}
	r.Key, r.Programme, r.Product = licensing.NewSecret(clear), x.c.Programme(programme).Name, x.c.Product(r.product).Name
	if r.Type != licensing.MAK {
		r.Used, r.Total = 0, 0
	}
	x.counts[root]++
	x.batch = append(x.batch, r)
	return nil
}

// pgRaw is a value as it lies in the driver's buffer, good until the next row.
type pgRaw []byte

// ScanBytes keeps the buffer instead of a copy.
func (r *pgRaw) ScanBytes(v []byte) error { *r = v; return nil }

func (x *export) flush() error {
	slices.SortFunc(x.batch, func(a, b exported) int {
		return cmp.Or(
			cmp.Compare(x.c.Rank(a.product), x.c.Rank(b.product)), cmp.Compare(a.Type, b.Type),
			slices.Compare(a.id[:], b.id[:]))
	})
	for _, r := range x.batch {
		if err := x.row(r.KeyRow); err != nil {
			return err
		}
	}
	x.batch = x.batch[:0]
	return nil
}

// RowCounts is how many rows of a key file each family has.
type RowCounts = map[uuid.UUID]int64
