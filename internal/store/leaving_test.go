package store_test

import (
	"errors"
	"testing"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/licensing"
)

func (w *asked) leave(by, who, colleague string) error {
	return w.Leave(w.t.Context(), w.as(by), licensing.Leaving{Person: w.person[who].ID, Colleague: colleague, At: noon}, press("/people/:id/leave"))
}

// requester is whose a request is now.
func (w *asked) requester(id int64) (who uuid.UUID) {
	w.t.Helper()
	c := w.connect(w.db.SuperURL)
	w.must(c.QueryRow(w.t.Context(), `SELECT requester_id FROM requests WHERE id = $1`, id).Scan(&who))
	return who
}

// S-48: whoever leaves has no right with the next question, and what they asked for goes
// on: open requests to the colleague that was named, closed ones stay theirs.
func TestWhoLeavesHandsTheirRequestsOn(t *testing.T) {
	t.Parallel()
	w := newAsked(t)
	w.grant("kevin", licensing.KeyViewer, suomi)
	open, waiting, closed := w.more(licensing.Submitted), w.more(licensing.Waiting), w.more(licensing.Granted)
	w.must(w.leave("anna", "kaisa", " Kevin@demo.example"[1:]))
	kaisa, kevin := w.person["kaisa"].ID, w.person["kevin"].ID
	for id, want := range map[int64]uuid.UUID{open: kevin, waiting: kevin, closed: kaisa} {
		if got := w.requester(id); got != want {
			t.Errorf("request %d: got %v, want %v", id, got, want)
		}
	}
	if v := w.as("kaisa"); v.May != 0 || len(v.Roots) != 0 {
		t.Errorf("kaisa still may %b", v.May)
	}
	d, err := w.Request(t.Context(), w.as("kevin"), open)
	w.must(err)
	last := d.Events[len(d.Events)-1]
	if last.Kind != licensing.EventHandedOn || last.Actor != "anna" || last.Detail.Requester != "kevin" || last.Internal {
		t.Errorf("the request's last event: got %+v", last)
	}
	if n := w.count(`SELECT count(*) FROM audit WHERE action = 'request.handed_on' AND actor_id = $1`, w.person["anna"].ID); n != 2 {
		t.Errorf("on record: got %d, want 2", n)
	}
	if got := w.notices("kevin"); len(got) != 2 || got[0].Event != licensing.EventHandedOn || got[0].Actor != "anna" {
		t.Errorf("kevin's notices: got %+v, want one for each request", got)
	}
	w.must(w.QuestionRequest(t.Context(), w.sofia, open, licensing.Decision{Version: 1, Message: "For how many machines?", At: noon}, press("question")))
	if got := w.notices("kevin"); len(got) != 3 {
		t.Errorf("kevin's notices after support asked: got %d, want 3", len(got))
	}
	w.whole()
}

func TestWithoutAColleagueRequestsGoToWhoActs(t *testing.T) {
	t.Parallel()
	w := newAsked(t)
	open := w.more(licensing.Submitted)
	w.must(w.leave("anna", "kaisa", ""))
	if got := w.requester(open); got != w.person["anna"].ID {
		t.Errorf("the request: got %v, want anna's", got)
	}
	if got := w.notices("anna"); len(got) != 0 {
		t.Errorf("anna's notices: got %+v, want none of what she did", got)
	}
}

// S-51: what somebody asked is handed to nobody who may not see it, or of another family;
// then nothing at all happens.
func TestWhoCannotGoOnWithRequests(t *testing.T) {
	t.Parallel()
	w := newAsked(t)
	open := w.more(licensing.Submitted)
	for colleague, want := range map[string]string{
		"lena@demo.example":    "leave.problem.right", // reads, and files nothing
		"frode@demo.example":   "unknown",
		"kaisa@demo.example":   "unknown",
		"sofia@demo.example":   "unknown",
		"nobody@demo.example":  "unknown",
		"not an address":       "unknown",
		"kaisa@demo.example\n": "unknown",
	} {
		if got := outcome(w.leave("anna", "kaisa", colleague)); got != want {
			t.Errorf("to %q: got %s, want %s", colleague, got, want)
		}
	}
	if got := w.requester(open); got != w.person["kaisa"].ID || len(w.as("kaisa").Roots) == 0 {
		t.Errorf("something happened: the request is %v's", got)
	}
	if w.entries("role.ended", licensing.Done)+w.entries("request.handed_on", licensing.Done) != 0 {
		t.Error("something is on record as done")
	}
}

// An administrator of a part hands on what is about that part; where whoever leaves keeps
// a right to see to their requests, they keep the requests.
func TestRequestsElsewhereStayWithWhoAsked(t *testing.T) {
	t.Parallel()
	w := newAsked(t)
	w.addLicence("61200418", norge, "ea")
	w.grantOn("kaisa", licensing.KeyViewer, "61200418")
	w.grantOn("arne", licensing.Administrator, "61200418")
	here, there := w.more(licensing.Submitted), w.request(licensing.MAKIncrease, licensing.Submitted, "61200418", office, nil, 10)
	w.must(w.leave("arne", "kaisa", ""))
	if got := w.requester(there); got != w.person["arne"].ID {
		t.Errorf("the request about arne's licence ID: got %v, want arne's", got)
	}
	if got := w.requester(here); got != w.person["kaisa"].ID {
		t.Errorf("the request about another: got %v, want kaisa's still", got)
	}
	if err := w.leave("lena", "kaisa", ""); !errors.Is(err, licensing.ErrNotFound) {
		t.Errorf("lena, who manages nobody: got %v, want not found", err)
	}
	w.whole()
}
