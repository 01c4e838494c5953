package store_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/licensing"
)

const (
	everybodys = "https://idp.example"       // speaks for every family
	kommunes   = "https://login.example/kom" // speaks for Fjellheim
)

// trusting is a world whose issuers are everybody's, and one that speaks for Fjellheim.
func trusting(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.Trust([]licensing.Issuer{{Address: everybodys, All: true}, {Address: kommunes, Roots: []uuid.UUID{w.org[kommune].ID}}})
	return w
}

// by is somebody's session of an issuer.
func (w *world) by(issuer, name string) (licensing.Viewer, error) {
	w.t.Helper()
	return w.Viewer(w.t.Context(), licensing.Session{PersonID: w.person[name].ID, Issuer: issuer, Subject: name})
}

// S-36, S-40: whoever a provider says that it is: in families that the provider doesn't
// speak for nobody is anybody.
func TestAnIssuerSpeaksForItsFamiliesAlone(t *testing.T) {
	t.Parallel()
	w := trusting(t)
	w.grant("anna", licensing.KeyViewer, kommune)
	whole, err := w.by(everybodys, "anna")
	w.must(err)
	if len(whole.Roots) != 2 || whole.Licences != 2 || whole.Bound || !whole.May.Has(licensing.ManagePeople) {
		t.Errorf("by the issuer that speaks for all: got %d families, %d licence IDs, rights %b", len(whole.Roots), whole.Licences, whole.May)
	}
	bound, err := w.by(kommunes, "anna")
	w.must(err)
	if !slices.Equal(bound.Roots, []uuid.UUID{w.org[kommune].ID}) || bound.Licences != 1 || !bound.Bound || bound.May != licensing.KeyViewer.Permissions() {
		t.Errorf("by Fjellheim's: got families %v, %d licence IDs, rights %b, want Fjellheim's alone", bound.Roots, bound.Licences, bound.May)
	}
	for number, want := range map[string]error{"50912277": nil, "74120935": licensing.ErrNotFound} {
		if _, err := w.Licence(t.Context(), bound, number); !errors.Is(err, want) {
			t.Errorf("by Fjellheim's, licence ID %s: got %v, want %v", number, err, want)
		}
		why, err := w.Why(t.Context(), bound, licensing.WhyAsked{Number: number}, time.Now())
		if err != nil || (len(why.Rights) == 0) != (want != nil) {
			t.Errorf("by Fjellheim's, why licence ID %s is seen: got %+v, %v", number, why.Rights, err)
		}
	}
	stranger, err := w.by("https://stranger.example", "anna")
	w.must(err)
	if len(stranger.Roots) != 0 || stranger.May != 0 || stranger.Licences != 0 || !stranger.Bound {
		t.Errorf("by an issuer that nobody named: got %+v, want nothing", stranger)
	}
	for issuer, want := range map[string]bool{everybodys: true, kommunes: false, "https://stranger.example": false, "": false} {
		if got := w.SpeaksFor(issuer, w.org[nordvik].ID); got != want {
			t.Errorf("%q speaks for Nordvik: got %v, want %v", issuer, got, want)
		}
	}
	if !w.SpeaksFor(kommunes, w.org[kommune].ID) {
		t.Error("Fjellheim's issuer doesn't speak for Fjellheim")
	}
}

// A session that is there already is held to it, by its hash as well.
func TestASessionSeesWhatItsIssuerSpeaksFor(t *testing.T) {
	t.Parallel()
	w := trusting(t)
	n := w.sessionOf("anna", "one") // of everybody's
	if _, v, err := w.SignedIn(t.Context(), n.Hash); err != nil || len(v.Roots) != 1 || v.Issuer != everybodys || v.PersonID != n.PersonID {
		t.Errorf("got %+v, %v, want Nordvik's", v, err)
	}
	w.Trust([]licensing.Issuer{{Address: everybodys, Roots: []uuid.UUID{w.org[kommune].ID}}})
	if _, v, err := w.SignedIn(t.Context(), n.Hash); err != nil || len(v.Roots) != 0 || v.May != 0 {
		t.Errorf("once the issuer speaks for Fjellheim: got %+v, %v, want nothing", v, err)
	}
}

// S-40: a customer's provider makes nobody support agent or operator.
func TestAnIssuerOfSomeFamiliesSignsInNoStaff(t *testing.T) {
	t.Parallel()
	w := trusting(t)
	staff := licensing.Person{ID: newID(), Name: "Olli Operator", StaffRole: licensing.Operator}
	w.must(w.AddPerson(t.Context(), w.op, staff))
	w.person["olli"] = staff
	for issuer, want := range map[string]error{everybodys: nil, kommunes: licensing.ErrNotFound} {
		w.must(w.AddIdentity(t.Context(), w.op, licensing.Identity{Issuer: issuer, Subject: "olli", PersonID: staff.ID}))
		if _, err := w.PersonByIdentity(t.Context(), issuer, "olli"); !errors.Is(err, want) {
			t.Errorf("the person of %s's identity: got %v, want %v", issuer, err, want)
		}
		if v, err := w.by(issuer, "olli"); !errors.Is(err, want) || err != nil && v.May != 0 {
			t.Errorf("a session of %s: got %v, %v, want %v", issuer, v.May, err, want)
		}
	}
}

