-- +goose Up
CREATE TABLE organisations (
    id         uuid PRIMARY KEY,
    root_id    uuid NOT NULL,
    parent_id  uuid,
    name       text NOT NULL,
    city       text NOT NULL DEFAULT '',
    country    text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (root_id, id),
    FOREIGN KEY (root_id, parent_id) REFERENCES organisations (root_id, id),
    CONSTRAINT root_has_no_parent CHECK ((parent_id IS NULL) = (id = root_id)),
    CONSTRAINT name_is_said CHECK (name <> ''),
    CONSTRAINT country_is_two_letters CHECK (country ~ '^([A-Z]{2})?$')
);
COMMENT ON TABLE organisations IS 'Customers, and parts of customers; a root with everything below it is a family';
CREATE INDEX organisations_by_name ON organisations USING gin (name gin_trgm_ops); -- the desk's search
CREATE UNIQUE INDEX organisations_once ON organisations (root_id, lower(name));
CREATE INDEX organisations_by_whole_name ON organisations (lower(name)); -- an import finds them by name
CALL raise_wall('organisations');
GRANT SELECT ON organisations TO keyhall_serve;
GRANT SELECT, INSERT, UPDATE ON organisations TO keyhall_desk;

CREATE TABLE org_closure (
    ancestor_id   uuid NOT NULL,
    descendant_id uuid NOT NULL,
    root_id       uuid NOT NULL,
    PRIMARY KEY (ancestor_id, descendant_id),
    FOREIGN KEY (root_id, ancestor_id) REFERENCES organisations (root_id, id),
    FOREIGN KEY (root_id, descendant_id) REFERENCES organisations (root_id, id)
);
COMMENT ON TABLE org_closure IS 'Which organisation stands above which, itself included';
CREATE INDEX org_closure_upwards ON org_closure (descendant_id, ancestor_id); -- who has a right from above
CALL raise_wall('org_closure');
GRANT SELECT ON org_closure TO keyhall_serve;
GRANT SELECT, INSERT, DELETE ON org_closure TO keyhall_desk;

INSERT INTO organisations (id, root_id, name)
VALUES ('00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000001', 'Publisher');
INSERT INTO org_closure VALUES ('00000000-0000-7000-8000-000000000001',
    '00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000001');

CREATE TABLE persons (
    id             uuid PRIMARY KEY,
    name           text NOT NULL CHECK (name <> ''),
    business_email text NOT NULL DEFAULT '',
    locale         text NOT NULL DEFAULT '',
    staff_role     text NOT NULL DEFAULT '',
    ended_at       timestamptz,
    CONSTRAINT locale_is_ours CHECK (locale IN ('', 'en', 'fi', 'nb', 'sv', 'nl')),
    CONSTRAINT staff_role_is_one CHECK (staff_role IN ('', 'support_agent', 'operator'))
);
COMMENT ON TABLE persons IS 'People with an account; a person may have rights in several families, so no family owns the row';
-- Who is somebody, and whose account an identity opens, only the operator says.
GRANT SELECT ON persons TO keyhall_serve;
GRANT SELECT, INSERT, UPDATE ON persons TO keyhall_desk;

CREATE TABLE identities (
    issuer    text NOT NULL COLLATE "C",
    subject   text NOT NULL COLLATE "C" CHECK (subject <> ''),
    person_id uuid NOT NULL REFERENCES persons (id),
    PRIMARY KEY (issuer, subject)
);
COMMENT ON TABLE identities IS 'Who signs in as whom: issuer and subject of an OpenID provider, never an e-mail address';
CREATE INDEX identities_of_person ON identities (person_id);
GRANT SELECT ON identities TO keyhall_serve;
GRANT SELECT, INSERT, DELETE ON identities TO keyhall_desk;

CREATE TABLE sessions (
    hash      bytea PRIMARY KEY CHECK (length(hash) = 32),
    person_id uuid NOT NULL REFERENCES persons (id),
    issuer    text NOT NULL,
    subject   text NOT NULL,
    sid       text NOT NULL DEFAULT '',
    id_token  bytea,
    auth_time timestamptz NOT NULL,
    last_seen timestamptz NOT NULL,
    ends_at   timestamptz NOT NULL
);
COMMENT ON TABLE sessions IS 'Signed-in browsers, by the SHA-256 of the token they hold';
CREATE INDEX sessions_of_person ON sessions (person_id);
CREATE INDEX sessions_by_sid ON sessions (issuer, sid) WHERE sid <> ''; -- sign-out told by the provider
CREATE INDEX sessions_by_end ON sessions (ends_at); -- clearing away
GRANT SELECT, INSERT, UPDATE (last_seen), DELETE ON sessions TO keyhall_serve;
