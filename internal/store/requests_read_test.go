package store_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/store"
)

const datacenter = "Windows Server 2022 Datacenter"

// wanting is a world in which requests can be filed: each role in Nordvik is somebody's, as
// in family, and there is a product that knows KMS.
type wanting struct {
	*world
	ours, theirs  licensing.NewKey // MAKs for office, on 74120935 and V6380217
	sofia, samuel licensing.Viewer // support agents
	olli          licensing.Viewer // operator
	now           time.Time
}

func newWanting(t testing.TB) *wanting {
	t.Helper()
	w := &wanting{now: time.Now()}
	w.world, w.ours, w.theirs = family(t)
	id, err := w.AddProduct(t.Context(), w.op, licensing.Product{Name: datacenter, Pool: licensing.PoolServers, KMSThreshold: 5})
	w.must(err)
	w.product[datacenter] = id
	w.sofia, w.samuel = w.staff("sofia", licensing.SupportAgent), w.staff("samuel", licensing.SupportAgent)
	w.olli = w.staff("oskar", licensing.Operator)
	w.must(w.SetPurchases(t.Context(), w.op, []licensing.Purchase{
		{LicenceID: w.licence["74120935"].ID, ProductID: w.product[office], Quantity: 340, Effective: 340},
	}))
	return w
}

func (w *wanting) staff(name string, role licensing.Role) licensing.Viewer {
	w.t.Helper()
	v := licensing.Viewer{PersonID: w.someone(name).ID, Name: name, Staff: role, May: role.Permissions()}
	w.do(`UPDATE persons SET staff_role = $2 WHERE id = $1`, v.PersonID, string(role))
	return v
}

// put is a request that is there, whoever could have filed it; zero fields are as in
// kaisa's request for 200 more activations of ours.
type put struct {
	by, filer string
	licence   string // "none" for none
	key       *uuid.UUID
	product   string
	kind      licensing.RequestKind
	state     licensing.RequestState
	assignee  *uuid.UUID
	due       time.Duration // after now
	days      int           // ago that it was filed
}

func (w *wanting) put(p put) int64 {
	w.t.Helper()
	if p.by == "" {
		p.by = "kaisa"
	}
	if p.filer == "" {
		p.filer = p.by
	}
	if p.licence == "" {
		p.licence = "74120935"
	}
	if p.kind == "" {
		p.kind, p.key, p.product = licensing.MAKIncrease, &w.ours.ID, office
	}
	if p.state == "" {
		p.state = licensing.Submitted
	}
	root, licence := w.org[kommune].RootID, (*uuid.UUID)(nil)
	if l, ok := w.licence[p.licence]; ok {
		root, licence = l.RootID, &l.ID
	} else if p.by != "frode" {
		root = w.org[nordvik].RootID
	}
	filed := w.now.AddDate(0, 0, -p.days)
	var decider *uuid.UUID
	if p.state == licensing.Granted || p.state == licensing.Rejected {
		decider = &w.samuel.PersonID
	}
	return w.count(`INSERT INTO requests (root_id, licence_id, key_id, product_id, kind, quantity, reason, state, requester_id, filed_by, assignee_id,
	filed_at, due_at, paused_at, closed_at, decided_by, granted, last5, findings)
VALUES ($1, $2, $3, nullif($4, 0), $5::text, CASE WHEN $5::text <> 'general' THEN 200 END, 'New laptops', $6::text, $7, $8, $9, $10, $11,
	CASE WHEN $6::text = 'waiting' THEN now() END, CASE WHEN $6::text NOT IN ('submitted', 'waiting') THEN now() END, $12,
	CASE WHEN $6::text = 'granted' THEN 200 END, coalesce((SELECT last5 FROM keys WHERE id = $3), ''),
	'[{"topic": "bought", "message": "finding.bought.count", "args": {"Bought": 1000000}, "bearing": "neutral"}]') RETURNING id`,
		root, licence, p.key, w.product[p.product], string(p.kind), string(p.state), w.person[p.by].ID, w.person[p.filer].ID, p.assignee,
		filed, w.now.Add(p.due), decider)
}

// everybody is who may want to see a request.
func (w *wanting) everybody() map[string]licensing.Viewer {
	all := map[string]licensing.Viewer{"sofia": w.sofia, "oskar": w.olli}
	for _, name := range []string{"anna", "kaisa", "kevin", "lena", "dirk", "frode"} {
		all[name] = w.as(name)
	}
	return all
}

