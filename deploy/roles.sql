-- The roles and the database, made once by a superuser:
--
--   psql -v owner_password=… -v serve_password=… -f deploy/roles.sql
--
-- keyhall_owner owns the tables and migrates; keyhall_serve answers requests, held by
-- row-level security; keyhall_desk is what keyhall_serve becomes for support's reads.

\set ON_ERROR_STOP on
CREATE ROLE keyhall_owner LOGIN NOSUPERUSER NOCREATEROLE NOBYPASSRLS PASSWORD :'owner_password';
CREATE ROLE keyhall_serve LOGIN NOINHERIT NOSUPERUSER NOCREATEROLE NOBYPASSRLS PASSWORD :'serve_password';
CREATE ROLE keyhall_desk NOLOGIN NOSUPERUSER NOCREATEROLE NOBYPASSRLS;
GRANT keyhall_desk TO keyhall_serve;
CREATE DATABASE keyhall OWNER keyhall_owner ENCODING 'UTF8' TEMPLATE template0;
REVOKE CONNECT, TEMPORARY ON DATABASE keyhall FROM PUBLIC;
GRANT CONNECT ON DATABASE keyhall TO keyhall_serve;
\connect keyhall
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
