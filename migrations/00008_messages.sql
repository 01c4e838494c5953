-- +goose Up
CREATE TABLE notices (
    id         uuid PRIMARY KEY,
    person_id  uuid NOT NULL REFERENCES persons (id),
    root_id    uuid NOT NULL REFERENCES organisations (id),
    request_id bigint NOT NULL,
    event      text NOT NULL,
    at         timestamptz NOT NULL,
    read_at    timestamptz,
    FOREIGN KEY (root_id, request_id) REFERENCES requests (root_id, id)
);
COMMENT ON TABLE notices IS 'What somebody should know of, shown until they have read it';
CREATE INDEX notices_of_person ON notices (person_id, at, id);
CREATE INDEX notices_unread ON notices (person_id) WHERE read_at IS NULL; -- the bell's number
CALL raise_wall('notices');
GRANT SELECT, INSERT, UPDATE (read_at) ON notices TO keyhall_serve, keyhall_desk;

CREATE TABLE mails (
    id         uuid PRIMARY KEY,
    root_id    uuid NOT NULL REFERENCES organisations (id),
    person_id  uuid NOT NULL REFERENCES persons (id),
    address    text NOT NULL CHECK (address <> ''),
    language   text NOT NULL CHECK (language IN ('en', 'fi', 'nb', 'sv', 'nl')),
    event      text NOT NULL,
    request_id bigint,
    detail     jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(detail) = 'object'),
    at         timestamptz NOT NULL DEFAULT now(),
    sent_at    timestamptz,
    state      text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'sent', 'kept', 'failed')),
    attempts   integer NOT NULL DEFAULT 0,
    FOREIGN KEY (root_id, request_id) REFERENCES requests (root_id, id)
);
COMMENT ON TABLE mails IS 'Mail to be sent or sent; its text is made of event and detail when it goes out. Kept: there is no mail server';
CREATE INDEX mails_in_time ON mails (at, id); -- the outbox page
CALL raise_wall('mails');
GRANT INSERT ON mails TO keyhall_serve;
GRANT SELECT, INSERT, UPDATE (sent_at, state, attempts), DELETE ON mails TO keyhall_desk;

-- +goose StatementBegin
CREATE FUNCTION waiting_for(person uuid) RETURNS TABLE (unread bigint, queue bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT (SELECT count(*) FROM (SELECT FROM notices WHERE person_id = person AND read_at IS NULL LIMIT 100) n),
        CASE WHEN (SELECT staff_role FROM persons WHERE id = person) = 'support_agent'
        THEN (SELECT count(*) FROM (SELECT FROM requests WHERE closed_at IS NULL AND paused_at IS NULL LIMIT 1000) q) ELSE 0 END
$$;
-- +goose StatementEnd
COMMENT ON FUNCTION waiting_for IS 'How many notices wait for a person, and requests for support: on every page, so asked before any family is set';
REVOKE EXECUTE ON FUNCTION waiting_for FROM PUBLIC;
GRANT EXECUTE ON FUNCTION waiting_for TO keyhall_serve;