// S-51: who sees a request: who asked, who filed it, who may file for its licence ID, and
// the desk. To all others it is not there, just like one that never was.
func TestWhoSeesARequest(t *testing.T) {
	t.Parallel()
	w := newWanting(t)
	requests := map[string]int64{
		"kaisa's":                      w.put(put{}),
		"kevin's":                      w.put(put{by: "kevin", licence: "V6380217"}),
		"frode's":                      w.put(put{by: "frode", licence: "50912277", kind: licensing.General}),
		"kevin's about nothing":        w.put(put{by: "kevin", licence: "none", kind: licensing.General}),
		"one filed for kaisa":          w.put(put{filer: "sofia"}),
		"lena's, who may not any more": w.put(put{by: "lena"}),
	}
	for name, sees := range map[string]string{
		"anna":  "kaisa's, kevin's, lena's, who may not any more, one filed for kaisa",
		"kaisa": "kaisa's, lena's, who may not any more, one filed for kaisa",
		"kevin": "kevin's, kevin's about nothing",
		"lena":  "lena's, who may not any more",
		"dirk":  "",
		"frode": "frode's",
		"sofia": "frode's, kaisa's, kevin's, kevin's about nothing, lena's, who may not any more, one filed for kaisa",
		"oskar": "frode's, kaisa's, kevin's, kevin's about nothing, lena's, who may not any more, one filed for kaisa",
	} {
		v := w.everybody()[name]
		many := v
		many.Licences = store.FewLicences + 1
		for how, got := range map[string]string{
			"one by one": w.seenOneByOne(v, requests), "in the list": w.seenInList(v, requests), "in the list of many": w.seenInList(many, requests),
		} {
			if got != sees {
				t.Errorf("%s, %s: got %s, want %s", name, how, got, sees)
			}
		}
	}
}

