package store_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/store"
)

// family is a world in which every role is held by somebody in Nordvik: kaisa, lena and
// dirk on Nordvik Suomi, kevin on V6380217 of Nordvik Norge alone.
func family(t testing.TB) (w *world, ours, other licensing.NewKey) {
	t.Helper()
	w = newWorld(t)
	w.addLicence("V6380217", norge, "open-value")
	ours, other = w.mak("74120935", office, 1, 98, 100), w.mak("V6380217", office, 2, 1, 50)
	w.must(w.AddKeys(t.Context(), w.op, []licensing.NewKey{ours, other}))
	w.grant("kaisa", licensing.KeyAdministrator, suomi)
	w.grant("dirk", licensing.DownloadManager, suomi)
	w.grantOn("kevin", licensing.KeyViewer, "V6380217")
	return w, ours, other
}

// S-51: who gets what of a licence ID and its key, inside a family too. In a line of
// the table stand the answers to the licence ID, its keys, the key, the key by the whole
// of it, its reveal, its key file: y it is given, f forbidden, n not found.
func TestRolesAndReads(t *testing.T) {
	t.Parallel()
	w, ours, other := family(t)
	for _, c := range []struct{ name, ours, other string }{
		{"anna", "yyyyyy", "yyyyyy"},
		{"kaisa", "yyyyyy", "nnnnnn"},
		{"kevin", "nnnnnn", "yyyyyy"}, // one licence ID opens no other
		{"lena", "yyyyff", "nnnnnn"},
		{"dirk", "yfnnnf", "nnnnnn"},
		{"frode", "nnnnnn", "nnnnnn"},
	} {
		v := w.as(c.name)
		if got := w.answers(v, "74120935", ours); got != c.ours {
			t.Errorf("%s, 74120935: got %s, want %s", c.name, got, c.ours)
		}
		if got := w.answers(v, "V6380217", other); got != c.other {
			t.Errorf("%s, V6380217: got %s, want %s", c.name, got, c.other)
		}
	}
	// Each refusal to somebody who sees the key, or the licence ID, is on record.
	if reveals, files := w.entries("key.revealed", licensing.Refused), w.entries("file.started", licensing.Refused); reveals != 1 || files != 2 {
		t.Errorf("refusals on record: got %d reveals, %d files, want lena's reveal, lena's and dirk's file", reveals, files)
	}
	w.whole()
}

func (w *world) answers(v licensing.Viewer, number string, k licensing.NewKey) string {
	w.t.Helper()
	ctx, errs := w.t.Context(), make([]error, 6)
	_, errs[0] = w.Licence(ctx, v, number)
	_, errs[1] = w.Keys(ctx, v, number, licensing.KeyFilter{})
	_, errs[2] = w.Key(ctx, v, k.ID)
	_, errs[3] = w.FindKey(ctx, v, k.Secret)
	var secret licensing.Secret
	secret, errs[4] = w.RevealKey(ctx, v, k.ID, store.ToShow)
	if (errs[4] == nil) != (secret.Reveal() == k.Secret.Reveal()) || errs[4] != nil && secret.Reveal() != "" {
		w.t.Errorf("%s reveals a key of %s: got %q with %v", v.Name, number, secret.Reveal(), errs[4])
	}
	_, errs[5] = w.StartDownload(ctx, v, store.NewFile{Number: number, Name: "keys.tsv", Format: "tsv"})
	var b strings.Builder
	for i, err := range errs {
		switch {
		case err == nil:
			b.WriteByte('y')
		case errors.Is(err, licensing.ErrForbidden):
			b.WriteByte('f')
		case errors.Is(err, licensing.ErrNotFound):
			b.WriteByte('n')
		default:
			w.t.Errorf("%s asks question %d of %s: %v", v.Name, i, number, err)
		}
	}
	return b.String()
}

// Support and the operator read over all families, masked, and take nothing in clear.
func TestTheDeskSeesAllAndRevealsNothing(t *testing.T) {
	t.Parallel()
	w, k, _ := stocked(t)
	for _, role := range []licensing.Role{licensing.SupportAgent, licensing.Operator} {
		v := licensing.Viewer{PersonID: w.someone(string(role)).ID, Name: string(role), Staff: role, May: role.Permissions()}
		if role == licensing.SupportAgent {
			if got := w.answers(v, "74120935", k); got != "fffyff" {
				t.Errorf("%s without a reason, 74120935: got %s, want fffyff", role, got)
			}
			w.must(w.visit(v, "74120935", 0))
		}
		if got := w.answers(v, "74120935", k); got != "yyyyff" {
			t.Errorf("%s, 74120935: got %s, want yyyyff", role, got)
		}
		if got := w.export(v, "74120935"); strings.Contains(got, "DEMO") {
			t.Errorf("%s exports: got %s, want no row", role, got)
		}
	}
	if n := w.entries("key.revealed", licensing.Refused); n != 3 {
		t.Errorf("refused reveals on record: got %d, want all three", n)
	}
}

// Who used a key is for administrators; the others see their own acts alone.
func TestUseIsShownToAdministrators(t *testing.T) {
	t.Parallel()
	w, ours, _ := family(t)
	_, err := w.RevealKey(t.Context(), w.as("kaisa"), ours.ID, store.ToCopy)
	w.must(err)
	for name, sees := range map[string]bool{"anna": true, "kaisa": false, "lena": false} {
		v := w.as(name)
		d, err := w.Key(t.Context(), v, ours.ID)
		w.must(err)
		uses, err := w.KeyUses(t.Context(), v, d)
		w.must(err)
		if (len(uses) == 1) != sees {
			t.Errorf("%s asks who used the key: got %v, want it shown: %v", name, uses, sees)
		}
		lines, _, err := w.Audit(t.Context(), v, licensing.AuditFilter{Number: "74120935"})
		w.must(err)
		if own := name == "kaisa"; (len(lines) > 0) != (sees || own) {
			t.Errorf("%s reads the audit log: got %d entries", name, len(lines))
		}
	}
}

