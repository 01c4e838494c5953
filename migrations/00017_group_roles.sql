-- Rights by group: whoever an OpenID provider counts among a group has a role on an
-- organisation, from one sign-in to the next.

-- +goose Up
CREATE TABLE group_roles (
    id              uuid PRIMARY KEY,
    root_id         uuid NOT NULL,
    organisation_id uuid NOT NULL,
    issuer          text NOT NULL COLLATE "C" CHECK (issuer <> ''),
    group_name      text NOT NULL COLLATE "C",
    role            text NOT NULL,
    created_by      uuid REFERENCES persons (id),
    created_at      timestamptz NOT NULL DEFAULT now(),
    ended_at        timestamptz,
    UNIQUE (root_id, id),
    FOREIGN KEY (root_id, organisation_id) REFERENCES organisations (root_id, id),
    CONSTRAINT role_is_a_customers CHECK (role IN ('administrator', 'key_administrator', 'key_viewer', 'licence_reader', 'download_manager')),
    CONSTRAINT group_is_named CHECK (length(group_name) BETWEEN 1 AND 200)
);
COMMENT ON TABLE group_roles IS 'Which group at which OpenID provider stands for which role on an organisation';
COMMENT ON COLUMN group_roles.group_name IS 'Value of the provider''s groups claim, compared byte by byte';
CREATE UNIQUE INDEX group_roles_once ON group_roles (organisation_id, issuer, group_name, role) WHERE ended_at IS NULL;
CREATE INDEX group_roles_by_claim ON group_roles (issuer, group_name) WHERE ended_at IS NULL; -- somebody signs in
CALL raise_wall('group_roles');
GRANT SELECT ON group_roles TO keyhall_serve;
GRANT SELECT, INSERT, UPDATE (ended_at) ON group_roles TO keyhall_desk;

ALTER TABLE grants
    ADD COLUMN mapping_id uuid,
    ADD FOREIGN KEY (root_id, mapping_id) REFERENCES group_roles (root_id, id),
    ADD CONSTRAINT by_group_on_organisation CHECK (mapping_id IS NULL OR organisation_id IS NOT NULL);
COMMENT ON COLUMN grants.mapping_id IS 'Set where the right is by group: it follows the provider''s claim at each sign-in, and nobody changes it by hand';
CREATE UNIQUE INDEX grants_by_group_once ON grants (mapping_id, person_id) WHERE revoked_at IS NULL AND mapping_id IS NOT NULL;
