-- Emergency access: where nobody is left who could give a right, two agents of support
-- make somebody administrator, after a wait in which everybody concerned may see it.

-- +goose Up
CREATE TABLE emergency_cases (
    id              uuid PRIMARY KEY,
    root_id         uuid NOT NULL,
    licence_id      uuid NOT NULL,
    organisation_id uuid,
    person_id       uuid NOT NULL REFERENCES persons (id),
    reason          text NOT NULL CHECK (reason <> ''),
    state           text NOT NULL DEFAULT 'opened',
    version         integer NOT NULL DEFAULT 1,
    opened_by       uuid NOT NULL REFERENCES persons (id),
    opened_at       timestamptz NOT NULL DEFAULT now(),
    confirmed_by    uuid REFERENCES persons (id),
    confirmed_at    timestamptz,
    due_at          timestamptz,
    closed_by       uuid REFERENCES persons (id),
    closed_at       timestamptz,
    objection       text NOT NULL DEFAULT '',
    FOREIGN KEY (root_id, licence_id) REFERENCES licences (root_id, id),
    FOREIGN KEY (root_id, organisation_id) REFERENCES organisations (root_id, id),
    CONSTRAINT state_is_one CHECK (state IN ('opened', 'confirmed', 'granted', 'stopped', 'withdrawn', 'expired')),
    CONSTRAINT two_people CHECK (confirmed_by <> opened_by),
    CONSTRAINT nobody_for_themselves CHECK (person_id <> opened_by AND person_id <> confirmed_by),
    CONSTRAINT confirmed_is_whole CHECK (num_nonnulls(confirmed_by, confirmed_at, due_at) IN (0, 3)),
    CONSTRAINT confirmed_before_granted CHECK (state NOT IN ('confirmed', 'granted') OR confirmed_by IS NOT NULL),
    CONSTRAINT an_hour_at_least CHECK (due_at >= confirmed_at + interval '1 hour'),
    CONSTRAINT waited_before_granted CHECK (state <> 'granted' OR closed_at >= due_at),
    CONSTRAINT closed_has_time CHECK ((state IN ('opened', 'confirmed')) = (closed_at IS NULL)),
    CONSTRAINT stopped_says_why CHECK ((state = 'stopped') = (objection <> ''))
);
COMMENT ON TABLE emergency_cases IS 'How somebody becomes administrator where nobody could give the right: by two agents of support, after a wait';
CREATE UNIQUE INDEX emergency_cases_one_open ON emergency_cases (coalesce(organisation_id, licence_id)) WHERE closed_at IS NULL;
CREATE INDEX emergency_cases_in_time ON emergency_cases (opened_at, id); -- support's list
CREATE INDEX emergency_cases_open ON emergency_cases (licence_id) WHERE closed_at IS NULL; -- on the licence ID's pages
CALL raise_wall('emergency_cases');
GRANT SELECT ON emergency_cases TO keyhall_serve;
GRANT SELECT, INSERT, UPDATE (state, version, confirmed_by, confirmed_at, due_at, closed_by, closed_at, objection) ON emergency_cases TO keyhall_desk;

-- +goose StatementBegin
CREATE FUNCTION emergency_cases_move() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT (OLD.state, NEW.state) IN (
        ('opened', 'confirmed'), ('opened', 'withdrawn'), ('opened', 'stopped'), ('opened', 'expired'),
        ('confirmed', 'granted'), ('confirmed', 'withdrawn'), ('confirmed', 'stopped'), ('confirmed', 'expired')) THEN
        RAISE EXCEPTION 'case % does not go from % to %', OLD.id, OLD.state, NEW.state
            USING ERRCODE = 'check_violation', CONSTRAINT = 'state_moves_along';
    END IF;
    IF OLD.state = 'confirmed' AND (NEW.confirmed_by, NEW.confirmed_at, NEW.due_at) IS DISTINCT FROM (OLD.confirmed_by, OLD.confirmed_at, OLD.due_at) THEN
        RAISE EXCEPTION 'the wait of case % has begun', OLD.id USING ERRCODE = 'check_violation', CONSTRAINT = 'wait_stays';
    END IF;
    RETURN NEW;
END
$$;
-- +goose StatementEnd
COMMENT ON FUNCTION emergency_cases_move IS 'The state machine of licensing, a second time: a CHECK can''t see where a row comes from';
CREATE TRIGGER emergency_cases_move BEFORE UPDATE ON emergency_cases FOR EACH ROW EXECUTE FUNCTION emergency_cases_move();
