package demo

import (
	"slices"
	"testing"
	"time"

	"github.com/keyhall/keyhall/internal/licensing"
)

// requestsAs lists requests as a person sees them.
func (w *world) requestsAs(tb testing.TB, email string, f licensing.RequestFilter) []licensing.RequestRow {
	tb.Helper()
	f.Limit = 10 * len(requests)
	page, err := w.Requests(tb.Context(), w.viewer(tb, email), f)
	if err != nil {
		tb.Fatalf("requests as %s: %v", email, err)
	}
	return page.Rows
}

func TestRequestsAreOfEverySort(t *testing.T) {
	t.Parallel()
	w := built(t, 0)
	all := w.requestsAs(t, samuel, licensing.RequestFilter{})
	t.Run("they have the same numbers in every build", func(t *testing.T) { numbered(t, all) })
	for what, is := range sorts(w.now) {
		t.Run("there is "+what, func(t *testing.T) {
			if !slices.ContainsFunc(all, is) {
				t.Errorf("of %d requests none is %s", len(all), what)
			}
		})
	}
	t.Run("everybody may ask for X4T9B anew", func(t *testing.T) { w.askable(t, all) })
	t.Run("whoever asks sees what they asked", func(t *testing.T) { w.askers(t) })
	t.Run("what was granted was carried out", func(t *testing.T) { w.granted(t) })
	t.Run("stock is left for some products", func(t *testing.T) { w.left(t, all) })
}

// sorts are the sorts of request that the demo has something to show of.
func sorts(now time.Time) map[string]func(licensing.RequestRow) bool {
	fresh := func(r licensing.RequestRow) bool {
		return r.State == licensing.Submitted && now.Sub(r.FiledAt) < time.Hour
	}
	list := map[string]func(licensing.RequestRow) bool{
		"one overdue":             func(r licensing.RequestRow) bool { return r.Overdue(now) },
		"one due within an hour":  func(r licensing.RequestRow) bool { return r.Soon(now) && r.DueAt.Sub(now) < time.Hour },
		"a fresh one":             fresh,
		"one of Sofia's":          func(r licensing.RequestRow) bool { return r.State == licensing.Submitted && r.Assignee == "Sofia Lind" },
		"one of nobody's":         func(r licensing.RequestRow) bool { return r.State == licensing.Submitted && r.AssigneeID == nil },
		"one from Canada":         func(r licensing.RequestRow) bool { return r.State.Open() && r.Region == licensing.RegionUSCanada },
		"one on behalf":           func(r licensing.RequestRow) bool { return r.State.Open() && r.Filer == "Sofia Lind" },
		"one to be confirmed":     func(r licensing.RequestRow) bool { return r.Unconfirmed() },
		"R-20417 for M3HRF":       func(r licensing.RequestRow) bool { return r.ID == 20417 && r.Last5 == "M3HRF" },
		"one about no licence ID": func(r licensing.RequestRow) bool { return r.Kind == licensing.General && r.LicenceID == nil },
		"one whose clock went on": func(r licensing.RequestRow) bool {
			return r.State == licensing.Submitted && r.DueAt.Sub(r.FiledAt) > 25*time.Hour
		},
	}
	for _, s := range licensing.RequestStates() {
		list["one "+string(s)] = func(r licensing.RequestRow) bool { return r.State == s }
	}
	for _, k := range licensing.RequestKinds() {
		list["one granted of "+string(k)] = func(r licensing.RequestRow) bool { return r.Kind == k && r.State == licensing.Granted }
		list["one open of "+string(k)] = func(r licensing.RequestRow) bool { return r.Kind == k && r.State == licensing.Submitted }
	}
	for _, lang := range []string{"en", "fi", "nb", "sv", "nl"} {
		list["one in "+lang] = func(r licensing.RequestRow) bool { return r.Language == lang }
	}
	return list
}

func numbered(t *testing.T, latestFirst []licensing.RequestRow) {
	if len(latestFirst) != len(requests) {
		t.Fatalf("got %d requests, want %d", len(latestFirst), len(requests))
	}
	const first = 20401
	for i, r := range latestFirst {
		n := len(requests) - 1 - i
		if r.ID != int64(first+n) || r.FiledBy != personID(requests[n].by) {
			t.Errorf("request %d: got %s by %s", n, r.Number(), r.Requester)
		}
		if i > 0 && !r.FiledAt.Before(latestFirst[i-1].FiledAt) {
			t.Errorf("%s was filed after the next", r.Number())
		}
	}
}

