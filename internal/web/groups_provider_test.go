package web_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"
	"golang.org/x/net/html"

	"github.com/keyhall/keyhall/internal/browsertest"
	"github.com/keyhall/keyhall/internal/demoidp"
	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/signin"
)

// townHall is a portal where people sign in at Fjellheim's own provider too.
type townHall struct {
	*browsertest.Portal
	t      *testing.T
	issuer string
	groups sync.Map // []string of an account
}

func newTownHall(t *testing.T) *townHall {
	t.Helper()
	h := &townHall{t: t}
	var provider atomic.Pointer[demoidp.Provider]
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { provider.Load().ServeHTTP(w, r) }))
	t.Cleanup(server.Close)
	h.issuer = server.URL + "/fjellheim"
	h.Portal = browsertest.Start(t, signin.Provider{
		ID: "fjellheim", Name: "Fjellheim", Issuer: h.issuer, ClientID: "keyhall-test", ClientSecret: "only a test", GroupsClaim: "groups",
	})
	h.Store.Trust([]licensing.Issuer{
		{Address: h.URL + "/demo-idp", Name: "Demo", All: true},
		{Address: h.issuer, Name: "Fjellheim", Groups: true, Roots: []uuid.UUID{familyOf(t, h.Portal, "frode@fjellheim.example")}},
	})
	p, err := demoidp.New(demoidp.Config{
		Issuer: h.issuer, Accounts: []demoidp.Account{{Email: "nils", Name: "Nils"}, {Email: "turid", Name: "Turid"}},
		Client: demoidp.Client{ID: "keyhall-test", Secret: "only a test", RedirectURIs: []string{h.URL + signin.CallbackPath + "/fjellheim"}},
		Groups: func(email string) []string { g, _ := h.groups.Load(email); return g.([]string) },
		Text:   func(_ *http.Request, key string) string { return key },
	})
	if err != nil {
		t.Fatal(err)
	}
	provider.Store(p)
	return h
}

