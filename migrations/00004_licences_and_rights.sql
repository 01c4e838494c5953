-- +goose Up
CREATE TABLE licences (
    id               uuid PRIMARY KEY,
    root_id          uuid NOT NULL,
    organisation_id  uuid NOT NULL,
    programme_id     text NOT NULL REFERENCES programmes (id),
    number           text COLLATE "C" NOT NULL UNIQUE,
    kind             text NOT NULL,
    agreement_no     text COLLATE "C" NOT NULL DEFAULT '',
    authorisation_no text COLLATE "C" NOT NULL DEFAULT '',
    starts           date,
    ends             date,
    products_n       integer NOT NULL DEFAULT 0,
    keys_n           integer NOT NULL DEFAULT 0,
    lowest_left      integer,
    lowest_total     integer,
    created_at       timestamptz NOT NULL DEFAULT now(),
    UNIQUE (root_id, id),
    FOREIGN KEY (root_id, organisation_id) REFERENCES organisations (root_id, id),
    CONSTRAINT number_is_one CHECK (number ~ '^([0-9]{7,8}|[A-Z][0-9]{7})$'),
    CONSTRAINT kind_is_one CHECK (kind IN ('enrolment', 'agreement', 'licence', 'public_customer_number', 'purchase_account')),
    CONSTRAINT lowest_is_whole CHECK ((lowest_left IS NULL) = (lowest_total IS NULL)),
    CONSTRAINT ends_after_start CHECK (ends >= starts)
);
COMMENT ON TABLE licences IS 'Licence IDs; the counters are kept by whoever changes keys or purchases';
CREATE INDEX licences_of_organisation ON licences (organisation_id, id); -- rights from above, moving
CREATE INDEX licences_by_agreement ON licences (agreement_no) WHERE agreement_no <> ''; -- search by number
CREATE INDEX licences_by_authorisation ON licences (authorisation_no) WHERE authorisation_no <> '';
CALL raise_wall('licences');
GRANT SELECT ON licences TO keyhall_serve;
GRANT SELECT, INSERT, UPDATE ON licences TO keyhall_desk;

CREATE TABLE purchases (
    licence_id uuid NOT NULL,
    product_id integer NOT NULL REFERENCES products (id),
    root_id    uuid NOT NULL,
    quantity   integer NOT NULL CHECK (quantity >= 0),
    effective  integer NOT NULL CHECK (effective >= 0),
    PRIMARY KEY (licence_id, product_id),
    FOREIGN KEY (root_id, licence_id) REFERENCES licences (root_id, id)
);
COMMENT ON TABLE purchases IS 'What was bought under a licence ID: entitlement, never deployment';
CALL raise_wall('purchases');
GRANT SELECT ON purchases TO keyhall_serve;
GRANT SELECT, INSERT, UPDATE ON purchases TO keyhall_desk;

CREATE TABLE grants (
    id              uuid PRIMARY KEY,
    person_id       uuid NOT NULL REFERENCES persons (id),
    root_id         uuid NOT NULL,
    role            text NOT NULL,
    organisation_id uuid,
    licence_id      uuid,
    expires_at      timestamptz,
    revoked_at      timestamptz,
    created_at      timestamptz NOT NULL DEFAULT now(),
    FOREIGN KEY (root_id, organisation_id) REFERENCES organisations (root_id, id),
    FOREIGN KEY (root_id, licence_id) REFERENCES licences (root_id, id),
    CONSTRAINT role_is_a_customers CHECK (role IN ('administrator', 'key_administrator', 'key_viewer', 'licence_reader', 'download_manager')),
    CONSTRAINT on_one_thing CHECK (num_nonnulls(organisation_id, licence_id) = 1)
);
COMMENT ON TABLE grants IS 'Who was given which role on a licence ID, or on an organisation with everything below it';
CREATE INDEX grants_of_person ON grants (person_id) WHERE revoked_at IS NULL;
CREATE INDEX grants_on_organisation ON grants (organisation_id) WHERE revoked_at IS NULL;
CREATE INDEX grants_on_licence ON grants (licence_id) WHERE revoked_at IS NULL;
CALL raise_wall('grants');
GRANT SELECT ON grants TO keyhall_serve;
GRANT SELECT, INSERT, UPDATE ON grants TO keyhall_desk;

CREATE TABLE reach (
    person_id  uuid NOT NULL REFERENCES persons (id),
    licence_id uuid NOT NULL,
    root_id    uuid NOT NULL,
    number     text COLLATE "C" NOT NULL,
    rights     integer NOT NULL CHECK (rights > 0),
    until      timestamptz,
    PRIMARY KEY (person_id, licence_id),
    FOREIGN KEY (root_id, licence_id) REFERENCES licences (root_id, id),
    -- 256, 512 and 1024 are the staff's, who see every family.
    CONSTRAINT rights_are_a_customers CHECK (rights & 1792 = 0)
);
COMMENT ON TABLE reach IS 'What a person may do to a licence ID, worked out from grants by whoever changes one; rights are the bits of licensing.Permission, until is when they have to be worked out again';
CREATE INDEX reach_in_order ON reach (person_id, number); -- the relationship summary, page by page
CREATE INDEX reach_to_licence ON reach (licence_id); -- who sees a licence ID
CREATE INDEX reach_that_ends ON reach (person_id, until) WHERE until IS NOT NULL;
CALL raise_wall('reach');
GRANT SELECT, INSERT, UPDATE, DELETE ON reach TO keyhall_serve, keyhall_desk;

-- +goose StatementBegin
CREATE FUNCTION person_roots(person uuid) RETURNS TABLE (root_id uuid, licences bigint, rights integer, stale boolean)
-- pg_temp stands last by name: left out, it is searched first, and a temporary table
-- called reach would be believed.
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT r.root_id, count(*), bit_or(r.rights), bool_or(r.until <= now()) IS TRUE
    FROM reach r WHERE r.person_id = person GROUP BY r.root_id
$$;
-- +goose StatementEnd
COMMENT ON FUNCTION person_roots IS 'The families a person reaches: asked at the start of a request, before any family is set';
REVOKE EXECUTE ON FUNCTION person_roots FROM PUBLIC;
GRANT EXECUTE ON FUNCTION person_roots TO keyhall_serve;
