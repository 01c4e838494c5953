-- Support looks at a customer's pages for a reason alone: an open request of the family,
-- or a visit that an agent opened for a while and gave a reason for.

-- +goose Up
CREATE TABLE visits (
    id         uuid PRIMARY KEY,
    root_id    uuid NOT NULL,
    licence_id uuid NOT NULL,
    agent_id   uuid NOT NULL REFERENCES persons (id),
    agent      text NOT NULL,
    reason     text NOT NULL,
    opened_at  timestamptz NOT NULL,
    ends_at    timestamptz NOT NULL,
    ended_at   timestamptz,
    FOREIGN KEY (root_id, licence_id) REFERENCES licences (root_id, id),
    CONSTRAINT reason_is_one CHECK (length(reason) >= 10),
    CONSTRAINT visit_is_short CHECK (ends_at > opened_at AND ends_at <= opened_at + interval '8 hours'),
    CONSTRAINT ended_after_opened CHECK (ended_at >= opened_at)
);
COMMENT ON TABLE visits IS 'For how long and why an agent of support looks at the pages of a family that has no open request; ended_at is set where it ended before its time';
CREATE INDEX visits_of_agent ON visits (agent_id, root_id, ends_at); -- each look of support
CREATE INDEX visits_to_family ON visits (root_id, ends_at); -- the customer's page of people
CALL raise_wall('visits');
GRANT SELECT ON visits TO keyhall_serve;
GRANT SELECT, INSERT, UPDATE (ended_at) ON visits TO keyhall_desk;

CREATE TABLE looks (
    agent_id uuid NOT NULL REFERENCES persons (id),
    root_id  uuid NOT NULL REFERENCES organisations (id),
    reason   text NOT NULL,
    told_at  timestamptz NOT NULL,
    PRIMARY KEY (agent_id, root_id, reason)
);
COMMENT ON TABLE looks IS 'When the audit log was last told that an agent looks at a family: once an hour for each reason, which is a request''s number or a visit''s id';
CALL raise_wall('looks');
GRANT SELECT, INSERT, UPDATE (told_at) ON looks TO keyhall_desk;

CREATE INDEX requests_open_in_family ON requests (root_id, id) WHERE closed_at IS NULL; -- a reason to look
