package store_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/licensing"
)

// elsewhere is opened, where mikko and nils sign in with Fjellheim's issuer alone.
func elsewhere(t testing.TB) *world {
	t.Helper()
	w := opened(t)
	w.Trust([]licensing.Issuer{{Address: everybodys, All: true}, {Address: kommunes, Roots: []uuid.UUID{w.org[kommune].ID}}})
	for _, name := range []string{"mikko", "nils"} {
		w.do(`UPDATE identities SET issuer = $1 WHERE person_id = $2`, kommunes, w.person[name].ID)
	}
	return w
}

// S-36, S-51: who has no sign-in account of an issuer that speaks for a family is given
// nothing there; who answers is told why, and may give it once there is such an account.
func TestNobodyIsGivenWhatTheirIssuerDoesntSpeakFor(t *testing.T) {
	t.Parallel()
	w := elsewhere(t)
	mikko, err := w.by(kommunes, "mikko")
	w.must(err)
	w.must(w.AskAccess(t.Context(), mikko, licensing.AccessForm{Number: "74120935", Role: licensing.KeyViewer, Reason: "For the laptops.", At: monday}, press("/access-requests")))
	w.must(w.MindAccess(t.Context(), monday))
	list, err := w.OwnAccess(t.Context(), mikko)
	w.must(err)
	problems, _ := errors.AsType[licensing.Problems](w.accept("anna", list[0].ID, answer(licensing.KeyViewer)))
	if len(problems) != 1 || problems[0].Message != "access.problem.issuer" || problems[0].Args["Host"] != "login.example" {
		t.Errorf("accepting: got %+v, want that the issuer doesn't count", problems)
	}
	if n := w.entries("access.accepted", licensing.Refused); n != 1 {
		t.Errorf("refusals on record: got %d, want 1", n)
	}
	if n := w.count(`SELECT count(*) FROM grants WHERE person_id = $1`, mikko.PersonID); n != 0 {
		t.Errorf("rights given: got %d, want none", n)
	}
	w.must(w.AddIdentity(t.Context(), w.op, licensing.Identity{Issuer: everybodys, Subject: "mikko", PersonID: mikko.PersonID}))
	w.must(w.accept("anna", list[0].ID, answer(licensing.KeyViewer)))
	if _, err := w.Licence(t.Context(), w.as("mikko"), "74120935"); err != nil {
		t.Errorf("by the issuer that counts: got %v", err)
	}
	w.whole()
}

// S-51: a session of an issuer that doesn't speak for a family isn't told what its person
// holds there: the number is taken as any other.
func TestAskingTellsNothingBeyondTheIssuersFamilies(t *testing.T) {
	t.Parallel()
	w := elsewhere(t)
	w.must(w.AddIdentity(t.Context(), w.op, licensing.Identity{Issuer: kommunes, Subject: "lena", PersonID: w.person["lena"].ID}))
	for issuer, want := range map[string]string{everybodys: "access.problem.held", kommunes: "y"} {
		lena, err := w.by(issuer, "lena")
		w.must(err)
		err = w.AskAccess(t.Context(), lena, licensing.AccessForm{Number: "74120935", Role: licensing.LicenceReader, Reason: "x", At: monday}, press("/access-requests"))
		if got := outcome(err); got != want {
			t.Errorf("signed in by %s: got %s, want %s", issuer, got, want)
		}
	}
}

// S-36, S-51: nor does an open agreement give anything then: it ends as a wrong pair does.
func TestAnAgreementGivesNothingToWhomNobodyVouchesFor(t *testing.T) {
	t.Parallel()
	w := elsewhere(t)
	for name, authorisation := range map[string]string{"mikko": openPair, "nils": "WRONG12345"} {
		v, err := w.by(kommunes, name)
		w.must(err)
		w.must(w.AddAgreement(t.Context(), v, licensing.AgreementForm{Number: openNumber, Authorisation: authorisation, At: monday}, press("/access-requests/agreements")))
	}
	w.must(w.MindAccess(t.Context(), monday))
	w.must(w.MindAccess(t.Context(), monday.Add(24*time.Hour)))
	for _, name := range []string{"mikko", "nils"} {
		if l := w.own(name)[0]; l.State != licensing.AccessUnanswered || l.Given != "" {
			t.Errorf("%s's ended as %s, giving %q, want nothing", name, l.State, l.Given)
		}
	}
	if n := w.count(`SELECT count(*) FROM grants WHERE person_id = $1`, w.person["mikko"].ID); n != 0 {
		t.Errorf("rights given: got %d, want none", n)
	}
	if n := w.entries("agreement.given", licensing.Refused); n != 1 {
		t.Errorf("refusals on record: got %d, want 1", n)
	}
	w.whole()
}
