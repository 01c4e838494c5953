package store

import (
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
)

const (
	// A key stands once under a licence ID and product; a file may repeat itself.
	findTwins = `CREATE TEMP TABLE twins ON COMMIT DROP AS SELECT licence_id, product_id, fingerprint, min(line) AS first
FROM staged GROUP BY licence_id, product_id, fingerprint HAVING count(*) > 1`
	sameTwin  = `(s.licence_id, s.product_id, s.fingerprint) = (t.licence_id, t.product_id, t.fingerprint) AND s.line <> t.first`
	tellTwins = `SELECT s.line, ` + cellsStaged + `, t.first,
	(s.type, s.told, s.used, s.total, s.seats, s.osa_status) IS DISTINCT FROM (f.type, f.told, f.used, f.total, f.seats, f.osa_status)
FROM twins t JOIN staged s ON ` + sameTwin + ` JOIN staged f ON f.line = t.first` + namesStaged + ` ORDER BY s.line`
	dropTwins = `DELETE FROM staged s USING twins t WHERE ` + sameTwin
)

// dropRepeated leaves one line of those that say the same, and reports those that
// say something else about the same key.
func (i *importing) dropRepeated() error {
	if n, err := i.exec(findTwins); err != nil || n == 0 {
		return err
	}
	rows, err := i.pgx.Query(i.ctx, tellTwins)
	if err != nil {
		return err
	}
	var line, first int
	var cells []string
	var contradicts bool
	if _, err := pgx.ForEachRow(rows, []any{&line, &cells, &first, &contradicts}, func() error {
		p := licensing.ImportProblem{Line: line, Value: strconv.Itoa(first), Code: licensing.ImportLineContradicts}
		if contradicts {
			return i.rejectStaged(cells, p)
		}
		i.r.Repeated++
		p.Code = licensing.ImportLineRepeated
		i.r.Note(p)
		return nil
	}); err != nil {
		return err
	}
	_, err = i.exec(dropTwins)
	return err
}

const (
	sameKey   = `(k.licence_id, k.product_id, k.fingerprint) = (s.licence_id, s.product_id, s.fingerprint)`
	otherType = `SELECT s.line, ` + cellsStaged + `, s.type FROM staged s JOIN keys k ON ` + sameKey + namesStaged + ` WHERE k.type <> s.type ORDER BY s.line`
	// What a file doesn't tell stays as it is. $1 is the date of its counts, if it has one.
	alter = `INSERT INTO altered
SELECT s.line, k.id, k.root_id, k.licence_id, k.product_id, k.last5, k.type, s.told,
	k.used, k.total, k.seats, k.osa_status, n.used, n.total, n.seats, n.osa_status, false
FROM staged s JOIN keys k ON ` + sameKey + ` AND k.type = s.type
CROSS JOIN LATERAL (SELECT
	CASE WHEN s.told THEN s.used ELSE k.used END AS used, CASE WHEN s.told THEN s.total ELSE k.total END AS total,
	CASE WHEN s.seats > 0 THEN s.seats ELSE k.seats END AS seats, coalesce(s.osa_status, k.osa_status) AS osa_status) n
WHERE (k.used, k.total, k.seats, k.osa_status) IS DISTINCT FROM (n.used, n.total, n.seats, n.osa_status)
	OR s.told AND $1::timestamptz IS NOT NULL AND (k.as_of < $1) IS NOT FALSE
ORDER BY k.id`
	markGranted = `UPDATE altered a SET granted = true WHERE new_total < total
AND EXISTS (SELECT FROM limit_entries e WHERE e.key_id = a.key_id AND e.reason = 'grant')`
	lowered = `SELECT s.line, ` + cellsStaged + `, a.total, a.new_total FROM altered a JOIN staged s ON s.line = a.line` + namesStaged + `
WHERE a.granted ORDER BY s.line`
	tellAltered = `SELECT a.line, l.number, p.name, a.last5, a.used, a.total, a.seats, a.osa_status, a.new_used, a.new_total, a.new_seats, a.new_status
FROM (SELECT * FROM altered ORDER BY line LIMIT $1) a JOIN licences l ON l.id = a.licence_id JOIN products p ON p.id = a.product_id ORDER BY a.line`

	leftOut   = ` FROM keys k WHERE k.licence_id IN (SELECT licence_id FROM staged) AND NOT EXISTS (SELECT FROM staged s WHERE ` + sameKey + `)`
	countGone = `SELECT count(*)` + leftOut
	tellGone  = `SELECT l.number, p.name, g.last5 FROM (SELECT k.licence_id, k.product_id, k.last5` + leftOut + ` LIMIT $1) g
JOIN licences l ON l.id = g.licence_id JOIN products p ON p.id = g.product_id ORDER BY l.number, p.name`
)

