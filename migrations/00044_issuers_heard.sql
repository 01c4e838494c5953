-- Rights by group of a provider that no server has in its settings any more: nobody signs in
-- there again, so nothing would ever end them.

-- +goose Up
CREATE TABLE issuers_heard (
    issuer   text NOT NULL COLLATE "C" PRIMARY KEY CHECK (issuer <> ''),
    heard_at timestamptz NOT NULL DEFAULT now(),
    told     boolean NOT NULL DEFAULT false
);
COMMENT ON TABLE issuers_heard IS 'When a server last had an OpenID provider in its settings that tells of groups; a day after, the rights by its groups end';
COMMENT ON COLUMN issuers_heard.told IS 'The operator knows that they end';
GRANT SELECT, INSERT, UPDATE (heard_at, told) ON issuers_heard TO keyhall_desk;
