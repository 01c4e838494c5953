package store_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/licensing"
)

// why is what somebody is told of a question, in message keys and what they name.
func (w *world) why(name string, q licensing.WhyAsked) string {
	w.t.Helper()
	f, err := w.Why(w.t.Context(), w.as(name), q, time.Now())
	w.must(err)
	var said []string
	for _, r := range f.Explain() {
		line := strings.TrimPrefix(r.Message, "why.")
		for _, arg := range []string{"Role", "Organisation", "Number"} {
			if value := r.Args[arg]; value != nil {
				line += fmt.Sprint(" ", value)
			}
		}
		said = append(said, line)
	}
	return strings.Join(said, "; ")
}

func (w *world) catalogued(name string) licensing.Product {
	return licensing.Product{ID: w.product[name], Name: name, Pool: licensing.PoolApplications, KeySource: licensing.KeyListed}
}

// Each is told of their own rights and of what these show, and of keys where they see them.
func TestWhyOneSeesSomethingOrNot(t *testing.T) {
	t.Parallel()
	w, ours, other := family(t)
	onOffice := licensing.WhyAsked{Number: "74120935", Product: w.catalogued(office)}
	for _, c := range []struct {
		name string
		q    licensing.WhyAsked
		want string
	}{
		{"anna", onOffice, "inherited administrator Nordvik Group; reveals; listed"},
		{"lena", onOffice, "inherited licence_reader Nordvik Suomi Oy; masked; listed"},
		{"dirk", onOffice, "inherited download_manager Nordvik Suomi Oy; no_keys"},
		{"dirk", licensing.WhyAsked{Number: "74120935", Key: ours.ID}, "inherited download_manager Nordvik Suomi Oy; no_keys"},
		{"frode", onOffice, "none"},
		{"anna", licensing.WhyAsked{Key: ours.ID}, "inherited administrator Nordvik Group; reveals; key_here"},
		{"anna", licensing.WhyAsked{Number: "74120935", Key: other.ID}, "inherited administrator Nordvik Group; reveals; key_elsewhere V6380217"},
		{"lena", licensing.WhyAsked{Number: "74120935", Key: other.ID}, "inherited licence_reader Nordvik Suomi Oy; masked; key_unknown"},
		{"lena", licensing.WhyAsked{Key: other.ID}, "none"},
		{"anna", licensing.WhyAsked{Number: "74120935", Last5: demoKey(1)[24:]}, "inherited administrator Nordvik Group; reveals; key_here"},
		{"anna", licensing.WhyAsked{Number: "74120935", Last5: "ZZZZZ"}, "inherited administrator Nordvik Group; reveals; key_unknown"},
		{"anna", licensing.WhyAsked{Number: "74120935", Product: w.catalogued(ltsc)}, "inherited administrator Nordvik Group; reveals; programme.allotment.pool; pool_not_bought"},
	} {
		if got := w.why(c.name, c.q); got != c.want {
			t.Errorf("%s asks %+v: got %q, want %q", c.name, c.q, got, c.want)
		}
	}
}

// S-51: of what somebody has no right on, they are told the same as of what doesn't exist;
// of a right of their own that ended, that it did, and no more.
func TestWhyIsNoOracle(t *testing.T) {
	t.Parallel()
	w, ours, _ := family(t)
	nobodys := w.why("frode", licensing.WhyAsked{Number: "99999999"})
	for _, q := range []licensing.WhyAsked{
		{Number: "74120935"},
		{Number: "74120935", Product: w.catalogued(office)},
		{Number: "74120935", Last5: demoKey(1)[24:]},
		{Number: "99999999", Product: w.catalogued(office)},
		{Key: ours.ID},
		{Key: uuid.New()},
	} {
		if got := w.why("frode", q); got != nobodys {
			t.Errorf("%+v: got %q, want %q as of what doesn't exist", q, got, nobodys)
		}
		f, err := w.Why(t.Context(), w.as("frode"), q, time.Now())
		if err != nil || f.Licence.ID != uuid.Nil || len(f.Keys)+len(f.Elsewhere) > 0 || f.Found != nil || f.Bought != 0 {
			t.Errorf("%+v: got facts %+v, %v, want none", q, f, err)
		}
	}
	w.count(`WITH u AS (UPDATE grants SET revoked_at = now() WHERE person_id = $1 RETURNING 1) SELECT count(*) FROM u`, w.person["lena"].ID)
	w.count(`WITH u AS (DELETE FROM reach WHERE person_id = $1 RETURNING 1) SELECT count(*) FROM u`, w.person["lena"].ID)
	for _, q := range []licensing.WhyAsked{{Number: "74120935"}, {Number: "74120935", Product: w.catalogued(office)}, {Key: ours.ID}} {
		if got := w.why("lena", q); got != "ended licence_reader" {
			t.Errorf("a right of one's own that ended, %+v: got %q", q, got)
		}
	}
	if got := w.why("lena", licensing.WhyAsked{Number: "50912277"}); got != nobodys {
		t.Errorf("a number that one never had a right on: got %q", got)
	}
}

// An administrator asks for a colleague where they manage people, and nobody else does.
func TestWhyAColleagueSeesSomethingOrNot(t *testing.T) {
	t.Parallel()
	w, _, _ := family(t)
	ask := func(who, email, number string) string {
		return w.why(who, licensing.WhyAsked{Number: number, Email: email, Product: w.catalogued(office)})
	}
	for _, c := range []struct{ who, email, number, want string }{
		{"anna", "LENA@demo.example", "74120935", "inherited licence_reader Nordvik Suomi Oy; masked; listed"},
		{"anna", "dirk@demo.example", "74120935", "inherited download_manager Nordvik Suomi Oy; no_keys"},
		{"anna", "frode@demo.example", "74120935", "colleague_none"},
		{"anna", "nobody@demo.example", "74120935", "colleague_none"},
		{"anna", "frode@demo.example", "50912277", "not_managed"},
		{"anna", "lena@demo.example", "99999999", "not_managed"},
		{"lena", "anna@demo.example", "74120935", "not_managed"},
		{"frode", "lena@demo.example", "74120935", "not_managed"},
	} {
		if got := ask(c.who, c.email, c.number); got != c.want {
			t.Errorf("%s asks for %s on %s: got %q, want %q", c.who, c.email, c.number, got, c.want)
		}
	}
	f, err := w.Why(t.Context(), w.op, licensing.WhyAsked{Number: "74120935"}, time.Now())
	if reasons := f.Explain(); err != nil || len(reasons) != 1 || !slices.Contains([]string{"why.staff.operator"}, reasons[0].Message) {
		t.Errorf("the operator: got %+v, %v", reasons, err)
	}
}
