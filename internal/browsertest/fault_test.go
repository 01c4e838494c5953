package browsertest_test

import (
	"testing"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/browsertest"
	"github.com/keyhall/keyhall/internal/demoidp"
	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/store"
)

// Where the database is gone there is still a page, in the reader's language and in
// nobody's way, with a number to ask about.
func TestAFaultIsAPageLikeAnyOther(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	b := open(t, p, "fi")
	b.signIn("frode@fjellheim.example")
	p.Store.Close()
	b.visit("/audit", 503)
	b.sees(b.says("fault.unavailable"), b.says("fault.home"))
	b.inspect("fault")
}

// Somebody with an account and no right is told what to do about it.
func TestAnAccountWithoutARightIsToldSo(t *testing.T) {
	t.Parallel()
	p := browsertest.Start(t)
	const email = "gast@nordvik.example"
	by, id := store.AtCommandLine("test"), uuid.New()
	if err := p.Store.AddPerson(t.Context(), by, licensing.Person{ID: id, Name: "Lotte Bakker", BusinessEmail: email}); err != nil {
		t.Fatal(err)
	}
	identity := licensing.Identity{Issuer: p.URL + "/demo-idp", Subject: demoidp.Account{Email: email}.Subject(), PersonID: id}
	if err := p.Store.AddIdentity(t.Context(), by, identity); err != nil {
		t.Fatal(err)
	}
	b := open(t, p, "en")
	b.signIn(email)
	b.answered(200)
	b.inspect("no-right")
	b.sees(b.says("licences.none"), b.says("licences.none_hint"), "Lotte Bakker")
}
