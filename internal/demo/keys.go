package demo

import (
	"context"
	"fmt"
	"time"

	"github.com/keyhall/keyhall/internal/licensing"
)

func (w *world) addLicences(ctx context.Context) error {
	for _, l := range licences {
		if err := settled(w.AddLicence(ctx, w.by, w.row(l))); err != nil {
			return err
		}
		if err := w.SetPurchases(ctx, w.by, w.purchases(l)); err != nil {
			return err
		}
		if err := settled(w.AddKeys(ctx, w.by, w.newKeys(l))); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) row(l licence) licensing.Licence {
	row := licensing.Licence{
		ID: licenceID(l.number), RootID: rootOf(l.organisation), OrganisationID: organisationID(l.organisation),
		ProgrammeID: l.programme, Number: l.number, Kind: l.kind, AgreementNo: l.agreement, AuthorisationNo: l.authorisation,
	}
	row.Starts, row.Ends = l.term(w.now)
	return row
}

func (w *world) purchases(l licence) []licensing.Purchase {
	var list []licensing.Purchase
	for _, h := range l.holds {
		if h.bought > 0 {
			list = append(list, licensing.Purchase{
				LicenceID: licenceID(l.number), ProductID: w.products[h.product].ID,
				Quantity: h.bought, Effective: h.bought - h.gone,
			})
		}
	}
	return list
}

func (w *world) newKeys(l licence) []licensing.NewKey {
	var list []licensing.NewKey
	licence := licenceID(l.number)
	asOf := w.asOf(l.number)
	for _, h := range l.holds {
		for i, k := range h.keys {
			n := w.newKey(k, l.number, h.product, i)
			n.RootID, n.LicenceID = rootOf(l.organisation), &licence
			if k.counted() {
				n.AsOf = &asOf
			}
			list = append(list, n)
		}
	}
	return list
}

// newKey makes the n-th key of a product somewhere: under a licence ID, or in stock.
func (w *world) newKey(k key, place, product string, n int) licensing.NewKey {
	row := licensing.NewKey{Secret: k.clear(place, product, n), Key: licensing.Key{
		ID: id("key", k.name(place, product, n)), ProductID: w.products[product].ID,
		Type: k.kind, Used: k.used, Total: k.total, Seats: k.seats,
	}}
	if k.status != "" {
		row.OSAStatus = &k.status
	}
	if k.usableIn > 0 {
		day := w.now.AddDate(0, 0, k.usableIn).Truncate(24 * time.Hour)
		row.UsableFrom = &day
	}
	return row
}

func (k key) name(place, product string, n int) string {
	return fmt.Sprintf("%s %s %s %d", place, product, k.kind, n)
}

// clear is the product key itself. Every licence ID has the same setup key for a
// product; of all other types each key is its own.
func (k key) clear(place, product string, n int) licensing.Secret {
	if k.kind == licensing.SetupKey {
		return secret("setup "+product, "")
	}
	return secret(k.name(place, product, n), k.last5)
}

// asOf is when the counters of a licence ID were told: two to seven hours ago.
func (w *world) asOf(number string) time.Time {
	return w.now.Add(-time.Duration(120+pick("as of "+number, 300)) * time.Minute).Truncate(5 * time.Minute)
}

// inStock are the products of which the publisher keeps KMS host keys ready for
// customers who meet the threshold, and how many of each.
var inStock = []struct {
	product string
	keys    int
}{
	{office24Pro, 3},
	{office24Std, 5},
	{office21Std, 1}, // which Frode is granted
	{win11LTSC24, 2},
	{win11Ent, 3},
	{win11Pro, 4},
	{win11Edu, 2},
	{ws25DC, 3},
	{ws25Std, 5},
	{ws22Std, 3},
}

// addStock adds the keys that no customer has yet.
func (w *world) addStock(ctx context.Context) error {
	var list []licensing.NewKey
	for _, s := range inStock {
		for i := range s.keys {
			n := w.newKey(kms(0), "stock", s.product, i)
			n.Total = 0 // whoever gets it gets hosts with it
			n.RootID = licensing.PublisherRoot
			list = append(list, n)
		}
	}
	return settled(w.AddKeys(ctx, w.by, list))
}
