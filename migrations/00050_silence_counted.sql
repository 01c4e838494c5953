-- A provider is silent for a day only if somebody listened that long: servers that were all
-- stopped for days, and a backup that was restored, end nothing by that alone.

-- +goose Up
ALTER TABLE issuers_heard ADD COLUMN asked_at timestamptz NOT NULL DEFAULT now();
COMMENT ON COLUMN issuers_heard.asked_at IS 'When a server last looked which providers are silent; after hours in which none did, the day begins anew';
GRANT UPDATE (asked_at) ON issuers_heard TO keyhall_desk;
