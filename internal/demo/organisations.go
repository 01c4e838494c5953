package demo

import (
	"context"

	"github.com/google/uuid"

	"github.com/keyhall/keyhall/internal/licensing"
)

// The organisations, by their names.
const (
	nordvik   = "Nordvik Group"
	suomi     = "Nordvik Suomi Oy"
	norge     = "Nordvik Norge AS"
	sverige   = "Nordvik Sverige AB"
	nederland = "Nordvik Nederland B.V."
	canada    = "Nordvik Canada Inc."
	fjellheim = "Fjellheim Kommune"
	school    = "Fjellheim ungdomsskole"
)

// organisation is a company or a part of one. Families are one level deep here, so
// its parent is the root.
type organisation struct{ name, parent, city, country string }

var organisations = []organisation{
	{nordvik, "", "Helsinki", "FI"},
	{suomi, nordvik, "Tampere", "FI"},
	{norge, nordvik, "Trondheim", "NO"},
	{sverige, nordvik, "Umeå", "SE"},
	{nederland, nordvik, "Utrecht", "NL"},
	{canada, nordvik, "Toronto", "CA"},
	{fjellheim, "", "Fjellheim", "NO"},
	{school, fjellheim, "Fjellheim", "NO"},
}

// rootOf returns the family of an organisation of the table.
func rootOf(name string) uuid.UUID {
	for _, o := range organisations {
		if o.name == name && o.parent != "" {
			return organisationID(o.parent)
		}
	}
	return organisationID(name)
}

func organisationID(name string) uuid.UUID { return id("organisation", name) }

func (w *world) addOrganisations(ctx context.Context) error {
	for _, o := range organisations {
		if err := w.addOrganisation(ctx, o); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) addOrganisation(ctx context.Context, o organisation) error {
	row := licensing.Organisation{ID: organisationID(o.name), Name: o.name, City: o.city, Country: o.country}
	row.RootID = row.ID
	if o.parent != "" {
		row.RootID = organisationID(o.parent)
		row.ParentID = &row.RootID
	}
	return settled(w.AddOrganisation(ctx, w.by, row))
}
