-- People ask for a role on a licence ID by its number, without learning whether there is
-- one, whose it is or who administers it. What they ask is kept as they asked it; whom it
-- is for, Keyhall finds out afterwards, so that their post takes the same steps for every
-- number. Customers' role writes none of it: the desk's does, in the transaction that
-- asked whether who acts may.

-- +goose Up
CREATE TABLE access_requests (
    id              uuid PRIMARY KEY,
    root_id         uuid NOT NULL REFERENCES organisations (id),
    person_id       uuid NOT NULL REFERENCES persons (id),
    issuer          text NOT NULL,
    number          text COLLATE "C" NOT NULL,
    whole           boolean NOT NULL,
    role            text NOT NULL,
    reason          text NOT NULL,
    asked_at        timestamptz NOT NULL,
    licence_id      uuid,
    organisation_id uuid,
    lonely          boolean NOT NULL DEFAULT false,
    step            smallint NOT NULL DEFAULT 0,
    due_at          timestamptz,
    state           text NOT NULL DEFAULT 'open',
    version         integer NOT NULL DEFAULT 1,
    closed_at       timestamptz,
    decided_by      uuid REFERENCES persons (id),
    given           text NOT NULL DEFAULT '',
    message         text NOT NULL DEFAULT '',
    FOREIGN KEY (root_id, licence_id) REFERENCES licences (root_id, id),
    FOREIGN KEY (root_id, organisation_id) REFERENCES organisations (root_id, id),
    CONSTRAINT number_is_one CHECK (number ~ '^([0-9]{7,8}|[A-Z][0-9]{7})$'),
    CONSTRAINT role_is_a_customers CHECK (role IN ('administrator', 'key_administrator', 'key_viewer', 'licence_reader', 'download_manager')),
    CONSTRAINT state_is_one CHECK (state IN ('open', 'accepted', 'denied', 'withdrawn', 'unanswered')),
    CONSTRAINT closed_has_time CHECK ((state = 'open') = (closed_at IS NULL)),
    CONSTRAINT decided_by_somebody CHECK ((state IN ('accepted', 'denied')) = (decided_by IS NOT NULL)),
    CONSTRAINT decider_is_another CHECK (decided_by <> person_id),
    CONSTRAINT given_if_accepted CHECK ((state = 'accepted') = (given <> '')),
    CONSTRAINT organisation_is_of_licence CHECK (organisation_id IS NULL OR whole AND licence_id IS NOT NULL),
    CONSTRAINT answered_is_known CHECK (decided_by IS NULL OR licence_id IS NOT NULL)
);
COMMENT ON TABLE access_requests IS 'Who asked for which role on a licence ID, and what became of it; of the publisher''s family while nobody is found whom it is for';
COMMENT ON COLUMN access_requests.issuer IS 'Provider that who asked was signed in with';
COMMENT ON COLUMN access_requests.whole IS 'Asked for the whole organisation of the licence ID';
COMMENT ON COLUMN access_requests.lonely IS 'Nobody administered it when it was last looked';
COMMENT ON COLUMN access_requests.step IS '0: nobody has been told; 1: told; then one more for each reminder';
COMMENT ON COLUMN access_requests.due_at IS 'When Keyhall next has something to do about it; null for never';
COMMENT ON COLUMN access_requests.given IS 'Role that was given; none if not accepted';
CREATE INDEX access_requests_due ON access_requests (due_at) WHERE due_at IS NOT NULL; -- the timetable
CREATE INDEX access_requests_of_person ON access_requests (person_id, asked_at); -- one's own, and how many a day
CREATE INDEX access_requests_open ON access_requests (root_id, asked_at) WHERE closed_at IS NULL; -- an administrator's list
CREATE INDEX access_requests_closed ON access_requests (root_id, closed_at) WHERE closed_at IS NOT NULL; -- what became of others
CREATE INDEX access_requests_unheard ON access_requests (asked_at) WHERE lonely OR state = 'unanswered'; -- the staff's list
CREATE UNIQUE INDEX access_requests_once ON access_requests (person_id, number, whole) WHERE closed_at IS NULL;
CALL raise_wall('access_requests');
GRANT SELECT ON access_requests TO keyhall_serve;
GRANT SELECT, INSERT, UPDATE ON access_requests TO keyhall_desk;

-- +goose StatementBegin
CREATE FUNCTION access_requests_move() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF OLD.closed_at IS NOT NULL AND (NEW.state, NEW.closed_at, NEW.decided_by, NEW.given, NEW.message)
        IS DISTINCT FROM (OLD.state, OLD.closed_at, OLD.decided_by, OLD.given, OLD.message) THEN
        RAISE EXCEPTION 'access request % is closed', OLD.id USING ERRCODE = 'check_violation', CONSTRAINT = 'closed_stays_closed';
    END IF;
    IF (NEW.person_id, NEW.number, NEW.whole, NEW.role, NEW.reason, NEW.asked_at)
        IS DISTINCT FROM (OLD.person_id, OLD.number, OLD.whole, OLD.role, OLD.reason, OLD.asked_at) THEN
        RAISE EXCEPTION 'access request % stays what was asked', OLD.id USING ERRCODE = 'check_violation', CONSTRAINT = 'asked_stays_asked';
    END IF;
    RETURN NEW;
END
$$;
-- +goose StatementEnd
COMMENT ON FUNCTION access_requests_move IS 'What was asked stays so, and what is closed stays closed: a CHECK can''t see where a row comes from';
CREATE TRIGGER access_requests_move BEFORE UPDATE ON access_requests FOR EACH ROW EXECUTE FUNCTION access_requests_move();
