-- What a person needs to know their own sessions by, and to end those that aren't theirs.
-- The id is shown and posted: it is neither the token nor its hash, and opens nothing.

-- +goose Up
ALTER TABLE sessions
    ADD COLUMN id uuid NOT NULL DEFAULT gen_random_uuid() UNIQUE,
    ADD COLUMN started_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN address text NOT NULL DEFAULT '',
    ADD COLUMN agent text NOT NULL DEFAULT '',
    ADD CONSTRAINT agent_is_short CHECK (length(agent) <= 200);
COMMENT ON COLUMN sessions.address IS 'The client''s, at sign-in; goes with the session';
COMMENT ON COLUMN sessions.agent IS 'What the browser said of itself at sign-in';
UPDATE sessions SET started_at = ends_at - interval '12 hours'; -- how long sessions live

-- People end their own in a transaction that is on record, which for support and the
-- operator is the desk's. It sees no token's provider, subject or ID token.
GRANT SELECT (id, person_id, hash), DELETE ON sessions TO keyhall_desk;
