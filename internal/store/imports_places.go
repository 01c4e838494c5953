package store

import (
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
)

const (
	placesOf = `SELECT l.number, l.id, l.root_id, o.name, p.name, l.created_at = now() FROM licences l
JOIN organisations o ON o.id = l.organisation_id JOIN programmes p ON p.id = l.programme_id WHERE l.number = ANY ($1)`
	ownersOf = `SELECT w.name, o.id, o.root_id FROM unnest($1::text[]) AS w (name) JOIN organisations o ON lower(o.name) = lower(w.name)`
)

// planAnew has a query planned each time: a plan kept from the first rows would serve
// tables that were nearly empty then.
const planAnew = pgx.QueryExecModeCacheDescribe

// findPlaces looks up the licence IDs of some rows, and creates those that are
// unknown where that is asked for and possible.
func (i *importing) findPlaces(rows []licensing.ImportRow) error {
	if len(i.places) > remembered {
		clear(i.places)
		clear(i.owners)
	}
	if err := i.readPlaces(i.strangers(rows, func(r licensing.ImportRow) string { return r.Licence })); err != nil {
		return err
	}
	strange := i.strangers(rows, func(r licensing.ImportRow) string { return r.Organisation })
	if len(strange) == 0 {
		return nil
	}
	if err := i.readOwners(strange); err != nil {
		return err
	}
	if !i.o.Create {
		return nil
	}
	return i.createPlaces(rows)
}

// strangers returns a value of the rows whose licence ID is unknown, each once.
func (i *importing) strangers(rows []licensing.ImportRow, value func(licensing.ImportRow) string) []string {
	var found []string
	seen := map[string]bool{}
	for _, row := range rows {
		if _, known := i.places[row.Licence]; known || seen[value(row)] {
			continue
		}
		seen[value(row)] = true
		found = append(found, value(row))
	}
	return found
}

func (i *importing) readPlaces(numbers []string) error {
	if len(numbers) == 0 {
		return nil
	}
	rows, err := i.pgx.Query(i.ctx, placesOf, planAnew, numbers)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var number string
		var p place
		if err := rows.Scan(&number, &p.id, &p.root, &p.organisation, &p.programme, &p.fresh); err != nil {
			return err
		}
		i.places[number] = p
	}
	return rows.Err()
}

func (i *importing) readOwners(names []string) error {
	rows, err := i.pgx.Query(i.ctx, ownersOf, planAnew, names)
	if err != nil {
		return err
	}
	defer rows.Close()
	for _, name := range names {
		delete(i.owners, name)
	}
	for rows.Next() {
		var name string
		var o licensing.Organisation
		if err := rows.Scan(&name, &o.ID, &o.RootID); err != nil {
			return err
		}
		i.owners[name] = append(i.owners[name], o)
	}
	return rows.Err()
}

// strange says why the licence ID of a row is unknown and can't be created; nothing,
// if it can.
func (i *importing) strange(row licensing.ImportRow) (problems []licensing.ImportProblem) {
	wrong := func(field, value, code string) {
		problems = append(problems, licensing.ImportProblem{Line: row.Line, Field: field, Value: value, Code: code})
	}
	owners := len(i.owners[row.Organisation])
	switch {
	case !licensing.ValidNumber(row.Licence):
		wrong("licence", row.Licence, licensing.ImportLicenceShape)
		return problems
	case !i.o.Create:
		wrong("licence", row.Licence, licensing.ImportLicenceUnknown)
		if row.Organisation != "" && owners == 0 {
			wrong("organisation", row.Organisation, licensing.ImportOrganisationUnknown)
		}
		return problems
	case row.Organisation == "":
		wrong("licence", row.Licence, licensing.ImportOrganisationMissing)
	case owners > 1:
		wrong("organisation", row.Organisation, licensing.ImportOrganisationAmbiguous)
	}
	if _, ok := i.catalogue.programme(row.Programme); !ok {
		wrong("programme", row.Programme, licensing.ImportProgrammeUnknown)
	}
	return problems
}

// createPlaces adds the licence IDs that can be created, and the organisations they need.
func (i *importing) createPlaces(rows []licensing.ImportRow) error {
	n := newPlaces{roots: map[string]licensing.Organisation{}}
	for _, row := range rows {
		if _, known := i.places[row.Licence]; known || len(i.strange(row)) > 0 {
			continue
		}
		programme, _ := i.catalogue.programme(row.Programme)
		o := i.owner(row, &n)
		p := place{id: uuid.Must(uuid.NewV7()), root: o.RootID, organisation: row.Organisation, programme: programme.Name, fresh: true}
		i.places[row.Licence] = p
		n.add(row, p, o, programme)
		i.r.Change(licensing.ImportChange{Kind: licensing.ImportNewLicence, Line: row.Line, Licence: row.Licence, Name: row.Organisation})
	}
	return i.keepPlaces(&n)
}

// owner finds the organisation of a row, or makes it a new family.
func (i *importing) owner(row licensing.ImportRow, n *newPlaces) licensing.Organisation {
	if known := i.owners[row.Organisation]; len(known) == 1 {
		return known[0]
	}
	name := fold(row.Organisation)
	o, ok := n.roots[name]
	if !ok {
		id := uuid.Must(uuid.NewV7())
		o = licensing.Organisation{ID: id, RootID: id, Name: row.Organisation}
		n.roots[name] = o
		n.rootIDs, n.rootNames = append(n.rootIDs, id), append(n.rootNames, o.Name)
		i.r.Change(licensing.ImportChange{Kind: licensing.ImportNewOrganisation, Line: row.Line, Name: o.Name})
	}
	i.owners[row.Organisation] = []licensing.Organisation{o}
	return o
}

// fold makes names comparable: case and the number of blanks don't count.
func fold(name string) string { return strings.ToLower(strings.Join(strings.Fields(name), " ")) }

func alike(a, b string) bool { return a == b || fold(a) == fold(b) }
