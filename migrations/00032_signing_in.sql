-- Signing in again before what can't be taken back, being signed out by the provider, and
-- how often an address may begin to sign in.

-- +goose Up
ALTER TABLE sessions
    ADD COLUMN acr text NOT NULL DEFAULT '',
    ADD CONSTRAINT acr_is_short CHECK (length(acr) <= 255);
COMMENT ON COLUMN sessions.acr IS 'How the person proved who they are, in the provider''s words; empty if it didn''t say';

-- Addresses are counted as people are, under a name made of the address.
ALTER TABLE rates
    DROP CONSTRAINT what_is_one,
    ADD CONSTRAINT what_is_a_word CHECK (what ~ '^[a-z]{1,20}$');
COMMENT ON COLUMN rates.holder IS 'A person, a family by its root organisation, or a name made of a client''s address';

CREATE TABLE logout_tokens (
    issuer text NOT NULL COLLATE "C",
    jti    text NOT NULL COLLATE "C" CHECK (length(jti) BETWEEN 1 AND 255),
    until  timestamptz NOT NULL,
    PRIMARY KEY (issuer, jti)
);
COMMENT ON TABLE logout_tokens IS 'Words of providers that somebody signed out there, as long as they could be said again: each counts once';
GRANT INSERT, SELECT, DELETE ON logout_tokens TO keyhall_serve;
