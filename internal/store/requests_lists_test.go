package store_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/store"
)

// walk reads a list page by page, and fails when it doesn't end.
func (w *wanting) walk(v licensing.Viewer, f licensing.RequestFilter) (ids []int64) {
	w.t.Helper()
	for range 100 {
		page, err := w.Requests(w.t.Context(), v, f)
		w.must(err)
		for _, r := range page.Rows {
			ids = append(ids, r.ID)
		}
		if len(page.Rows) > max(f.Limit, 1) && f.Limit > 0 {
			w.t.Errorf("a page of %d: got %d rows", f.Limit, len(page.Rows))
		}
		if f.After = page.Next; f.After == "" {
			return ids
		}
	}
	w.t.Errorf("a list without an end: %+v", f)
	return nil
}

// Whatever the page's size, a walk meets every request once, in order.
func TestAWalkMeetsEveryRequestOnce(t *testing.T) {
	t.Parallel()
	w := newWanting(t)
	var all, queue []int64
	due := map[int64]string{}
	for i := range 30 {
		state := licensing.RequestStates()[i%5%4] // not partly granted, rejected twice
		if state == licensing.PartlyGranted {
			state = licensing.Rejected
		}
		hours := time.Duration(rand.IntN(4)) * time.Hour // several at once
		id := w.put(put{state: state, due: hours, by: []string{"kaisa", "anna"}[i%2], filer: []string{"", "sofia"}[i%7/6]})
		all = append(all, id)
		if state.Open() {
			queue = append(queue, id)
			due[id] = fmt.Sprintf("%v %v %06d", state == licensing.Waiting, hours, id)
		}
	}
	slices.Reverse(all)
	slices.SortFunc(queue, func(a, b int64) int { return strings.Compare(due[a], due[b]) })
	many := w.as("anna")
	many.Licences = store.FewLicences + 1
	for _, limit := range []int{0, 1, 3, 7, 29, 30, 31} {
		for what, got := range map[string][]int64{
			"kaisa": w.walk(w.as("kaisa"), licensing.RequestFilter{Limit: limit}), "anna": w.walk(w.as("anna"), licensing.RequestFilter{Limit: limit}),
			"anna of many": w.walk(many, licensing.RequestFilter{Limit: limit}), "support": w.walk(w.sofia, licensing.RequestFilter{Limit: limit}),
			"the operator": w.walk(w.olli, licensing.RequestFilter{Limit: limit}),
		} {
			if !slices.Equal(got, all) {
				t.Errorf("%s by pages of %d: got %v, want %v", what, limit, got, all)
			}
		}
		if got := w.walk(w.sofia, licensing.RequestFilter{Open: true, Limit: limit}); !slices.Equal(got, queue) {
			t.Errorf("the queue by pages of %d: got %v, want %v", limit, got, queue)
		}
		slices.Sort(queue)
		slices.Reverse(queue)
		if got := w.walk(w.as("kaisa"), licensing.RequestFilter{Open: true, Limit: limit}); !slices.Equal(got, queue) {
			t.Errorf("kaisa's open ones by pages of %d: got %v, want %v", limit, got, queue)
		}
		slices.SortFunc(queue, func(a, b int64) int { return strings.Compare(due[a], due[b]) })
	}
}

func TestACursorThatCantBeReadIsTheFirstPage(t *testing.T) {
	t.Parallel()
	w := newWanting(t)
	ids := []int64{w.put(put{}), w.put(put{due: time.Hour})}
	for _, c := range []string{"x", "-1", "0", "99999999999999999999", "0~", "0~x~1", "0~1~x", "2~1~1", "0~-5~1", "0~99999999999999999999~1", "~", "~~", "\x00", "1~1~1~1"} {
		queue, err := w.Requests(t.Context(), w.sofia, licensing.RequestFilter{Open: true, After: c})
		if err != nil || len(queue.Rows) != 2 || queue.Rows[0].ID != ids[0] {
			t.Errorf("the queue after %q: got %d rows, %v", c, len(queue.Rows), err)
		}
		if _, rest, cursor := strings.Cut(c, "~"); cursor && rest != "" {
			continue
		}
		list, err := w.Requests(t.Context(), w.as("kaisa"), licensing.RequestFilter{After: c})
		if err != nil || len(list.Rows) != 2 || list.Rows[0].ID != ids[1] {
			t.Errorf("the list after %q: got %d rows, %v", c, len(list.Rows), err)
		}
	}
}

