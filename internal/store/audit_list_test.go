package store_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/store"
)

// acted is the family with acts to list: kaisa copied and lena was refused the key of
// 74120935, kevin revealed that of V6380217, support wrote a note about 74120935, and
// somebody without account did something to it.
func acted(t testing.TB) (w *world, agent, operator licensing.Viewer) {
	t.Helper()
	w, ours, other := family(t)
	_, err := w.RevealKey(t.Context(), w.as("kaisa"), ours.ID, store.ToCopy)
	w.must(err)
	_, err = w.RevealKey(t.Context(), w.as("kevin"), other.ID, store.ToShow)
	w.must(err)
	if _, err = w.RevealKey(t.Context(), w.as("lena"), ours.ID, store.ToShow); err == nil {
		t.Fatal("lena sees a key")
	}
	w.must(w.RecordSignIn(t.Context(), w.as("frode")))
	agent = licensing.Viewer{PersonID: w.someone("sofia").ID, Name: "sofia", Staff: licensing.SupportAgent, May: licensing.SupportAgent.Permissions()}
	operator = licensing.Viewer{PersonID: w.someone("oskar").ID, Name: "oskar", Staff: licensing.Operator, May: licensing.Operator.Permissions()}
	for _, action := range []string{"request.noted", "request.asked"} {
		w.append(agent.PersonID, "sofia", action, "74120935")
	}
	w.append(uuid.Nil, "Keyhall by night", "keys.imported", "74120935")
	return w, agent, operator
}

// append adds an entry on a licence ID, nil is nobody with an account.
func (w *world) append(actor uuid.UUID, name, action, number string) {
	w.t.Helper()
	l := w.licence[number]
	w.must(exec(w.connect(w.db.SuperURL), `SELECT audit_append($1, nullif($2, '00000000-0000-0000-0000-000000000000'::uuid), $3, '', '192.0.2.7', 'R1', $4, $5, 'request/20417', 'done', '{}')`,
		l.RootID, actor, name, action, l.ID))
}

// actsOf lists a filter's entries, as actor and action, without what made the world.
func (w *world) actsOf(v licensing.Viewer, f licensing.AuditFilter) string {
	w.t.Helper()
	lines, _, err := w.Audit(w.t.Context(), v, f)
	w.must(err)
	var acts []string
	for _, l := range lines {
		if l.Actor != "olli" {
			acts = append(acts, l.Actor+" "+l.Action)
		}
	}
	slices.Sort(acts)
	return strings.Join(acts, ", ")
}

// S-51: each role sees its part of the log, and no filter shows more of it.
func TestEachRoleFiltersItsPartOfTheLog(t *testing.T) {
	t.Parallel()
	w, agent, operator := acted(t)
	const (
		night, asked, copied = "Keyhall by night keys.imported", "sofia request.asked", "kaisa key.copied"
		refused, revealed    = "lena key.revealed", "kevin key.revealed"
	)
	w.whole()
	kaisa := w.person["kaisa"].ID
	for _, c := range []struct {
		what                                           string
		f                                              licensing.AuditFilter
		anna, kaisa, kevin, lena, frode, support, desk string
	}{
		{
			"nothing",
			licensing.AuditFilter{},
			list(night, copied, revealed, refused, asked), copied, revealed, refused, "frode session.started",
			list("sofia request.asked", "sofia request.noted"), list(night, "frode session.started", copied, revealed, refused, asked, "sofia request.noted"),
		},
		{
			"a licence ID",
			licensing.AuditFilter{Number: "74120935"},
			list(night, copied, refused, asked), copied, "", refused, "",
			list("sofia request.asked", "sofia request.noted"), list(night, copied, refused, asked, "sofia request.noted"),
		},
		{"a licence ID that isn't there", licensing.AuditFilter{Number: "99999999"}, "", "", "", "", "", "", ""},
		{"an action", licensing.AuditFilter{Action: "key.revealed"}, list(revealed, refused), "", revealed, refused, "", "", list(revealed, refused)},
		{"what support does behind its counter", licensing.AuditFilter{Action: "request.noted"}, "", "", "", "", "", "sofia request.noted", "sofia request.noted"},
		{"what was refused", licensing.AuditFilter{Outcome: licensing.Refused}, refused, "", "", refused, "", "", refused},
		{"a person", licensing.AuditFilter{Person: kaisa}, copied, copied, "", "", "", "", copied},
		{"a word of a name", licensing.AuditFilter{Name: "AIS"}, copied, copied, "", "", "", "", copied},
		{"words of who has no account", licensing.AuditFilter{Name: "night key"}, night, "", "", "", "", "", night},
		{"a sign that would find everybody", licensing.AuditFilter{Name: "%"}, "", "", "", "", "", "", ""},
		{"what is to come", licensing.AuditFilter{From: time.Now().AddDate(1, 0, 0)}, "", "", "", "", "", "", ""},
		{"what was long ago", licensing.AuditFilter{To: time.Now().AddDate(-1, 0, 0)}, "", "", "", "", "", "", ""},
		{"all at once", licensing.AuditFilter{
			Person: kaisa, Name: "kaisa", Number: "74120935", Action: "key.copied", Outcome: licensing.Done,
			From: time.Now().AddDate(-1, 0, 0), To: time.Now().AddDate(1, 0, 0),
		}, copied, copied, "", "", "", "", copied},
	} {
		many := w.as("anna")
		many.Licences = store.FewLicences + 1
		for _, r := range []struct {
			name string
			v    licensing.Viewer
			want string
		}{
			{"anna", w.as("anna"), c.anna},
			{"kaisa", w.as("kaisa"), c.kaisa},
			{"kevin", w.as("kevin"), c.kevin},
			{"lena", w.as("lena"), c.lena},
			{"anna of many", many, c.anna},
			{"frode", w.as("frode"), c.frode},
			{"support", agent, c.support},
			{"the operator", operator, c.desk},
		} {
			if got := w.actsOf(r.v, c.f); got != r.want {
				t.Errorf("%s asks for %s: got %q, want %q", r.name, c.what, got, r.want)
			}
		}
	}
}

