package localpg

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// rolesSQL makes sure of the roles and of what they may do, so that a cluster that an
// earlier release made is put right too. Owner administers the other two; it inherits
// what they may do, they get nothing of Owner's.
const rolesSQL = `
DO $$
DECLARE
	wanted name;
BEGIN
	FOREACH wanted IN ARRAY ARRAY['keyhall_owner', 'keyhall_serve', 'keyhall_desk']::name[] LOOP
		IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
			EXECUTE format('CREATE ROLE %I', wanted);
		END IF;
	END LOOP;
END $$;
ALTER ROLE keyhall_owner LOGIN CREATEROLE CREATEDB NOSUPERUSER NOREPLICATION NOBYPASSRLS;
ALTER ROLE keyhall_serve LOGIN NOINHERIT NOCREATEROLE NOCREATEDB NOSUPERUSER NOREPLICATION NOBYPASSRLS;
ALTER ROLE keyhall_desk NOLOGIN NOCREATEROLE NOCREATEDB NOSUPERUSER NOREPLICATION NOBYPASSRLS;
SET client_min_messages = error;
GRANT keyhall_desk TO keyhall_serve;
GRANT keyhall_serve, keyhall_desk TO keyhall_owner WITH ADMIN OPTION;`

// templateSQL readies template1, and so every database made after it. Before
// PostgreSQL 15 anybody could make tables in public.
const templateSQL = `
CREATE EXTENSION IF NOT EXISTS pg_trgm;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;`

// makeRoles makes sure of the roles and of Owner's empty database. The database comes
// last: where it is, template1 was readied before.
func (s *Server) makeRoles(ctx context.Context) error {
	return s.as(ctx, "postgres", func(c *pgx.Conn) error {
		if _, err := c.Exec(ctx, rolesSQL); err != nil {
			return fmt.Errorf("make roles: %w", err)
		}
		var there bool
		err := c.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", Database).Scan(&there)
		if err != nil || there {
			return err
		}
		if err := s.readyTemplate(ctx); err != nil {
			return err
		}
		_, err = c.Exec(ctx, "CREATE DATABASE "+Database+" OWNER "+Owner)
		return err
	})
}

func (s *Server) readyTemplate(ctx context.Context) error {
	return s.as(ctx, "template1", func(c *pgx.Conn) error {
		if _, err := c.Exec(ctx, templateSQL); err != nil {
			return fmt.Errorf("PostgreSQL's extension pg_trgm can't be had; install it with: apt-get install postgresql-contrib (%w)", err)
		}
		return nil
	})
}

// as lends a superuser's connection to a database.
func (s *Server) as(ctx context.Context, database string, do func(*pgx.Conn) error) error {
	c, err := pgx.Connect(ctx, s.URL(Superuser, database))
	if err != nil {
		return err
	}
	defer func() { _ = c.Close(ctx) }() // what was asked has been answered
	return do(c)
}
