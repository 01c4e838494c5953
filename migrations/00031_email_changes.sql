-- A business e-mail changes when the link that was sent to the new one is followed.

-- +goose Up
CREATE TABLE email_changes (
    person_id  uuid PRIMARY KEY REFERENCES persons (id),
    email      text NOT NULL CHECK (email <> ''),
    token_hash bytea NOT NULL UNIQUE CHECK (length(token_hash) = 32),
    sent_at    timestamptz NOT NULL DEFAULT now(),
    ends_at    timestamptz NOT NULL
);
COMMENT ON TABLE email_changes IS 'Addresses that wait to be confirmed, one a person; of the token that was mailed there the SHA-256 is kept';
GRANT SELECT, INSERT, UPDATE, DELETE ON email_changes TO keyhall_desk;