func list(acts ...string) string {
	slices.Sort(acts)
	return strings.Join(acts, ", ")
}

// Somebody who may see the use of very many licence IDs goes by the chains, and finds
// what they would find by the licence IDs.
func TestManyLicenceIDsAndFewShowTheSame(t *testing.T) {
	t.Parallel()
	w, _, _ := acted(t)
	w.do(`WITH l AS (INSERT INTO licences (id, root_id, organisation_id, programme_id, number, kind)
	SELECT gen_random_uuid(), root_id, organisation_id, programme_id, (20000000 + n)::text, kind FROM licences, generate_series(1, 300) n WHERE number = '74120935'
	RETURNING id, root_id, number) INSERT INTO reach (person_id, licence_id, root_id, number, rights) SELECT $1, id, root_id, number, 255 FROM l`, w.person["anna"].ID)
	few, many := w.as("anna"), w.as("anna")
	few.Licences = 2
	for _, f := range []licensing.AuditFilter{{}, {Outcome: licensing.Refused}, {Name: "kaisa"}, {Number: "74120935"}, {Action: "role.granted"}} {
		if a, b := w.actsOf(few, f), w.actsOf(many, f); a != b {
			t.Errorf("%+v: by licence IDs %q, by chains %q", f, a, b)
		}
	}
	if w.actsOf(many, licensing.AuditFilter{}) == "" {
		t.Error("by chains nothing is found")
	}
}

// S-51: another family's licence ID and one that doesn't exist give one answer.
func TestAForeignNumberFiltersLikeNone(t *testing.T) {
	t.Parallel()
	w, _, _ := acted(t)
	frode := w.as("frode")
	theirs, next, err := w.Audit(t.Context(), frode, licensing.AuditFilter{Number: "74120935"})
	nobodys, end, err2 := w.Audit(t.Context(), frode, licensing.AuditFilter{Number: "99999999"})
	if said(theirs, next, err) != said(nobodys, end, err2) || len(theirs) != 0 || err != nil {
		t.Errorf("got %v, %q, %v, and %v, %q, %v", theirs, next, err, nobodys, end, err2)
	}
}

// Only the operator is told where an act came from, and everybody what they may open.
func TestALineSaysWhatItsReaderMayKnow(t *testing.T) {
	t.Parallel()
	w, _, operator := acted(t)
	for name, want := range map[string]licensing.Permission{"anna": licensing.Administrator.Permissions(), "kaisa": licensing.KeyAdministrator.Permissions()} {
		for _, l := range w.lines(w.as(name), licensing.AuditFilter{Number: "74120935"}) {
			if l.Address != "" || l.RequestID != "" || l.Identity != "" || l.Rights != want || l.Number != "74120935" || len(l.Hash) != 32 {
				t.Errorf("%s: got %+v", name, l)
			}
		}
	}
	lines := w.lines(operator, licensing.AuditFilter{Name: "night"})
	if len(lines) != 1 || lines[0].Address != "192.0.2.7" || lines[0].RequestID != "R1" || lines[0].Rights != operator.May {
		t.Errorf("the operator: got %+v", lines)
	}
	// A right that has ended leaves the line, and nothing to open.
	w.do(`UPDATE reach SET until = now() - interval '1 second' WHERE person_id = $1`, w.person["kaisa"].ID)
	kaisa := licensing.Viewer{PersonID: w.person["kaisa"].ID, Roots: []uuid.UUID{w.org[nordvik].RootID}}
	if lines := w.lines(kaisa, licensing.AuditFilter{}); len(lines) != 1 || lines[0].Rights != 0 {
		t.Errorf("kaisa, whose right has ended: got %+v", lines)
	}
}

func (w *world) lines(v licensing.Viewer, f licensing.AuditFilter) []licensing.AuditLine {
	w.t.Helper()
	lines, _, err := w.Audit(w.t.Context(), v, f)
	w.must(err)
	return lines
}

// Entries of several chains at one moment are each on one page: the cursor names the
// chain too.
func TestPagesOverChainsWithEqualTimes(t *testing.T) {
	t.Parallel()
	w, _, _ := twoFamilies(t)
	bo := w.as("bo")
	for range store.PageSize {
		w.must(w.RecordSignOut(t.Context(), bo)) // in both chains
	}
	w.do(`UPDATE audit SET at = '2026-11-22 10:00:00.123456+02' WHERE action = 'session.ended' AND seq % 5 <> 0`)
	operator := licensing.Viewer{PersonID: w.someone("oskar").ID, Staff: licensing.Operator, May: licensing.Operator.Permissions()}
	for _, v := range []licensing.Viewer{bo, operator} {
		seen, pages := map[string]int{}, 0
		for f := (licensing.AuditFilter{Action: "session.ended"}); ; pages++ {
			lines, next, err := w.Audit(t.Context(), v, f)
			w.must(err)
			for _, l := range lines {
				seen[fmt.Sprint(l.RootID, l.Seq)]++
			}
			if f.After = next; next == "" {
				break
			}
		}
		for entry, n := range seen {
			if n != 1 {
				t.Errorf("entry %s is listed %d times", entry, n)
			}
		}
		if len(seen) != 2*store.PageSize || pages != 1 {
			t.Errorf("%q: got %d entries on %d pages, want %d on 2", v.Staff, len(seen), pages+1, 2*store.PageSize)
		}
	}
}