// happenedOnce checks that each request was filed once, and of what was done to it each
// thing was done once.
func (w *world) happenedOnce(t *testing.T) {
	t.Helper()
	all := w.requestsAs(t, samuel, licensing.RequestFilter{})
	if len(all) != len(requests) {
		t.Fatalf("got %d requests, want %d", len(all), len(requests))
	}
	for i, r := range all {
		if want := requests[len(requests)-1-i]; r.LastEvent != 1+len(want.then) || r.FiledBy != personID(want.by) {
			t.Errorf("%s by %s: got %d events, want %d", r.Number(), r.Requester, r.LastEvent, 1+len(want.then))
		}
	}
}

func (w *world) askable(t *testing.T, all []licensing.RequestRow) {
	mak := keyID("74120935", office24Pro, licensing.MAK)
	if slices.ContainsFunc(all, func(r licensing.RequestRow) bool { return r.KeyID != nil && *r.KeyID == mak }) {
		t.Error("somebody has asked for X4T9B")
	}
	for _, email := range []string{anna, kaisa} {
		f := licensing.Filing{Kind: licensing.MAKIncrease, Key: mak, Quantity: "200", Reason: "Laptops.", Language: "en", At: w.now}
		a, problems, err := w.Asking(t.Context(), w.viewer(t, email), f)
		if err != nil || len(problems) > 0 || a.Open != nil {
			t.Errorf("X4T9B as %s: got %v, %v, another open: %v", email, problems, err, a.Open)
		}
	}
}

func (w *world) askers(t *testing.T) {
	for email, want := range map[string]int{anna: 4, kaisa: 6, kevin: 2, frode: 3} {
		mine := w.requestsAs(t, email, licensing.RequestFilter{Mine: true})
		if len(mine) != want {
			t.Errorf("%s: got %d requests, want %d", email, len(mine), want)
		}
		for _, r := range mine {
			d, err := w.Request(t.Context(), w.viewer(t, email), r.ID)
			if err != nil || !d.MayAct || len(d.Events) == 0 {
				t.Errorf("%s as %s: got %+v, %v", r.Number(), email, d, err)
			}
		}
	}
}

func (w *world) granted(t *testing.T) {
	for whose, want := range map[string]struct {
		number, product string
		kind            licensing.KeyType
		total           int
	}{
		"ingrid, in whole":          {"74133208", win11Ent, licensing.MAK, 350},
		"pieter, in part":           {"S2047731", office24Pro, licensing.MAK, 700},
		"astrid, by another vendor": {"84410026", win11Edu, licensing.MAK, 1000},
		"anna, more hosts":          {"74120977", office24Pro, licensing.KMS, 8},
		"frode, a key out of stock": {"V5512083", office21Std, licensing.KMS, 1},
		"erik, who was refused":     {"74128816", ws25Std, licensing.KMS, 6},
	} {
		page, err := w.Keys(t.Context(), w.viewer(t, samuel), want.number, licensing.KeyFilter{Product: w.productID(t, want.product), Type: want.kind})
		if err != nil || len(page.Keys) != 1 || page.Keys[0].Total != want.total {
			t.Errorf("%s: got %+v, %v, want a total of %d", whose, page.Keys, err, want.total)
		}
	}
}

func (w *world) productID(t *testing.T, name string) int32 {
	t.Helper()
	c, err := w.Catalogue(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(c.Products, func(p licensing.Product) bool { return p.Name == name })
	if i < 0 {
		t.Fatalf("no product %s", name)
	}
	return c.Products[i].ID
}

// left looks at the requests for a first KMS key: one can be granted, one can't.
func (w *world) left(t *testing.T, all []licensing.RequestRow) {
	var enough, none int
	for _, r := range all {
		if r.Kind != licensing.KMSException || !r.State.Open() {
			continue
		}
		d, err := w.Request(t.Context(), w.viewer(t, samuel), r.ID)
		if err != nil {
			t.Fatal(err)
		}
		if d.Barred != "" {
			t.Errorf("%s: Samuel may not decide it: %s", r.Number(), d.Barred)
		}
		if d.Stock > 0 {
			enough++
		} else {
			none++
		}
	}
	if enough == 0 || none == 0 {
		t.Errorf("open requests for a first KMS key: got %d with stock and %d without, want some of both", enough, none)
	}
}
