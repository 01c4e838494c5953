package demo

import (
	"slices"
	"testing"
	"time"

	"github.com/keyhall/keyhall/internal/licensing"
)

func TestTablesAreSound(t *testing.T) {
	t.Parallel()
	known := map[string]product{}
	for _, p := range products {
		if _, twice := known[p.name]; twice {
			t.Errorf("%s stands twice among the products", p.name)
		}
		known[p.name] = p
	}
	for _, l := range licences {
		for i, h := range l.holds {
			p, there := known[h.product]
			if !there {
				t.Errorf("%s: no product %q", l.number, h.product)
			}
			if slices.ContainsFunc(l.holds[:i], func(o holding) bool { return o.product == h.product }) {
				t.Errorf("%s: %s stands twice", l.number, h.product)
			}
			if h.gone > h.bought {
				t.Errorf("%s: of %d %s bought, %d are gone", l.number, h.bought, h.product, h.gone)
			}
			if len(h.keys) > 0 != (p.key != "") {
				t.Errorf("%s: %s has %d keys", l.number, h.product, len(h.keys))
			}
			for _, k := range h.keys {
				if k.kind != p.key && (k.kind != licensing.KMS || !p.hasHostKey()) {
					t.Errorf("%s: %s has a key of type %s", l.number, h.product, k.kind)
				}
				if k.used > k.total {
					t.Errorf("%s: %s has used %d of %d", l.number, h.product, k.used, k.total)
				}
			}
		}
	}
}

// Under an Open programme or MPSA a key comes with a purchase.
func TestKeysByPurchaseComeWithOne(t *testing.T) {
	t.Parallel()
	for _, l := range licences {
		i := slices.IndexFunc(programmes, func(p licensing.Programme) bool { return p.ID == l.programme })
		for _, h := range l.holds {
			if programmes[i].Allotment == licensing.AllotBought && h.bought == 0 {
				t.Errorf("%s, %s: %s was not bought", l.number, l.programme, h.product)
			}
		}
	}
}

// Of a product without a listed key there is said what to do, in every language.
func TestProductsWithoutListedKeySayWhatToDo(t *testing.T) {
	t.Parallel()
	sources := map[licensing.KeySource]int{}
	for _, p := range products {
		sources[p.source]++
		if (p.source != "") != (p.key == "") {
			t.Errorf("%s: key source %q, key type %q", p.name, p.source, p.key)
		}
		if p.source == "" && p.instruction == nil {
			continue
		}
		for _, lang := range []string{"en", "fi", "nb", "sv", "nl"} {
			if p.instruction[lang] == "" {
				t.Errorf("%s: no instruction in %s", p.name, lang)
			}
		}
	}
	for _, s := range []licensing.KeySource{licensing.KeyEmbedded, licensing.KeyWizard, licensing.KeyNone} {
		if sources[s] < 2 {
			t.Errorf("got %d products with key source %s", sources[s], s)
		}
	}
}

// Project and Visio are served by the host of Office and have its threshold.
func TestThresholds(t *testing.T) {
	t.Parallel()
	want := map[string]int{win11LTSC24: 25, win10LTSC21: 25, ws25Std: 5, office24Pro: 5, project24: 5, visio24: 5, sql22Std: 0, win10ESU2: 0}
	for _, p := range products {
		if n, asked := want[p.name]; asked && p.kms != n {
			t.Errorf("%s: got threshold %d, want %d", p.name, p.kms, n)
		}
		if (p.family == "Project" || p.family == "Visio") && p.hasHostKey() {
			t.Errorf("%s has a KMS host key of its own", p.name)
		}
	}
}

func TestTermsStandWhereverTheYearIs(t *testing.T) {
	t.Parallel()
	for day := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC); day.Year() < 2029; day = day.AddDate(0, 0, 1) {
		for _, l := range licences {
			starts, ends := l.term(day)
			if starts == nil || ends != nil && ends.Before(*starts) {
				t.Fatalf("%s on %s: from %v to %v", l.number, day.Format(time.DateOnly), starts, ends)
			}
			row := licensing.Licence{Ends: ends}
			if l.number == "V6380217" && row.DaysLeft(day) != 24 {
				t.Fatalf("V6380217 on %s: %d days left", day.Format(time.DateOnly), row.DaysLeft(day))
			}
			if starts.After(day) {
				t.Fatalf("%s on %s: starts on %v", l.number, day.Format(time.DateOnly), starts)
			}
		}
	}
}
