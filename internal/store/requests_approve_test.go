package store_test

import (
	"errors"
	"fmt"
	"math"
	"sync"
	"testing"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/store"
)

// S-11: everything that a grant is, is there together.
func TestAGrantIsWhole(t *testing.T) {
	t.Parallel()
	w := newAsked(t)
	id := w.more(licensing.Submitted)
	w.must(w.do(w.sofia, id, licensing.Approve, 1, press("approve")))
	for what, sql := range map[string]string{
		"the key's total":  `SELECT count(*) FROM keys WHERE total = 150 AND used = 98 AND source = 'grant'`,
		"its ledger":       fmt.Sprintf(`SELECT count(*) FROM limit_entries WHERE old = 100 AND new = 150 AND reason = 'grant' AND request_id = %d`, id),
		"the request":      `SELECT count(*) FROM requests WHERE state = 'partly_granted' AND granted = 50 AND decided_by IS NOT NULL AND version = 2`,
		"its event":        `SELECT count(*) FROM request_events WHERE kind = 'partly_granted' AND detail->>'new' = '150' AND seq = 2`,
		"the audit entry":  `SELECT count(*) FROM audit WHERE action = 'request.partly_granted' AND detail->>'granted' = '50' AND outcome = 'done'`,
		"the notice":       `SELECT count(*) FROM notices n JOIN persons p ON p.id = n.person_id WHERE p.name = 'kaisa' AND event = 'partly_granted'`,
		"the mail":         `SELECT count(*) FROM mails WHERE address = 'kaisa@demo.example' AND state = 'queued'`,
		"the mail's job":   `SELECT count(*) FROM river_job WHERE kind = 'send_mail'`,
		"the lowest count": `SELECT count(*) FROM licences WHERE number = '74120935' AND lowest_left = 52 AND lowest_total = 150`,
	} {
		if n := w.count(sql); n != 1 {
			t.Errorf("%s: got %d, want 1", what, n)
		}
	}
	w.whole()
}

// S-11: and nothing of it is there where any part can't be, whichever it is.
func TestAGrantIsWholeOrNothing(t *testing.T) {
	t.Parallel()
	w := newAsked(t)
	id := w.more(licensing.Submitted)
	w.world.do(`CREATE FUNCTION not_now() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not now'; END $$`)
	for _, table := range []string{"limit_entries", "request_events", "requests", "keys", "licences", "notices", "mails", "river_job", "once", "audit"} {
		w.world.do(`CREATE TRIGGER not_now BEFORE INSERT OR UPDATE ON ` + table + ` EXECUTE FUNCTION not_now()`)
		if err := w.do(w.sofia, id, licensing.Approve, 1, press("approve")); err == nil {
			t.Errorf("%s can't be written: got the grant done", table)
		}
		w.world.do(`DROP TRIGGER not_now ON ` + table)
		const left = `SELECT (SELECT count(*) FROM keys WHERE total <> 100) + (SELECT count(*) FROM limit_entries WHERE reason = 'grant') +
	(SELECT count(*) FROM requests WHERE state <> 'submitted' OR version <> 1) + (SELECT count(*) FROM request_events WHERE kind <> 'filed') +
	(SELECT count(*) FROM notices) + (SELECT count(*) FROM mails) + (SELECT count(*) FROM river_job WHERE kind = 'send_mail') +
	(SELECT count(*) FROM once) + (SELECT count(*) FROM audit WHERE action LIKE 'request.%')`
		if n := w.count(left); n != 0 {
			t.Errorf("%s can't be written: %d traces of the grant are left", table, n)
		}
	}
	w.must(w.do(w.sofia, id, licensing.Approve, 1, press("approve")))
	w.whole()
}