func (w *wanting) seenOneByOne(v licensing.Viewer, requests map[string]int64) string {
	w.t.Helper()
	var names []string
	for name, id := range requests {
		d, err := w.Request(w.t.Context(), v, id)
		if err == nil && d.ID == id {
			names = append(names, name)
		} else if missing, never := w.Request(w.t.Context(), v, 1); fmt.Sprint(d, err) != fmt.Sprint(missing, never) || !errors.Is(err, licensing.ErrNotFound) {
			w.t.Errorf("%s asks for %s: got %v, for none at all %v: want them the same", v.Name, name, err, never)
		}
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

func (w *wanting) seenInList(v licensing.Viewer, requests map[string]int64) string {
	w.t.Helper()
	page, err := w.Requests(w.t.Context(), v, licensing.RequestFilter{})
	w.must(err)
	var names []string
	for name, id := range requests {
		if slices.ContainsFunc(page.Rows, func(r licensing.RequestRow) bool { return r.ID == id }) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// S-51, field by field: customers see neither support's notes nor who works on a request,
// and can't ask for it; the wall hides the notes once more.
func TestSupportsInnerLifeIsItsOwn(t *testing.T) {
	t.Parallel()
	w := newWanting(t)
	id := w.put(put{assignee: &w.samuel.PersonID})
	for seq, internal := range []bool{false, true, false} {
		w.do(`INSERT INTO request_events (request_id, seq, root_id, at, actor, staff, kind, internal, detail)
VALUES ($1, $2, $3, now(), 'samuel', true, CASE WHEN $4 THEN 'noted' ELSE 'asked' END, $4, '{"text": "said"}')`, id, seq+1, w.org[nordvik].RootID, internal)
	}
	for name, v := range w.everybody() {
		if name == "dirk" || name == "lena" || name == "kevin" || name == "frode" {
			continue
		}
		d, err := w.Request(t.Context(), v, id)
		w.must(err)
		desk := v.SeesAllCustomers()
		if (len(d.Events) == 3) != desk || (d.Assignee == "samuel") != desk || (d.AssigneeID != nil) != desk {
			t.Errorf("%s: got %d events, assigned to %q: want all of it shown: %v", name, len(d.Events), d.Assignee, desk)
		}
		page, err := w.Requests(t.Context(), v, licensing.RequestFilter{Nobodys: true})
		w.must(err)
		if (len(page.Rows) == 0) != desk || !desk && (page.Rows[0].Assignee != "" || page.Rows[0].AssigneeID != nil) {
			t.Errorf("%s asks for nobody's: got %+v", name, page.Rows)
		}
		if last := d.Events[len(d.Events)-1].Seq; last != len(d.Events) {
			t.Errorf("%s: the last of %d events has number %d: gaps tell of the others", name, len(d.Events), last)
		}
		if d.Events[0].Actor != "samuel" || d.Events[0].Detail.Text != "said" {
			t.Errorf("%s: got %+v, want who asked and what", name, d.Events[0])
		}
	}
}

// A customer is shown what spoke for a request when it was filed, whole numbers as such.
func TestFindingsOfFilingAreKept(t *testing.T) {
	t.Parallel()
	w := newWanting(t)
	d, err := w.Request(t.Context(), w.as("kaisa"), w.put(put{}))
	w.must(err)
	if len(d.Findings) != 1 || d.Findings[0].Args["Bought"] != 1_000_000 || !d.MayAct || d.Barred != "" {
		t.Errorf("kaisa's request: got %+v", d.Findings)
	}
	if d.Key == nil || d.Key.Left() != 2 || d.LicenceRow.Number != "74120935" || d.Organisation != suomi || d.Requester != "kaisa" || d.Filer != "" {
		t.Errorf("kaisa's request: got key %+v, %+v", d.Key, d.RequestRow)
	}
	// Kevin files for his licence ID about a key that he may not see: the page shows none.
	w.put(put{by: "kevin", licence: "V6380217", kind: licensing.MAKIncrease, key: &w.ours.ID, product: office})
	page, err := w.Requests(t.Context(), w.as("kevin"), licensing.RequestFilter{})
	w.must(err)
	if d, err = w.Request(t.Context(), w.as("kevin"), page.Rows[0].ID); err != nil || d.Key != nil || d.LicenceRow.Number != "V6380217" {
		t.Errorf("a key of another licence ID: got %+v, %v, want none", d.Key, err)
	}
}

// Support is shown how things are now, and why it may not decide (S-13).
func TestWhatSupportIsShown(t *testing.T) {
	t.Parallel()
	w := newWanting(t)
	w.put(put{state: licensing.Granted, days: 30})
	w.put(put{state: licensing.Rejected, days: 30})
	w.put(put{state: licensing.Rejected, days: 400})
	first, second := w.put(put{filer: "sofia"}), w.put(put{})
	for _, c := range []struct {
		what   string
		v      licensing.Viewer
		id     int64
		barred string
		act    bool
	}{
		{"who filed it", w.sofia, first, "request.barred.own", true},
		{"another agent", w.samuel, first, "", false},
		{"another's", w.sofia, second, "", false},
		{"the operator", w.olli, first, "", false},
	} {
		d, err := w.Request(t.Context(), c.v, c.id)
		w.must(err)
		if d.Barred != c.barred || d.MayAct != c.act || d.Other != first+second-c.id {
			t.Errorf("%s: got barred %q, may act %v, other %d; want %q, %v, the other of %d and %d", c.what, d.Barred, d.MayAct, d.Other, c.barred, c.act, first, second)
		}
		if got := said(d.Findings); !strings.Contains(got, "Left:2 Total:100") || !strings.Contains(got, "Bought:340 Total:300") || !strings.Contains(got, "Count:2 Granted:1") {
			t.Errorf("%s: got %s, want what is known now", c.what, got)
		}
	}
	w.do(`INSERT INTO reach (person_id, licence_id, root_id, number, rights) SELECT $1, id, root_id, number, 1 FROM licences WHERE number = '74120935'`, w.samuel.PersonID)
	if d, err := w.Request(t.Context(), w.samuel, first); err != nil || d.Barred != "request.barred.right" {
		t.Errorf("an agent with a right on the licence ID: got %q, %v", d.Barred, err)
	}
}

// How many keys there are to give is counted for a first KMS key alone.
func TestStockIsCountedWhereAKeyIsGiven(t *testing.T) {
	t.Parallel()
	w := newWanting(t)
	var stock []licensing.NewKey
	for n := range 3 {
		k := w.key("74120935", datacenter, licensing.KMS, 20+n)
		k.RootID, k.LicenceID = licensing.PublisherRoot, nil
		stock = append(stock, k)
	}
	w.must(w.AddKeys(t.Context(), w.op, stock))
	exception := w.put(put{kind: licensing.KMSException, product: datacenter})
	for id, want := range map[int64]int{exception: 3, w.put(put{}): 0, w.put(put{kind: licensing.General, licence: "none"}): 0} {
		if d, err := w.Request(t.Context(), w.sofia, id); err != nil || d.Stock != want {
			t.Errorf("request %d: got %d in stock, %v, want %d", id, d.Stock, err, want)
		}
	}
	if d, err := w.Request(t.Context(), w.as("kaisa"), exception); err != nil || d.Stock != 0 {
		t.Errorf("a customer: got %d in stock, %v, want it untold", d.Stock, err)
	}
}

// S-53: behind the wall a request is not there, whatever reach says.
func TestTheWallHidesRequests(t *testing.T) {
	t.Parallel()
	w := newWanting(t)
	id := w.put(put{})
	w.do(`INSERT INTO reach (person_id, licence_id, root_id, number, rights) SELECT $1, id, root_id, number, 255 FROM licences WHERE number = '74120935'`, w.person["frode"].ID)
	frode := w.as("frode")
	if _, err := w.Request(t.Context(), frode, id); err != nil {
		t.Errorf("with the wall open: got %v: this test can't fail", err)
	}
	frode.Roots = []uuid.UUID{w.org[kommune].RootID}
	if _, err := w.Request(t.Context(), frode, id); !errors.Is(err, licensing.ErrNotFound) {
		t.Errorf("behind the wall: got %v, want not found", err)
	}
	for _, licences := range []int{1, store.FewLicences + 1} {
		frode.Licences = licences
		if page, err := w.Requests(t.Context(), frode, licensing.RequestFilter{}); err != nil || len(page.Rows) != 0 {
			t.Errorf("the list behind the wall: got %+v, %v, want none", page.Rows, err)
		}
	}
	asking, problems, err := w.Asking(t.Context(), frode, licensing.Filing{Kind: licensing.MAKIncrease, Licence: "74120935", Product: office, Last5: demoKey(1)[24:]})
	if p, _ := problems.On("licence"); err != nil || p.Message != "request.problem.licence_unknown" || asking.Licence.ID != uuid.Nil || asking.Key != nil {
		t.Errorf("a form behind the wall: got %+v, %v, %v", asking, problems, err)
	}
}