func TestFiltersOfRequests(t *testing.T) {
	t.Parallel()
	w := newWanting(t)
	named := map[string]int64{
		"more":    w.put(put{assignee: &w.sofia.PersonID}),
		"granted": w.put(put{state: licensing.Granted}),
		"filed":   w.put(put{by: "anna", filer: "sofia", kind: licensing.General}),
		"norge":   w.put(put{by: "anna", licence: "V6380217", kind: licensing.MAKIncrease, key: &w.theirs.ID, product: office, assignee: &w.samuel.PersonID}),
		"nothing": w.put(put{by: "anna", licence: "none", kind: licensing.General}),
		"frode's": w.put(put{by: "frode", licence: "50912277", kind: licensing.General}),
	}
	w.do(`UPDATE requests SET region = 'us_canada' WHERE id = $1`, named["norge"])
	anna := w.as("anna")
	for _, c := range []struct {
		f             licensing.RequestFilter
		anna, support string
	}{
		{licensing.RequestFilter{Kind: licensing.General}, "filed, nothing", "filed, frode's, nothing"},
		{licensing.RequestFilter{State: licensing.Granted}, "granted", "granted"},
		{licensing.RequestFilter{State: licensing.Granted, Open: true}, "", ""},
		{licensing.RequestFilter{Open: true}, "filed, more, norge, nothing", "filed, frode's, more, norge, nothing"},
		{licensing.RequestFilter{Mine: true}, "filed, norge, nothing", "more"},
		{licensing.RequestFilter{Nobodys: true, Open: true}, "filed, more, norge, nothing", "filed, frode's, nothing"}, // customers can't ask
		{licensing.RequestFilter{Licence: "74120935"}, "filed, granted, more", "filed, granted, more"},
		{licensing.RequestFilter{Licence: "50912277"}, "", "frode's"},
		{licensing.RequestFilter{Licence: "nothing"}, "", ""},
		{licensing.RequestFilter{Key: w.theirs.ID}, "norge", "norge"},
		{licensing.RequestFilter{Key: newID()}, "", ""},
		{licensing.RequestFilter{Region: licensing.RegionUSCanada}, "filed, granted, more, norge, nothing", "norge"},
		{licensing.RequestFilter{Customer: "suomi"}, "filed, granted, more, norge, nothing", "filed, granted, more"},
		{licensing.RequestFilter{Customer: " nordvik  GROUP "}, "filed, granted, more, norge, nothing", "filed, granted, more, norge, nothing"},
		{licensing.RequestFilter{Customer: "norge as"}, "filed, granted, more, norge, nothing", "norge"},
		{licensing.RequestFilter{Customer: "%"}, "filed, granted, more, norge, nothing", ""},
	} {
		many := anna
		many.Licences = store.FewLicences + 1
		for who, want := range map[string]string{"anna": c.anna, "many": c.anna, "support": c.support} {
			v := map[string]licensing.Viewer{"anna": anna, "many": many, "support": w.sofia}[who]
			var got []string
			for _, id := range w.walk(v, c.f) {
				for name, one := range named {
					if id == one {
						got = append(got, name)
					}
				}
			}
			slices.Sort(got)
			if strings.Join(got, ", ") != want {
				t.Errorf("%+v for %s: got %q, want %q", c.f, who, got, want)
			}
		}
	}
}

func TestWhatARowSays(t *testing.T) {
	t.Parallel()
	w := newWanting(t)
	w.do(`UPDATE organisations SET country = 'FI' WHERE name = $1`, suomi)
	w.put(put{by: "anna", licence: "none", kind: licensing.General})
	w.put(put{filer: "sofia", assignee: &w.samuel.PersonID})
	page, err := w.Requests(t.Context(), w.samuel, licensing.RequestFilter{})
	w.must(err)
	r, general := page.Rows[0], page.Rows[1]
	if r.Licence != "74120935" || r.Organisation != suomi || r.Country != "FI" || r.Requester != "kaisa" || r.Filer != "sofia" || r.Assignee != "samuel" || *r.Quantity != 200 || r.Last5 != demoKey(1)[24:] {
		t.Errorf("a request filed for kaisa: got %+v", r)
	}
	if general.Licence != "" || general.Organisation != nordvik || general.Filer != "" || general.Assignee != "" || general.Quantity != nil || general.ProductID != nil {
		t.Errorf("a request about nothing: got %+v", general)
	}
}

