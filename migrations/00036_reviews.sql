-- Administrators look over the rights on an organisation or a licence ID: each right is kept
-- or ended by a day, by somebody else than whose it is. Customers' role writes none of it:
-- the desk's does, in the transaction that asked whether who acts may.

-- +goose Up
CREATE TABLE reviews (
    id              uuid PRIMARY KEY,
    root_id         uuid NOT NULL,
    organisation_id uuid,
    licence_id      uuid,
    started_by      uuid REFERENCES persons (id),
    started_at      timestamptz NOT NULL,
    ends_at         timestamptz NOT NULL,
    every           text NOT NULL,
    unanswered      text NOT NULL,
    step            smallint NOT NULL DEFAULT 0,
    due_at          timestamptz,
    closed_at       timestamptz,
    UNIQUE (root_id, id),
    FOREIGN KEY (root_id, organisation_id) REFERENCES organisations (root_id, id),
    FOREIGN KEY (root_id, licence_id) REFERENCES licences (root_id, id),
    CONSTRAINT on_one_thing CHECK (num_nonnulls(organisation_id, licence_id) = 1),
    CONSTRAINT ends_after_start CHECK (ends_at > started_at),
    CONSTRAINT every_is_one CHECK (every IN ('none', 'quarter', 'year')),
    CONSTRAINT unanswered_is_one CHECK (unanswered IN ('kept', 'ended'))
);
COMMENT ON TABLE reviews IS 'Rounds in which each right on an organisation or a licence ID, and below it, is kept or ended';
COMMENT ON COLUMN reviews.started_by IS 'Who started it; null for one that followed another';
COMMENT ON COLUMN reviews.unanswered IS 'What becomes of a right that nobody decided about';
COMMENT ON COLUMN reviews.step IS 'How many reminders the administrators have had';
COMMENT ON COLUMN reviews.due_at IS 'When Keyhall next has something to do about it: a reminder, its end, the next one; null for never';
CREATE UNIQUE INDEX reviews_one_each ON reviews (coalesce(licence_id, organisation_id)) WHERE closed_at IS NULL;
CREATE INDEX reviews_due ON reviews (due_at) WHERE due_at IS NOT NULL; -- the timetable
CREATE INDEX reviews_of_family ON reviews (root_id, started_at); -- an administrator's list
CALL raise_wall('reviews');
GRANT SELECT ON reviews TO keyhall_serve;
GRANT SELECT, INSERT, UPDATE (every, step, due_at, closed_at) ON reviews TO keyhall_desk;

CREATE TABLE review_lines (
    review_id  uuid NOT NULL,
    grant_id   uuid NOT NULL REFERENCES grants (id),
    root_id    uuid NOT NULL,
    position   integer NOT NULL,
    decision   text NOT NULL DEFAULT '',
    outcome    text NOT NULL DEFAULT 'open',
    decided_by uuid REFERENCES persons (id),
    decided_at timestamptz,
    only_of    text COLLATE "C" NOT NULL DEFAULT '',
    PRIMARY KEY (review_id, grant_id),
    FOREIGN KEY (root_id, review_id) REFERENCES reviews (root_id, id),
    CONSTRAINT decision_is_one CHECK (decision IN ('', 'keep', 'end')),
    CONSTRAINT outcome_is_one CHECK (outcome IN ('open', 'kept', 'ended', 'gone', 'exception', 'group')),
    CONSTRAINT decided_has_time CHECK ((outcome IN ('open', 'group')) = (decided_at IS NULL)),
    CONSTRAINT decided_as_said CHECK (decided_by IS NULL OR decision <> '' AND outcome IN ('kept', 'ended'))
);
COMMENT ON TABLE review_lines IS 'The rights of a review, in the order in which they are shown, and what became of each';
COMMENT ON COLUMN review_lines.decision IS 'What was wanted, by a person or by what was set for rights that nobody decided about';
COMMENT ON COLUMN review_lines.outcome IS 'gone: had ended otherwise; exception: was not ended, since it was the last administrator''s; group: for information alone, since the groups of the sign-in provider give it';
COMMENT ON COLUMN review_lines.decided_by IS 'Null where nobody decided by the end';
COMMENT ON COLUMN review_lines.only_of IS 'Number of the licence ID whose last administrator''s right somebody tried to end';
CREATE INDEX review_lines_of_grant ON review_lines (grant_id);
CALL raise_wall('review_lines');
GRANT SELECT ON review_lines TO keyhall_serve;
GRANT SELECT, INSERT, UPDATE (decision, outcome, decided_by, decided_at, only_of) ON review_lines TO keyhall_desk;

-- +goose StatementBegin
CREATE FUNCTION review_lines_move() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF OLD.outcome <> 'open' THEN
        RAISE EXCEPTION 'right % of review % is decided', OLD.grant_id, OLD.review_id USING ERRCODE = 'check_violation', CONSTRAINT = 'decided_stays_decided';
    END IF;
    RETURN NEW;
END
$$;
-- +goose StatementEnd
COMMENT ON FUNCTION review_lines_move IS 'A right is decided once: a CHECK can''t see where a row comes from';
CREATE TRIGGER review_lines_move BEFORE UPDATE ON review_lines FOR EACH ROW EXECUTE FUNCTION review_lines_move();
