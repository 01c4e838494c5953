-- People are told of more than requests: of rights given to them, of what becomes of keys.

-- +goose Up
ALTER TABLE notices
    ALTER COLUMN request_id DROP NOT NULL,
    ADD COLUMN news jsonb,
    ADD CONSTRAINT about_one_thing CHECK ((request_id IS NULL) = (news IS NOT NULL));
COMMENT ON COLUMN notices.news IS 'What it is about, if not a request: kind, args, text, path';

-- Somebody who is invited has no account. What opens something once is sealed until it has gone.
ALTER TABLE mails
    ALTER COLUMN person_id DROP NOT NULL,
    ADD COLUMN secret bytea;
COMMENT ON COLUMN mails.secret IS 'Sealed: a path with a one-time token, for the mail alone; goes when the mail has gone';
GRANT UPDATE (secret) ON mails TO keyhall_desk;

-- News reach people who have no right in the family, or none left: behind the wall they would not see them.
-- +goose StatementBegin
CREATE FUNCTION news_of(person uuid, before_at timestamptz, before_id uuid, at_most integer) RETURNS SETOF notices
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT * FROM notices WHERE person_id = person AND news IS NOT NULL AND (at, id) < (before_at, before_id)
    ORDER BY at DESC, id DESC LIMIT at_most
$$;
-- +goose StatementEnd
COMMENT ON FUNCTION news_of IS 'A page of what one person was told of that is no request';
REVOKE EXECUTE ON FUNCTION news_of FROM PUBLIC;
GRANT EXECUTE ON FUNCTION news_of TO keyhall_serve, keyhall_desk;