// A download manager learns no count: not from the row, its order, or its cursor.
func TestCountsDoNotShowThroughTheOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.grant("dirk", licensing.DownloadManager, suomi)
	var keys []licensing.NewKey
	numbers := []string{"10000001", "10000002", "10000003", "74120935"}
	for i, n := range numbers {
		if n != "74120935" {
			w.addLicence(n, suomi, "ea")
		}
		for j := range i + 1 { // the last has most keys, and least left
			keys = append(keys, w.mak(n, []string{office, server, ltsc, office}[j], 10*i+j, 90+i, 100))
		}
	}
	w.must(w.AddKeys(t.Context(), w.op, keys))
	for _, sort := range []string{"keys", "left"} {
		if got, _ := w.pages("lena", sort); slices.Equal(got, numbers) {
			t.Errorf("by %s, for who may know: got the order of numbers: this test can't fail", sort)
		}
		got, cursors := w.pages("dirk", sort)
		if !slices.Equal(got, numbers) {
			t.Errorf("by %s: got %v, want the order of numbers", sort, got)
		}
		for _, c := range cursors {
			if value, _, _ := strings.Cut(c, "~"); value != "0" && value != "2147483647" {
				t.Errorf("by %s: the cursor %s tells a count", sort, c)
			}
		}
	}
}

// pages reads a list row by row, and checks on the way that who may not know counts is
// told none.
func (w *world) pages(name, sort string) (numbers, cursors []string) {
	w.t.Helper()
	f := licensing.LicenceFilter{Sort: sort, Limit: 1}
	for {
		page, err := w.Licences(w.t.Context(), w.as(name), f)
		w.must(err)
		for _, r := range page.Rows {
			if name == "dirk" && (r.KeysN != 0 || r.LowestLeft != nil || r.LowestTotal != nil) {
				w.t.Errorf("%s sees %d keys, lowest %v of %v", name, r.KeysN, r.LowestLeft, r.LowestTotal)
			}
			numbers = append(numbers, r.Number)
		}
		if f.After = page.Next; f.After == "" {
			return numbers, cursors
		}
		cursors = append(cursors, f.After)
	}
}

// S-48, S-51: a right that has run out opens nothing, even for a viewer who was asked for before,
// and Viewer works out what is left.
func TestARightThatRanOutOpensNothing(t *testing.T) {
	t.Parallel()
	w, ours, other := family(t)
	w.grantOn("kaisa", licensing.LicenceReader, "74120935")
	before := map[string]licensing.Viewer{"kaisa": w.as("kaisa"), "kevin": w.as("kevin")}
	w.do(`UPDATE grants SET expires_at = now() - interval '1 minute' WHERE role IN ('key_administrator', 'key_viewer')`)
	w.do(`UPDATE reach SET until = now() - interval '1 minute' WHERE person_id = ANY ($1)`, []uuid.UUID{w.person["kaisa"].ID, w.person["kevin"].ID})
	detail, err := w.Key(t.Context(), w.as("anna"), ours.ID)
	w.must(err)
	for name, v := range before {
		for _, r := range w.reads(ours, detail) {
			if got := r.ask(v); r.name != "KeyLimits" && r.name != "Summary" && holdsAny(got, []string{"Number:74120935", "Number:V6380217", "DEMO", ours.ID.String(), other.ID.String()}) {
				t.Errorf("%s after the right ran out, %s: got %s", name, r.name, got)
			}
		}
		secret, err := w.RevealKey(t.Context(), v, ours.ID, store.ToShow)
		if err == nil || secret.Reveal() != "" {
			t.Errorf("%s after the right ran out, a reveal: got %q, %v", name, secret.Reveal(), err)
		}
		if _, err := w.StartDownload(t.Context(), v, store.NewFile{Number: "74120935", Name: "keys.tsv", Format: "tsv"}); err == nil {
			t.Errorf("%s after the right ran out, a key file: got it begun", name)
		}
	}
	if kevin := w.as("kevin"); kevin.May != 0 || len(kevin.Roots) != 0 {
		t.Errorf("kevin, whose only right ran out: got permissions %b in %d families, want none", kevin.May, len(kevin.Roots))
	}
	// Kaisa's reading right remains. Many of her requests may find out at once.
	crowd(1, 20, func(int) {
		v, err := w.Viewer(t.Context(), licensing.Session{PersonID: w.person["kaisa"].ID})
		if err != nil || v.May != licensing.LicenceReader.Permissions() {
			t.Errorf("kaisa, who may still read: got permissions %b, %v", v.May, err)
		}
	})
	if got := w.answers(w.as("kaisa"), "74120935", ours); got != "yyyyff" {
		t.Errorf("kaisa, who may still read: got %s, want yyyyff", got)
	}
}

// An account that has ended is nobody's, whatever rights hang on it.
func TestAnEndedAccountIsNobodys(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.do(`UPDATE persons SET ended_at = now() WHERE name = 'anna'`)
	if _, err := w.Viewer(t.Context(), licensing.Session{PersonID: w.person["anna"].ID}); !errors.Is(err, licensing.ErrNotFound) {
		t.Errorf("an ended account: got %v, want not found", err)
	}
	if _, err := w.Viewer(t.Context(), licensing.Session{PersonID: newID()}); !errors.Is(err, licensing.ErrNotFound) {
		t.Errorf("nobody's account: got %v, want not found", err)
	}
}
