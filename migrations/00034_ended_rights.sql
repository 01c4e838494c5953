-- +goose Up
CREATE INDEX grants_ended ON grants (person_id) WHERE revoked_at IS NOT NULL; -- why somebody sees a licence ID no more
