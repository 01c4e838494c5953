// Package demo fills an empty database with the demo world: organisations, licence
// IDs, product keys and people that look like a real customer's, and a little of what
// they did. It goes through the same verbs as everyone, so whatever holds for a real
// installation holds for it.
//
// It is not a fixture with a door of its own to the database, and nothing in it is
// real: every product key begins with DEMO, every address ends in .example. Names,
// numbers, IDs and keys are the same in every build; dates count from the day of it.
package demo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/store"
)

// Options says how large the demo world is, and when.
type Options struct {
	// Keys is how many product keys the Nordvik family has; subsidiaries make up for
	// what is missing. Fewer than the world has anyway, such as 0, add nothing.
	Keys int
	// Now is the day that ends and counters are told from.
	Now time.Time
	// Branch is the address of the branch's own sign-in service, which the store trusts to
	// speak for its family and to tell of groups; "" for none.
	Branch string
}

// Build makes the demo world for people who sign in at an issuer. Where it is there
// already, it only lets them sign in at this issuer too, as it may have been built for
// another address; where a build was broken off, it goes on.
func Build(ctx context.Context, s *store.Store, issuer string, o Options) error {
	w := world{Store: s, issuer: issuer, branch: o.Branch, now: o.Now.UTC(), products: map[string]licensing.Product{}}
	done, err := w.done(ctx)
	if err != nil {
		return err
	}
	if done {
		return w.letIn(ctx)
	}
	if err := w.begin(ctx); err != nil {
		return err
	}
	for _, step := range []func(context.Context) error{
		w.addProgrammes, w.addProducts, w.addOrganisations, w.addPeople, w.addLicences, w.addStock,
		func(ctx context.Context) error { return w.grow(ctx, o.Keys) },
		w.grantRoles, w.openBranch, w.ask, w.askForAccess, w.administer, w.live,
	} {
		if err := step(ctx); err != nil {
			// Drivers have many words for a connection that was given up.
			return fmt.Errorf("build the demo world: %w", cmp.Or(ctx.Err(), err))
		}
	}
	return nil
}

// world is a demo world under construction.
type world struct {
	*store.Store
	issuer   string
	branch   string           // see Options
	by       licensing.Viewer // the operator, who adds everything
	now      time.Time
	products map[string]licensing.Product // by name
}

// done reports whether the world is there whole: the case of Frode's key is the last thing
// that happens in a build. A world of before has no such key, and ends with Frode's key file.
func (w *world) done(ctx context.Context) (bool, error) {
	v, err := w.as(ctx, olli)
	if err != nil {
		return false, absent(err)
	}
	cases, _, err := w.Leaks(ctx, v, "")
	if err != nil || len(cases) > 0 {
		return err == nil, err
	}
	if _, err = w.Key(ctx, v, spiltKey()); !errors.Is(err, licensing.ErrNotFound) {
		return false, err
	}
	if v, err = w.as(ctx, frode); err != nil {
		return false, absent(err)
	}
	files, _, err := w.Downloads(ctx, v, "")
	return len(files) > 0, err
}

// absent takes what is not there for no error.
func absent(err error) error {
	if errors.Is(err, licensing.ErrNotFound) {
		return nil
	}
	return err
}

// begin opens the operator's account, who then adds the rest.
func (w *world) begin(ctx context.Context) error {
	w.by = store.AtCommandLine("keyhall demo")
	i := slices.IndexFunc(people, func(p person) bool { return p.email == olli })
	if err := w.addPerson(ctx, people[i]); err != nil {
		return err
	}
	v, err := w.as(ctx, olli)
	w.by = v
	return err
}

// letIn lets the people of a world that is there sign in at this issuer.
func (w *world) letIn(ctx context.Context) error {
	w.by = store.AtCommandLine("keyhall demo")
	for _, p := range people {
		if err := w.bind(ctx, p); err != nil {
			return err
		}
	}
	return w.openBranch(ctx)
}

// as returns a person as the viewer they would be if they signed in now; ErrNotFound
// where there is no such account.
func (w *world) as(ctx context.Context, email string) (licensing.Viewer, error) {
	return w.Viewer(ctx, licensing.Session{PersonID: personID(email), Issuer: w.issuer, Subject: subjectOf(email)})
}

// visit is as, from where that person usually comes.
func (w *world) visit(ctx context.Context, email string) (licensing.Viewer, error) {
	i := slices.IndexFunc(people, func(p person) bool { return p.email == email })
	v, err := w.as(ctx, email)
	v.From = licensing.Origin{Address: people[i].address}
	return v, err
}

// settled forgives what a broken-off build left behind: a thing that is there already.
func settled(err error) error {
	if errors.Is(err, licensing.ErrConflict) {
		return nil
	}
	return err
}
