-- What of the audit log is kept outside of the database: signed checkpoints of its chains,
-- and its entries for whoever watches over several systems. Here stands only how far each
-- target has it, so nothing here proves anything.

-- +goose Up
CREATE TABLE audit_targets (
    id           text PRIMARY KEY,
    kind         text NOT NULL,
    label        text NOT NULL,
    tried_at     timestamptz NOT NULL,
    delivered_at timestamptz,
    failing_at   timestamptz,
    CONSTRAINT kind_is_one CHECK (kind IN ('checkpoint', 'stream'))
);
COMMENT ON TABLE audit_targets IS 'Places outside that the audit log is delivered to, and how that goes';
COMMENT ON COLUMN audit_targets.id IS 'Kind and hash of the address, which may hold a password';
GRANT SELECT, INSERT, UPDATE ON audit_targets TO keyhall_desk;

CREATE TABLE audit_cursors (
    target  text NOT NULL REFERENCES audit_targets (id),
    root_id uuid NOT NULL REFERENCES organisations (id),
    seq     bigint NOT NULL,
    hash    bytea NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (target, root_id)
);
COMMENT ON TABLE audit_cursors IS 'The last entry of each chain that a target has';
CALL raise_wall('audit_cursors');
GRANT SELECT, INSERT, UPDATE ON audit_cursors TO keyhall_desk;