// KMS hosts count by tens of activations, rounded up; 60 activations are six hosts.
func TestHostsAreGrantedByTens(t *testing.T) {
	t.Parallel()
	w := newAsked(t)
	k := w.key74("74120935", 7)
	w.must(w.AddKeys(t.Context(), w.op, []licensing.NewKey{k}))
	total := int64(6)
	for asked, hosts := range map[int]int64{1: 1, 10: 1, 11: 2, 25: 3} {
		id := w.request(licensing.MoreKMSHosts, licensing.Submitted, "74120935", office, &k.ID, asked)
		d := licensing.Decision{Version: 1, Quantity: fmt.Sprint(asked), At: noon}
		w.must(w.ApproveRequest(t.Context(), w.sofia, id, d, press("approve")))
		total += hosts
		if n := w.count(`SELECT total FROM keys WHERE id = $1`, k.ID); n != total {
			t.Errorf("%d host activations: got a total of %d hosts, want %d", asked, n, total)
		}
	}
	w.whole()
}

// key74 is a KMS key with its six hosts, all in use.
func (w *world) key74(number string, n int) licensing.NewKey {
	k := w.key(number, office, licensing.KMS, n)
	k.Used, k.Total = 6, 6
	return k
}

// A KMS key by exception comes from the publisher's stock, and opens in its new family.
func TestAKeyFromTheStock(t *testing.T) {
	t.Parallel()
	w := newAsked(t)
	var stock []licensing.NewKey
	for n := range 3 {
		k := w.key("74120935", office, licensing.KMS, 20+n)
		k.RootID, k.LicenceID = licensing.PublisherRoot, nil
		stock = append(stock, k)
	}
	w.must(w.AddKeys(t.Context(), w.op, stock))
	// The first was altered: it is passed over.
	w.count(`WITH bad AS (UPDATE keys SET sealed = set_byte(sealed, 20, get_byte(sealed, 20) # 1) WHERE id = $1 RETURNING 1) SELECT count(*) FROM bad`, stock[0].ID)
	first := stock[0].ID
	stock = stock[1:]
	ids := make([]int64, 3)
	for i := range ids {
		ids[i] = w.request(licensing.KMSException, licensing.Submitted, "74120935", office, nil, 35)
	}
	results := make([]error, len(ids))
	var wg sync.WaitGroup
	for i, id := range ids {
		wg.Go(func() {
			results[i] = w.ApproveRequest(t.Context(), w.sofia, id, licensing.Decision{Version: 1, Quantity: "35", At: noon}, press("approve"))
		})
	}
	wg.Wait()
	empty := 0
	for _, err := range results {
		var p licensing.Problems
		if errors.As(err, &p) && p[0].Message == "request.problem.stock_empty" {
			empty++
		} else if err != nil {
			t.Errorf("an approval: got %v", err)
		}
	}
	if empty != 1 {
		t.Errorf("three requests, two keys in stock: got %d told that the stock is empty, want 1", empty)
	}
	kaisa := w.as("kaisa")
	for _, k := range stock {
		secret, err := w.RevealKey(t.Context(), kaisa, k.ID, store.ToShow)
		if err != nil || secret.Reveal() != k.Secret.Reveal() {
			t.Errorf("the assigned key in clear: got %v, %v", secret, err)
		}
	}
	if n := w.count(`SELECT count(*) FROM audit WHERE action = 'key.tampered' AND object = $1`, "key/"+first.String()); n == 0 {
		t.Error("the altered key in stock: nobody was told")
	}
	for what, sql := range map[string]string{
		"keys of four hosts":            `SELECT count(*) FROM keys WHERE type = 'KMS' AND total = 4 AND used = 0 AND version = 2 AND licence_id IS NOT NULL`,
		"requests that name their key":  `SELECT count(*) FROM requests r JOIN keys k ON k.id = r.key_id AND k.last5 = r.last5 WHERE state = 'granted'`,
		"entries in the stock's chain":  `SELECT count(*) FROM audit WHERE action = 'key.assigned' AND root_id = '00000000-0000-7000-8000-000000000001'`,
		"ledger entries of the request": `SELECT count(*) FROM limit_entries WHERE reason = 'grant' AND old = 0 AND new = 4`,
	} {
		if n := w.count(sql); n != 2 {
			t.Errorf("%s: got %d, want 2", what, n)
		}
	}
	w.whole()
}