// P9: with twenty thousand requests, each list goes by its index and reads little more than
// a page of it, whoever asks.
func TestListsOfRequestsGoByTheirIndexes(t *testing.T) {
	t.Parallel()
	w := newWanting(t)
	w.do(`INSERT INTO licences (id, root_id, organisation_id, programme_id, number, kind)
SELECT gen_random_uuid(), $1, $2, 'ea', 'W' || lpad(n::text, 7, '0'), 'enrolment' FROM generate_series(1, 3000) n`, w.org[nordvik].RootID, w.org[norge].ID)
	w.do(`INSERT INTO reach (person_id, licence_id, root_id, number, rights) SELECT $1, id, root_id, number, 255 FROM licences WHERE number LIKE 'W%'`, w.person["anna"].ID)
	w.do(`INSERT INTO requests (root_id, licence_id, kind, reason, requester_id, filed_by, filed_at, due_at, state, closed_at)
SELECT l.root_id, l.id, 'general', 'Why?', $1, $1, now(), now() + make_interval(mins => n), CASE WHEN n % 10 = 0 THEN 'submitted' ELSE 'withdrawn' END,
	CASE WHEN n % 10 <> 0 THEN now() END
FROM generate_series(1, 10000) n JOIN (SELECT *, row_number() OVER () AS place FROM licences WHERE number LIKE 'W%') l ON l.place = n % 3000 + 1`, w.person["frode"].ID)
	w.do(`INSERT INTO organisations (id, root_id, name) SELECT id, id, 'Other ' || id FROM (SELECT gen_random_uuid() AS id FROM generate_series(1, 50)) o`)
	w.do(`INSERT INTO requests (root_id, kind, reason, requester_id, filed_by, filed_at, due_at, state, closed_at)
SELECT id, 'general', 'Why?', $1, $1, now(), now(), 'withdrawn', now() FROM organisations, generate_series(1, 200) WHERE name LIKE 'Other %'`, w.person["frode"].ID)
	w.put(put{})
	w.do(`ANALYZE`)
	for _, c := range []struct {
		name string
		v    licensing.Viewer
		f    licensing.RequestFilter
		uses string
	}{
		{"somebody of thousands of licence IDs", w.as("anna"), licensing.RequestFilter{}, "requests_of_family"},
		{"somebody of one", w.as("kaisa"), licensing.RequestFilter{}, "requests_of_licence"},
		{"what somebody asked", w.as("kaisa"), licensing.RequestFilter{Mine: true}, "requests_of_requester"},
		{"a licence ID's", w.as("anna"), licensing.RequestFilter{Licence: "W0000007"}, "requests_of_licence"},
		{"a key's", w.as("anna"), licensing.RequestFilter{Key: w.ours.ID}, "requests_of_key"},
		{"the desk's", w.sofia, licensing.RequestFilter{}, "requests_pkey"},
		{"the queue", w.sofia, licensing.RequestFilter{Open: true}, "requests_due"},
		{"the queue's third page", w.sofia, licensing.RequestFilter{Open: true, After: "0~1~20500"}, "requests_due"},
		{"the desk's of a licence ID", w.sofia, licensing.RequestFilter{Licence: "W0000007"}, "requests_of_licence"},
	} {
		plan := w.explain(c.v, c.f)
		if !strings.Contains(plan, c.uses) || strings.Contains(plan, "Seq Scan on requests") || strings.Contains(plan, "Sort Key: requests") {
			t.Errorf("%s: want %s used:\n%s", c.name, c.uses, plan)
		}
		if n := mostRows(plan); n > 3500 { // anna's reach, at worst
			t.Errorf("%s: reads %d rows at once:\n%s", c.name, n, plan)
		}
	}
}

// explain is how PostgreSQL answers a list, for these values and behind its wall.
func (w *wanting) explain(v licensing.Viewer, f licensing.RequestFilter) string {
	w.t.Helper()
	c := w.connect(w.db.ServeURL)
	tx, err := c.Begin(w.t.Context())
	w.must(err)
	defer func() { _ = tx.Rollback(w.t.Context()) }()
	wall, sql, args := store.RequestsAsked(v, f)
	_, err = tx.Exec(w.t.Context(), wall[0].(string), wall[1:]...)
	w.must(err)
	rows, err := tx.Query(w.t.Context(), "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) "+sql, args...)
	w.must(err)
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	w.must(err)
	return strings.Join(lines, "\n")
}

// mostRows is the largest number of rows that one node of a plan handed on or threw away.
func mostRows(plan string) (most int) {
	for _, before := range []string{"rows=", "Removed by Filter: "} {
		for _, part := range strings.Split(plan, before)[1:] {
			var n int
			if _, err := fmt.Sscanf(part, "%d", &n); err == nil {
				most = max(most, n)
			}
		}
	}
	return most
}
