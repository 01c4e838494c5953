-- Above an amount that whoever runs Keyhall sets, granting takes two agents of support:
-- what the first says is kept here, and nothing is granted until another says the same.

-- +goose Up
CREATE TABLE request_approvals (
    request_id  bigint NOT NULL,
    version     integer NOT NULL,
    root_id     uuid NOT NULL,
    by_id       uuid NOT NULL REFERENCES persons (id),
    at          timestamptz NOT NULL,
    quantity    integer NOT NULL CHECK (quantity > 0),
    reason_code text NOT NULL DEFAULT '',
    message     text NOT NULL DEFAULT '',
    reference   text NOT NULL DEFAULT '',
    PRIMARY KEY (request_id, version),
    UNIQUE (request_id, version, by_id, quantity),
    FOREIGN KEY (root_id, request_id) REFERENCES requests (root_id, id)
);
COMMENT ON TABLE request_approvals IS 'First approvals of amounts that take two; customers don''t see them';
COMMENT ON COLUMN request_approvals.version IS 'That the request got by it: it counts while the request still has that one, so every change voids it';
CALL raise_wall('request_approvals');
GRANT SELECT, INSERT ON request_approvals TO keyhall_desk;

ALTER TABLE requests
    ADD COLUMN two_above integer,
    ADD COLUMN first_by uuid,
    ADD COLUMN first_version integer,
    -- The first approved what was granted, no less and no more.
    ADD CONSTRAINT first_approved_this FOREIGN KEY (id, first_version, first_by, granted)
        REFERENCES request_approvals (request_id, version, by_id, quantity),
    ADD CONSTRAINT first_is_whole CHECK (first_by IS NULL AND first_version IS NULL OR num_nulls(first_by, first_version, granted) = 0),
    ADD CONSTRAINT two_people CHECK (first_by <> decided_by AND first_by <> requester_id AND first_by <> filed_by),
    ADD CONSTRAINT two_above_the_amount CHECK (granted <= two_above OR first_by IS NOT NULL);
COMMENT ON COLUMN requests.two_above IS 'Amount above which a grant took two agents when it was decided; null: none did';
COMMENT ON COLUMN requests.first_by IS 'Who approved before who decided, where two did; customers know of it once it is decided';

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION requests_move() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF OLD.state <> NEW.state AND NOT (OLD.state, NEW.state) IN (
        ('submitted', 'waiting'), ('waiting', 'submitted'),
        ('submitted', 'granted'), ('submitted', 'partly_granted'), ('submitted', 'rejected'), ('submitted', 'withdrawn'),
        ('waiting', 'granted'), ('waiting', 'partly_granted'), ('waiting', 'rejected'), ('waiting', 'withdrawn')) THEN
        RAISE EXCEPTION 'request % does not go from % to %', OLD.id, OLD.state, NEW.state
            USING ERRCODE = 'check_violation', CONSTRAINT = 'state_moves_along';
    END IF;
    IF OLD.closed_at IS NOT NULL AND (NEW.granted, NEW.decided_by, NEW.closed_at, NEW.two_above, NEW.first_by, NEW.first_version)
        IS DISTINCT FROM (OLD.granted, OLD.decided_by, OLD.closed_at, OLD.two_above, OLD.first_by, OLD.first_version) THEN
        RAISE EXCEPTION 'request % is closed', OLD.id USING ERRCODE = 'check_violation', CONSTRAINT = 'closed_stays_closed';
    END IF;
    -- Whatever the setting is by now: whose approval waits for somebody else's is not that somebody.
    -- Asked by itself, as customers, who may not, never come here.
    IF OLD.closed_at IS NULL AND NEW.granted IS NOT NULL THEN
        IF EXISTS (SELECT FROM request_approvals WHERE request_id = OLD.id AND version = OLD.version AND by_id = NEW.decided_by) THEN
            RAISE EXCEPTION 'request % waits for another', OLD.id USING ERRCODE = 'check_violation', CONSTRAINT = 'two_people';
        END IF;
    END IF;
    RETURN NEW;
END
$$;
-- +goose StatementEnd

ALTER TABLE request_events
    DROP CONSTRAINT kind_is_one,
    ADD CONSTRAINT kind_is_one CHECK (kind IN ('filed', 'assigned', 'asked', 'answered', 'noted', 'approved', 'retracted', 'granted', 'partly_granted', 'rejected', 'withdrawn', 'confirmed', 'handed_on')),
    DROP CONSTRAINT notes_are_internal,
    ADD CONSTRAINT notes_are_internal CHECK (kind NOT IN ('noted', 'approved', 'retracted') OR internal);
