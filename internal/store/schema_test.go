package store_test

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"gorm.io/gorm/schema"

	"github.com/keyhall/keyhall/internal/licensing"
	"github.com/keyhall/keyhall/internal/pgtest"
)

// The domain type is the row: a column that one of them forgets is lost or a crash.
func TestTypesAreTheirTables(t *testing.T) {
	t.Parallel()
	c := owner(t, pgtest.New(t))
	for _, test := range []struct {
		row   any
		apart []string // columns that the type leaves out on purpose
	}{
		{row: licensing.Organisation{}},
		{row: licensing.Programme{}},
		{row: licensing.Product{}},
		{row: licensing.Person{}},
		{row: licensing.Identity{}},
		{row: licensing.Session{}},
		{row: licensing.Licence{}},
		{row: licensing.Purchase{}},
		{row: licensing.Grant{}, apart: []string{"mapping_id"}}, // rights by group come and go by themselves
		{row: licensing.Successor{}},
		{row: licensing.AccessRequest{}},
		{row: licensing.EmergencyCase{}},
		{row: licensing.Key{}, apart: []string{"sealed"}}, // so that no query drags it along
		{row: licensing.LimitEntry{}},
		{row: licensing.Download{}, apart: []string{"licences"}}, // asked, never shown
		{row: licensing.AuditEntry{}},
		{row: licensing.Request{}},
		{row: licensing.RequestEvent{}},
		{row: licensing.Notice{}},
		{row: licensing.Mail{}, apart: []string{"secret"}},           // opened by who sends it
		{row: licensing.Invitation{}, apart: []string{"token_hash"}}, // nobody reads it back
		{row: licensing.Handover{}, apart: []string{"token_hash"}},   // nobody reads it back
		{row: licensing.Leak{}},
		{row: licensing.LeakNote{}},
	} {
		for _, d := range differences(t, c, test.row, test.apart) {
			t.Errorf("%T: %s", test.row, d)
		}
	}
}

func TestDifferencesAreFound(t *testing.T) {
	t.Parallel()
	c := owner(t, pgtest.New(t))
	// Quantity is missing, Colour is no column, RootID can't be null.
	got := differences(t, c, Purchase{}, []string{"effective"})
	want := []string{
		"colour is no column of purchases",
		"quantity of purchases is no field",
		"root_id of purchases is never null, the field is a *string",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Purchase is a type that does not fit the table purchases.
type Purchase struct {
	LicenceID string `gorm:"primaryKey"`
	ProductID int32  `gorm:"primaryKey"`
	RootID    *string
	Colour    string
}

// differences are sentences on where a type and its table disagree, in order.
func differences(t *testing.T, c *pgx.Conn, row any, apart []string) []string {
	t.Helper()
	s, err := schema.Parse(row, &sync.Map{}, schema.NamingStrategy{})
	if err != nil {
		t.Fatal(err)
	}
	nullable := columns(t, c, s.Table)
	var found []string
	for _, f := range s.Fields {
		null, ok := nullable[f.DBName]
		switch {
		case !ok:
			found = append(found, fmt.Sprintf("%s is no column of %s", f.DBName, s.Table))
		case null && !holdsNull(f.FieldType):
			found = append(found, fmt.Sprintf("%s of %s may be null, the field is a %s", f.DBName, s.Table, f.FieldType))
		case !null && f.FieldType.Kind() == reflect.Pointer:
			found = append(found, fmt.Sprintf("%s of %s is never null, the field is a %s", f.DBName, s.Table, f.FieldType))
		}
		delete(nullable, f.DBName)
	}
	for column := range nullable {
		if !slices.Contains(apart, column) {
			found = append(found, fmt.Sprintf("%s of %s is no field", column, s.Table))
		}
	}
	slices.Sort(found)
	return found
}

func holdsNull(t reflect.Type) bool {
	return t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Map
}

// columns are a table's columns, and whether each may be null.
func columns(t *testing.T, c *pgx.Conn, table string) map[string]bool {
	t.Helper()
	rows, err := c.Query(t.Context(), `SELECT column_name, is_nullable = 'YES' FROM information_schema.columns
WHERE table_schema = 'public' AND table_name = $1`, table)
	if err != nil {
		t.Fatal(err)
	}
	nullable := map[string]bool{}
	var name string
	var null bool
	if _, err := pgx.ForEachRow(rows, []any{&name, &null}, func() error {
		nullable[name] = null
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if len(nullable) == 0 {
		t.Fatalf("there is no table %s", table)
	}
	return nullable
}

// open are the tables of a family's rows that row-level security does not wall off
// from other families: not enabled, not forced on the owner, or without the policy.
const open = `SELECT c.relname FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'm', 'f')
	AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'root_id' AND NOT a.attisdropped)
	AND NOT (c.relrowsecurity AND c.relforcerowsecurity AND EXISTS (SELECT FROM pg_policy p
		WHERE p.polrelid = c.oid AND 'keyhall_serve'::regrole = ANY (p.polroles)
		AND pg_get_expr(p.polqual, p.polrelid) LIKE '%keyhall.roots%'))
ORDER BY c.relname`

// unwalled lists the open tables.
func unwalled(t *testing.T, c *pgx.Conn) []string {
	t.Helper()
	rows, err := c.Query(t.Context(), open)
	if err != nil {
		t.Fatal(err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// Row-level security is on every table with a family's rows (S-53).
func TestEveryFamilysTableIsWalled(t *testing.T) {
	t.Parallel()
	c := owner(t, pgtest.New(t))
	if names := unwalled(t, c); len(names) > 0 {
		t.Errorf("the tables %v have a root_id and no wall: CALL raise_wall in their migration", names)
	}
}

func TestOpenTablesAreFound(t *testing.T) {
	t.Parallel()
	c := owner(t, pgtest.New(t))
	for _, statement := range []string{
		`CREATE TABLE a_plain (root_id uuid)`,
		`CREATE TABLE b_enabled (root_id uuid)`, `ALTER TABLE b_enabled ENABLE ROW LEVEL SECURITY`,
		`CREATE TABLE c_without_policy (root_id uuid)`, `ALTER TABLE c_without_policy ENABLE ROW LEVEL SECURITY`,
		`ALTER TABLE c_without_policy FORCE ROW LEVEL SECURITY`,
		`CREATE TABLE d_wide_open (root_id uuid)`, `CALL raise_wall('d_wide_open')`,
		`DROP POLICY family ON d_wide_open`, `CREATE POLICY family ON d_wide_open TO keyhall_serve USING (true)`,
		`CREATE MATERIALIZED VIEW e_copy AS SELECT root_id, number FROM licences`,
		`CREATE TABLE f_walled (root_id uuid)`, `CALL raise_wall('f_walled')`,
	} {
		if _, err := c.Exec(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	want := []string{"a_plain", "b_enabled", "c_without_policy", "d_wide_open", "e_copy"}
	if got := unwalled(t, c); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// owner connects as the tables' owner.
func owner(t *testing.T, db *pgtest.DB) *pgx.Conn {
	t.Helper()
	c, err := pgx.Connect(t.Context(), db.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close(context.WithoutCancel(t.Context())) })
	return c
}
