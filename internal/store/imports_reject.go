package store

import (
	"strconv"

	"github.com/keyhall/keyhall/internal/licensing"
)

// reject counts a row that is wrong, and passes it on to who wants to know.
func (i *importing) reject(r licensing.ImportReject) error {
	for _, p := range r.Problems {
		i.r.Problem(p)
	}
	if i.in.Rejected == nil {
		return nil
	}
	return i.in.Rejected(r)
}

// cellsOf writes a row as key files do, its key masked.
func cellsOf(row licensing.ImportRow) []string {
	cells := []string{
		row.Licence, row.Programme, row.Organisation, row.Product, hiddenKey + row.Key.Masked()[len(row.Key.Masked())-5:], row.Type.InFile(), "", "", "",
	}
	if row.HasCounts {
		cells[6] = strconv.Itoa(row.Used) + "/" + strconv.Itoa(row.Total)
	}
	if row.Seats > 0 {
		cells[7] = strconv.Itoa(row.Seats)
	}
	if row.OSAStatus != nil {
		cells[8] = string(*row.OSAStatus)
	}
	return cells
}

// hiddenKey stands before the last five of a key.
const hiddenKey = "•••••"

const (
	// cellsStaged writes a row that is staged as key files do, but for its type; the
	// names are the portal's, as the file's own were understood to mean them.
	cellsStaged = `ARRAY[l.number, g.name, o.name, p.name, '` + hiddenKey + `' || s.last5, s.type,
	CASE WHEN s.told THEN s.used || '/' || s.total ELSE '' END, CASE WHEN s.seats > 0 THEN s.seats::text ELSE '' END, coalesce(s.osa_status, '')]`
	namesStaged = ` JOIN licences l ON l.id = s.licence_id JOIN organisations o ON o.id = l.organisation_id
JOIN programmes g ON g.id = l.programme_id JOIN products p ON p.id = s.product_id`
)

// rejectStaged rejects a row whose cells cellsStaged wrote.
func (i *importing) rejectStaged(cells []string, p licensing.ImportProblem) error {
	cells[5] = licensing.KeyType(cells[5]).InFile()
	return i.reject(licensing.ImportReject{Line: p.Line, Cells: cells, Problems: []licensing.ImportProblem{p}})
}
