-- One chain of entries for each family, and one for the publisher. An entry's hash
-- covers the hash before it, so nothing can be taken out or changed unseen by anyone
-- who knows a later hash.

-- +goose Up
CREATE TABLE audit_heads (
    root_id uuid PRIMARY KEY REFERENCES organisations (id),
    seq     bigint NOT NULL,
    hash    bytea NOT NULL CHECK (length(hash) = 32)
);
COMMENT ON TABLE audit_heads IS 'Last entry of each chain; its lock puts writers in line';
CALL raise_wall('audit_heads');
GRANT SELECT ON audit_heads TO keyhall_serve, keyhall_desk;

CREATE TABLE audit (
    root_id    uuid NOT NULL,
    seq        bigint NOT NULL,
    at         timestamptz NOT NULL,
    actor_id   uuid,
    actor      text NOT NULL,
    identity   text NOT NULL,
    address    text NOT NULL,
    request_id text NOT NULL,
    action     text NOT NULL,
    licence_id uuid,
    object     text NOT NULL,
    outcome    text NOT NULL CHECK (outcome IN ('done', 'refused')),
    detail     jsonb NOT NULL,
    prev       bytea NOT NULL,
    hash       bytea NOT NULL,
    PRIMARY KEY (root_id, seq)
);
COMMENT ON TABLE audit IS 'Who did what, chained by hash; written by audit_append alone';
CREATE INDEX audit_in_time ON audit (root_id, at, seq);
CREATE INDEX audit_of_licence ON audit (licence_id, at) WHERE licence_id IS NOT NULL;
CREATE INDEX audit_of_actor ON audit (actor_id, at);
CREATE INDEX audit_of_object ON audit (object, at);
CREATE INDEX audit_all ON audit (at, root_id, seq); -- the operator's list
CALL raise_wall('audit');
GRANT SELECT ON audit TO keyhall_serve, keyhall_desk;

-- +goose StatementBegin
CREATE FUNCTION audit_text(v text) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
    SELECT int4send(octet_length(convert_to(coalesce(v, ''), 'UTF8'))) || convert_to(coalesce(v, ''), 'UTF8')
$$;
-- +goose StatementEnd
COMMENT ON FUNCTION audit_text IS 'A text as hashed: four bytes of length, then UTF-8';

-- +goose StatementBegin
CREATE FUNCTION audit_hash(e audit) RETURNS bytea LANGUAGE sql STABLE AS $$
    SELECT sha256(e.prev || audit_text(e.root_id::text) || int8send(e.seq)
        || int8send((extract(epoch FROM e.at) * 1000000)::bigint)
        || audit_text(e.actor_id::text) || audit_text(e.actor) || audit_text(e.identity)
        || audit_text(e.address) || audit_text(e.request_id) || audit_text(e.action)
        || audit_text(e.licence_id::text) || audit_text(e.object) || audit_text(e.outcome)
        || audit_text(e.detail::text))
$$;
-- +goose StatementEnd
COMMENT ON FUNCTION audit_hash IS 'What the hash of an entry has to be';

-- +goose StatementBegin
CREATE FUNCTION audit_append(root uuid, actor_id uuid, actor text, identity text, address text, request_id text,
    action text, licence_id uuid, object text, outcome text, detail jsonb)
-- pg_temp last by name: left out, it is searched first, and entries would go to a
-- temporary table called audit.
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    e audit;
BEGIN
    INSERT INTO audit_heads VALUES (root, 0, decode(repeat('00', 32), 'hex')) ON CONFLICT DO NOTHING;
    -- Held until commit: entries of a chain are as ordered as their transactions.
    SELECT h.seq + 1, h.hash INTO e.seq, e.prev FROM audit_heads h WHERE h.root_id = root FOR UPDATE;
    e.root_id := root; e.at := clock_timestamp(); e.actor_id := actor_id; e.actor := actor;
    e.identity := identity; e.address := address; e.request_id := request_id; e.action := action;
    e.licence_id := licence_id; e.object := object; e.outcome := outcome; e.detail := detail;
    e.hash := audit_hash(e);
    INSERT INTO audit SELECT (e).*;
    UPDATE audit_heads SET seq = e.seq, hash = e.hash WHERE root_id = root;
    RETURN e.seq;
END
$$;
-- +goose StatementEnd
COMMENT ON FUNCTION audit_append IS 'Adds an entry to the chain of a family; call it last in a transaction, families in the order of their root_id';
REVOKE EXECUTE ON FUNCTION audit_append FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit_append TO keyhall_serve, keyhall_desk;
