-- One key is handed to one colleague by a link that opens it once. The link's token goes
-- out by mail; what is kept is its hash.

-- +goose Up
CREATE TABLE handovers (
    id           uuid PRIMARY KEY,
    root_id      uuid NOT NULL,
    licence_id   uuid NOT NULL,
    key_id       uuid NOT NULL,
    token_hash   bytea NOT NULL UNIQUE CHECK (length(token_hash) = 32),
    giver_id     uuid NOT NULL REFERENCES persons (id),
    giver        text NOT NULL,
    receiver_id  uuid NOT NULL REFERENCES persons (id),
    receiver     text NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    ends_at      timestamptz NOT NULL,
    used_at      timestamptz,
    withdrawn_at timestamptz,
    FOREIGN KEY (root_id, licence_id) REFERENCES licences (root_id, id),
    FOREIGN KEY (root_id, key_id) REFERENCES keys (root_id, id),
    CONSTRAINT a_day_at_most CHECK (ends_at > created_at AND ends_at <= created_at + interval '24 hours'),
    CONSTRAINT one_end CHECK (used_at IS NULL OR withdrawn_at IS NULL),
    CONSTRAINT to_another CHECK (receiver_id <> giver_id)
);
COMMENT ON TABLE handovers IS 'Links that show one key to one person once; of the token only the SHA-256 is kept';
CREATE INDEX handovers_of_key ON handovers (key_id, created_at); -- the key's page
CALL raise_wall('handovers');
-- Customers read all but the token; who may write was asked before the desk's role does.
GRANT SELECT (id, root_id, licence_id, key_id, giver_id, giver, receiver_id, receiver, created_at, ends_at, used_at, withdrawn_at)
    ON handovers TO keyhall_serve;
GRANT SELECT, INSERT, UPDATE (used_at, withdrawn_at) ON handovers TO keyhall_desk;

-- Who opens a link may have no right in the family, so the desk's role takes the key; it counts all the same.
GRANT EXECUTE ON FUNCTION rate_take TO keyhall_desk;
