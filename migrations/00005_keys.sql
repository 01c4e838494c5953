-- +goose Up
CREATE TABLE keys (
    id          uuid PRIMARY KEY,
    root_id     uuid NOT NULL,
    licence_id  uuid,
    product_id  integer NOT NULL REFERENCES products (id),
    type        text NOT NULL CHECK (type IN ('VLK', 'KMS', 'MAK', 'OSA', 'SETUP')),
    last5       text COLLATE "C" NOT NULL CHECK (length(last5) = 5),
    fingerprint bytea NOT NULL CHECK (length(fingerprint) = 32),
    used        integer NOT NULL DEFAULT 0,
    total       integer NOT NULL DEFAULT 0,
    as_of       timestamptz,
    source      text NOT NULL DEFAULT 'import' CHECK (source IN ('import', 'grant')),
    seats       integer NOT NULL DEFAULT 0 CHECK (seats >= 0),
    osa_status  text CHECK (osa_status IN ('available', 'redeemed')),
    usable_from date,
    version     integer NOT NULL DEFAULT 1,
    created_at  timestamptz NOT NULL DEFAULT now(),
    sealed      bytea NOT NULL,
    UNIQUE (root_id, id),
    UNIQUE (licence_id, product_id, fingerprint),
    FOREIGN KEY (root_id, licence_id) REFERENCES licences (root_id, id),
    CONSTRAINT counters_are_sane CHECK (used >= 0 AND total >= 0),
    CONSTRAINT only_counted_keys_count CHECK (type IN ('MAK', 'KMS') OR (used = 0 AND total = 0)),
    CONSTRAINT status_is_of_osa CHECK ((osa_status IS NOT NULL) = (type = 'OSA'))
);
COMMENT ON TABLE keys IS 'Product keys, sealed; without licence ID: the publisher''s stock. used and total count activations of a MAK, hosts of a KMS key';
ALTER TABLE keys ALTER COLUMN sealed SET STORAGE PLAIN; -- short, and never worth compressing
COMMENT ON COLUMN keys.sealed IS 'AES-256-GCM, bound to root_id, id and version; a key that moves to another family is sealed again';
CREATE INDEX keys_of_licence ON keys (licence_id, id); -- a licence ID's keys, key files
CREATE INDEX keys_by_fingerprint ON keys (fingerprint); -- search by a whole key
CREATE INDEX keys_by_last5 ON keys (last5); -- search by last five
CREATE INDEX keys_by_product ON keys (root_id, product_id, id); -- downloads and keys: a profile's keys by product
CREATE UNIQUE INDEX keys_in_stock ON keys (product_id, fingerprint) WHERE licence_id IS NULL;
CALL raise_wall('keys');
GRANT SELECT ON keys TO keyhall_serve;
GRANT SELECT, INSERT, UPDATE ON keys TO keyhall_desk;

CREATE TABLE limit_entries (
    key_id     uuid NOT NULL,
    seq        integer NOT NULL CHECK (seq > 0),
    root_id    uuid NOT NULL,
    old        integer NOT NULL CHECK (old >= 0),
    new        integer NOT NULL CHECK (new >= 0),
    reason     text NOT NULL CHECK (reason IN ('import', 'grant', 'consent')),
    request_id bigint UNIQUE,
    undoes     integer,
    at         timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (key_id, seq),
    FOREIGN KEY (root_id, key_id) REFERENCES keys (root_id, id)
);
COMMENT ON TABLE limit_entries IS 'Ledger of the keys'' totals: the last line''s new is the key''s total';
CALL raise_wall('limit_entries');
GRANT SELECT ON limit_entries TO keyhall_serve;
GRANT SELECT, INSERT ON limit_entries TO keyhall_desk;

CREATE TABLE downloads (
    file_id     uuid NOT NULL,
    root_id     uuid NOT NULL REFERENCES organisations (id),
    person_id   uuid NOT NULL REFERENCES persons (id),
    person_name text NOT NULL,
    licence_id  uuid,
    number      text NOT NULL DEFAULT '',
    licences    uuid[] NOT NULL,
    name        text NOT NULL,
    format      text NOT NULL CHECK (format IN ('tsv', 'xlsx')),
    row_count   bigint NOT NULL DEFAULT 0,
    sha256      bytea CHECK (length(sha256) = 32),
    state       text NOT NULL DEFAULT 'started',
    started_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at    timestamptz,
    PRIMARY KEY (file_id, root_id),
    CONSTRAINT state_is_one CHECK (state IN ('started', 'finished', 'broken')),
    CONSTRAINT finished_is_hashed CHECK ((state = 'finished') = (sha256 IS NOT NULL)),
    CONSTRAINT ended_has_time CHECK ((state = 'started') = (ended_at IS NULL))
);
COMMENT ON TABLE downloads IS 'Ledger of key files: a line for each family in a file';
COMMENT ON COLUMN downloads.licences IS 'The licence IDs whose keys were in the file, so that a key can say who has it';
CREATE INDEX downloads_of_person ON downloads (person_id, started_at);
CREATE INDEX downloads_of_family ON downloads (root_id, started_at);
CREATE INDEX downloads_with_licence ON downloads USING gin (licences); -- who downloaded a key
CALL raise_wall('downloads');
-- How a file ends may be noted; whose it is and what was in it stays as it was begun.
GRANT SELECT, INSERT, UPDATE (state, row_count, sha256, ended_at) ON downloads TO keyhall_serve;
GRANT SELECT, UPDATE (state, ended_at) ON downloads TO keyhall_desk; -- those whose server died

CREATE TABLE imports (
    id         uuid PRIMARY KEY,
    at         timestamptz NOT NULL DEFAULT now(),
    actor      text NOT NULL,
    file_name  text NOT NULL,
    sha256     bytea NOT NULL CHECK (length(sha256) = 32),
    line_count bigint NOT NULL,
    added      bigint NOT NULL,
    changed    bigint NOT NULL,
    unchanged  bigint NOT NULL
);
COMMENT ON TABLE imports IS 'Files of keys that were taken in';
CREATE INDEX imports_by_file ON imports (sha256); -- was this one taken in before?
CREATE INDEX imports_in_time ON imports (at, id); -- the operator's list
GRANT SELECT, INSERT ON imports TO keyhall_desk;

CREATE TABLE import_families (
    import_id uuid NOT NULL REFERENCES imports (id),
    root_id   uuid NOT NULL REFERENCES organisations (id),
    added     bigint NOT NULL,
    changed   bigint NOT NULL,
    licences  bigint NOT NULL,
    told_at   timestamptz,
    PRIMARY KEY (import_id, root_id)
);
COMMENT ON TABLE import_families IS 'What an import did in each family: keys added and changed, licence IDs created; told_at says that the family''s audit chain has it';
CALL raise_wall('import_families');
GRANT SELECT, INSERT, UPDATE ON import_families TO keyhall_desk;

-- +goose StatementBegin
CREATE FUNCTION statistics_anew() RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    ANALYZE public.organisations, public.org_closure, public.licences, public.reach, public.keys, public.limit_entries;
END
$$;
-- +goose StatementEnd
COMMENT ON FUNCTION statistics_anew IS 'After a large import: until PostgreSQL looks by itself, it would plan for the tables of before';
REVOKE EXECUTE ON FUNCTION statistics_anew FROM PUBLIC;
GRANT EXECUTE ON FUNCTION statistics_anew TO keyhall_serve, keyhall_desk;