// arrives signs an account in at Fjellheim's provider, which counts it among some groups.
func (h *townHall) arrives(account string, groups ...string) (*browsertest.Client, *http.Response) {
	h.t.Helper()
	h.groups.Store(account, groups)
	c := h.SignIn(h.t, "")
	picker := c.Get("/signin?provider=fjellheim").Header.Get("Location")
	r, err := http.NewRequestWithContext(h.t.Context(), http.MethodPost, picker, strings.NewReader("account="+account))
	if err != nil {
		h.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := c.Do(r)
	if err != nil {
		h.t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	return c, c.Get(strings.TrimPrefix(answer.Header.Get("Location"), h.URL))
}

// familyOf is the one family of an account of the demo.
func familyOf(t *testing.T, p *browsertest.Portal, email string) uuid.UUID {
	t.Helper()
	n := licensing.Session{Issuer: p.URL + "/demo-idp", Subject: demoidp.Account{Email: email}.Subject()}
	var err error
	if n.PersonID, err = p.Store.PersonByIdentity(t.Context(), n.Issuer, n.Subject); err != nil {
		t.Fatal(err)
	}
	v, err := p.Store.Viewer(t.Context(), n)
	if err != nil || len(v.Roots) != 1 {
		t.Fatalf("%s: got families %v, %v, want one", email, v.Roots, err)
	}
	return v.Roots[0]
}

// gives is a post that gives the role of licence reader to a group at Fjellheim's provider.
func (h *townHall) gives(c *browsertest.Client, group string, organisation uuid.UUID) *http.Response {
	return c.Post("/people/groups", url.Values{
		"once": {uuid.NewString()}, "issuer": {h.issuer}, "group": {group}, "role": {"licence_reader"}, "organisation": {organisation.String()},
	})
}

// S-36, S-40, S-48, S-51: somebody whom nobody here knows signs in at a customer's own
// provider and sees what their group may, until a sign-in says otherwise. Nobody is let in
// that way where the provider has no say.
func TestWhoIsInAGroupSignsIn(t *testing.T) {
	t.Parallel()
	h := newTownHall(t)
	const own, others = "/licences/74150113", "/licences/74120935"
	fjellheim, nordvik := familyOf(t, h.Portal, "frode@fjellheim.example"), familyOf(t, h.Portal, "anna@nordvik.example")
	frode, anna, olli := h.SignIn(t, "frode@fjellheim.example"), h.SignIn(t, "anna@nordvik.example"), h.SignIn(t, "olli@operator.example")
	for name, c := range map[string]struct {
		by    *browsertest.Client
		place uuid.UUID
		want  int
	}{
		"frode, of Fjellheim, at home":      {frode, fjellheim, http.StatusSeeOther},
		"frode, of Fjellheim, on Nordvik":   {frode, nordvik, http.StatusUnprocessableEntity},
		"anna, of Nordvik, at home":         {anna, nordvik, http.StatusUnprocessableEntity},
		"olli, who manages all, on Nordvik": {olli, nordvik, http.StatusUnprocessableEntity},
		"anna, of Nordvik, on Fjellheim":    {anna, fjellheim, http.StatusUnprocessableEntity},
	} {
		if got := h.gives(c.by, "lesere", c.place); got.StatusCode != c.want {
			t.Errorf("%s gives a role to a group at Fjellheim's: got %d, want %d", name, got.StatusCode, c.want)
		}
	}
	if got := body(t, anna.Get("/people/groups")); strings.Contains(got, h.issuer) {
		t.Error("anna is offered Fjellheim's provider")
	}

	if _, answer := h.arrives("turid", "Lesere", "lesere "); answer.StatusCode != http.StatusForbidden {
		t.Errorf("Turid, who is in no such group: got %d, want 403", answer.StatusCode)
	}
	nils, answer := h.arrives("nils", "ansatte", "lesere")
	if answer.StatusCode != http.StatusSeeOther {
		t.Fatalf("Nils: got %d, %s", answer.StatusCode, text(dom(t, answer)))
	}
	for path, want := range map[string]int{own: http.StatusOK, own + "/keys": http.StatusOK, others: http.StatusNotFound, "/people/groups": http.StatusForbidden} {
		if got := nils.Get(path).StatusCode; got != want {
			t.Errorf("Nils gets %s: got %d, want %d", path, got, want)
		}
	}
	if got := text(dom(t, frode.Get("/people?q=nils"))); !strings.Contains(got, "Nils") || !strings.Contains(got, "By group: lesere") {
		t.Errorf("frode's people: got %q, want Nils by group", got)
	}

	if answer := wish(t, nils, "number", "74150113"); answer.StatusCode != http.StatusSeeOther {
		t.Fatalf("Nils asks for more: got %d", answer.StatusCode)
	}
	delivered(t, h.Portal)
	if got := text(dom(t, frode.Get("/access-requests"))); !strings.Contains(got, "signs in at Fjellheim") {
		t.Errorf("frode's access requests: got %q, want to read where Nils signs in", got)
	}

	again, answer := h.arrives("nils", "ansatte")
	if answer.StatusCode != http.StatusSeeOther {
		t.Fatalf("Nils, who has left the group: got %d", answer.StatusCode)
	}
	if got := again.Get(own).StatusCode; got != http.StatusNotFound {
		t.Errorf("Nils, who has left the group, gets %s: got %d, want 404", own, got)
	}
	eventually(t, "his session of before ends to see it", func() bool { return nils.Get(own).StatusCode == http.StatusNotFound })
	if got := text(dom(t, frode.Get("/people?q=nils"))); strings.Contains(got, "By group") {
		t.Errorf("frode's people: got %q, want nobody by group", got)
	}
}

// S-36: the account page offers to add or remove no sign-in account where that would be
// refused: at a customer's provider none of one that speaks for others too.
func TestTheAccountOffersWhatWouldBeTaken(t *testing.T) {
	t.Parallel()
	h := newTownHall(t)
	fjellheim := familyOf(t, h.Portal, "frode@fjellheim.example")
	frode := h.SignIn(t, "frode@fjellheim.example")
	h.gives(frode, "lesere", fjellheim)
	nils, _ := h.arrives("nils", "lesere")
	sql(t, h.Portal, `INSERT INTO identities (issuer, subject, person_id) SELECT $1, 'nils', person_id FROM identities WHERE issuer = $2`, h.URL+"/demo-idp", h.issuer)
	for name, c := range map[string]struct {
		by               *browsertest.Client
		offered, removal int
	}{"frode, at the provider that speaks for all": {frode, 2, 0}, "nils, at Fjellheim's": {nils, 1, 0}} {
		page := dom(t, c.by.Get("/account"))
		offered, removal := 0, 0
		for _, f := range all(page, "form") {
			switch attr(f, "action") {
			case "/account/identities":
				offered++
			case "/account/identities/removal":
				removal++
			}
		}
		if offered != c.offered || removal != c.removal {
			t.Errorf("%s: offered to add at %d and to remove %d, want %d and %d", name, offered, removal, c.offered, c.removal)
		}
	}
	if cells := all(dom(t, nils.Get("/account")), "td"); !slices.ContainsFunc(cells, func(n *html.Node) bool { return text(n) == "Fjellheim" }) {
		t.Error("nils's sign-in account at Fjellheim's is not called by the provider's name")
	}
}

// S-40, S-53: a role of a group on another family, were it there, lets nobody in.
func TestAGroupIsNothingToAnotherFamily(t *testing.T) {
	t.Parallel()
	h := newTownHall(t)
	sql(t, h.Portal, `INSERT INTO group_roles (id, root_id, organisation_id, issuer, group_name, role)
		VALUES (gen_random_uuid(), $1, $1, $2, 'lesere', 'administrator')`, familyOf(t, h.Portal, "anna@nordvik.example"), h.issuer)
	if _, answer := h.arrives("nils", "lesere"); answer.StatusCode != http.StatusForbidden {
		t.Errorf("Nils: got %d, want 403", answer.StatusCode)
	}
}
