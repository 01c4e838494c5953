-- +goose Up
-- Whose keys a programme's are: a grant for another vendor's keys carries that vendor's
-- reference, and waits for an import to confirm it.
ALTER TABLE programmes ADD COLUMN vendor text NOT NULL DEFAULT '';

CREATE TABLE requests (
    id           bigint GENERATED ALWAYS AS IDENTITY (START 20401) PRIMARY KEY,
    root_id      uuid NOT NULL REFERENCES organisations (id),
    licence_id   uuid,
    key_id       uuid,
    product_id   integer REFERENCES products (id),
    kind         text NOT NULL,
    last5        text COLLATE "C" NOT NULL DEFAULT '',
    region       text NOT NULL DEFAULT 'world',
    quantity     integer,
    reason       text NOT NULL,
    findings     jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(findings) = 'array'),
    language     text NOT NULL DEFAULT 'en',
    state        text NOT NULL DEFAULT 'submitted',
    version      integer NOT NULL DEFAULT 1,
    requester_id uuid NOT NULL REFERENCES persons (id),
    filed_by     uuid NOT NULL REFERENCES persons (id),
    assignee_id  uuid REFERENCES persons (id),
    filed_at     timestamptz NOT NULL,
    due_at       timestamptz NOT NULL,
    paused_at    timestamptz,
    closed_at    timestamptz,
    decided_by   uuid REFERENCES persons (id),
    granted      integer,
    reason_code  text NOT NULL DEFAULT '',
    reference    text NOT NULL DEFAULT '',
    confirmed_at timestamptz,
    last_event   integer NOT NULL DEFAULT 0,
    UNIQUE (root_id, id),
    FOREIGN KEY (root_id, licence_id) REFERENCES licences (root_id, id),
    CONSTRAINT kind_is_one CHECK (kind IN ('kms_exception', 'kms_hosts', 'mak_increase', 'general')),
    CONSTRAINT region_is_one CHECK (region IN ('us_canada', 'world')),
    CONSTRAINT language_is_ours CHECK (language IN ('en', 'fi', 'nb', 'sv', 'nl')),
    CONSTRAINT state_is_one CHECK (state IN ('submitted', 'waiting', 'granted', 'partly_granted', 'rejected', 'withdrawn')),
    CONSTRAINT what_is_asked_is_whole CHECK (kind = 'general' OR num_nulls(licence_id, product_id, quantity) = 0),
    CONSTRAINT quantity_is_sane CHECK (quantity BETWEEN 1 AND 1000000),
    CONSTRAINT waiting_is_paused CHECK ((state = 'waiting') = (paused_at IS NOT NULL)),
    CONSTRAINT closed_has_time CHECK ((state IN ('submitted', 'waiting')) = (closed_at IS NULL)),
    CONSTRAINT decided_by_somebody CHECK ((state IN ('granted', 'partly_granted', 'rejected')) = (decided_by IS NOT NULL)),
    -- Whoever asked, or wrote it down for them, never answers it.
    CONSTRAINT decider_is_another CHECK (decided_by <> requester_id AND decided_by <> filed_by),
    CONSTRAINT granted_is_what_state_says CHECK (CASE state
        WHEN 'granted' THEN granted IS NOT DISTINCT FROM quantity
        WHEN 'partly_granted' THEN granted >= 1 AND granted < quantity AND num_nulls(granted, quantity) = 0
        ELSE granted IS NULL END),
    CONSTRAINT confirmed_is_granted CHECK (confirmed_at IS NULL OR reference <> '' AND granted IS NOT NULL)
);
COMMENT ON TABLE requests IS 'What customers ask of support, and how it ended; findings are what spoke for and against it when it was filed';
COMMENT ON COLUMN requests.last_event IS 'seq of the last event, which customers may not see';
COMMENT ON COLUMN requests.quantity IS 'Activations of a MAK, host activations of a KMS key; none where nothing is counted';
CREATE INDEX requests_due ON requests ((paused_at IS NOT NULL), due_at, id) WHERE closed_at IS NULL; -- the queue
CREATE INDEX requests_of_licence ON requests (licence_id, id);
CREATE INDEX requests_of_key ON requests (key_id, id) WHERE key_id IS NOT NULL;
CREATE INDEX requests_of_requester ON requests (requester_id, id);
CREATE INDEX requests_of_filer ON requests (filed_by, id);
CREATE INDEX requests_of_family ON requests (root_id, id);
CREATE INDEX requests_unconfirmed ON requests (key_id) WHERE reference <> '' AND confirmed_at IS NULL; -- an import confirms
CALL raise_wall('requests');
GRANT SELECT, INSERT, UPDATE (state, version, due_at, paused_at, closed_at, last_event) ON requests TO keyhall_serve;
GRANT SELECT, INSERT, UPDATE ON requests TO keyhall_desk;
-- A customer asks, answers and withdraws; whatever else becomes of a request, support says.
CREATE POLICY customers ON requests AS RESTRICTIVE TO keyhall_serve
    USING (true) WITH CHECK (state IN ('submitted', 'withdrawn') AND decided_by IS NULL);

