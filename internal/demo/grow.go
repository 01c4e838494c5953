package demo

import (
	"context"
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
	"slices"
	"time"

	"github.com/keyhall/keyhall/internal/keyfile"
	"github.com/keyhall/keyhall/internal/licensing"
)

// A licence ID that makes up for missing keys has so many; a subsidiary has so many
// such licence IDs, or more when towns run out.
const (
	keysOfLicence        = 30
	licencesOfSubsidiary = 40
)

// towns are where the Nordvik family opens subsidiaries.
var towns = []organisation{
	{"Nordvik Oulu Oy", nordvik, "Oulu", "FI"},
	{"Nordvik Bergen AS", nordvik, "Bergen", "NO"},
	{"Nordvik Malmö AB", nordvik, "Malmö", "SE"},
	{"Nordvik Groningen B.V.", nordvik, "Groningen", "NL"},
	{"Nordvik Turku Oy", nordvik, "Turku", "FI"},
	{"Nordvik Stavanger AS", nordvik, "Stavanger", "NO"},
	{"Nordvik Göteborg AB", nordvik, "Göteborg", "SE"},
	{"Nordvik Eindhoven B.V.", nordvik, "Eindhoven", "NL"},
	{"Nordvik Kuopio Oy", nordvik, "Kuopio", "FI"},
	{"Nordvik Tromsø AS", nordvik, "Tromsø", "NO"},
	{"Nordvik Örebro AB", nordvik, "Örebro", "SE"},
	{"Nordvik Arnhem B.V.", nordvik, "Arnhem", "NL"},
	{"Nordvik Lahti Oy", nordvik, "Lahti", "FI"},
	{"Nordvik Bodø AS", nordvik, "Bodø", "NO"},
	{"Nordvik Luleå AB", nordvik, "Luleå", "SE"},
	{"Nordvik Zwolle B.V.", nordvik, "Zwolle", "NL"},
	{"Nordvik Vaasa Oy", nordvik, "Vaasa", "FI"},
	{"Nordvik Ålesund AS", nordvik, "Ålesund", "NO"},
	{"Nordvik Kalmar AB", nordvik, "Kalmar", "SE"},
	{"Nordvik Breda B.V.", nordvik, "Breda", "NL"},
	{"Nordvik Jyväskylä Oy", nordvik, "Jyväskylä", "FI"},
	{"Nordvik Drammen AS", nordvik, "Drammen", "NO"},
	{"Nordvik Sundsvall AB", nordvik, "Sundsvall", "SE"},
	{"Nordvik Leiden B.V.", nordvik, "Leiden", "NL"},
}

// grow lets the operator open subsidiaries and take in a key file of theirs, so that
// the Nordvik family has as many keys as wanted.
func (w *world) grow(ctx context.Context, wanted int) error {
	missing := wanted - familySize(nordvik)
	if missing <= 0 {
		return nil
	}
	opened := towns[:min(len(towns), 1+missing/keysOfLicence/licencesOfSubsidiary)]
	for _, o := range opened {
		if err := w.addOrganisation(ctx, o); err != nil {
			return err
		}
	}
	sum := sha256.New()
	text, err := keyfile.NewTSV(sum, keyfile.Options{Columns: 9})
	if err != nil {
		return err
	}
	f := &madeUp{of: opened, missing: missing, text: text, sum: sum}
	source := licensing.ImportSource{Name: keyfile.Name("subsidiaries", w.now, "tsv"), Next: f.next, Sum: f.digest}
	r, err := w.ImportKeys(ctx, w.by, source, licensing.ImportOptions{Apply: true, Create: true, AsOf: w.now.Add(-3 * time.Hour)})
	if err == nil && !r.Applied {
		err = fmt.Errorf("the subsidiaries' key file has %d problems", r.ProblemCount)
	}
	return err
}

// familySize counts the keys that a family has in the tables.
func familySize(root string) (n int) {
	for _, l := range licences {
		if rootOf(l.organisation) == organisationID(root) {
			for _, h := range l.holds {
				n += len(h.keys)
			}
		}
	}
	return n
}

// madeUp is a key file that comes about as it is read.
type madeUp struct {
	of       []organisation
	missing  int // rows
	licences int // so far
	line     int
	rows     []licensing.KeyRow // of the licence ID at hand
	text     *keyfile.TSV       // the file itself, for its sum alone
	sum      hash.Hash
}

func (f *madeUp) next() (licensing.ImportRow, error) {
	if f.missing == 0 {
		if err := f.text.Close(); err != nil {
			return licensing.ImportRow{}, err
		}
		return licensing.ImportRow{}, io.EOF
	}
	if len(f.rows) == 0 {
		f.rows = another(f.licences, f.of[f.licences%len(f.of)].name)
		f.licences++
	}
	row := f.rows[0]
	f.rows = f.rows[1:]
	f.missing--
	f.line++
	return licensing.ImportRow{Line: f.line + 1, KeyRow: row, HasCounts: true}, f.text.Write(row)
}

func (f *madeUp) digest() []byte { return f.sum.Sum(nil) }

// takesTurns are the programmes of made-up licence IDs, and how their numbers look.
var takesTurns = []struct{ programme, number string }{
	{ea, "75%06d"}, {enterpriseSubscription, "76%06d"}, {mpsa, "62%05d"},
}

// another returns the rows of the i-th made-up licence ID.
func another(i int, organisation string) []licensing.KeyRow {
	turn := takesTurns[i%len(takesTurns)]
	number := fmt.Sprintf(turn.number, i)
	p := slices.IndexFunc(programmes, func(p licensing.Programme) bool { return p.ID == turn.programme })
	var rows []licensing.KeyRow
	for _, h := range manyHoldings(number) {
		for n, k := range h.keys {
			row := licensing.KeyRow{
				Licence: number, Programme: programmes[p].Name, Organisation: organisation, Product: h.product,
				Key: k.clear(number, h.product, n), Type: k.kind, Used: k.used, Total: k.total, Seats: k.seats,
			}
			if k.status != "" {
				row.OSAStatus = &k.status
			}
			rows = append(rows, row)
		}
	}
	return rows
}

// manyHoldings has keysOfLicence keys of products that have any, for each licence ID
// from another product on.
func manyHoldings(number string) []holding {
	var list []holding
	first, n := pick("first "+number, len(products)), keysOfLicence
	for _, p := range slices.Concat(products[first:], products[:first]) {
		h := poolHolding(p, number, 250, 240)
		h.keys = h.keys[:min(n, len(h.keys))]
		n -= len(h.keys)
		list = append(list, h)
	}
	return list
}
