package store

import (
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/keyhall/keyhall/internal/licensing"
)

// newPlaces are organisations and licence IDs to be added, in step.
type newPlaces struct {
	roots     map[string]licensing.Organisation
	rootIDs   []uuid.UUID
	rootNames []string

	ids, families, organisations []uuid.UUID
	numbers, kinds, programmes   []string
	lines                        []int // of the file, that name each first
}

func (n *newPlaces) add(row licensing.ImportRow, p place, o licensing.Organisation, programme licensing.Programme) {
	n.ids, n.families, n.organisations = append(n.ids, p.id), append(n.families, p.root), append(n.organisations, o.ID)
	n.numbers, n.lines = append(n.numbers, row.Licence), append(n.lines, row.Line)
	n.kinds, n.programmes = append(n.kinds, string(programme.LicenceKind())), append(n.programmes, programme.ID)
}

const (
	createRoots    = `INSERT INTO organisations (id, root_id, name) SELECT id, id, name FROM unnest($1::uuid[], $2::text[]) AS n (id, name)`
	closeRoots     = `INSERT INTO org_closure (ancestor_id, descendant_id, root_id) SELECT id, id, id FROM unnest($1::uuid[]) AS n (id)`
	createLicences = `INSERT INTO licences (id, root_id, organisation_id, programme_id, number, kind)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[])`
	// New licence IDs that no living person administers, from above: they have no right of their own yet.
	leftUnattended = `SELECT n.line, n.number FROM unnest($1::uuid[], $2::integer[], $3::text[]) AS n (organisation_id, line, number)
WHERE NOT EXISTS (SELECT FROM org_closure c JOIN grants g ON g.organisation_id = c.ancestor_id JOIN persons p ON p.id = g.person_id
	WHERE c.descendant_id = n.organisation_id AND p.ended_at IS NULL AND g.role = ANY ($4)
	AND g.revoked_at IS NULL AND (g.expires_at IS NULL OR g.expires_at > now())) ORDER BY n.line`
	touchLicences = `INSERT INTO touched SELECT root, 0, 0, 1 FROM unnest($1::uuid[]) AS n (root)`
)

func (i *importing) keepPlaces(n *newPlaces) error {
	if len(n.ids) == 0 {
		return nil
	}
	i.r.Organisations += int64(len(n.rootIDs))
	i.r.Licences += int64(len(n.ids))
	if _, err := i.exec(createRoots, n.rootIDs, n.rootNames); err != nil {
		return err
	}
	if _, err := i.exec(closeRoots, n.rootIDs); err != nil {
		return err
	}
	if err := i.hold(distinct(n.families)...); err != nil {
		return err
	}
	if _, err := i.exec(createLicences, n.ids, n.families, n.organisations, n.programmes, n.numbers, n.kinds); err != nil {
		return err
	}
	if _, err := i.exec(touchLicences, n.families); err != nil {
		return err
	}
	names, rights := rightsOfRoles()
	if _, err := i.exec(reachLicences, planAnew, names, rights, n.ids); err != nil { // new ones: nobody reaches them yet
		return err
	}
	return i.noteUnattended(n)
}

// noteUnattended says of which new licence IDs nobody is the administrator. What is here
// already no file takes from anybody: its organisation stays.
func (i *importing) noteUnattended(n *newPlaces) error {
	rows, err := i.pgx.Query(i.ctx, leftUnattended, planAnew, n.organisations, n.lines, n.numbers, managing())
	if err != nil {
		return err
	}
	p := licensing.ImportProblem{Field: "licence", Code: licensing.ImportLicenceUnattended}
	_, err = pgx.ForEachRow(rows, []any{&p.Line, &p.Value}, func() error { i.r.Note(p); return nil })
	return err
}

// importCatalogue finds products and programmes by the names in files: as they are,
// else without regard to case and blanks.
type importCatalogue struct {
	products   map[string]int32
	programmes map[string]licensing.Programme
}

func (c importCatalogue) product(name string) (int32, bool) { return lookUp(c.products, name) }

func (c importCatalogue) programme(name string) (licensing.Programme, bool) {
	return lookUp(c.programmes, name)
}

func lookUp[T any](m map[string]T, name string) (T, bool) {
	found, ok := m[name]
	if !ok {
		found, ok = m[fold(name)]
	}
	return found, ok
}

// readCatalogue reads it within the transaction: the one in memory may be a second old.
func (i *importing) readCatalogue() error {
	c := importCatalogue{products: map[string]int32{}, programmes: map[string]licensing.Programme{}}
	i.catalogue = c
	rows, err := i.pgx.Query(i.ctx, `SELECT name, id FROM products`)
	if err != nil {
		return err
	}
	var name string
	var id int32
	if _, err := pgx.ForEachRow(rows, []any{&name, &id}, func() error { c.remember(name, id); return nil }); err != nil {
		return err
	}
	rows, err = i.pgx.Query(i.ctx, `SELECT name, id, number_kind, allotment FROM programmes`)
	if err != nil {
		return err
	}
	var p licensing.Programme
	_, err = pgx.ForEachRow(rows, []any{&p.Name, &p.ID, &p.NumberKind, &p.Allotment}, func() error {
		c.programmes[fold(p.Name)], c.programmes[p.Name] = p, p
		return nil
	})
	return err
}

func (c importCatalogue) remember(name string, id int32) {
	if _, taken := c.products[fold(name)]; !taken {
		c.products[fold(name)] = id
	}
	c.products[name] = id
}

const createProduct = `INSERT INTO products (name, family, pool) VALUES ($1, $1, $2) RETURNING id`

// findProducts adds the products of some rows that are unknown, where that is asked for.
func (i *importing) findProducts(rows []licensing.ImportRow) error {
	if !i.o.Create {
		return nil
	}
	for _, row := range rows {
		if _, known := i.catalogue.product(row.Product); known {
			continue
		}
		var id int32
		if err := i.pgx.QueryRow(i.ctx, createProduct, row.Product, string(i.o.Pool)).Scan(&id); err != nil {
			return err
		}
		i.catalogue.remember(row.Product, id)
		i.r.Products++
		i.r.Change(licensing.ImportChange{Kind: licensing.ImportNewProduct, Line: row.Line, Product: row.Product})
		i.r.Note(licensing.ImportProblem{Line: row.Line, Field: "product", Value: row.Product, Code: licensing.ImportPoolAssumed})
	}
	return nil
}
