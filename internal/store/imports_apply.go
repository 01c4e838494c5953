package store

import (
	"encoding/hex"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
)

const (
	notHere  = ` FROM staged s WHERE NOT EXISTS (SELECT FROM keys k WHERE ` + sameKey + `)`
	countNew = `SELECT count(*)` + notHere
	tellNew  = `SELECT n.line, l.number, p.name, n.last5 FROM (SELECT s.line, s.licence_id, s.product_id, s.last5` + notHere + ` LIMIT $1) n
JOIN licences l ON l.id = n.licence_id JOIN products p ON p.id = n.product_id ORDER BY n.line`

	addStaged = `WITH added AS (
	INSERT INTO keys (id, root_id, licence_id, product_id, type, last5, fingerprint, used, total, as_of, seats, osa_status, sealed)
	SELECT s.id, s.root_id, s.licence_id, s.product_id, s.type, s.last5, s.fingerprint, s.used, s.total,
		CASE WHEN s.told THEN coalesce($1::timestamptz, now()) END, s.seats,
		CASE WHEN s.type = 'OSA' THEN coalesce(s.osa_status, 'available') END, s.sealed` + notHere + `
	RETURNING id, root_id, total),
ledger AS (
	INSERT INTO limit_entries (key_id, seq, root_id, old, new, reason)
	SELECT id, 1, root_id, 0, total, 'import' FROM added WHERE total > 0),
counted AS (INSERT INTO touched SELECT root_id, count(*), 0, 0 FROM added GROUP BY root_id RETURNING added)
SELECT coalesce(sum(added), 0) FROM counted`
)

// writing reports whether what is found is also done.
func (i *importing) writing() bool { return i.o.Apply && i.r.ProblemCount == 0 }

// add adds the keys that are not here, or counts them.
func (i *importing) add() error {
	var rest int64
	if err := i.pgx.QueryRow(i.ctx, `SELECT count(*) FROM staged`).Scan(&rest); err != nil {
		return err
	}
	var err error
	if i.writing() {
		err = i.pgx.QueryRow(i.ctx, addStaged, i.asOf()).Scan(&i.r.Added)
	} else if err = i.pgx.QueryRow(i.ctx, countNew).Scan(&i.r.Added); err == nil {
		err = i.listNew()
	}
	i.r.Unchanged = rest - i.r.Added - i.r.Changed
	return err
}

func (i *importing) listNew() error {
	rows, err := i.pgx.Query(i.ctx, tellNew, licensing.ImportShown)
	if err != nil {
		return err
	}
	c := licensing.ImportChange{Kind: licensing.ImportNewKey}
	_, err = pgx.ForEachRow(rows, []any{&c.Line, &c.Licence, &c.Product, &c.Last5}, func() error { i.r.Change(c); return nil })
	return err
}

const (
	changeKeys = `UPDATE keys k SET used = a.new_used, total = a.new_total, seats = a.new_seats, osa_status = a.new_status,
	as_of = CASE WHEN a.told AND (c.counts OR $1::timestamptz IS NOT NULL) THEN coalesce($1, now()) ELSE k.as_of END,
	source = CASE WHEN c.counts THEN 'import' ELSE k.source END
FROM altered a CROSS JOIN LATERAL (SELECT (a.used, a.total) <> (a.new_used, a.new_total) AS counts) c WHERE k.id = a.key_id`
	nextLimits = `INSERT INTO limit_entries (key_id, seq, root_id, old, new, reason)
SELECT a.key_id, coalesce((SELECT max(seq) FROM limit_entries e WHERE e.key_id = a.key_id), 0) + 1, a.root_id, a.total, a.new_total,
	CASE WHEN a.granted THEN 'consent' ELSE 'import' END
FROM altered a WHERE a.new_total <> a.total`
	touchAltered = `INSERT INTO touched SELECT root_id, 0, count(*), 0 FROM altered GROUP BY root_id`
)

// change writes what the file says differently; totals change with their ledger.
func (i *importing) change() error {
	if !i.writing() || i.r.Changed == 0 {
		return nil
	}
	if _, err := i.exec(changeKeys, i.asOf()); err != nil {
		return err
	}
	if _, err := i.exec(nextLimits); err != nil {
		return err
	}
	_, err := i.exec(touchAltered)
	return err
}

// recountStaged puts the counters of the file's licence IDs right.
func (i *importing) recountStaged() error {
	if i.r.Added+i.r.Changed == 0 {
		return nil
	}
	rows, err := i.pgx.Query(i.ctx, `SELECT DISTINCT licence_id FROM staged`)
	if err != nil {
		return err
	}
	licences, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil {
		return err
	}
	return i.recount(licences)
}

const (
	addImport = `INSERT INTO imports (id, actor, file_name, sha256, line_count, added, changed, unchanged)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`
	addFamilies = `INSERT INTO import_families (import_id, root_id, added, changed, licences)
SELECT $1, root_id, sum(added), sum(changed), sum(licences) FROM touched GROUP BY root_id`
)

// conclude puts the counters right, notes the import, and leaves it to a job to tell
// each family: their chains are not to wait for a file of thousands of families.
func (i *importing) conclude() error {
	if err := i.recountStaged(); err != nil {
		return err
	}
	r, sum := i.r, i.in.Sum()
	r.ID = uuid.Must(uuid.NewV7())
	if _, err := i.exec(addImport, r.ID, i.by.Name, i.in.Name, sum, r.Lines, r.Added, r.Changed, r.Unchanged); err != nil {
		return err
	}
	if _, err := i.exec(addFamilies, r.ID); err != nil {
		return err
	}
	if _, err := i.queue.InsertTx(i.ctx, i.pgx, licensing.TellFamilies{Import: r.ID}, nil); err != nil {
		return fmt.Errorf("enqueue job: %w", err)
	}
	i.tell(licensing.Act{
		RootID: licensing.PublisherRoot, Action: "keys.imported", Object: "import/" + r.ID.String(),
		Detail: map[string]any{
			"name": i.in.Name, "sha256": hex.EncodeToString(sum), "lines": r.Lines,
			"added": r.Added, "changed": r.Changed, "lowered": i.o.LowerGranted,
			"organisations": r.Organisations, "licences": r.Licences, "products": r.Products, "confirmed": r.Confirmed,
		},
	})
	return i.applied()
}
