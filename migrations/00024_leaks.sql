-- A key that has got out is marked as compromised: from then on nobody takes it in clear,
-- and a case holds who had and what became of it. Reveals and key files hold locks beside
-- the mark's, so that of a reveal and a mark at once one is certainly first.

-- +goose Up
ALTER TABLE keys ADD COLUMN compromised_at timestamptz;
COMMENT ON COLUMN keys.compromised_at IS 'Since when nobody takes the key in clear; kept by whoever opens and ends cases';
CREATE INDEX keys_compromised ON keys (licence_id) WHERE compromised_at IS NOT NULL; -- how many a file leaves out

ALTER TABLE downloads
    ADD COLUMN withheld bigint NOT NULL DEFAULT 0,
    ADD COLUMN freezes bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN downloads.withheld IS 'Keys of this family that were left out, being compromised';
COMMENT ON COLUMN downloads.freezes IS 'How often keys that may be in the file were frozen or released before it began; it ends only if that is still so';

CREATE TABLE leaks (
    id          uuid PRIMARY KEY,
    root_id     uuid NOT NULL,
    licence_id  uuid NOT NULL,
    key_id      uuid NOT NULL,
    reason      text NOT NULL CHECK (reason <> ''),
    opened_by   uuid NOT NULL REFERENCES persons (id),
    opener      text NOT NULL,
    opened_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    state       text NOT NULL DEFAULT 'open',
    version     integer NOT NULL DEFAULT 1,
    replaced_by uuid,
    resolved_by uuid REFERENCES persons (id),
    resolver    text NOT NULL DEFAULT '',
    resolution  text NOT NULL DEFAULT '',
    resolved_at timestamptz,
    UNIQUE (root_id, id),
    FOREIGN KEY (root_id, licence_id) REFERENCES licences (root_id, id),
    FOREIGN KEY (root_id, key_id) REFERENCES keys (root_id, id),
    FOREIGN KEY (root_id, replaced_by) REFERENCES keys (root_id, id),
    CONSTRAINT state_is_one CHECK (state IN ('open', 'replaced', 'false_alarm', 'blocked')),
    CONSTRAINT resolved_by_somebody CHECK ((state = 'open') = (resolved_by IS NULL) AND (state = 'open') = (resolved_at IS NULL)),
    CONSTRAINT replaced_has_key CHECK ((state = 'replaced') = (replaced_by IS NOT NULL) AND replaced_by <> key_id),
    -- Whoever sounded the alarm does not call it off.
    CONSTRAINT lifted_by_another CHECK (state <> 'false_alarm' OR resolved_by <> opened_by)
);
COMMENT ON TABLE leaks IS 'Cases of compromised keys: opened by the mark, ended as replaced, blocked, or a false alarm, which alone lets the key be taken again';
CREATE UNIQUE INDEX leaks_open ON leaks (key_id) WHERE state <> 'false_alarm'; -- a key has one mark
CREATE INDEX leaks_of_key ON leaks (key_id, opened_at);
CREATE INDEX leaks_of_licence ON leaks (licence_id);
CREATE INDEX leaks_in_time ON leaks (opened_at, id); -- the list
CALL raise_wall('leaks');
GRANT SELECT ON leaks TO keyhall_serve;
GRANT SELECT, INSERT, UPDATE (state, version, replaced_by, resolved_by, resolver, resolution, resolved_at) ON leaks TO keyhall_desk;

-- +goose StatementBegin
CREATE FUNCTION leaks_move() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF OLD.state <> 'open' THEN
        RAISE EXCEPTION 'case % has ended', OLD.id USING ERRCODE = 'check_violation', CONSTRAINT = 'closed_stays_closed';
    END IF;
    RETURN NEW;
END
$$;
-- +goose StatementEnd
COMMENT ON FUNCTION leaks_move IS 'The state machine of licensing, a second time: what has ended stays as it ended';
CREATE TRIGGER leaks_move BEFORE UPDATE ON leaks FOR EACH ROW EXECUTE FUNCTION leaks_move();

CREATE TABLE leak_notes (
    id       uuid PRIMARY KEY,
    root_id  uuid NOT NULL,
    leak_id  uuid NOT NULL,
    actor_id uuid NOT NULL REFERENCES persons (id),
    actor    text NOT NULL,
    text     text NOT NULL CHECK (text <> ''),
    at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    FOREIGN KEY (root_id, leak_id) REFERENCES leaks (root_id, id)
);
COMMENT ON TABLE leak_notes IS 'What people wrote on a case';
CREATE INDEX notes_of_leak ON leak_notes (leak_id, at);
CALL raise_wall('leak_notes');
GRANT SELECT ON leak_notes TO keyhall_serve;
GRANT SELECT, INSERT ON leak_notes TO keyhall_desk;
