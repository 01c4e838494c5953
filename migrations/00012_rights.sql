-- Administrators give, change and end rights. The role that serves customers still writes
-- no grant: a right is written by the desk's role, in the transaction that asked whether
-- who acts may.

-- +goose Up
CREATE INDEX persons_by_business_email ON persons (lower(business_email)); -- whom an administrator names
CREATE INDEX grants_of_family ON grants (root_id) WHERE revoked_at IS NULL; -- the list of people
