-- Whom an administrator has named to take over where nobody else administers any more.

-- +goose Up
CREATE TABLE successors (
    id              uuid PRIMARY KEY,
    root_id         uuid NOT NULL,
    person_id       uuid NOT NULL REFERENCES persons (id),
    successor_id    uuid NOT NULL REFERENCES persons (id),
    organisation_id uuid,
    licence_id      uuid,
    state           text NOT NULL DEFAULT 'named',
    named_at        timestamptz NOT NULL DEFAULT now(),
    closed_at       timestamptz,
    FOREIGN KEY (root_id, organisation_id) REFERENCES organisations (root_id, id),
    FOREIGN KEY (root_id, licence_id) REFERENCES licences (root_id, id),
    CONSTRAINT on_one_thing CHECK (num_nonnulls(organisation_id, licence_id) = 1),
    CONSTRAINT nobody_succeeds_themselves CHECK (person_id <> successor_id),
    CONSTRAINT state_is_one CHECK (state IN ('named', 'withdrawn', 'declined', 'stepped_in')),
    CONSTRAINT closed_has_time CHECK ((state = 'named') = (closed_at IS NULL))
);
COMMENT ON TABLE successors IS 'Whom an administrator of a licence ID or an organisation has named to take over when nobody else administers it, and what became of it';
CREATE UNIQUE INDEX successors_one_each ON successors (person_id, coalesce(licence_id, organisation_id)) WHERE state = 'named';
CREATE INDEX successors_to_be ON successors (successor_id) WHERE state = 'named'; -- who may have to take over
CALL raise_wall('successors');
GRANT SELECT ON successors TO keyhall_serve;
GRANT SELECT, INSERT, UPDATE (state, closed_at) ON successors TO keyhall_desk;

-- +goose StatementBegin
CREATE FUNCTION successors_move() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF OLD.state <> 'named' THEN
        RAISE EXCEPTION 'successor % is not named any more', OLD.id USING ERRCODE = 'check_violation', CONSTRAINT = 'closed_stays_closed';
    END IF;
    RETURN NEW;
END
$$;
-- +goose StatementEnd
COMMENT ON FUNCTION successors_move IS 'What has been named ends once: a CHECK can''t see where a row comes from';
CREATE TRIGGER successors_move BEFORE UPDATE ON successors FOR EACH ROW EXECUTE FUNCTION successors_move();
