package store_test

import (
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/store"
)

// A copy of the log has what its pages have, and nothing else.
func TestAnExportIsWhatThePagesShow(t *testing.T) {
	t.Parallel()
	w, agent, operator := acted(t)
	for range store.PageSize {
		w.must(w.RecordSignIn(t.Context(), w.as("anna")))
	}
	for _, v := range []licensing.Viewer{w.as("anna"), w.as("lena"), w.as("frode"), agent, operator} {
		for _, f := range []licensing.AuditFilter{{}, {Number: "74120935"}, {Outcome: licensing.Refused}, {Name: "anna"}} {
			var pages, file []licensing.AuditLine
			for next := f; ; {
				lines, after, err := w.Audit(t.Context(), v, next)
				w.must(err)
				pages = append(pages, lines...)
				if next.After = after; after == "" {
					break
				}
			}
			w.must(w.ExportAudit(t.Context(), v, f, func(l licensing.AuditLine) error { file = append(file, l); return nil }))
			if said(file) != said(pages) {
				t.Errorf("%s, %+v: the file has %d entries, the pages %d", v.Name, f, len(file), len(pages))
			}
		}
	}
	broken := errors.New("the reader has gone")
	if err := w.ExportAudit(t.Context(), operator, licensing.AuditFilter{}, func(licensing.AuditLine) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("a row that fails: got %v", err)
	}
}

// S-63: who takes a copy is on record: a customer in the chains of their families, the
// staff in the publisher's.
func TestAnExportIsOnRecord(t *testing.T) {
	t.Parallel()
	w, _, _ := twoFamilies(t)
	f := licensing.AuditFilter{Number: "74120935", Name: "lena", Action: "key.revealed"}
	operator := licensing.Viewer{PersonID: w.someone("oskar").ID, Name: "oskar", Staff: licensing.Operator, May: licensing.Operator.Permissions()}
	for _, v := range []licensing.Viewer{w.as("bo"), w.as("anna"), operator} {
		w.must(w.StartAuditExport(t.Context(), v, f, "keyhall-audit.tsv"))
	}
	const entries = `SELECT count(*) FROM audit WHERE root_id = $1 AND action = 'audit.exported' AND actor = ANY ($2)
AND detail = '{"name": "keyhall-audit.tsv", "filter": {"licence": "74120935", "who": "lena", "action": "key.revealed"}}'`
	for root, who := range map[uuid.UUID][]string{
		w.org[nordvik].RootID: {"bo", "anna"}, w.org[kommune].RootID: {"bo"}, licensing.PublisherRoot: {"oskar"},
	} {
		if got := w.count(entries, root, []string{"bo", "anna", "oskar"}); got != int64(len(who)) {
			t.Errorf("chain %s: got %d entries, want those of %v", root, got, who)
		}
	}
	w.whole()
}

// S-63: a refusal is on record once a minute for a person and a route, however many ask
// at once and whether or not the person belongs to a family.
func TestARefusalIsOnRecordOnceAMinute(t *testing.T) {
	t.Parallel()
	w, _, _ := twoFamilies(t)
	w.someone("gast")
	agent := licensing.Viewer{PersonID: w.someone("sofia").ID, Name: "sofia", Staff: licensing.SupportAgent, May: licensing.SupportAgent.Permissions()}
	entries := func(name, route string) int64 {
		return w.count(`SELECT count(*) FROM audit WHERE actor = $1 AND action = 'access.refused' AND object = 'route/' || $2 AND outcome = 'refused'`, name, route)
	}
	for _, v := range []licensing.Viewer{w.as("lena"), w.as("bo"), w.as("gast"), agent} {
		crowd(1, 12, func(i int) {
			if err := w.RecordRefusal(t.Context(), v, []string{"GET /imports", "GET /keys.tsv"}[i%2]); err != nil {
				t.Errorf("%s: %v", v.Name, err)
			}
		})
		want := int64(max(1, len(v.Roots)))
		for _, route := range []string{"GET /imports", "GET /keys.tsv"} {
			if got := entries(v.Name, route); got != want {
				t.Errorf("%s, %s: got %d entries, want one in each of %d chains", v.Name, route, got, want)
			}
		}
	}
	w.do(`UPDATE audit SET at = at - interval '61 seconds' WHERE actor = 'gast'`)
	w.must(w.RecordRefusal(t.Context(), w.as("gast"), "GET /imports"))
	if got := entries("gast", "GET /imports"); got != 2 {
		t.Errorf("a minute later: got %d entries, want another", got)
	}
}

// S-63: who reads the log is on record, once an hour, however many pages they turn at once; a
// log that takes no entry can be read all the same.
func TestWhoReadsTheLogIsOnRecord(t *testing.T) {
	t.Parallel()
	w, _, _ := twoFamilies(t)
	w.someone("gast")
	operator := licensing.Viewer{PersonID: w.someone("oskar").ID, Name: "oskar", Staff: licensing.Operator, May: licensing.Operator.Permissions()}
	entries := func(name string) int64 {
		return w.count(`SELECT count(*) FROM audit WHERE actor = $1 AND action = 'audit.read' AND object = 'audit' AND outcome = 'done'`, name)
	}
	for _, v := range []licensing.Viewer{w.as("lena"), w.as("bo"), w.as("gast"), operator} {
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				if _, _, err := w.ReadAudit(t.Context(), v, licensing.AuditFilter{}); err != nil {
					t.Errorf("%s: %v", v.Name, err)
				}
			})
		}
		all.Wait()
		if got, want := entries(v.Name), int64(max(1, len(v.Roots))); got != want {
			t.Errorf("%s: got %d entries, want one in each of %d chains", v.Name, got, want)
		}
	}
	w.do(`UPDATE audit SET at = at - interval '61 minutes' WHERE actor = 'oskar'`)
	w.do(`REVOKE EXECUTE ON FUNCTION audit_append FROM keyhall_serve, keyhall_desk`)
	if lines, _, err := w.ReadAudit(t.Context(), operator, licensing.AuditFilter{}); err != nil || len(lines) == 0 {
		t.Errorf("a log that takes no entry: got %d lines, %v, want them", len(lines), err)
	}
	w.do(`GRANT EXECUTE ON FUNCTION audit_append TO keyhall_serve, keyhall_desk`)
	lines, _, err := w.ReadAudit(t.Context(), operator, licensing.AuditFilter{})
	w.must(err)
	if got := entries("oskar"); len(lines) == 0 || got != 2 {
		t.Errorf("an hour later: got %d lines and %d entries, want another entry", len(lines), got)
	}
}

// Every action that is on record is in the list to choose from, each once.
func TestEveryActionCanBeChosen(t *testing.T) {
	t.Parallel()
	w, _, operator := acted(t)
	var known []string
	for _, g := range operator.ActionGroups() {
		known = append(known, g.Actions...)
	}
	sorted := slices.Clone(known)
	slices.Sort(sorted)
	if len(slices.Compact(sorted)) != len(known) {
		t.Errorf("an action stands in two groups: %v", known)
	}
	for _, l := range w.lines(operator, licensing.AuditFilter{}) {
		if !slices.Contains(known, l.Action) {
			t.Errorf("%s can't be chosen", l.Action)
		}
	}
	for _, g := range w.as("anna").ActionGroups() {
		if slices.Contains(g.Actions, "request.noted") || slices.Contains(g.Actions, "programme.added") || len(g.Actions) == 0 {
			t.Errorf("a customer may choose among %v", g)
		}
	}
}