// compare finds what the file says differently about keys that are here.
func (i *importing) compare() error {
	for _, step := range []func() error{i.findOtherTypes, i.findAltered, i.findLowered, i.listAltered} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func (i *importing) findOtherTypes() error {
	rows, err := i.pgx.Query(i.ctx, otherType)
	if err != nil {
		return err
	}
	var line int
	var cells []string
	var kind licensing.KeyType
	_, err = pgx.ForEachRow(rows, []any{&line, &cells, &kind}, func() error {
		return i.rejectStaged(cells, licensing.ImportProblem{Line: line, Field: "type", Value: kind.InFile(), Code: licensing.ImportTypeDiffers})
	})
	return err
}

// asOf is the date of the file's counts, nil if nobody told it.
func (i *importing) asOf() *time.Time {
	if i.o.AsOf.IsZero() {
		return nil
	}
	return &i.o.AsOf
}

func (i *importing) findAltered() error {
	sql := alter
	if i.o.Apply {
		// Nobody else may change what is compared here before it is written.
		sql += ` FOR UPDATE OF k`
	}
	n, err := i.exec(sql, i.asOf())
	i.r.Changed = n
	return err
}

// findLowered reports totals that support has raised and the file lowers, unless
// there is consent to that.
func (i *importing) findLowered() error {
	if n, err := i.exec(markGranted); err != nil || n == 0 || i.o.LowerGranted {
		return err
	}
	rows, err := i.pgx.Query(i.ctx, lowered)
	if err != nil {
		return err
	}
	var line, was, now int
	var cells []string
	_, err = pgx.ForEachRow(rows, []any{&line, &cells, &was, &now}, func() error {
		return i.rejectStaged(cells, licensing.ImportProblem{
			Line: line, Field: "count", Value: strconv.Itoa(was) + " → " + strconv.Itoa(now), Code: licensing.ImportGrantedLowered,
		})
	})
	return err
}

func (i *importing) listAltered() error {
	rows, err := i.pgx.Query(i.ctx, tellAltered, licensing.ImportShown)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		c := licensing.ImportChange{Kind: licensing.ImportChangedKey}
		if err := rows.Scan(&c.Line, &c.Licence, &c.Product, &c.Last5,
			&c.Was.Used, &c.Was.Total, &c.Was.Seats, &c.Was.OSAStatus,
			&c.Now.Used, &c.Now.Total, &c.Now.Seats, &c.Now.OSAStatus); err != nil {
			return err
		}
		i.r.Change(c)
	}
	return rows.Err()
}

// findGone finds the keys that the file no longer has; it comes last, as what is new and
// what changes is to be listed first.
func (i *importing) findGone() error {
	if err := i.pgx.QueryRow(i.ctx, countGone).Scan(&i.r.Gone); err != nil || i.r.Gone == 0 {
		return err
	}
	rows, err := i.pgx.Query(i.ctx, tellGone, licensing.ImportShown)
	if err != nil {
		return err
	}
	c := licensing.ImportChange{Kind: licensing.ImportGoneKey}
	_, err = pgx.ForEachRow(rows, []any{&c.Licence, &c.Product, &c.Last5}, func() error { i.r.Change(c); return nil })
	return err
}