// S-14: a number that can't be granted is a problem of its field, and nothing happens.
func TestWhatCanNotBeGranted(t *testing.T) {
	t.Parallel()
	w := newAsked(t)
	w.Promise(store.Promises{Clock: store.UsualPromises().Clock, RequestCap: 10_000, TotalCap: 250})
	id := w.more(licensing.Submitted)
	for typed, want := range map[string]string{
		"": "quantity_missing", "0": "quantity_digits", "-5": "quantity_digits", "1e3": "quantity_digits", "5,000": "quantity_digits",
		"１": "quantity_digits", "2147483648": "quantity_digits", "007": "quantity_digits", "1 0": "quantity_digits",
		"201": "grant_most", "999999999": "grant_most", "151": "total_cap",
	} {
		err := w.ApproveRequest(t.Context(), w.sofia, id, licensing.Decision{Version: 1, Quantity: typed, At: noon}, press("approve"))
		var p licensing.Problems
		if !errors.As(err, &p) || p[0].Field != "quantity" || p[0].Message != "request.problem."+want {
			t.Errorf("granting %q: got %v, want quantity: %s", typed, err, want)
		}
	}
	if n := w.count(`SELECT total FROM keys`); n != 100 || w.state(id) != licensing.Submitted {
		t.Errorf("after all that: got a total of %d, %s", n, w.state(id))
	}
	w.must(w.ApproveRequest(t.Context(), w.sofia, id, licensing.Decision{Version: 1, Quantity: " 150 ", At: noon}, press("approve")))
	w.whole()
}

// S-14: a total near the last integer is a problem of the number too, and no fault.
func TestAGrantOverflowsNoTotal(t *testing.T) {
	t.Parallel()
	w := newAsked(t)
	w.Promise(store.Promises{Clock: store.UsualPromises().Clock, RequestCap: 10_000, TotalCap: math.MaxInt32})
	k := w.mak("74120935", office, 2, 0, math.MaxInt32-100)
	w.must(w.AddKeys(t.Context(), w.op, []licensing.NewKey{k}))
	id := w.request(licensing.MAKIncrease, licensing.Submitted, "74120935", office, &k.ID, 200)
	grant := func(typed string) error {
		return w.ApproveRequest(t.Context(), w.sofia, id, licensing.Decision{Version: 1, Quantity: typed, At: noon}, press("approve"))
	}
	var p licensing.Problems
	if err := grant("101"); !errors.As(err, &p) || p[0].Message != "request.problem.total_cap" {
		t.Errorf("one more than an integer holds: got %v, want total_cap", err)
	}
	w.must(grant("100"))
	w.whole()
}

// A grant for another vendor's keys needs that vendor's reference, and is unconfirmed.
func TestAnotherVendorsKeys(t *testing.T) {
	t.Parallel()
	w := newAsked(t)
	w.must(w.AddProgramme(t.Context(), w.op, licensing.Programme{
		ID: "resold", Name: "Resold", NumberKind: licensing.NumberAgreement, Allotment: licensing.AllotBought, KMSRule: licensing.KMSByDefault, Vendor: "Brightwater",
	}))
	w.addLicence("70000001", suomi, "resold")
	k := w.mak("70000001", office, 30, 1, 10)
	w.must(w.AddKeys(t.Context(), w.op, []licensing.NewKey{k}))
	id := w.request(licensing.MAKIncrease, licensing.Submitted, "70000001", office, &k.ID, 5)
	d := licensing.Decision{Version: 1, Quantity: "5", At: noon}
	var p licensing.Problems
	if err := w.ApproveRequest(t.Context(), w.sofia, id, d, press("approve")); !errors.As(err, &p) || p[0].Field != "reference" {
		t.Errorf("without the vendor's reference: got %v, want a problem of it", err)
	}
	d.Reference = "BW-88213"
	w.must(w.ApproveRequest(t.Context(), w.sofia, id, d, press("approve")))
	if n := w.count(`SELECT count(*) FROM requests WHERE reference = 'BW-88213' AND confirmed_at IS NULL`); n != 1 {
		t.Error("the grant is not one to be confirmed")
	}
}
