-- Somebody who is no member of a family yet is invited to a right by mail. The one-time
-- token in the mail binds whoever follows it, whatever the address of their sign-in account.

-- +goose Up
CREATE TABLE invitations (
    id              uuid PRIMARY KEY,
    root_id         uuid NOT NULL REFERENCES organisations (id),
    email           text NOT NULL CHECK (email <> ''),
    name            text NOT NULL CHECK (name <> ''),
    language        text NOT NULL CHECK (language IN ('en', 'fi', 'nb', 'sv', 'nl')),
    role            text NOT NULL,
    organisation_id uuid,
    licence_id      uuid,
    expires_at      timestamptz,
    token_hash      bytea NOT NULL UNIQUE CHECK (length(token_hash) = 32),
    invited_by      uuid NOT NULL REFERENCES persons (id),
    sent_at         timestamptz NOT NULL DEFAULT now(),
    ends_at         timestamptz NOT NULL,
    accepted_at     timestamptz,
    accepted_by     uuid REFERENCES persons (id),
    withdrawn_at    timestamptz,
    failed_at       timestamptz,
    FOREIGN KEY (root_id, organisation_id) REFERENCES organisations (root_id, id),
    FOREIGN KEY (root_id, licence_id) REFERENCES licences (root_id, id),
    CONSTRAINT role_is_a_customers CHECK (role IN ('administrator', 'key_administrator', 'key_viewer', 'licence_reader', 'download_manager')),
    CONSTRAINT on_one_thing CHECK (num_nonnulls(organisation_id, licence_id) = 1),
    CONSTRAINT accepted_by_somebody CHECK ((accepted_at IS NULL) = (accepted_by IS NULL)),
    CONSTRAINT one_end CHECK (accepted_at IS NULL OR withdrawn_at IS NULL)
);
COMMENT ON TABLE invitations IS 'Rights that wait for whoever holds the token that was mailed; only its SHA-256 is kept';
COMMENT ON COLUMN invitations.expires_at IS 'When the right ends; ends_at is when the invitation does';
COMMENT ON COLUMN invitations.failed_at IS 'When the last mail was given up';
CREATE INDEX invitations_of_family ON invitations (root_id, sent_at) WHERE accepted_at IS NULL AND withdrawn_at IS NULL; -- the list of people
CALL raise_wall('invitations');
-- Administrators read all but the token; who may write was asked before the desk's role does.
GRANT SELECT (id, root_id, email, name, language, role, organisation_id, licence_id, expires_at, invited_by, sent_at, ends_at,
    accepted_at, accepted_by, withdrawn_at, failed_at) ON invitations TO keyhall_serve;
GRANT SELECT, INSERT, UPDATE (invited_by, token_hash, sent_at, ends_at, accepted_at, accepted_by, withdrawn_at, failed_at)
    ON invitations TO keyhall_desk;