// What somebody was told of in a family is for who is somebody there.
func TestNewsOfAFamilyAreForItsIssuers(t *testing.T) {
	t.Parallel()
	w := trusting(t)
	w.grant("anna", licensing.KeyViewer, kommune)
	for _, family := range []string{nordvik, kommune} {
		n := licensing.News{Kind: licensing.RightGiven, RootID: w.org[family].ID, Path: "/people"}
		w.must(w.TellNews(t.Context(), w.op, w.person["anna"].ID, n))
	}
	for issuer, want := range map[string]int{everybodys: 2, kommunes: 1} {
		v, err := w.by(issuer, "anna")
		w.must(err)
		lines, _, err := w.Notices(t.Context(), v, "")
		w.must(err)
		if len(lines) != want || v.Unread != want {
			t.Errorf("by %s: got %d notices and %d unread, want %d", issuer, len(lines), v.Unread, want)
		}
	}
	v, err := w.by(kommunes, "anna")
	w.must(err)
	w.must(w.ReadNotices(t.Context(), v))
	if v, err = w.by(everybodys, "anna"); err != nil || v.Unread != 1 {
		t.Errorf("after Fjellheim's were read: got %d unread, %v, want Nordvik's", v.Unread, err)
	}
}

// S-36, S-40: whoever a customer's provider says that it is adds no sign-in account that
// opens other families, and takes none of those away.
func TestAnIssuerOpensNoWayToOtherFamilies(t *testing.T) {
	t.Parallel()
	w := trusting(t)
	w.grant("anna", licensing.KeyViewer, kommune)
	whole, err := w.by(everybodys, "anna")
	w.must(err)
	narrow := licensing.Identity{Issuer: kommunes, Subject: "anna", PersonID: whole.PersonID}
	w.must(w.LinkIdentity(t.Context(), whole, narrow))
	bound, err := w.by(kommunes, "anna")
	w.must(err)
	for issuer, want := range map[string]string{everybodys: "f", kommunes: "y"} {
		if got := outcome(w.LinkIdentity(t.Context(), bound, licensing.Identity{Issuer: issuer, Subject: "somebody", PersonID: bound.PersonID})); got != want {
			t.Errorf("by Fjellheim's, one of %s is added: got %s, want %s", issuer, got, want)
		}
	}
	if _, err := w.UnlinkIdentity(t.Context(), bound, licensing.Identity{Issuer: everybodys, Subject: "anna"}, press("removal")); outcome(err) != "f" {
		t.Errorf("by Fjellheim's, everybody's is taken away: got %v, want forbidden", err)
	}
	if linked, unlinked := w.entries("identity.linked", licensing.Refused), w.entries("identity.unlinked", licensing.Refused); linked != 1 || unlinked != 1 {
		t.Errorf("refusals on record: got %d and %d, want 1 of each", linked, unlinked)
	}
	if _, err := w.UnlinkIdentity(t.Context(), whole, narrow, press("removal")); err != nil {
		t.Errorf("by everybody's, Fjellheim's is taken away: got %v", err)
	}
	w.whole()
}

// Whoever a customer's provider says that it is moves no mail about other families
// elsewhere, and isn't told what they held there.
func TestAnIssuerHasNoPartInOtherFamilies(t *testing.T) {
	t.Parallel()
	w := trusting(t)
	w.grant("anna", licensing.KeyViewer, kommune)
	to := func(address string) licensing.Addressee { return licensing.Addressee{Address: address} }
	for name, c := range map[string]struct{ issuer, mail string }{"anna": {kommunes, "f"}, "frode": {kommunes, "y"}, "lena": {everybodys, "y"}} {
		v, err := w.by(c.issuer, name)
		w.must(err)
		if got := outcome(w.AskEmail(t.Context(), v, to(name+"@new.example"), press("email"))); got != c.mail {
			t.Errorf("%s asks for another address: got %s, want %s", name, got, c.mail)
		}
	}
	// S-59: of whoever asks, no address is kept that is a key.
	if got := outcome(w.AskEmail(t.Context(), w.as("lena"), to("DEMO1-7QK2M-HV3CR-9PWXT-T6J2K@new.example"), press("email"))); got != "request.problem.text_has_key" {
		t.Errorf("a product key as an address: got %s", got)
	}
	if n := w.entries("person.email_asked", licensing.Refused); n != 1 {
		t.Errorf("refusals on record: got %d, want 1", n)
	}
	w.do(`UPDATE grants SET revoked_at = now() WHERE person_id = $1 AND root_id = $2`, w.person["anna"].ID, w.org[nordvik].ID)
	for issuer, want := range map[string]int{everybodys: 1, kommunes: 0} {
		v, err := w.by(issuer, "anna")
		w.must(err)
		facts, err := w.Why(t.Context(), v, licensing.WhyAsked{Number: "74120935"}, time.Now())
		if err != nil || len(facts.Rights) != want {
			t.Errorf("by %s, anna is told of %d rights, %v, want %d", issuer, len(facts.Rights), err, want)
		}
	}
	w.whole()
}

func TestRootsThatNobodyHas(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stranger := uuid.New()
	got, err := w.UnknownRoots(t.Context(), []uuid.UUID{w.org[nordvik].ID, w.org[suomi].ID, stranger, licensing.PublisherRoot})
	if want := []uuid.UUID{w.org[suomi].ID, stranger, licensing.PublisherRoot}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
}
