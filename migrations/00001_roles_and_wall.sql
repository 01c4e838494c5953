-- Three roles: the owner migrates (whoever runs this), keyhall_serve answers
-- requests, keyhall_desk reads over all customers for support and the operator.
-- The serving role takes the desk's part for one transaction only, so it must not
-- inherit it.

-- +goose Up
-- +goose StatementBegin
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'keyhall_serve') THEN
        CREATE ROLE keyhall_serve LOGIN NOSUPERUSER NOBYPASSRLS NOINHERIT;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'keyhall_desk') THEN
        CREATE ROLE keyhall_desk NOLOGIN NOSUPERUSER NOBYPASSRLS;
    END IF;
    IF NOT pg_has_role('keyhall_serve', 'keyhall_desk', 'MEMBER') THEN
        GRANT keyhall_desk TO keyhall_serve;
    END IF;
END
$$;
-- +goose StatementEnd

-- Before PostgreSQL 15 anybody could make tables and functions there.
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO keyhall_serve, keyhall_desk;
CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- +goose StatementBegin
CREATE PROCEDURE raise_wall(target regclass) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', target);
    -- FORCE holds the owner to the policies too; it has one of its own, so that a
    -- dump or a migration sees everything because we said so, not by accident.
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', target);
    EXECUTE format('CREATE POLICY owner ON %s TO CURRENT_USER USING (true) WITH CHECK (true)', target);
    EXECUTE format('CREATE POLICY desk ON %s TO keyhall_desk USING (true) WITH CHECK (true)', target);
    -- The sub-select is evaluated once for a query, not once for a row.
    EXECUTE format($p$CREATE POLICY family ON %s TO keyhall_serve
        USING (root_id = ANY ((SELECT nullif(current_setting('keyhall.roots', true), ''))::uuid[]))
        WITH CHECK (root_id = ANY ((SELECT nullif(current_setting('keyhall.roots', true), ''))::uuid[]))$p$, target);
END
$$;
-- +goose StatementEnd
COMMENT ON PROCEDURE raise_wall IS 'Row-level security between families; every table with root_id calls it';
REVOKE EXECUTE ON PROCEDURE raise_wall FROM PUBLIC;
