package store_test

import (
	"errors"
	"sync"
	"testing"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/store"
)

// form is what somebody sends who opened it from the MAK's row.
func (w *asked) form() licensing.Filing {
	return licensing.Filing{
		Kind: licensing.MAKIncrease, Key: w.ours.ID, Quantity: "200",
		Reason: "Two hundred laptops for the schools in Tampere.", Language: "fi", At: noon,
	}
}

func TestAFiledRequest(t *testing.T) {
	t.Parallel()
	w := newAsked(t)
	id, err := w.SubmitRequest(t.Context(), w.as("kaisa"), w.form(), press("file"))
	w.must(err)
	for what, sql := range map[string]string{
		"the request": `SELECT count(*) FROM requests WHERE id = $1 AND state = 'submitted' AND quantity = 200 AND last5 = right('` + demoKey(1) + `', 5)
			AND language = 'fi' AND requester_id = filed_by AND due_at = filed_at + interval '24 hours' AND jsonb_array_length(findings) > 0`,
		"its event":       `SELECT count(*) FROM request_events WHERE request_id = $1 AND seq = 1 AND kind = 'filed' AND NOT staff`,
		"the audit entry": `SELECT count(*) FROM audit WHERE action = 'request.filed' AND (detail->>'request')::bigint = $1`,
	} {
		if n := w.count(sql, id); n != 1 {
			t.Errorf("%s: got %d, want 1", what, n)
		}
	}
	w.whole()
}

// S-17: however often a form is sent, and however many presses come at once, it is filed once.
func TestAFormSentTwiceIsFiledOnce(t *testing.T) {
	t.Parallel()
	w := newAsked(t)
	second, err := store.Open(t.Context(), w.db.ServeURL, nil)
	w.must(err)
	t.Cleanup(second.Close)
	kaisa, o := w.as("kaisa"), press("file")
	ids := make([]int64, 12)
	var wg sync.WaitGroup
	for i := range ids {
		wg.Go(func() {
			var err error
			if ids[i], err = []*store.Store{w.Store, second}[i%2].SubmitRequest(t.Context(), kaisa, w.form(), o); err != nil {
				t.Errorf("press %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	for _, id := range ids {
		if id == 0 || id != ids[0] {
			t.Errorf("the presses were given %v, want one number", ids)
			break
		}
	}
	if n := w.count(`SELECT count(*) FROM requests`); n != 1 {
		t.Errorf("requests filed: got %d, want 1", n)
	}
	if _, err := w.SubmitRequest(t.Context(), w.as("anna"), w.form(), o); !isProblem(err, "confirm_duplicate") {
		t.Errorf("another person's form by the same name: got %v, want to be told of the first", err)
	}
}

func isProblem(err error, field string) bool {
	var p licensing.Problems
	if !errors.As(err, &p) {
		return false
	}
	_, on := p.On(field)
	return on
}

// A second open request about a key names the first, also when both come at once.
func TestASecondRequestNamesTheFirst(t *testing.T) {
	t.Parallel()
	w := newAsked(t)
	people := []licensing.Viewer{w.as("kaisa"), w.as("anna")}
	results := make([]error, 8)
	var wg sync.WaitGroup
	for i := range results {
		wg.Go(func() { _, results[i] = w.SubmitRequest(t.Context(), people[i%2], w.form(), press("file")) })
	}
	wg.Wait()
	filed := 0
	for _, err := range results {
		if err == nil {
			filed++
		} else if !isProblem(err, "confirm_duplicate") {
			t.Errorf("a second request: got %v, want to be told of the first", err)
		}
	}
	if filed != 1 {
		t.Errorf("eight at once: got %d filed, want 1", filed)
	}
	f := w.form()
	f.Duplicate = true
	_, err := w.SubmitRequest(t.Context(), people[1], f, press("file"))
	w.must(err)
}

// Who may file: for themselves who may take the key in clear, on behalf support.
func TestWhoFiles(t *testing.T) {
	t.Parallel()
	w := newAsked(t)
	for name, want := range map[string]error{"lena": licensing.ErrForbidden, "frode": licensing.ErrNotFound} {
		if _, err := w.SubmitRequest(t.Context(), w.as(name), w.form(), press("file")); !errors.Is(err, want) {
			t.Errorf("%s files: got %v, want %v", name, err, want)
		}
	}
	operator := licensing.Viewer{PersonID: w.someone("olli").ID, Name: "olli", Staff: licensing.Operator, May: licensing.Operator.Permissions()}
	if _, err := w.SubmitRequest(t.Context(), operator, w.form(), press("file")); !errors.Is(err, licensing.ErrForbidden) {
		t.Errorf("the operator files: got %v, want forbidden", err)
	}
	f := w.form()
	f.Requester = "kaisa@demo.example"
	id, err := w.SubmitRequest(t.Context(), w.sofia, f, press("file"))
	w.must(err)
	if n := w.count(`SELECT count(*) FROM requests r JOIN notices n ON n.request_id = r.id AND n.person_id = r.requester_id
WHERE r.id = $1 AND r.requester_id = $2 AND r.filed_by = $3`, id, w.person["kaisa"].ID, w.sofia.PersonID); n != 1 {
		t.Error("filed on behalf: want kaisa the requester, informed, and sofia the filer")
	}
	if err := w.do(w.sofia, id, licensing.Approve, 1, press("approve")); !errors.Is(err, licensing.ErrForbidden) {
		t.Errorf("sofia decides what she filed: got %v, want forbidden", err)
	}
	w.must(w.do(w.samuel, id, licensing.Approve, 1, press("approve")))
	w.whole()
}
