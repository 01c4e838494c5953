package bench

import (
	"bytes"
	"context"
	"net/url"
	"testing"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/views"
)

// drawnKeys is the key page of a licence ID with thirty keys.
func drawnKeys() views.LicenceKeys {
	var products []licensing.Product
	pools := licensing.Pools()
	for i := range productsN {
		products = append(products, licensing.Product{ID: int32(i + 1), Name: productName(i), Pool: pools[i%len(pools)], KeySource: licensing.KeyListed})
	}
	catalogue := licensing.NewCatalogue(programmes, products)
	page := views.LicenceKeys{
		LicenceHead: views.LicenceHead{LicenceRow: markLicence(), Programme: programmes[0], Tab: "keys"}, Catalogue: catalogue,
	}
	asOf := today.AddDate(0, -1, 0)
	for n := range keysPerLicence {
		k := keyOf(1, n)
		line := views.KeyLine{MayReveal: true, Key: licensing.Key{
			ID: idOf(forKey, n), ProductID: int32(k.product + 1), Type: k.kind, Last5: k.last5, Used: k.used, Total: k.total,
			AsOf: &asOf, Source: "import", Seats: k.seats, OSAStatus: k.status,
		}}
		if line.KindFor() != "" {
			line.Ask = "requests.ask_mak"
		}
		page.Groups = append(page.Groups, views.KeyGroup{Product: catalogue.Product(line.ProductID), Lines: []views.KeyLine{line}})
	}
	return page
}

func drawnSummary() views.Summary {
	page := views.Summary{
		Filter: licensing.LicenceFilter{Status: "active", Sort: "number", Today: today}, Catalogue: licensing.NewCatalogue(programmes, nil),
	}
	for n := range rowsPerPage {
		row := markLicence()
		row.Number, row.ProgrammeID = number(n), programmes[n%len(programmes)].ID
		page.Page.Rows = append(page.Page.Rows, row)
	}
	return page
}

// drawing returns how to draw a page as often as one likes.
func drawing(tb testing.TB, path string, render func(context.Context, *bytes.Buffer) error) func() {
	ctx := pageContext(tb.Context(), licensing.Administrator.Permissions(), path, url.Values{})
	var b bytes.Buffer
	return func() {
		b.Reset()
		if err := render(ctx, &b); err != nil {
			tb.Fatal(err)
		}
	}
}

func drawKeys(tb testing.TB) func() {
	page := drawnKeys()
	return drawing(tb, "/licences/71234567/keys", func(ctx context.Context, b *bytes.Buffer) error {
		return views.LicenceKeysPage(page).Render(ctx, b)
	})
}

func drawSummaries(tb testing.TB) func() {
	page := drawnSummary()
	return drawing(tb, "/licences", func(ctx context.Context, b *bytes.Buffer) error { return views.SummaryPage(page).Render(ctx, b) })
}

// What a page may allocate: a third more than it did when it was tuned. A page that
// needs more has begun to do for each row what it did once, or draws more (P9).
//
// No test of these runs in parallel: allocations of others would count.
func TestPagesAllocateLittle(t *testing.T) {
	for _, c := range []struct {
		name string
		draw func()
		most float64
	}{
		{"the key page of thirty keys", drawKeys(t), 1360},
		{"the relationship summary of fifty licence IDs", drawSummaries(t), 2330},
	} {
		if got := testing.AllocsPerRun(20, c.draw); got > c.most {
			t.Errorf("%s: got %.0f allocations, want at most %.0f", c.name, got, c.most)
		}
	}
}

func BenchmarkKeyPage(b *testing.B) {
	draw := drawKeys(b)
	b.ReportAllocs()
	for b.Loop() {
		draw()
	}
}

func BenchmarkSummaryPage(b *testing.B) {
	draw := drawSummaries(b)
	b.ReportAllocs()
	for b.Loop() {
		draw()
	}
}
