package demo

import (
	"context"
	"errors"
	"slices"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/licensing"
)

// Service is a subsidiary's own sign-in service, as the portal has to know it: it speaks
// for one family alone, and says which groups people are in.
type Service struct {
	ID     string    // names it in addresses
	Name   string    // shown to who chooses where to sign in
	Domain string    // of its people's addresses
	Root   uuid.UUID // of the family
}

// Branch is the sign-in service of Nordvik Nederland. Where people sign in there is for
// Options.Branch to say.
func Branch() Service {
	return Service{ID: "nederland", Name: "Nordvik Nederland", Domain: "nl.nordvik.example", Root: organisationID(nordvik)}
}

const (
	femke = "femke@nl.nordvik.example"
	noor  = "noor@nl.nordvik.example"
	bram  = "bram@nl.nordvik.example"
)

// colleague is somebody who signs in at the branch's service.
type colleague struct {
	person
	in  []string // groups
	was []string // groups at the first of two sign-ins; nil for who never signed in
}

// Noor has no account: her group opens one when she first comes. Bram has left his.
var colleagues = []colleague{
	{person{email: femke, name: "Femke Jansen", note: "demo.femke", address: "192.0.2.52"}, []string{keepers}, []string{keepers}},
	{person{email: noor, name: "Noor Visser", note: "demo.noor", address: "192.0.2.53"}, []string{buyers}, nil},
	{person{email: bram, name: "Bram Smit", note: "demo.bram", address: "192.0.2.54"}, []string{}, []string{keepers}},
}

// Groups of the branch's service.
const (
	keepers = "licentiebeheer"
	buyers  = "inkoop"
)

// groupRoles are what Anna lets members of groups do in the branch.
var groupRoles = []struct {
	group string
	role  licensing.Role
}{
	{keepers, licensing.KeyViewer},
	{buyers, licensing.LicenceReader},
}

// BranchAccounts lists whom the branch's service offers, in the order it offers them.
func BranchAccounts() []Account {
	var list []Account
	for _, c := range colleagues {
		list = append(list, Account{Subject: subjectOf(c.email), Email: c.email, Name: c.name, Note: c.note, Groups: c.in})
	}
	return list
}

// openBranch lets groups of the branch's service have roles, and its people sign in. That
// was done before if Bram, the last of them, can: what became of it since stays so.
func (w *world) openBranch(ctx context.Context) error {
	if w.branch == "" {
		return nil
	}
	_, err := w.PersonByIdentity(ctx, w.branch, subjectOf(bram))
	if !errors.Is(err, licensing.ErrNotFound) {
		return err
	}
	if err := w.addGroupRoles(ctx); err != nil {
		return err
	}
	for _, c := range colleagues {
		if c.was == nil {
			continue
		}
		if err := w.addColleague(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) addGroupRoles(ctx context.Context) error {
	v, err := w.visit(ctx, anna)
	if err != nil {
		return err
	}
	page, err := w.GroupRoles(ctx, v, "")
	if err != nil {
		return err
	}
	for i, g := range groupRoles {
		there := slices.ContainsFunc(page.Lines, func(l licensing.GroupLine) bool { return l.Issuer == w.branch && l.Group == g.group })
		if there {
			continue
		}
		giving := licensing.GroupGiving{Organisation: organisationID(nederland).String(), Issuer: w.branch, Group: g.group, Role: g.role}
		if err := w.AddGroupRole(ctx, v, giving, once("/people/groups "+w.branch, i, 0)); err != nil {
			return err
		}
	}
	return nil
}

// addColleague opens an account for somebody of the branch, who then signs in twice.
func (w *world) addColleague(ctx context.Context, c colleague) error {
	_, err := w.PersonByIdentity(ctx, w.branch, subjectOf(c.email))
	if !errors.Is(err, licensing.ErrNotFound) {
		return err
	}
	row := licensing.Person{ID: personID(c.email), Name: c.name, BusinessEmail: c.email}
	if err := settled(w.AddPerson(ctx, w.by, row)); err != nil {
		return err
	}
	if err := w.AddIdentity(ctx, w.by, licensing.Identity{Issuer: w.branch, Subject: subjectOf(c.email), PersonID: row.ID}); err != nil {
		return err
	}
	for _, groups := range [][]string{c.was, c.in} {
		if err := w.arrive(ctx, c, groups); err != nil {
			return err
		}
	}
	return nil
}

// arrive signs somebody of the branch in, whom its service counts among some groups.
func (w *world) arrive(ctx context.Context, c colleague, groups []string) error {
	a := licensing.Arrival{Issuer: w.branch, Subject: subjectOf(c.email), Name: c.name, Groups: groups}
	from := licensing.Origin{Address: c.address}
	person, err := w.Arrive(ctx, a, from)
	if err != nil {
		return err
	}
	v, err := w.Viewer(ctx, licensing.Session{PersonID: person, Issuer: a.Issuer, Subject: a.Subject})
	if err != nil {
		return err
	}
	v.From = from
	return w.RecordSignIn(ctx, v)
}
