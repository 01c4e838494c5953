package localpg

import (
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

func TestRolesMayOnlyWhatTheyShould(t *testing.T) {
	t.Parallel()
	c := connect(t, start(t, folder(t)+"/server").URL(Superuser, Database))
	for role, want := range map[string]string{
		Owner: "login inherit createrole createdb",
		Serve: "login",
		Desk:  "inherit",
	} {
		var got string
		err := c.QueryRow(t.Context(), `SELECT concat_ws(' ',
			CASE WHEN rolcanlogin THEN 'login' END, CASE WHEN rolinherit THEN 'inherit' END,
			CASE WHEN rolcreaterole THEN 'createrole' END, CASE WHEN rolcreatedb THEN 'createdb' END,
			CASE WHEN rolreplication THEN 'replication' END,
			CASE WHEN rolsuper THEN 'superuser' END, CASE WHEN rolbypassrls THEN 'bypassrls' END)
			FROM pg_roles WHERE rolname = $1`, role).Scan(&got)
		if err != nil || got != want {
			t.Errorf("%s: got %q, %v, want %q", role, got, err, want)
		}
	}
}

// S-53: row-level security is a wall for the serving role only if nothing that role
// may do leads round it.
func TestServingRoleCannotGetRoundTheWall(t *testing.T) {
	t.Parallel()
	s := start(t, folder(t)+"/server")
	owner := connect(t, s.URL(Owner, Database))
	exec1(t, owner, "CREATE TABLE walled (line text)")
	exec1(t, owner, "INSERT INTO walled VALUES ('hidden')")
	exec1(t, owner, "ALTER TABLE walled ENABLE ROW LEVEL SECURITY")
	exec1(t, owner, "GRANT SELECT ON walled TO keyhall_serve")

	serve := connect(t, s.URL(Serve, Database))
	var seen int
	if err := serve.QueryRow(t.Context(), "SELECT count(*) FROM walled").Scan(&seen); err != nil || seen != 0 {
		t.Errorf("rows that the serving role sees without a policy: got %d, %v, want 0", seen, err)
	}
	exec1(t, serve, "SET ROLE keyhall_desk; RESET ROLE")
	for _, sql := range []string{
		"SET ROLE postgres",
		"SET ROLE keyhall_owner",
		"SET row_security = off; SELECT * FROM walled",
		"ALTER ROLE keyhall_serve BYPASSRLS",
		"ALTER TABLE walled DISABLE ROW LEVEL SECURITY",
		"CREATE TABLE public.mine (line text)",
		"CREATE ROLE friend",
		"COPY (SELECT 1) TO PROGRAM 'true'",
		"SELECT pg_read_file('postmaster.pid')",
	} {
		_, err := serve.Exec(t.Context(), sql)
		var refusal *pgconn.PgError
		if !errors.As(err, &refusal) || refusal.Code != "42501" {
			t.Errorf("%s: got %v, want refused for want of a right", sql, err)
		}
	}
}

func TestOwnerCanMakeDatabasesAndIndexTrigrams(t *testing.T) {
	t.Parallel()
	s := start(t, folder(t)+"/server")
	owner := connect(t, s.URL(Owner, Database))
	exec1(t, owner, "CREATE TABLE named (name text)")
	exec1(t, owner, "CREATE INDEX ON named USING gin (name gin_trgm_ops)")
	exec1(t, owner, "CREATE DATABASE another")
	exec1(t, owner, "GRANT keyhall_desk TO keyhall_serve")
	another := connect(t, s.URL(Owner, "another"))
	exec1(t, another, "CREATE EXTENSION IF NOT EXISTS pg_trgm")
	var alike bool
	err := another.QueryRow(t.Context(), "SELECT 'Åland' ILIKE 'åLA%' AND similarity('licence', 'license') > 0.4").Scan(&alike)
	if err != nil || !alike {
		t.Errorf("comparing names in a new database: got %v, %v, want true", alike, err)
	}
}

func TestLogKeepsNoValues(t *testing.T) {
	t.Parallel()
	s := start(t, folder(t)+"/server")
	c := connect(t, s.URL(Owner, Database))
	exec1(t, c, "CREATE TABLE once (key text PRIMARY KEY); INSERT INTO once VALUES ('DEMO1-7QK2M')")
	if _, err := c.Exec(t.Context(), "INSERT INTO once VALUES ('DEMO1-7QK2M')"); err == nil {
		t.Fatal("a duplicate: got nil, want an error")
	}
	log := readFile(t, s.log())
	if !strings.Contains(log, "once_pkey") || strings.Contains(log, "DEMO1") {
		t.Errorf("the log of a refused row: want the constraint's name and not the value, got\n%s", log)
	}
}