-- +goose StatementBegin
CREATE FUNCTION requests_move() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF OLD.state <> NEW.state AND NOT (OLD.state, NEW.state) IN (
        ('submitted', 'waiting'), ('waiting', 'submitted'),
        ('submitted', 'granted'), ('submitted', 'partly_granted'), ('submitted', 'rejected'), ('submitted', 'withdrawn'),
        ('waiting', 'granted'), ('waiting', 'partly_granted'), ('waiting', 'rejected'), ('waiting', 'withdrawn')) THEN
        RAISE EXCEPTION 'request % does not go from % to %', OLD.id, OLD.state, NEW.state
            USING ERRCODE = 'check_violation', CONSTRAINT = 'state_moves_along';
    END IF;
    IF OLD.closed_at IS NOT NULL AND (NEW.granted, NEW.decided_by, NEW.closed_at) IS DISTINCT FROM (OLD.granted, OLD.decided_by, OLD.closed_at) THEN
        RAISE EXCEPTION 'request % is closed', OLD.id USING ERRCODE = 'check_violation', CONSTRAINT = 'closed_stays_closed';
    END IF;
    RETURN NEW;
END
$$;
-- +goose StatementEnd
COMMENT ON FUNCTION requests_move IS 'The state machine of licensing, a second time: a CHECK can''t see where a row comes from';
CREATE TRIGGER requests_move BEFORE UPDATE ON requests FOR EACH ROW EXECUTE FUNCTION requests_move();

CREATE TABLE request_events (
    request_id bigint NOT NULL,
    seq        integer NOT NULL CHECK (seq > 0),
    root_id    uuid NOT NULL,
    at         timestamptz NOT NULL,
    actor_id   uuid REFERENCES persons (id),
    actor      text NOT NULL,
    staff      boolean NOT NULL,
    kind       text NOT NULL,
    internal   boolean NOT NULL DEFAULT false,
    detail     jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(detail) = 'object'),
    PRIMARY KEY (request_id, seq),
    FOREIGN KEY (root_id, request_id) REFERENCES requests (root_id, id),
    CONSTRAINT kind_is_one CHECK (kind IN ('filed', 'assigned', 'asked', 'answered', 'noted', 'granted', 'partly_granted', 'rejected', 'withdrawn', 'confirmed')),
    CONSTRAINT notes_are_internal CHECK (kind <> 'noted' OR internal),
    CONSTRAINT only_staff_is_internal CHECK (NOT internal OR staff)
);
COMMENT ON TABLE request_events IS 'What happened to a request, in order; internal ones support keeps to itself';
CALL raise_wall('request_events');
CREATE POLICY inner_life ON request_events AS RESTRICTIVE TO keyhall_serve USING (NOT internal) WITH CHECK (NOT internal AND NOT staff);
GRANT SELECT, INSERT ON request_events TO keyhall_serve, keyhall_desk;

-- A key out of the publisher's stock takes its ledger along.
ALTER TABLE limit_entries
    ADD FOREIGN KEY (root_id, request_id) REFERENCES requests (root_id, id),
    DROP CONSTRAINT limit_entries_root_id_key_id_fkey,
    ADD FOREIGN KEY (root_id, key_id) REFERENCES keys (root_id, id) ON UPDATE CASCADE;

CREATE TABLE once (
    actor_id  uuid NOT NULL REFERENCES persons (id),
    route     text NOT NULL,
    key       text COLLATE "C" NOT NULL CHECK (key ~ '^[A-Za-z0-9_-]{8,64}$'),
    root_id   uuid NOT NULL REFERENCES organisations (id),
    body_hash bytea NOT NULL CHECK (length(body_hash) = 32),
    result    bigint NOT NULL,
    at        timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (actor_id, route, key)
);
COMMENT ON TABLE once IS 'Posts that were carried out: the same one again is given the first''s result (S-17)';
CREATE INDEX once_by_age ON once (at); -- clearing away
CALL raise_wall('once');
GRANT SELECT, INSERT ON once TO keyhall_serve, keyhall_desk;
GRANT DELETE ON once TO keyhall_desk;
