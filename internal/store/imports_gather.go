package store

import (
	"errors"
	"io"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/vault"
)

// chunk is how many rows are looked up and copied at once; no more are in memory.
const chunk = 5000

// remembered is of how many licence IDs the place is kept.
const remembered = 50_000

// place is where the keys of a licence ID go.
type place struct {
	id, root                uuid.UUID
	organisation, programme string // their names
	fresh                   bool   // created by this import
}

// staged holds the file's rows that can be understood, sealed as if each were new;
// touched adds up what happens in each family.
const stage = `
CREATE TEMP TABLE staged (
	line integer, id uuid, root_id uuid, licence_id uuid, product_id integer, type text, last5 text, fingerprint bytea,
	told boolean, used integer, total integer, seats integer, osa_status text, sealed bytea) ON COMMIT DROP;
ALTER TABLE staged ALTER COLUMN sealed SET STORAGE PLAIN;
CREATE TEMP TABLE touched (root_id uuid, added bigint, changed bigint, licences bigint) ON COMMIT DROP;
CREATE TEMP TABLE altered (
	line integer, key_id uuid, root_id uuid, licence_id uuid, product_id integer, last5 text, type text, told boolean,
	used integer, total integer, seats integer, osa_status text,
	new_used integer, new_total integer, new_seats integer, new_status text, granted boolean) ON COMMIT DROP`

var importColumns = []string{
	"line", "id", "root_id", "licence_id", "product_id", "type", "last5", "fingerprint",
	"told", "used", "total", "seats", "osa_status", "sealed",
}

func (i *importing) prepare() error {
	i.places, i.owners = map[string]place{}, map[string][]licensing.Organisation{}
	if _, err := i.exec(roomToCompare); err != nil {
		return err
	}
	if _, err := i.pgx.Conn().PgConn().Exec(i.ctx, stage).ReadAll(); err != nil {
		return err
	}
	return i.readCatalogue()
}

// gather reads the file to its end.
func (i *importing) gather(next func() (licensing.ImportRow, error)) error {
	rows := make([]licensing.ImportRow, 0, chunk)
	for {
		row, err := next()
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		ended := err != nil
		if !ended {
			i.r.Lines++
			if rows, err = i.readable(rows, row); err != nil {
				return err
			}
		}
		if len(rows) == chunk || ended {
			if err := i.stageChunk(rows); err != nil {
				return err
			}
			rows = rows[:0]
		}
		if ended {
			_, err := i.exec(`ANALYZE staged`)
			return err
		}
	}
}

func (i *importing) readable(rows []licensing.ImportRow, row licensing.ImportRow) ([]licensing.ImportRow, error) {
	if len(row.Problems) == 0 {
		return append(rows, row), nil
	}
	return rows, i.reject(licensing.ImportReject{Line: row.Line, Cells: row.Cells, Problems: row.Problems})
}

func (i *importing) stageChunk(rows []licensing.ImportRow) error {
	if err := i.findPlaces(rows); err != nil {
		return err
	}
	if err := i.findProducts(rows); err != nil {
		return err
	}
	good := rows[:0]
	for _, row := range rows {
		problems := i.judge(row)
		if len(problems) == 0 {
			good = append(good, row)
			continue
		}
		if err := i.reject(licensing.ImportReject{Line: row.Line, Cells: cellsOf(row), Problems: problems}); err != nil {
			return err
		}
	}
	_, err := i.pgx.CopyFrom(i.ctx, pgx.Identifier{"staged"}, importColumns, i.sealing(good))
	return err
}

// judge says what is wrong with a row; nothing, if it can be taken.
func (i *importing) judge(row licensing.ImportRow) (problems []licensing.ImportProblem) {
	at, known := i.places[row.Licence]
	if !known {
		problems = i.strange(row)
	}
	if _, ok := i.catalogue.product(row.Product); !ok {
		problems = append(problems, licensing.ImportProblem{Line: row.Line, Field: "product", Value: row.Product, Code: licensing.ImportProductUnknown})
	}
	if known && !i.belongs(row, at) {
		problems = append(problems, licensing.ImportProblem{Line: row.Line, Field: "organisation", Value: row.Organisation, Code: licensing.ImportOrganisationTwo})
	}
	return problems
}

// belongs compares what a row says about a licence ID with what is known of it. What
// the portal has known before stays and is worth a note; what this file has told before
// it may not contradict.
func (i *importing) belongs(row licensing.ImportRow, at place) bool {
	differs := func(field, value, note string) {
		i.r.Note(licensing.ImportProblem{Line: row.Line, Field: field, Value: value, Code: note})
	}
	if row.Organisation != "" && !alike(row.Organisation, at.organisation) {
		if at.fresh {
			return false
		}
		differs("organisation", row.Organisation, licensing.ImportOrganisationDiffers)
	}
	if row.Programme != "" && !alike(row.Programme, at.programme) {
		differs("programme", row.Programme, licensing.ImportProgrammeDiffers)
	}
	return true
}

// sealing gives the rows as they are staged.
func (i *importing) sealing(rows []licensing.ImportRow) pgx.CopyFromSource {
	values := make([]any, len(importColumns)) // encoded before the next row is asked for
	return pgx.CopyFromSlice(len(rows), func(n int) ([]any, error) {
		row := &rows[n]
		at := i.places[row.Licence]
		product, _ := i.catalogue.product(row.Product)
		id, err := uuid.NewV7()
		if err != nil {
			return nil, err
		}
		clear := row.Key.Reveal()
		sealed, err := i.s.vault.Seal(clear, vault.Place{Root: at.root, Key: id, Version: 1})
		if err != nil {
			return nil, err
		}
		used, total, status := firstNumbers(row)
		values = append(values[:0], int32(row.Line), asUUID(id), asUUID(at.root), asUUID(at.id), product, string(row.Type), clear[len(clear)-5:],
			i.s.vault.Fingerprint(clear), row.HasCounts, used, total, int32(row.Seats), status, sealed)
		return values, nil
	})
}

// asUUID is a UUID as COPY takes it at once: it finds the other by trial and error, for
// every value of a million rows.
func asUUID(id uuid.UUID) pgtype.UUID { return pgtype.UUID{Bytes: id, Valid: true} }

// firstNumbers are what a key starts with if it is new. A KMS host key has its six
// hosts, whatever a file says.
func firstNumbers(row *licensing.ImportRow) (used, total int32, status *string) {
	switch row.Type {
	case licensing.MAK:
		used, total = int32(row.Used), int32(row.Total)
	case licensing.KMS:
		total = licensing.KMSHosts
	case licensing.OSA:
		if row.OSAStatus != nil {
			s := string(*row.OSAStatus)
			status = &s
		}
	}
	return used, total, status
}
