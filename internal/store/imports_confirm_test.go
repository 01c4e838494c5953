package store_test

import (
	"fmt"
	"testing"

	"github.com/keyhall/keyhall/internal/licensing"
)

// A grant of another vendor's keys is confirmed by that vendor's file once it tells as
// much as was granted, whether or not the file changes the key.
func TestAnImportConfirmsGrantsThatItAgreesWith(t *testing.T) {
	t.Parallel()
	w := newAsked(t)
	w.must(w.AddProgramme(t.Context(), w.op, licensing.Programme{
		ID: "resold", Name: "Resold", NumberKind: licensing.NumberAgreement, Allotment: licensing.AllotBought, KMSRule: licensing.KMSByDefault, Vendor: "Brightwater",
	}))
	w.addLicence("70000001", suomi, "resold")
	resold := func(n, key int, with ...func(*licensing.ImportRow)) licensing.ImportRow {
		return line(n, key, office, licensing.MAK, append(with, of("70000001", suomi), func(r *licensing.ImportRow) { r.Programme = "Resold" })...)
	}
	ids := map[string]int64{}
	for n, name := range []string{"same", "more", "less", "untold"} { // each key has 10, and is granted 5
		k := w.mak("70000001", office, 30+n, 1, 10)
		w.must(w.AddKeys(t.Context(), w.op, []licensing.NewKey{k}))
		ids[name] = w.request(licensing.MAKIncrease, licensing.Submitted, "70000001", office, &k.ID, 5)
		w.must(w.ApproveRequest(t.Context(), w.sofia, ids[name], licensing.Decision{
			Version: 1, Quantity: "5", At: noon, Reference: "BW-" + name,
		}, press("approve "+name)))
	}
	ours := w.more(licensing.Submitted)
	w.must(w.do(w.sofia, ours, licensing.Approve, 1, press("approve ours"))) // of no other vendor: nothing to confirm
	rows := []licensing.ImportRow{
		resold(2, 30, counts(1, 15)), resold(3, 31, counts(2, 40)), resold(4, 32, counts(1, 14)), resold(5, 33),
		line(6, 1, office, licensing.MAK, counts(98, 150)),
	}
	by, o := w.operator(), licensing.ImportOptions{LowerGranted: true}
	if r, err := w.ImportKeys(t.Context(), by, file(rows...), o); err != nil || r.Confirmed != 2 || w.count(`SELECT count(*) FROM requests WHERE confirmed_at IS NOT NULL`) != 0 {
		t.Errorf("a rehearsal: got %d, %v, want 2 that would be confirmed, and none that is", r.Confirmed, err)
	}
	o.Apply = true
	for n, want := range []int64{2, 0} { // the second time there is nothing left to confirm
		r, err := w.ImportKeys(t.Context(), by, file(rows...), o)
		if err != nil || r.Confirmed != want {
			t.Errorf("import %d: got %d, %v, want %d", n+1, r.Confirmed, err, want)
		}
	}
	for name, want := range map[string]int64{"same": 1, "more": 1, "less": 0, "untold": 0} {
		const told = `SELECT count(*) FROM requests r JOIN request_events e ON e.request_id = r.id AND e.seq = r.last_event
WHERE r.id = $1 AND r.confirmed_at = e.at AND e.kind = 'confirmed' AND e.staff AND NOT e.internal AND e.actor = 'olli' AND e.detail->>'reference' = r.reference`
		if n := w.count(told, ids[name]); n != want {
			t.Errorf("%s: got %d confirmed with their event, want %d", name, n, want)
		}
		if n := w.count(`SELECT count(*) FROM audit WHERE action = 'request.confirmed' AND object = $1`, fmt.Sprintf("request/%d", ids[name])); n != want {
			t.Errorf("%s: got %d entries, want %d", name, n, want)
		}
	}
	w.whole()
}
