package demo

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/licensing"
)

const branchIssuer = issuer + "/nederland"

// withBranch is a demo world whose branch has a sign-in service of its own.
func withBranch(t *testing.T) *world {
	t.Helper()
	w := &world{Store: empty(t)(), issuer: issuer, branch: branchIssuer, now: time.Now().UTC()}
	w.trusting(issuer, branchIssuer)
	w.buildBranch(t)
	return w
}

func (w *world) trusting(all, branch string) {
	b := Branch()
	w.Trust([]licensing.Issuer{{Address: all, All: true}, {Address: branch, Name: b.Name, Groups: true, Roots: []uuid.UUID{b.Root}}})
}

func (w *world) buildBranch(t *testing.T) {
	t.Helper()
	if err := Build(t.Context(), w.Store, w.issuer, Options{Now: w.now, Branch: w.branch}); err != nil {
		t.Fatalf("build: %v", err)
	}
}

// signsIn is who somebody of the branch is when they sign in there.
func (w *world) signsIn(t *testing.T, c colleague) licensing.Viewer {
	t.Helper()
	a := licensing.Arrival{Issuer: w.branch, Subject: subjectOf(c.email), Name: c.name, Groups: c.in}
	id, err := w.Arrive(t.Context(), a, licensing.Origin{Address: c.address})
	if err != nil {
		t.Fatalf("%s: %v", c.email, err)
	}
	v, err := w.Viewer(t.Context(), licensing.Session{PersonID: id, Issuer: a.Issuer, Subject: a.Subject})
	if err != nil {
		t.Fatalf("%s: %v", c.email, err)
	}
	return v
}

// Whom the branch's service counts among a group has its role there, and nothing else.
func TestTheBranchSignsInByGroup(t *testing.T) {
	t.Parallel()
	w := withBranch(t)
	page, err := w.GroupRoles(t.Context(), w.viewer(t, anna), "")
	if err != nil || len(page.Lines) != 2 || page.Lines[0].People != 1 || page.Lines[1].People != 0 {
		t.Errorf("roles of groups: got %+v, %v", page.Lines, err)
	}
	for i, want := range []struct {
		may  licensing.Permission
		sees int
	}{{licensing.KeyViewer.Permissions(), 3}, {licensing.LicenceReader.Permissions(), 3}, {0, 0}} {
		v := w.signsIn(t, colleagues[i])
		list, err := w.Licences(t.Context(), v, licensing.LicenceFilter{Today: w.now})
		if err != nil || v.May != want.may || len(list.Rows) != want.sees {
			t.Errorf("%s: may %b on %d licence IDs, %v, want %b on %d", colleagues[i].email, v.May, len(list.Rows), err, want.may, want.sees)
		}
	}
	told := w.told(t)
	if w.buildBranch(t); w.told(t) != told {
		t.Error("a second build told the audit log more")
	}
	const other = "http://localhost:9090/demo-idp"
	w.issuer, w.branch = other, other+"/nederland"
	w.trusting(w.issuer, w.branch)
	w.buildBranch(t)
	if v := w.signsIn(t, colleagues[0]); v.May != licensing.KeyViewer.Permissions() {
		t.Errorf("Femke at another address: may %b", v.May)
	}
}

func TestTheBranchHasAccountsOfItsOwn(t *testing.T) {
	t.Parallel()
	for _, a := range BranchAccounts() {
		if slices.ContainsFunc(Accounts(), func(o Account) bool { return o.Email == a.Email }) {
			t.Errorf("%s signs in at both services", a.Email)
		}
		if a.Subject == "" || a.Name == "" || a.Note == "" || a.Groups == nil {
			t.Errorf("%s: got %+v, want subject, name, note and groups", a.Email, a)
		}
	}
}
