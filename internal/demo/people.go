package demo

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/demoidp"
	"github.com/keyhall/keyhall/internal/licensing"
)

// The accounts that have something to do in a build.
const (
	anna   = "anna@nordvik.example"
	kaisa  = "kaisa@nordvik.example"
	kevin  = "kevin@nordvik.example"
	lena   = "lena@nordvik.example"
	dirk   = "dirk@nordvik.example"
	frode  = "frode@fjellheim.example"
	sofia  = "sofia@support.example"
	samuel = "samuel@support.example"
	olli   = "olli@operator.example"
	ingrid = "ingrid@nordvik.example"
	erik   = "erik@nordvik.example"
	pieter = "pieter@nordvik.example"
	astrid = "astrid@fjellheim.example"
	signe  = "signe@holmberg-it.example"
)

// person is somebody with an account, known by the address.
type person struct {
	email, name, locale string
	staff               licensing.Role
	note                string // message key; "" for who can't sign in to the demo
	address             string // from where they come
}

// Those who sign in have no language set: the demo speaks their browser's.
var people = []person{
	{email: anna, name: "Anna Nyberg", note: "demo.anna", address: "192.0.2.10"},
	{email: kaisa, name: "Kaisa Virtanen", note: "demo.kaisa", address: "192.0.2.21"},
	{email: kevin, name: "Kevin Haugen", note: "demo.kevin", address: "203.0.113.34"},
	{email: lena, name: "Lena Lindqvist", note: "demo.lena", address: "192.0.2.22"},
	{email: dirk, name: "Dirk de Vries", note: "demo.dirk", address: "192.0.2.23"},
	{email: frode, name: "Frode Myklebust", note: "demo.frode", address: "198.51.100.7"},
	{email: sofia, name: "Sofia Lind", staff: licensing.SupportAgent, note: "demo.sofia", address: "192.0.2.71"},
	{email: samuel, name: "Samuel Berg", staff: licensing.SupportAgent, note: "demo.samuel", address: "192.0.2.72"},
	{email: olli, name: "Olli Rantanen", staff: licensing.Operator, note: "demo.olli", address: "192.0.2.80"},

	{email: "mikko@nordvik.example", name: "Mikko Salo", locale: "fi"},
	{email: ingrid, name: "Ingrid Solberg", locale: "nb", address: "203.0.113.31"},
	{email: "marit@nordvik.example", name: "Marit Bakke", locale: "nb"},
	{email: erik, name: "Erik Sandström", locale: "sv", address: "192.0.2.41"},
	{email: pieter, name: "Pieter van Dijk", locale: "nl", address: "192.0.2.51"},
	{email: astrid, name: "Astrid Fjeld", locale: "nb", address: "198.51.100.8"},
	{email: signe, name: "Signe Holmberg", locale: "sv", address: "198.51.100.60"},
}

// grants says who has which role on an organisation or a licence ID. Mikko has none:
// not everyone with an account has a right.
var grants = []struct {
	email   string
	role    licensing.Role
	on      string // organisation
	licence string // or number of a licence ID
	days    int    // until the right ends; 0 for never
}{
	{email: anna, role: licensing.Administrator, on: nordvik},
	{email: kaisa, role: licensing.KeyAdministrator, on: suomi},
	{email: kevin, role: licensing.KeyViewer, licence: "V6380217"},
	{email: lena, role: licensing.LicenceReader, on: suomi},
	{email: dirk, role: licensing.DownloadManager, on: suomi},
	{email: frode, role: licensing.Administrator, on: fjellheim},
	{email: ingrid, role: licensing.KeyAdministrator, on: norge},
	{email: "marit@nordvik.example", role: licensing.LicenceReader, on: norge, days: 30},
	{email: erik, role: licensing.Administrator, on: sverige},
	{email: pieter, role: licensing.KeyViewer, licence: "S2047731"},
	{email: astrid, role: licensing.KeyViewer, on: school},
	{email: signe, role: licensing.KeyViewer, licence: "V6380217", days: 45},
	{email: signe, role: licensing.KeyViewer, licence: "V5512083", days: 45},
}

// Account is somebody whom the demo's OpenID provider can say a person is.
type Account struct {
	Subject string
	Email   string
	Name    string
	Locale  string   // such as "fi"; "" for none
	Note    string   // message key: what there is to see as this person
	Groups  []string // that the sign-in service says they are in
}

// Accounts lists whom the demo's OpenID provider offers, in the order it offers them.
// The last one has no account here: signing in with it shows what strangers see.
func Accounts() []Account {
	var list []Account
	for _, p := range people {
		if p.note != "" {
			list = append(list, Account{Subject: subjectOf(p.email), Email: p.email, Name: p.name, Locale: p.locale, Note: p.note})
		}
	}
	const gast = "gast@nordvik.example"
	return append(list, Account{Subject: subjectOf(gast), Email: gast, Name: "Lotte Bakker", Locale: "nl", Note: "demo.gast"})
}

func subjectOf(email string) string { return demoidp.Account{Email: email}.Subject() }

// spoken is the language of those who have none set: the one they ask in.
var spoken = map[string]string{kaisa: "fi", kevin: "nb", frode: "nb"}

func languageOf(email string) string {
	i := slices.IndexFunc(people, func(p person) bool { return p.email == email })
	return cmp.Or(people[i].locale, spoken[email], "en")
}

func personID(email string) uuid.UUID { return id("person", email) }

// grantID is of the right that somebody is granted on an organisation or a licence ID.
func grantID(email, on string) uuid.UUID { return id("grant", email+on) }

func (w *world) addPeople(ctx context.Context) error {
	for _, p := range people {
		if err := w.addPerson(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) addPerson(ctx context.Context, p person) error {
	row := licensing.Person{ID: personID(p.email), Name: p.name, BusinessEmail: p.email, Locale: p.locale, StaffRole: p.staff}
	if err := settled(w.AddPerson(ctx, w.by, row)); err != nil {
		return err
	}
	return w.bind(ctx, p)
}

// bind lets a person sign in, if they are one who does.
func (w *world) bind(ctx context.Context, p person) error {
	if p.note == "" {
		return nil
	}
	identity := licensing.Identity{Issuer: w.issuer, Subject: subjectOf(p.email), PersonID: personID(p.email)}
	_, err := w.PersonByIdentity(ctx, identity.Issuer, identity.Subject)
	if !errors.Is(err, licensing.ErrNotFound) {
		return err
	}
	return w.AddIdentity(ctx, w.by, identity)
}

// grantRoles comes after the licence IDs, which rights from above then cover at once.
func (w *world) grantRoles(ctx context.Context) error {
	for _, g := range grants {
		row := licensing.Grant{ID: grantID(g.email, g.on+g.licence), PersonID: personID(g.email), Role: g.role}
		if g.on != "" {
			on := organisationID(g.on)
			row.OrganisationID, row.RootID = &on, rootOf(g.on)
		} else {
			on := licenceID(g.licence)
			row.LicenceID, row.RootID = &on, familyOf(g.licence)
		}
		if g.days != 0 {
			end := w.now.AddDate(0, 0, g.days).Truncate(24 * time.Hour)
			row.ExpiresAt = &end
		}
		if err := settled(w.GrantRole(ctx, w.by, row)); err != nil {
			return err
		}
	}
	return nil
}
